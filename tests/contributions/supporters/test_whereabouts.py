"""Before a new commitment the country question is asked again: she may have moved."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tamizdat.contributions.giving.models import Ruling
from tamizdat.contributions.giving.policy import Judgement, Policy, Verdict
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.errors import TillGone
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.supporters import inside
from tamizdat.contributions.supporters.models import Switching
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import Shop, both
from tests.contributions.giving.test_refused import everything
from tests.contributions.supporters.conftest import SAFE, Portal, fields_of, give
from tests.desk.conftest import Vaulted, field

pytestmark = both
MOVED = [{"lives": "RU"}, {"card": "RU"}, {"lives": "DE", "card": "BY", "returns": "yes"}]


@pytest.fixture
def row(shop: Shop, portal: Portal, vaulted: Vaulted) -> Contribution:
    found = give(shop, vaulted)
    portal.post.round()
    portal.enter()
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand where the till is asked, and note that somebody came."""
    found: list[str] = []

    def till() -> TillClient:
        found.append("asked")
        raise TillGone

    monkeypatch.setattr(inside, "till", till)
    return found


def text(answer: Any) -> str:
    return str(answer.content.decode())


def commitments(portal: Portal, row: Contribution) -> list[dict[str, str]]:
    """Return the forms by which somebody commits herself anew, without her answers."""
    path = portal.gift(row)
    sure = portal.sure(path, do="rhythm", amount="100", **SAFE)
    ticket = field(text(portal.desk.get(path)), "ticket")
    found = [{"do": "rhythm", "amount": "100"}, sure, {"do": "method", "ticket": ticket}]
    return [{name: value for name, value in each.items() if name not in SAFE} for each in found]


def test_another_rhythm_and_another_card_begin_with_the_question(
    portal: Portal, row: Contribution, asked: list[str]
) -> None:
    for form in commitments(portal, row):
        answer = portal.do(portal.gift(row), **form)
        assert answer.status_code == 200
        page = text(answer)
        assert "In which country do you live?" in page
        assert 'role="alert"' not in page  # nothing was left out yet
        carried = fields_of(page)
        assert carried["do"] == form["do"].removesuffix("-now")
        again = portal.do(portal.gift(row), **carried)
        assert again.status_code == 422
        assert "Please choose a country from the list." in text(again)
    assert asked == []
    assert not Switching.objects.exists()


@pytest.mark.parametrize("answers", MOVED)
def test_who_moved_home_leaves_no_byte_and_is_told_to_end_her_gift(
    portal: Portal, row: Contribution, asked: list[str], answers: dict[str, str]
) -> None:
    forms, before = commitments(portal, row), everything()
    for form in forms:
        with CaptureQueriesContext(connections[PEOPLE]) as queries:
            page = portal.do(portal.gift(row), **form, **{**SAFE, **answers})
        assert page.status_code == 200
        assert "Please do not give to us" in text(page)
        assert "Please end it." in text(page)
        assert fields_of(text(page)) == {"do": "end"}
        assert all(each["sql"].startswith("SELECT") for each in queries)
    assert everything() == before
    assert asked == []


def test_with_the_policy_off_she_would_come_through(
    portal: Portal, row: Contribution, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: it is the judging that holds her back."""
    _, sure, _ = commitments(portal, row)
    monkeypatch.setattr(Policy, "judge", lambda *_: Judgement(Verdict.ALLOW))
    portal.do(portal.gift(row), **sure, **{**SAFE, "lives": "RU"})
    assert asked == ["asked"]
    assert Switching.objects.exists()


def test_a_ruling_on_her_way_to_pay_alone_holds_too(
    portal: Portal, row: Contribution, asked: list[str]
) -> None:
    words = {"en": "Banks there report cards."}
    since = inside.today()
    Ruling.objects.create(country="GE", method="card", verdict="refuse", since=since, texts=words)
    form = {"do": "rhythm", "amount": "100", **SAFE, "card": "GE"}
    assert "Banks there report cards." in text(portal.do(portal.gift(row), **form))
    Ruling.objects.create(country="AM", verdict="warn", since=since, texts={"en": "Think."})
    form = {"do": "rhythm", "amount": "100", **SAFE, "lives": "AM"}
    page = text(portal.do(portal.gift(row), **form))
    assert '<p class="wait">Think.</p>' in page  # marked, as on the form
    assert fields_of(page)["do"] == "rhythm-now"
    assert asked == []


def test_who_will_travel_home_is_warned_before_she_confirms(
    portal: Portal, row: Contribution
) -> None:
    form = {"do": "rhythm", "amount": "100", **SAFE, "returns": "yes"}
    page = text(portal.do(portal.gift(row), **form))
    assert "You will travel to a country in which giving to us can be prosecuted." in page
    assert fields_of(page)["returns"] == "yes"
