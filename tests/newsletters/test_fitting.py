"""What mail programs would cut off is left to the web, and says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from tamizdat.newsletters.rendering import checking, page, plain
from tamizdat.newsletters.rendering.fitting import cut, fitted
from tamizdat.newsletters.rendering.letters import DIGEST, FULL, Article, Group, Item, Letter
from tamizdat.newsletters.rendering.words import words
from tamizdat.reader.pages import Block, Correction, Footnote, Heading, Text
from tests.newsletters.letters import DUE, LEAD, letter

LANGUAGES = ("en", "ru", "fa")
SENTENCE = {
    "en": "The water stood at the third mark, and nobody wrote it down. ",
    "ru": "Вода стояла у третьей отметки, и никто этого не записал. ",
    "fa": "آب به نشان سوم رسیده بود و هیچ‌کس آن را ننوشت. ",
}


def item(number: int, paragraphs: int, language: str = "en") -> Item:
    note = f'<sup><a href="#note-{number}">{number}</a></sup>'
    body: list[Block] = []
    for at in range(paragraphs):
        body.append(Heading(f"Part {number}.{at}", f"part-{number}-{at}"))
        text = SENTENCE[language] * 8
        body.append(Text(Markup(f"<p>{number}.{at} {text}</p><p>{text}{note}</p>")))
    article = Article(
        tuple(body),
        (Footnote(number, Markup(f"<p>Source {number}.</p>")),),
        (Correction(DUE, f"Corrected {number}."),),
    )
    return replace(
        LEAD, path=f"/2026/11/{number}/", headline=f"Story {number}", article=article, picture=None
    )


def long_letter(language: str = "en", stories: int = 6, paragraphs: int = 20) -> Letter:
    items = tuple(item(number, paragraphs, language) for number in range(1, stories + 1))
    return letter(language, groups=(Group("", items[:2]), Group("Science", items[2:])))


def size(made: Letter) -> int:
    return len(page.html(made, FULL).encode())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_mail_program_would_cut_off_is_told_on_the_web(language: str) -> None:
    whole = long_letter(language)
    assert size(whole) > checking.CLIPPED

    made = fitted(whole, FULL)

    assert checking.NEAR * 0.9 < size(made) < checking.NEAR
    html, text = page.html(made, FULL), plain.text(made, FULL)
    for number in range(1, 7):
        for said in (f"Story {number}", f"https://lantern.example/2026/11/{number}/"):
            assert said in html
            assert said in text
        assert f"Corrected {number}." in text
    goes_on = words(language).goes_on
    assert html.count(goes_on) == text.count(goes_on) == len(cut(made)) > 0
    assert cut(made) == tuple(f"Story {number}" for number in range(7 - len(cut(made)), 7))
    assert "[[leave]]" in html


def test_text_and_html_end_at_the_same_word() -> None:
    made = fitted(long_letter(), FULL)
    html, text = page.html(made, FULL), plain.text(made, FULL)
    for number in range(1, 7):
        for at in range(20):
            assert (f"<p>{number}.{at} " in html or f">{number}.{at} " in html) == (
                f"{number}.{at} The water" in text
            )


def test_no_heading_stands_last_and_notes_stay_with_what_refers_to_them() -> None:
    made = fitted(long_letter(), FULL)
    for each in made.items:
        assert each.article is not None
        if each.article.is_cut and each.article.body:
            assert not isinstance(each.article.body[-1], Heading)
        told = any("#note-" in str(getattr(block, "html", "")) for block in each.article.body)
        assert bool(each.article.footnotes) == told


def test_a_letter_that_has_room_is_left_as_it_is() -> None:
    made = long_letter(stories=2, paragraphs=4)
    assert fitted(made, FULL) is made
    assert cut(made) == ()


def test_a_digest_holds_no_whole_stories_and_is_left_as_it_is() -> None:
    made = long_letter()
    assert fitted(made, DIGEST) is made


def test_one_paragraph_that_fills_a_mail_leaves_headline_and_way_to_it() -> None:
    giant = Text(Markup("<p>{}</p>").format(SENTENCE["en"] * 2000))
    alone = replace(LEAD, article=Article((giant,)))
    made = fitted(letter(groups=(Group("", (alone,)),)), FULL)
    assert size(made) < checking.NEAR
    assert made.items[0].article == Article((), is_cut=True)


def test_the_same_letter_is_cut_at_the_same_place() -> None:
    assert fitted(long_letter(), FULL) == fitted(long_letter(), FULL)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_whatever_the_stories_are_the_mail_is_shown_whole(lengths: list[int]) -> None:
    items = tuple(item(number, length) for number, length in enumerate(lengths, start=1))
    whole = letter(groups=(Group("", items),))
    made = fitted(whole, FULL)
    assert size(made) < checking.CLIPPED
    assert [each.headline for each in made.items] == [each.headline for each in whole.items]
    assert (made == whole) == (size(whole) < checking.CLIPPED)
