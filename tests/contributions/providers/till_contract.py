"""What a till does with every provider, whoever it is: from the form to the books.

A provider's tests inherit ``TillContract`` beside ``Contract``; the account is the same.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from tamizdat.contributions.money import ledger, pledging, reconciling, refunding, webhooks
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import ProviderOff, Unsure
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.ledger import Place
from tamizdat.contributions.money.models import (
    Contribution,
    DayTotal,
    Dispute,
    Event,
    Payment,
    Refund,
)
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.money.switching import switch
from tamizdat.contributions.money.till import Till
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import ZONE, both
from tests.contributions.providers.contract import BACK, Account

Message = tuple[bytes, Mapping[str, str]]


class Undone(Exception):
    """All of it is rolled back."""


@dataclass
class Newsroom:
    """A till at one provider's simulator."""

    account: Account
    keyring: Keyring
    till: Till = field(init=False)

    def __post_init__(self) -> None:
        providers = {self.name: self.account.provider}
        self.till = Till(providers, self.keyring, ZONE, self.account.now)

    @property
    def name(self) -> str:
        return self.account.provider.facts.name

    @property
    def today(self) -> date:
        return day_in(self.account.now(), ZONE)

    def pledge(self, rhythm: str = "once", minor: int = 1000) -> Contribution:
        method = self.account.provider.facts.methods[0].code
        wanted = pledging.Pledge(
            secrets.token_bytes(16), self.name, method, rhythm, Money("EUR", minor), "en"
        )
        return pledging.pledge(wanted, self.today)

    def pay(self, row: Contribution) -> None:
        self.till.page(row.pk, BACK)
        self.account.approve(self.account.last())

    def give(self, rhythm: str = "once", minor: int = 1000) -> Payment:
        row = self.pledge(rhythm, minor)
        self.pay(row)
        self.hear(self.account.messages())
        return Payment.objects.get(contribution=row, period=0)

    def hear(self, messages: Iterable[Message]) -> None:
        for body, _ in messages:
            signed = self.account.signed(body, self.account.now())
            webhooks.hear(self.till, self.name, body, signed)

    def compare(self) -> reconciling.Report:
        report = reconciling.hourly(self.till, self.name)
        assert report.failed == 0, report
        return report

    def outcome(self) -> Any:
        """Return all that must be the same, whatever way it came about."""
        books = DayTotal.objects.values_list("account__code", "day", "debit", "credit", "count")
        payments = Payment.objects.values_list(
            "contribution_id", "period", "amount", "state", "day", "returned"
        )
        gifts = Contribution.objects.values_list("pk", "state", "period", "next_on", "anchor")
        return (
            sorted(books),
            sorted(payments, key=str),
            sorted(gifts, key=str),
            sorted(Refund.objects.values_list("amount", "state", "day")),
            sorted(Dispute.objects.values_list("amount", "state", "opened_on", "closed_on")),
        )

    def holds(self) -> None:
        """The books hold, and say what the provider's own balance says."""
        assert ledger.audit().faults == ()
        assert ledger.balance(Place("balance", self.name, "EUR")) == self.account.balance()


@pytest.fixture
def newsroom(account: Account, keyring: Keyring) -> Newsroom:
    return Newsroom(account, keyring)


@both
class TillContract:
    """The tests."""

    def test_from_the_form_to_the_books(self, newsroom: Newsroom) -> None:
        payment = newsroom.give(minor=2000)
        assert payment.state == Payment.State.CONFIRMED
        assert payment.contribution.state == Contribution.State.GIVEN
        assert ledger.balance(Place("gifts", newsroom.name, "EUR")) == -2000
        newsroom.holds()

    def test_what_is_heard_twice_is_done_once(self, newsroom: Newsroom) -> None:
        newsroom.pay(newsroom.pledge())
        messages = newsroom.account.messages()
        newsroom.hear(messages)
        before, events = newsroom.outcome(), Event.objects.count()
        newsroom.hear(messages)
        assert (newsroom.outcome(), Event.objects.count()) == (before, events)
        newsroom.holds()

    def test_messages_late_doubled_out_of_order_or_lost_end_the_same(
        self, newsroom: Newsroom
    ) -> None:
        told = self.story(newsroom)
        chance = random.Random(7)
        orders = [told, told[::-1], [], told[:1], told[-1:]]
        orders += [chance.choices(told, k=len(told)) for _ in range(3)]
        orders += [chance.sample(told, len(told)) for _ in range(2)]
        found = [self.heard(newsroom, order) for order in orders]
        for order, other in zip(orders[1:], found[1:], strict=True):
            assert other == found[0], len(order)

    def story(self, newsroom: Newsroom) -> list[Message]:
        """Live through two gifts, a refund in part and a dispute that is won, and hear nothing."""
        account = newsroom.account
        for rhythm in ("once", self.regular(account)):
            newsroom.pay(newsroom.pledge(rhythm))
        self.after(newsroom)
        return account.messages()

    def after(self, newsroom: Newsroom) -> None:
        account = newsroom.account
        now = account.now()
        charge = min(
            account.provider.charges(now - timedelta(days=1), now + timedelta(days=1)),
            key=lambda each: each.at,
        )
        account.refund(charge.name, 300)
        if self.can_be_disputed:
            account.dispute(charge.name, "open")
            account.dispute(charge.name, "won")
        if account.provider.facts.bills:
            account.pass_days(32)

    can_be_disputed = True

    def regular(self, account: Account) -> str:
        return "monthly"

    def heard(self, newsroom: Newsroom, messages: list[Message]) -> Any:
        """Hear messages in an order, compare once, look, and forget all of it."""
        found: list[Any] = []
        try:
            with transaction.atomic(using=PEOPLE):
                newsroom.hear(messages)
                newsroom.compare()
                newsroom.holds()
                found.append(newsroom.outcome())
                raise Undone
        except Undone:
            return found[0]

    def test_a_page_whose_answer_was_lost_and_that_was_paid_is_one_payment(
        self, newsroom: Newsroom
    ) -> None:
        """The provider says yes after we have given up waiting."""
        row = newsroom.pledge()
        newsroom.account.lose_replies()
        with pytest.raises(Unsure):
            newsroom.till.page(row.pk, BACK)
        assert Payment.objects.get().state == Payment.State.UNKNOWN
        newsroom.till.page(row.pk, BACK)
        assert newsroom.account.visits() == 1
        newsroom.account.approve(newsroom.account.last())
        newsroom.account.messages()  # all of them are lost
        newsroom.compare()
        assert Payment.objects.get().state == Payment.State.CONFIRMED
        newsroom.holds()

    def test_fifty_clicks_open_one_page(self, newsroom: Newsroom) -> None:
        row = newsroom.pledge()
        assert len({newsroom.till.page(row.pk, BACK) for _ in range(50)}) == 1
        assert newsroom.account.visits() == 1

    def test_a_switch_that_is_thrown_stops_what_is_new_and_follows_what_moves(
        self, newsroom: Newsroom
    ) -> None:
        moving, waiting = newsroom.pledge(), newsroom.pledge()
        newsroom.pay(moving)
        switch(newsroom.name, newsroom.today, off=True)
        with pytest.raises(ProviderOff):
            newsroom.till.page(waiting.pk, BACK)
        with pytest.raises(ProviderOff):
            newsroom.pledge()
        assert newsroom.account.visits() == 1
        newsroom.hear(newsroom.account.messages())
        payment = Payment.objects.get(contribution=moving)
        assert payment.state == Payment.State.CONFIRMED
        self.give_back(newsroom, payment)
        newsroom.holds()

    def give_back(self, newsroom: Newsroom, payment: Payment) -> None:
        refund = refunding.ask(newsroom.till, payment, 400)
        assert refund.state == Refund.State.DONE

    def test_the_night_finds_nothing_to_mend(self, newsroom: Newsroom) -> None:
        newsroom.give()
        newsroom.give(self.regular(newsroom.account))
        before = newsroom.outcome()
        report = reconciling.nightly(newsroom.till, newsroom.name)
        assert (report.failed, report.missing) == (0, 0)
        assert newsroom.outcome() == before
