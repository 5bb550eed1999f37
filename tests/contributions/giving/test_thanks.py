"""Back from the processor's page: paid, failed, not known yet; and links that are not ours."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tamizdat.contributions.giving import views
from tamizdat.contributions.giving.links import STOP, THANKS, Links
from tamizdat.contributions.money.errors import Unreachable
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.providers.sandbox import Sandbox
from tamizdat.contributions.money.switching import switch
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.conftest import Giver, Page


def back(giver: Giver, row: Contribution, language: str = "en") -> Page:
    prefix = "" if language == "en" else f"/{language}"
    return giver.get(f"{prefix}{views.path_of_thanks(row)}")


@both
def test_what_is_not_known_yet_is_said_in_words_that_calm(giver: Giver, shop: Shop) -> None:
    giver.give()
    row = Contribution.objects.get()
    for state in ("created", "pending", "unknown"):
        Payment.objects.update(state=state)
        page = back(giver, row)
        assert page.heading == "We are waiting for an answer"
        assert "Please do not pay again." in page.text
        assert "If it was not paid, nothing is taken." in page.text
        assert "Look again" in page.text
    assert "не платите ещё раз" in back(giver, row, "ru").text
    assert "دوباره نپردازید" in back(giver, row, "fa").text


@both
def test_what_was_refused_can_be_tried_again(giver: Giver, shop: Shop) -> None:
    page = giver.give()
    shop.choose(page.onward, "decline")
    shop.deliver()
    row = Contribution.objects.get()
    found = back(giver, row)
    assert found.heading == "It was not paid"
    assert 'href="/give/"' in found.html


@both
def test_a_regular_gift_says_how_it_goes_on(giver: Giver, shop: Shop) -> None:
    page = giver.give(rhythm="annual")
    shop.choose(page.onward, "approve")
    shop.deliver()
    assert "taken again by itself" in back(giver, Contribution.objects.get()).text


@both
def test_what_the_browser_brings_along_is_not_believed(giver: Giver) -> None:
    giver.give()
    path = views.path_of_thanks(Contribution.objects.get())
    assert giver.get(f"{path}?state=paid&redirect_status=succeeded").heading == (
        "We are waiting for an answer"
    )


@both
def test_a_forged_link_is_told_so_and_shows_nothing(giver: Giver, shop: Shop) -> None:
    giver.give()
    row = Contribution.objects.get()
    true = views.links().token(row.pk, THANKS)
    forged = [
        true[:-1],
        true[:-1] + ("A" if true[-1] != "A" else "B"),
        views.links().token(row.pk, STOP),
        Links(b"another key").token(row.pk, THANKS),
        views.links().token(uuid4(), THANKS),
        "x",
    ]
    for token in forged:
        page = giver.get(f"/give/thanks/{token}/")
        assert (page.status, page.heading) == (404, "This link is not one of ours")
        assert "10" not in page.text.replace("100", "")


@both
def test_a_link_that_is_shown_again_later_says_nothing_more(
    giver: Giver, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    giver.give()
    row = Contribution.objects.get()
    today = views.today()
    monkeypatch.setattr(views, "today", lambda: today + timedelta(days=3))
    page = back(giver, row)
    assert (page.status, page.heading) == (410, "This link is over")


@both
def test_a_processor_that_does_not_answer_keeps_the_form_and_makes_no_second_gift(
    giver: Giver, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Sandbox.begin

    def unreachable(self: Sandbox, order: object) -> object:
        raise Unreachable("nobody is there")

    monkeypatch.setattr(Sandbox, "begin", unreachable)
    page = giver.send(giver.form())
    assert page.status == 502
    assert "will not become two gifts" in page.text
    monkeypatch.setattr(Sandbox, "begin", begin)
    assert giver.send(page).onward
    assert Contribution.objects.count() == 1


@both
def test_a_lost_reply_is_asked_for_again_with_the_same_key(giver: Giver, shop: Shop) -> None:
    shop.facts(lose_replies=2)
    page = giver.send(giver.form())
    assert page.status == 502
    shop.facts(lose_replies=0)
    assert giver.send(page).onward
    assert len(shop.things("visit")) == Contribution.objects.count() == 1


@both
def test_a_provider_that_is_switched_off_is_offered_no_more(giver: Giver, shop: Shop) -> None:
    form = giver.form()
    switch("sandbox", shop.today, off=True)
    page = giver.send(form)
    assert (page.status, Contribution.objects.count()) == (422, 0)
    assert giver.form().heading == "There is no way to pay from there now"


@both
def test_without_a_till_the_desk_says_later(giver: Giver, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    from tamizdat.contributions.money.client import TillClient

    monkeypatch.setattr(views, "till", lambda: TillClient(Path("/nowhere/till.sock")))
    page = giver.form()
    assert (page.status, page.answer["Retry-After"]) == (503, "120")
