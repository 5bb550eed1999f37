"""From the form to the provider's page: a row first, one key, one question, whoever clicks."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from django.db import connections

from tamizdat.contributions.money import switching
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import (
    AlreadyBegun,
    InHand,
    NotPossible,
    ProviderOff,
    Refused,
    Unreachable,
    Unsure,
)
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.providers.sandbox import Sandbox
from tamizdat.contributions.money.till import Pages, Till
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import KEY, SECRET, Shop, both, committing

AT_ONCE = 20
FORM = b"one form's number"[:16]


def at_once(deed: Any, count: int = AT_ONCE) -> list[Any]:
    barrier = threading.Barrier(count)

    def run(number: int) -> Any:
        barrier.wait(timeout=60)
        try:
            return deed(number)
        except Exception as error:  # what each one gets is what is looked at
            return error
        finally:
            connections[PEOPLE].close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count the provider's calls by their keys."""
    keys: list[str] = []
    begin = Sandbox.begin

    def count(self: Sandbox, order: Any) -> Any:
        keys.append(order.key)
        return begin(self, order)

    monkeypatch.setattr(Sandbox, "begin", count)
    return keys


@committing
def test_of_twenty_posts_of_one_form_comes_one_contribution_and_one_call(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = counted(shop, monkeypatch)
    found = at_once(lambda _: shop.page(shop.pledge(key=FORM)))
    assert len(set(found)) == 1
    assert found[0].startswith("http://127.0.0.1:")
    assert Contribution.objects.count() == Payment.objects.count() == 1
    assert len(keys) == 1
    assert len(shop.things("visit")) == 1


@committing
def test_without_waiting_and_claim_it_would_be_twenty_calls(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin. The key alone still keeps it at one visit."""
    keys = counted(shop, monkeypatch)
    monkeypatch.setattr(Pages, "alone", lambda self, contribution: nullcontext())
    monkeypatch.setattr(Pages, "find", lambda self, contribution, now: None)
    monkeypatch.setattr(Till, "_claim", lambda self, row: None)
    row = shop.pledge(key=FORM)
    found = at_once(lambda _: shop.page(row))
    assert len(keys) == AT_ONCE
    assert set(keys) == {f"begin-{row.pk.hex}"}
    assert len(set(found)) == len(shop.things("visit")) == 1


@committing
def test_two_tills_at_once_ask_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """As two processes: nothing in memory is shared, so the claim decides."""
    keys = counted(shop, monkeypatch)
    row = shop.pledge(key=FORM)
    gate = threading.Barrier(4)
    begin = Sandbox.begin

    def slowly(self: Sandbox, order: Any) -> Any:
        gate.wait(timeout=60)  # until the others have been refused
        return begin(self, order)

    monkeypatch.setattr(Sandbox, "begin", slowly)

    def ask(_: int) -> Any:
        try:
            return shop.new_till().page(row.pk, "http://127.0.0.1:1/back")
        except InHand as error:
            gate.wait(timeout=60)
            return error

    found = at_once(ask, 4)
    assert sum(isinstance(each, InHand) for each in found) == 3
    assert len(keys) == len(shop.things("visit")) == 1


@both
def test_two_supporters_of_one_page_are_two(shop: Shop) -> None:
    assert shop.page(shop.pledge()) != shop.page(shop.pledge())
    assert Contribution.objects.filter(state="waiting").count() == 2


@both
def test_a_form_that_is_sent_again_with_other_values_is_refused(shop: Shop) -> None:
    shop.pledge(key=FORM)
    with pytest.raises(AlreadyBegun):
        shop.pledge(key=FORM, amount=2000)
    with pytest.raises(AlreadyBegun):
        shop.pledge(key=FORM, rhythm="monthly")
    with pytest.raises(AlreadyBegun):
        shop.pledge(key=FORM, money=Money("USD", 1000))
    assert Contribution.objects.count() == 1


@both
def test_a_page_can_be_opened_again(shop: Shop) -> None:
    row = shop.pledge()
    url = shop.page(row)
    assert shop.page(row) == url
    assert shop.new_till().page(row.pk, "http://127.0.0.1:1/back") == url  # after a restart
    assert len(shop.things("visit")) == 1


@both
def test_what_is_paid_has_no_page_any_more(shop: Shop) -> None:
    row = shop.give()
    assert row.state == Contribution.State.GIVEN
    with pytest.raises(NotPossible):
        shop.new_till().page(row.pk, "http://127.0.0.1:1/back")


@both
def test_a_reply_that_is_lost_makes_the_payment_unknown_and_the_same_key_resolves_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = counted(shop, monkeypatch)
    row = shop.pledge()
    shop.facts(lose_replies=1)
    with pytest.raises(Unsure):
        shop.page(row)
    assert Payment.objects.get().state == Payment.State.UNKNOWN
    url = shop.page(row)
    assert keys == [f"begin-{row.pk.hex}"] * 2
    assert len(shop.things("visit")) == 1
    shop.choose(url, "approve")
    shop.deliver()
    assert Payment.objects.get().state == Payment.State.CONFIRMED
    shop.holds()


@both
def test_a_processor_that_is_not_there_leaves_a_row_that_can_be_tried_again(
    shop: Shop, keyring: Any
) -> None:
    row = shop.pledge()
    gone = Sandbox("http://127.0.0.1:9", KEY, SECRET)
    till = Till({"sandbox": gone}, keyring, shop.till.zone, shop.now)
    with pytest.raises(Unreachable):
        till.page(row.pk, "http://127.0.0.1:1/back")
    assert Payment.objects.get().state == Payment.State.CREATED
    assert shop.page(row)


@both
def test_what_the_provider_refuses_is_over(shop: Shop, keyring: Any) -> None:
    row = shop.pledge()
    wrong = Sandbox(shop.server.processor.base, "another key", SECRET)
    till = Till({"sandbox": wrong}, keyring, shop.till.zone, shop.now)
    with pytest.raises(Refused):
        till.page(row.pk, "http://127.0.0.1:1/back")
    row.refresh_from_db()
    assert row.state == Contribution.State.LAPSED
    wrong.line.close()


@both
def test_a_switch_that_is_thrown_stops_pledges_and_pages(shop: Shop) -> None:
    row = shop.pledge()
    assert switching.switch("sandbox", shop.today, off=True)
    assert not switching.switch("sandbox", shop.today, off=True)
    with pytest.raises(ProviderOff):
        shop.pledge()
    with pytest.raises(ProviderOff):
        shop.page(row)
    assert switching.switch("sandbox", shop.today, off=False)
    assert shop.page(row)


@both
def test_a_switch_does_not_stop_what_moves_already(shop: Shop) -> None:
    row = shop.pledge()
    url = shop.page(row)
    switching.switch("sandbox", shop.today, off=True)
    shop.choose(url, "approve")
    shop.deliver()
    shop.holds()


@both
def test_a_contribution_tells_the_provider_nothing_but_what_it_must(shop: Shop) -> None:
    """No story, no newsletter, no note, no address: the whole of what goes out."""
    import json

    row = shop.pledge("monthly", amount=1500)
    shop.page(row)
    (said,) = [
        json.loads(each) for (each,) in shop.store.connection.execute("SELECT said FROM used")
    ]
    assert said == [
        "/v1/visits",
        {
            "reference": row.pk.hex,
            "amount": 1500,
            "currency": "EUR",
            "rhythm": "monthly",
            "language": "en",
            "return_url": "http://127.0.0.1:1/back",
            "bills": True,
        },
    ]
