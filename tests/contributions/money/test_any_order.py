"""Messages in any order, doubled, or lost: the same ledger, the same states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tamizdat.contributions.money import webhooks
from tamizdat.contributions.money.models import Contribution, Dispute, Payment, Refund
from tamizdat.contributions.money.providers.processor import billing, deeds, messages
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import SECRET, Shop, both


class Undone(Exception):
    """All of it is rolled back."""


def story(shop: Shop) -> None:
    """Seven messages: two first payments, a renewal that fails and is paid after all, a refund in
    part, a dispute opened and won, a contribution that ends."""
    first = shop.pledge("once", 1000)
    second = shop.pledge("monthly", 500)
    shop.choose(shop.page(first), "approve")
    shop.choose(shop.page(second), "approve")
    once, _ = shop.things("payment")
    with shop.store.transaction():
        deeds.refund(shop.store, {"payment": once["id"], "amount": 300})
    with shop.store.transaction():
        deeds.dispute(shop.store, shop.store.get(once["id"]), "open")
    (standing,) = shop.things("standing")
    shop.to(standing, script=["insufficient-funds"])
    with shop.store.transaction():
        billing.bill(shop.store, shop.store.get(standing["id"]))
    with shop.store.transaction():
        billing.bill(shop.store, shop.store.get(standing["id"]))
    with shop.store.transaction():
        deeds.dispute(shop.store, shop.store.get(once["id"]), "won")


def outcome(shop: Shop) -> Any:
    """Return all that must be the same: books, states, sums."""
    payments = Payment.objects.values_list(
        "contribution_id", "period", "amount", "state", "day", "returned"
    )
    contributions = Contribution.objects.values_list("pk", "state", "period", "next_on", "anchor")
    return (
        shop.books(),
        sorted(payments, key=str),
        sorted(contributions, key=str),
        sorted(Refund.objects.values_list("amount", "state", "day")),
        sorted(Dispute.objects.values_list("amount", "state", "opened_on", "closed_on")),
    )


@pytest.fixture
def told(shop: Shop) -> list[bytes]:
    story(shop)
    found = [body for _, body in messages.waiting(shop.store)]
    assert len(found) == 7
    return found


@pytest.fixture
def hear(shop: Shop) -> Callable[..., Any]:
    """Return what hears messages in an order, looks at the outcome, and forgets all again."""

    def deed(bodies: list[bytes], *, compare: bool = False) -> Any:
        found: list[Any] = []
        try:
            with transaction.atomic(using=PEOPLE):
                for body in bodies:
                    headers = messages.signed(SECRET, body, shop.now())
                    webhooks.hear(shop.till, "sandbox", body, headers)
                if compare:
                    shop.compare()
                found.append(outcome(shop))
                shop.holds()
                raise Undone
        except Undone:
            return found[0]

    return deed


@both
def test_messages_in_any_order_doubled_or_not_end_in_the_same_ledger(
    shop: Shop, told: list[bytes], hear: Callable[..., Any]
) -> None:
    """Every order of seven is too many to run each time; hypothesis picks, and keeps what fails."""
    expected = hear(told)

    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.permutations(told), st.lists(st.sampled_from(told), max_size=4))
    def any_order(order: list[bytes], again: list[bytes]) -> None:
        assert hear([*order, *again]) == expected

    any_order()


@both
def test_whatever_is_lost_is_made_up_for_by_the_comparison(
    shop: Shop, told: list[bytes], hear: Callable[..., Any]
) -> None:
    """Whichever messages arrive (here: none, each alone, each missing), after one comparison."""
    expected = hear(told)
    alone = [[each] for each in told]
    missing = [[each for each in told if each is not lost] for lost in told]
    for arrived in [[], *alone, *missing]:
        assert hear(arrived, compare=True) == expected


@both
def test_any_messages_in_any_order_and_then_a_comparison(
    shop: Shop, told: list[bytes], hear: Callable[..., Any]
) -> None:
    expected = hear(told)

    @settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(st.lists(st.sampled_from(told), max_size=7))
    def some(arrived: list[bytes]) -> None:
        assert hear(arrived, compare=True) == expected

    some()


@both
def test_what_is_heard_between_the_deeds_ends_in_the_same_ledger(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same story, told message by message as it happens: things are seen half-way, too."""
    announce = messages.announce
    for module in (deeds, billing):
        monkeypatch.setattr(module, "announce", announce)
    story(shop)
    shop.deliver()
    late = outcome(shop)
    again = outcome(shop)
    assert late == again
    shop.holds()
