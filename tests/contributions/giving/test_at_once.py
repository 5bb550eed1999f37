"""Many clicks of one form, and machines that try stolen cards: what reaches the processor."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from tamizdat.contributions.giving import beginning
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.providers.sandbox import Sandbox
from tamizdat.databases import PEOPLE
from tamizdat.desk import admission
from tamizdat.desk.limits import HARDEST, Limits
from tests.contributions.conftest import Shop, both, committing
from tests.contributions.giving.conftest import Giver, Page
from tests.desk.conftest import solved

CLICKS = 50


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys with which the processor was asked for a page."""
    found: list[str] = []
    begin = Sandbox.begin

    def count(self: Sandbox, order: Any) -> Any:
        found.append(order.key)
        return begin(self, order)

    monkeypatch.setattr(Sandbox, "begin", count)
    return found


def at_once(giver: Giver, fields: dict[str, str], count: int) -> list[Page]:
    """Send one form many times at the same moment, each from a browser of its own."""
    barrier = threading.Barrier(count)

    def send(_: int) -> Page:
        barrier.wait(timeout=60)
        try:
            return Giver(Client()).post(fields)
        finally:
            connections[PEOPLE].close()
            connections["default"].close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(send, range(count)))


@committing
def test_of_twenty_posts_at_once_comes_one_contribution_and_one_call(
    giver: Giver, shop: Shop, calls: list[str]
) -> None:
    form = giver.form()
    found = at_once(giver, {**form.fields(), **solved(form.html)}, 20)
    assert {each.status for each in found} == {200}
    assert len({each.onward for each in found}) == 1
    assert Contribution.objects.count() == Payment.objects.count() == 1
    assert len(calls) == len(shop.things("visit")) == 1


@committing
def test_many_clicks_at_once_take_one_of_the_places_that_all_people_share(
    giver: Giver, shop: Shop, limits: Limits, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: Counter[str] = Counter()
    take = limits.take

    def count(name: str, now: float) -> bool:
        taken[name] += 1
        return take(name, now)

    monkeypatch.setattr(limits, "take", count)
    form = giver.form()
    at_once(giver, {**form.fields(), **solved(form.html)}, 20)
    assert taken["give"] == taken["give-calm"] == 1


@committing
def test_without_the_key_of_the_form_it_would_be_many(
    giver: Giver, shop: Shop, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: each post gets a key of its own, as where it is born in the deed."""
    import secrets

    form = giver.form()
    pledge = beginning.Pledge

    def anew(**values: Any) -> Any:
        return pledge(**{**values, "key": secrets.token_bytes(16)})

    monkeypatch.setattr(beginning, "Pledge", anew)
    at_once(giver, {**form.fields(), **solved(form.html)}, 8)
    assert Contribution.objects.count() == len(shop.things("visit")) > 1


@both
def test_fifty_clicks_one_after_the_other_are_one_and_trouble_nobody(
    giver: Giver, shop: Shop, calls: list[str], limits: Limits
) -> None:
    form = giver.form()
    fields = {**form.fields(), **solved(form.html)}
    onward = {giver.post(fields).onward for _ in range(CLICKS)}
    assert len(onward) == 1
    assert Contribution.objects.count() == len(calls) == 1
    assert limits.level("give", 0.0) == 0


@both
def test_two_supporters_of_one_page_of_the_edition_are_two(giver: Giver, shop: Shop) -> None:
    path = "/give/?rhythm=once&amount=5&currency=EUR"
    assert giver.give(path).onward != giver.give(path).onward
    assert Contribution.objects.count() == 2


@both
def test_of_a_thousand_posts_that_try_cards_less_than_twenty_ask_the_processor(
    giver: Giver, shop: Shop, calls: list[str], clock: Any
) -> None:
    forms = [giver.form() for _ in range(40)]
    plain = [each.fields() for each in forms]
    worked = [{**each.fields(), **solved(each.html)} for each in forms]
    clock.shift(admission.WAIT)
    attacks: list[dict[str, str]] = []
    attacks += [{**plain[0], "ticket": ""}] * 200
    attacks += [{**each, "ticket": f"{each['ticket'][:-3]}AAA"} for each in plain] * 5
    attacks += [{**worked[0], "ticket": each["ticket"]} for each in plain] * 5
    attacks += plain * 5  # they waited, and did no work
    attacks += worked * 5  # they worked, before it became hard
    assert len(attacks) >= 1_000
    seen: Counter[int] = Counter()
    genuine = 0
    for number, attack in enumerate(attacks, 1):
        page = giver.post({**attack, "other": f"{2 + number % 7}"})
        seen[page.status] += 1
        if number % 250 == 0:  # meanwhile
            genuine += passes(giver)
    assert genuine == 4
    assert len(calls) - genuine < 20
    assert set(seen) <= {200, 429}
    assert Contribution.objects.count() == len(calls)


def passes(giver: Giver) -> bool:
    """Say whether a supporter with a browser gets through: she does what the page asks for."""
    page = giver.form()
    for _ in range(3):
        page = giver.send(page)
        if page.onward:
            return True
    return False


@both
def test_without_the_few_places_all_who_worked_a_little_would_get_through(
    giver: Giver, shop: Shop, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: tickets hoarded while the work is easy."""
    worked = [{**each.fields(), **solved(each.html)} for each in (giver.form() for _ in range(30))]
    monkeypatch.setattr(beginning, "HARDEST", 0)
    for each in worked:
        giver.post(each)
    assert len(calls) == 30


@both
def test_who_does_the_hardest_work_takes_no_few_place(giver: Giver, limits: Limits) -> None:
    now = beginning_moment()
    while limits.take("give-calm", now):
        pass
    page = giver.send(giver.form())
    assert page.onward
    assert limits.level("give-calm", now) == HARDEST


@both
def test_who_has_no_scripts_waits_and_passes(giver: Giver, clock: Any) -> None:
    form = giver.form()
    waiting = giver.post(form.fields())
    assert "wait twenty seconds" in waiting.text
    assert waiting.fields()["ticket"] == form.fields()["ticket"]
    clock.shift(admission.WAIT)
    assert giver.post(waiting.fields()).onward


@both
def test_another_sites_form_begins_nothing(giver: Giver) -> None:
    form = giver.form()
    fields = {**form.fields(), **solved(form.html)}
    page = giver.post(fields, **{"Sec-Fetch-Site": "cross-site"})
    assert page.heading == "Three questions first"
    assert Contribution.objects.count() == 0


def beginning_moment() -> float:
    from django.utils import timezone

    return timezone.now().timestamp()
