"""Dates, bylines, credits and languages: read where they are stated, left where they are not."""

from datetime import datetime

import pytest

from tamizdat.importers.bylines import looks_like_person, read_byline
from tamizdat.importers.credits import Caption, split_caption
from tamizdat.importers.datelines import find_dateline, is_dateline, parse_stamp
from tamizdat.importers.furniture import CERTAIN, CLEAN, suspicion
from tamizdat.importers.language import identify


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("23 November 2026", "2026-11-23T00:00:00"),
        ("Nov. 23, 2026, 2:05 p.m.", "2026-11-23T14:05:00"),
        ("Published on 1 May 2026 at 09:30 GMT", "2026-05-01T09:30:00+00:00"),
        ("Published 1 May 2026, updated 3 May 2026", "2026-05-01T00:00:00"),
        ("Updated 3 May 2026 | Published 1 May 2026", "2026-05-01T00:00:00"),
        ("14 марта 2026 г., 10:20", "2026-03-14T10:20:00"),
        ("14 березня 2026", "2026-03-14T00:00:00"),
        ("12 نيسان 2011", "2011-04-12T00:00:00"),
        ("۲ آذر ۱۴۰۵", "2026-11-23T00:00:00"),
        ("۱۴۰۵/۰۹/۰۲ ساعت ۱۲:۰۰", "2026-11-23T12:00:00"),
        ("۲۳ نوامبر ۲۰۲۶", "2026-11-23T00:00:00"),
        ("23.11.2026 08:15", "2026-11-23T08:15:00"),
        ("23/11/2026", "2026-11-23T00:00:00"),
        ("LESK, 23 November 2026", "2026-11-23T00:00:00"),
    ],
)
def test_a_line_states_its_date(line: str, expected: str) -> None:
    assert is_dateline(line)
    assert (found := find_dateline(line)) is not None
    assert found.when.isoformat() == expected


@pytest.mark.parametrize(
    "line",
    [
        "Tuesday",
        "yesterday at 14:05",
        "2 hours ago",
        "November 2026",
        "23 November",
        "03/04/2026",
        "31 February 2026",
        "Updated 3 May 2026",
        "Обновлено 14 марта 2026",
        "Since 1 July 2024 we have shown no advertising to improve your reading of the page.",
        "© 2026 The Lantern",
        "version 12.11.3",
    ],
)
def test_what_is_no_full_date_or_not_there_for_it_is_none(line: str) -> None:
    assert not is_dateline(line)


@pytest.mark.parametrize("stamp", ["soon", "", "0000-00-00", "99999-01-01", "1600-01-01", "T12:00"])
def test_a_machines_date_that_is_none_is_left_out(stamp: str) -> None:
    assert parse_stamp(stamp) is None


def test_an_offset_is_kept_only_if_it_is_written() -> None:
    aware, naive = parse_stamp("2026-03-14T10:20:00+03:00"), parse_stamp("2026-03-14T10:20:00")
    assert aware is not None
    assert naive is not None
    assert aware.when == datetime.fromisoformat("2026-03-14T07:20:00+00:00")
    assert naive.when.tzinfo is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By Mira Solt", ("Mira Solt",)),
        ("by Jovan Terr and Aline Brosk", ("Jovan Terr", "Aline Brosk")),
        ("By Petr Lossen, Ute Sand and agencies", ("Petr Lossen", "Ute Sand")),
        ("By Mira Solt in Lesk", ("Mira Solt",)),
        ("By Mira Solt | 12 March 2026", ("Mira Solt",)),
        ("By the Lantern Data Desk", ("Lantern Data Desk",)),
        ("By Mira Solt (mira@lantern.example)", ("Mira Solt",)),
        ("Автор: Анна Северова", ("Анна Северова",)),
        ("Текст: Анна Северова и Лев Марин", ("Анна Северова", "Лев Марин")),
        ("نویسنده: مینا صدر", ("مینا صدر",)),
        ("بقلم: سامر الحداد", ("سامر الحداد",)),
        ("Mira Solt", ()),
        ("Human Rights", ()),
        ("By noon the square was empty.", ()),
        ("By the end of the week", ()),
        ("By admin", ()),
        ("Текст постановления опубликован на сайте суда", ()),
    ],
)
def test_a_name_counts_only_behind_a_word_that_says_so(line: str, names: tuple[str, ...]) -> None:
    assert read_byline(line) == names


def test_a_bare_name_is_worth_a_question() -> None:
    assert looks_like_person("Mira Solt")
    assert not looks_like_person("Cranes stand idle")


@pytest.mark.parametrize(
    ("line", "caption", "credit"),
    [
        ("The pass on Sunday. Photo: Dara Venn", "The pass on Sunday.", "Dara Venn"),
        ("The pass on Sunday. (Photo: Dara Venn)", "The pass on Sunday.", "Dara Venn"),
        ("The pass on Sunday. Dara Venn / Reuters", "The pass on Sunday.", "Dara Venn / Reuters"),
        ("The pass on Sunday. government.example", "The pass on Sunday.", "government.example"),
        ("The pass on Sunday (Reuters)", "The pass on Sunday", "Reuters"),
        ("The pass on Sunday. © Dara Venn", "The pass on Sunday.", "Dara Venn"),
        ("Photo by Dara Venn", None, "Dara Venn"),
        ("Перевал в воскресенье. Фото: Лев Марин", "Перевал в воскресенье.", "Лев Марин"),
        ("گردنه در روز یکشنبه. عکس: آرش نیکو", "گردنه در روز یکشنبه.", "آرش نیکو"),
        ("The pass on Sunday.", "The pass on Sunday.", None),
        ("Nobody spoke. He left.", "Nobody spoke. He left.", None),
        ("The minister (left) in Lesk.", "The minister (left) in Lesk.", None),
    ],
)
def test_a_caption_and_its_credit_are_told_apart(
    line: str, caption: str | None, credit: str | None
) -> None:
    assert split_caption(line) == Caption(caption, credit)


@pytest.mark.parametrize(
    ("text", "declared", "tag"),
    [
        ("The council of Lesk voted to close the market and the port.", None, "en"),
        ("The council of Lesk voted to close the market and the port.", "en_gb", "en-GB"),
        ("В пятницу в городе закрыли типографию, и это было последней из них.", "en-US", "ru"),
        ("Пором, який нікуди не йде: у порту ніхто не пам’ятає його рейсів.", "en", "uk"),
        ("این کتابخانه که سی سال باز بود شب یکشنبه بسته شد و در را مهر کردند.", None, "fa"),
        ("بقيت الرافعات في ميناء براك متوقفة على التوالي، وقال المدير إن هذا عادي.", None, "ar"),
        ("1 2 3", None, "und"),
        ("Ok.", "javascript:alert(1)", "und"),
    ],
)
def test_a_language_is_declared_and_believed_or_heard(
    text: str, declared: str | None, tag: str
) -> None:
    assert identify(text, declared).tag == tag


@pytest.mark.parametrize(
    "line",
    [
        "×",
        "Support us",
        "Remind me later.",
        "Subscribe",
        "Подписаться",
        "حمایت از ما",
        "Read more",
        "Читайте также: Почему подорожала бумага",
        "Comments (12)",
        "Dear readers,",
        "Sign up for the Lantern on Friday",
        "If you can, please support us with a monthly gift: your support keeps us going.",
        "© 2026 The Lantern. All rights reserved.",
    ],
)
def test_furniture_is_known_by_its_words(line: str) -> None:
    assert suspicion(line) >= CERTAIN


@pytest.mark.parametrize(
    "line",
    [
        "The council of Lesk voted on Tuesday to close the river market.",
        "“Please support us with what you have,” it reads, and the nurse smiles.",
        "Subscribers to the letter include a judge, two clubs and the governor’s wife, it says.",
        "We left at night, and you who stayed did not ask why.",
        "The ministry asked the hospital to publish a privacy policy before it sells any jam.",
        "Поддержка губернатора упала вдвое, показал опрос, который провели в марте.",
    ],
)
def test_a_story_may_speak_of_what_furniture_speaks_of(line: str) -> None:
    assert suspicion(line) < CLEAN
