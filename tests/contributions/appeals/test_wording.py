"""What receipts say is written down in the newsroom: tried out, said first, dated, taken back."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.accounts.models import Record
from tamizdat.contributions.appeals.counsel import wordings
from tamizdat.contributions.appeals.counsel.wordings import Place
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.supporters.models import Wording
from tamizdat.contributions.supporters.receipts import wording
from tamizdat.contributions.supporters.receipts.wording import Given
from tamizdat.databases import PEOPLE
from tests.contributions.appeals.test_policy import page_of, sent_by, words
from tests.stories.desk import Desk

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
GERMANY, ISSUER = "tax/DE", "issuer/all"


def today() -> date:
    return timezone.localdate()


def of(place: str = "") -> str:
    return reverse("appeals_wording", args=place.split("/")) if place else "/admin/money/receipts/"


def typed(**values: Any) -> dict[str, str]:
    usual = {"since": today(), "text_en": "Not to be deducted.", "text_ru": "", "text_fa": ""}
    return {name: str(each) for name, each in {**usual, **values}.items()}


def write(desk: Desk, place: str = GERMANY, **values: Any) -> Any:
    """Type texts and confirm what the next page says."""
    asked = desk.post(of(place), typed(**values))
    return desk.post(of(place), sent_by(asked))


def says(day: date | None = None, language: str = "en", country: str = "DE") -> str:
    return wording.text_of("tax", country, (language, "en"), day or today())


def test_a_text_is_said_first_then_confirmed_and_leaves_a_row(desk: Desk) -> None:
    asked = desk.post(of(GERMANY), typed(text_fa="کسر نمی‌شود."))
    assert "Receipts for payments from" in words(asked)
    assert "no text of its own" in words(asked)
    assert not Wording.objects.exists()
    desk.post(of(GERMANY), sent_by(asked))
    assert (says(), says(language="fa")) == ("Not to be deducted.", "کسر نمی‌شود.")
    assert says(today() - timedelta(days=1)) == ""
    (row,) = Record.objects.filter(deed="money.wording")
    assert row.thing == f"tax, DE (en, fa): {today()}"
    assert "Tax in Germany" in words(desk.get(of()))


def test_languages_have_their_own_names_on_each_page(desk: Desk) -> None:
    write(desk, since=today() + timedelta(days=9), text_ru="Позже.")
    asked = desk.post(of(GERMANY), typed(text_ru="Не вычитается.", text_fa="کسر نمی‌شود."))
    # The admin's own dialogs are templates, of which some Pythons' parser shows the tags.
    headings = [each.get_text() for each in page_of(asked).select("h2:not(template h2)")]
    assert headings[:3] == ["English", "Русский", "فارسی"]
    assert "In Русский a text that is written already" in words(asked)
    desk.post(of(GERMANY), sent_by(asked))
    assert "Русский: Не вычитается." in words(desk.get(of()))
    assert ", Русский : Позже." in words(desk.get(of(GERMANY)))


def test_every_change_is_a_new_version_and_an_older_one_can_be_kept_again(desk: Desk) -> None:
    write(desk)
    write(desk, text_en="To be deducted in part.")
    assert says() == "To be deducted in part."
    rows = Wording.objects.order_by("pk")
    assert [(each.text[:3], each.number) for each in rows] == [("Not", 0), ("To ", 1)]
    form = desk.see(f"{of(GERMANY)}?as={rows[0].pk}")
    assert form.select_one("#id_text_en").text.strip() == "Not to be deducted."
    write(desk)
    assert says() == "Not to be deducted."
    assert Wording.objects.count() == 3


def test_after_writing_down_there_is_a_way_back(desk: Desk) -> None:
    write(desk, text_ru="Не вычитается.")
    page = desk.get(of()).content.decode()
    (back,) = re.findall(r'href="([^"]*\?before=0[^"]*)"', page)
    form = desk.see(back.replace("&amp;", "&"))
    assert form.select_one("#id_text_ru").text.strip() == ""
    write(desk, text_en="")
    assert says() == ""
    assert Wording.objects.count() == 4


def test_a_text_that_was_emptied_lets_the_general_one_stand(desk: Desk) -> None:
    write(desk, "tax/all", text_en="Ask your tax office.")
    write(desk)
    assert says() == "Not to be deducted."
    write(desk, text_en="")
    assert says() == "Ask your tax office."


def test_a_text_for_payments_that_are_past_says_what_that_means(desk: Desk) -> None:
    asked = desk.post(of(GERMANY), typed(since="2026-01-01"))
    assert "two papers of one payment may differ" in words(asked)
    desk.post(of(GERMANY), sent_by(asked))
    assert says(date(2026, 3, 1)) == "Not to be deducted."


def test_what_is_to_come_already_is_said(desk: Desk) -> None:
    write(desk, since=today() + timedelta(days=30))
    asked = desk.post(of(GERMANY), typed(text_en="Until then this."))
    assert "In English a text that is written already takes its place" in words(asked)


def test_the_receipt_is_shown_and_nothing_is_kept(desk: Desk, settings: DjangoSettings) -> None:
    settings.NEWSROOM_NAME = "The Lantern"
    for language in ("en", "ru", "fa"):
        answer = desk.post(of(GERMANY), {**typed(), "preview": language})
        assert answer["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF-")
        assert "no-store" in answer["Cache-Control"]
    rows = (Wording, Contribution, Payment)
    assert not any(each.objects.exists() for each in rows)


def test_the_receipt_that_is_shown_bears_what_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def draw(paper: Any) -> bytes:
        seen.append(paper)
        return b""

    monkeypatch.setattr("tamizdat.contributions.supporters.receipts.drawing.draw", draw)
    kept = Given("issuer", "", "en", date(2020, 1, 1), "The Lantern, association 123")
    wording.keep([kept], today())
    wordings.receipt(Place("tax", "DE"), "en", {"en": "Typed.", "ru": "", "fa": ""}, today())
    wordings.receipt(Place("issuer"), "ru", {"en": "Typed.", "ru": "", "fa": ""}, today())
    german, issued = seen
    assert any("Typed." in each for each in german.closing)
    assert german.fields[0][1] == "The Lantern, association 123"
    assert issued.fields[0][1] == "Typed."


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"since": ""}, "Say the day."),
        ({"since": "soon"}, "Expected a day"),
        ({"since": "1026-01-01"}, "from 2000 to two years ahead"),
        ({"since": "2206-01-01"}, "from 2000 to two years ahead"),
        ({"text_ru": "д" * 2001}, "Expected up to 2000 characters."),
        ({"text_en": "Not to be deducted 漢."}, "Receipts cannot print these letters: 漢"),
    ],
)
def test_bad_input_is_named_and_loses_nothing(
    desk: Desk, values: dict[str, str], said: str
) -> None:
    for more in ({}, {"preview": "en"}):
        answer = desk.post(of(GERMANY), {**typed(text_fa="متن."), **values, **more})
        assert said in words(answer)
        assert page_of(answer).select_one("#id_text_fa").text.strip() == "متن."
    assert not Wording.objects.exists()


def test_back_to_the_form_loses_nothing_and_the_same_again_writes_nothing(desk: Desk) -> None:
    asked = desk.post(of(GERMANY), typed())
    form = page_of(desk.post(of(GERMANY), {**sent_by(asked), "again": ""}))
    assert form.select_one("#id_text_en").text.strip() == "Not to be deducted."
    for _ in range(3):
        desk.post(of(GERMANY), sent_by(asked))
    assert Wording.objects.count() == 1


def test_who_confirms_what_is_old_is_shown_what_would_change_now(desk: Desk) -> None:
    asked = desk.post(of(GERMANY), typed())
    wording.keep([Given("tax", "DE", "en", today(), "Somebody else's.")], today())
    answer = desk.post(of(GERMANY), sent_by(asked))
    assert "have changed meanwhile" in words(answer)
    assert "Somebody else's." in words(answer)
    assert says() == "Somebody else's."


def test_of_two_at_the_same_moment_one_is_shown_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = desk.post(of(GERMANY), typed())
    keep = wording.keep_anew

    def late(given: Any, seen: int, day: date) -> int:
        wording.keep([Given("tax", "DE", "en", day, "Somebody else's.")], day)
        return keep(given, seen, day)

    monkeypatch.setattr(wording, "keep_anew", late)
    assert "Read it again" in words(desk.post(of(GERMANY), sent_by(asked)))
    assert says() == "Somebody else's."


@pytest.mark.parametrize("place", ["issuer/DE", "tax/XX", "other/all"])
def test_there_is_no_page_of_what_is_no_place(desk: Desk, place: str) -> None:
    assert desk.client.get(of(place)).status_code == 404


def test_what_receipts_say_is_fundraisers_and_operators(editor: Any, writer: Any) -> None:
    for member in (editor, writer):
        desk = Desk(member)
        for address in (of(), of(GERMANY)):
            assert desk.client.get(address).status_code in (302, 403)
        desk.client.post(of(GERMANY), typed())
    assert not Wording.objects.exists()
