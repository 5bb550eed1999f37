"""What every provider must do, whoever it is.

A provider's tests inherit ``Contract`` and give it an ``account``: the provider's module, and the
means to be a supporter, a bank and a bad line there.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import (
    BadWebhook,
    NotThere,
    Refused,
    Unreachable,
    Unsure,
)
from tamizdat.contributions.money.providers import (
    Change,
    Charge,
    Order,
    Page,
    Provider,
    RefundOrder,
    RenewalOrder,
    Standing,
    Thing,
    Visit,
)

BACK = "https://desk.example/back"


class Account(ABC):
    """An account at a simulated processor."""

    provider: Provider

    @abstractmethod
    def approve(self, page: Page) -> None:
        """Be a supporter who pays."""

    @abstractmethod
    def decline(self, page: Page) -> None:
        """Be a supporter whose card is declined."""

    @abstractmethod
    def lose_replies(self) -> None:
        """Let the next deed be done, and nobody hear of it, however often it is tried at once."""

    @abstractmethod
    def fail(self) -> None:
        """Let the processor answer the next question with an error of its own (5xx)."""

    @abstractmethod
    def cut(self) -> None:
        """Let the processor be out of reach from now on."""

    @abstractmethod
    def visits(self) -> int:
        """Return how many pages were opened."""

    @abstractmethod
    def last(self) -> Page:
        """Return the page that was opened last."""

    @abstractmethod
    def balance(self) -> int:
        """Return what the processor holds for us, in cents, as it counts itself."""

    @abstractmethod
    def refund(self, payment: str, amount: int) -> None:
        """Give money back at the processor, past us."""

    @abstractmethod
    def dispute(self, payment: str, outcome: str) -> None:
        """Be a bank: open, won, lost."""

    @abstractmethod
    def now(self) -> datetime: ...

    @abstractmethod
    def pass_days(self, days: int) -> None:
        """Let time go by."""

    @abstractmethod
    def messages(self) -> list[tuple[bytes, Mapping[str, str]]]:
        """Return what the processor would send now, signed now; names in small letters."""

    @abstractmethod
    def signed(self, body: bytes, at: datetime) -> Mapping[str, str]:
        """Return the headers of a message that is sent at a moment."""

    @abstractmethod
    def sent(self) -> list[Any]:
        """Return every value that went out to the processor."""

    # What the tests say more shortly

    def order(self, rhythm: str = "once", minor: int = 1000, **more: Any) -> Order:
        reference = uuid.uuid4().hex
        wanted = Order(
            reference, f"begin-{reference}", Money("EUR", minor), rhythm, "card", "en", BACK
        )
        return replace(wanted, **more)

    def begun(self, rhythm: str = "once", minor: int = 1000) -> tuple[Order, Page]:
        order = self.order(rhythm, minor)
        return order, self.provider.begin(order)

    def given(self, rhythm: str = "once", minor: int = 1000) -> Charge:
        """Return the charge of a supporter who has paid."""
        _, page = self.begun(rhythm, minor)
        self.approve(page)
        return self.charge(self.visit(page).charge)

    def visit(self, page: Page) -> Visit:
        seen = self.provider.fetch(Thing("visit", page.visit))
        assert isinstance(seen, Visit)
        return seen

    def charge(self, name: str) -> Charge:
        seen = self.provider.fetch(Thing("payment", name))
        assert isinstance(seen, Charge)
        return seen

    def standing(self, name: str) -> Standing:
        seen = self.provider.fetch(Thing("standing", name))
        assert isinstance(seen, Standing)
        return seen


class Contract:
    """The tests."""

    many = 130  # more than one page of any list
    takes_fee = True
    rhythm = "once"  # that of a test which would as well take any

    def test_the_same_key_opens_one_page(self, account: Account) -> None:
        order, page = account.begun()
        again = account.provider.begin(order)
        assert (again.visit, again.url) == (page.visit, page.url)
        assert account.visits() == 1

    def test_the_same_key_with_other_values_is_refused(self, account: Account) -> None:
        order, _ = account.begun()
        with pytest.raises(Refused):
            account.provider.begin(replace(order, money=Money("EUR", 2000)))
        assert account.visits() == 1

    def test_a_page_charges_nobody(self, account: Account) -> None:
        _, page = account.begun()
        assert account.visit(page).state == "open"
        now = account.now()
        found = account.provider.charges(now - timedelta(days=1), now + timedelta(days=1))
        assert [each for each in found if each.state == "confirmed"] == []

    def test_who_pays_is_seen_with_all_that_is_needed(self, account: Account) -> None:
        order, page = account.begun(minor=1234)
        account.approve(page)
        visit = account.visit(page)
        assert (visit.state, visit.reference) == ("complete", order.reference)
        charge = account.charge(visit.charge)
        assert (charge.state, charge.reference) == ("confirmed", order.reference)
        assert (charge.period, charge.money) == (0, Money("EUR", 1234))
        assert charge.settled == Money("EUR", 1234)
        assert (charge.fee > 0) == self.takes_fee
        assert charge.fee < 1234
        assert abs(account.now() - charge.at) < timedelta(minutes=5)

    def test_yen_have_no_cents_and_dinars_have_three_digits(self, account: Account) -> None:
        for money in (Money("JPY", 500), Money("KWD", 5_000)):
            page = account.provider.begin(account.order(money=money))
            account.approve(page)
            assert account.charge(account.visit(page).charge).money == money

    def test_a_card_that_is_declined_can_be_tried_again(self, account: Account) -> None:
        _, page = account.begun()
        account.decline(page)
        assert account.visit(page).state == "open"
        account.approve(page)
        assert account.charge(account.visit(page).charge).state == "confirmed"

    def test_a_reply_that_is_lost_is_unsure_and_the_key_finds_it(self, account: Account) -> None:
        order = account.order()
        account.lose_replies()
        with pytest.raises(Unsure):
            account.provider.begin(order)
        page = account.provider.begin(order)
        assert account.visits() == 1
        account.approve(page)

    def test_an_error_of_the_processor_s_own_leaves_it_open(self, account: Account) -> None:
        order = account.order()
        account.fail()
        with pytest.raises(Unsure):
            account.provider.begin(order)

    def test_who_is_out_of_reach_was_sent_nothing(self, account: Account) -> None:
        account.cut()
        with pytest.raises(Unreachable):
            account.provider.begin(account.order())

    def test_what_is_not_there_is_said(self, account: Account) -> None:
        page = account.begun()[1]
        with pytest.raises(NotThere):
            account.provider.fetch(Thing("visit", page.visit[:-4] + "none"))

    def test_a_refund_is_made_once_and_seen_at_the_payment(self, account: Account) -> None:
        charge = account.given(minor=1000)
        order = RefundOrder(uuid.uuid4().hex, "refund-1", 300, charge.name)
        first, again = (account.provider.refund(order) for _ in range(2))
        assert first.name == again.name
        (refund,) = account.charge(charge.name).refunds
        assert (refund.reference, refund.amount, refund.state) == (order.reference, 300, "done")

    def test_no_more_goes_back_than_came(self, account: Account) -> None:
        charge = account.given(minor=1000)
        with pytest.raises(Refused):
            account.provider.refund(RefundOrder("a" * 32, "refund-2", 1001, charge.name))
        assert account.charge(charge.name).refunds == ()

    def test_a_refund_whose_reply_is_lost_is_made_once(self, account: Account) -> None:
        charge = account.given(minor=1000)
        order = RefundOrder(uuid.uuid4().hex, "refund-4", 300, charge.name)
        account.lose_replies()
        with pytest.raises(Unsure):
            account.provider.refund(order)
        (seen,) = account.charge(charge.name).refunds
        assert account.provider.refund(order).name == seen.name
        assert len(account.charge(charge.name).refunds) == 1

    def test_a_refund_s_key_with_another_amount_is_refused(self, account: Account) -> None:
        charge = account.given(minor=1000)
        order = RefundOrder(uuid.uuid4().hex, "refund-5", 300, charge.name)
        account.provider.refund(order)
        with pytest.raises(Refused):
            account.provider.refund(replace(order, amount=200))
        assert [each.amount for each in account.charge(charge.name).refunds] == [300]

    def test_parts_go_back_until_nothing_is_left(self, account: Account) -> None:
        charge = account.given(minor=1000)
        for number in range(2):
            reference = uuid.uuid4().hex
            account.provider.refund(RefundOrder(reference, f"half-{number}", 500, charge.name))
        with pytest.raises(Refused):
            account.provider.refund(RefundOrder(uuid.uuid4().hex, "half-2", 1, charge.name))
        assert sum(each.amount for each in account.charge(charge.name).refunds) == 1000
        now = account.now()
        span = now - timedelta(days=1), now + timedelta(days=1)
        (listed,) = account.provider.charges(*span)
        assert listed == account.charge(charge.name)  # lists and things say the same

    def test_a_long_list_is_whole(self, account: Account) -> None:
        names = {account.given().name for _ in range(self.many)}
        now = account.now()
        found = list(account.provider.charges(now - timedelta(days=1), now + timedelta(days=1)))
        assert {each.name for each in found} == names
        assert len(found) == len(names)

    def test_what_has_changed_is_listed(self, account: Account) -> None:
        charge = account.given()
        account.pass_days(2)
        since = account.now() - timedelta(hours=1)
        thing = Thing("payment", charge.name)
        assert thing not in set(account.provider.changes(since))
        account.provider.refund(RefundOrder("b" * 32, "refund-3", 100, charge.name))
        assert thing in set(account.provider.changes(since))

    def test_a_message_leads_to_the_payment_it_is_about(self, account: Account) -> None:
        charge = account.given()
        found = [
            account.provider.read(body, headers, account.now())
            for body, headers in account.messages()
        ]
        assert Thing("payment", charge.name) in [each.thing for each in found]
        assert len({each.event for each in found}) == len(found)

    def test_a_message_that_is_forged_or_old_is_refused(self, account: Account) -> None:
        account.given()
        (body, headers), *_ = account.messages()
        now = account.now()
        old = account.signed(body, now - timedelta(seconds=301))
        for bad_body, bad_headers in ((body + b" ", headers), (body, {}), (body, old)):
            with pytest.raises(BadWebhook):
                account.provider.read(bad_body, bad_headers, now)
        account.provider.read(body, account.signed(body, now - timedelta(seconds=290)), now)

    def test_a_signature_in_letters_that_none_has_is_refused(self, account: Account) -> None:
        """A header may hold any byte above 127, and comparing text stumbles over those."""
        account.given()
        (body, headers), *_ = account.messages()
        with pytest.raises(BadWebhook):
            account.provider.read(
                body, {name: f"{said}\xe9" for name, said in headers.items()}, account.now()
            )

    def test_nothing_goes_out_that_tells_of_a_story_or_a_person(self, account: Account) -> None:
        """Each value that is sent is one of the order's own, or one of a short list of words."""
        order, page = account.begun(self.rhythm)
        account.approve(page)
        allowed = {order.reference, order.money.minor, "EUR", self.rhythm, "card", "en", BACK}
        strangers = {str(each) for each in account.sent()} - {str(each) for each in allowed}
        assert strangers <= self.words(account)

    def words(self, account: Account) -> set[str]:
        """Return the words of its own language that a provider may send."""
        return {"True", "False"}


class Disputed(Contract):
    """Also for who hears of banks that take money back."""

    @pytest.mark.parametrize("outcome", ["won", "lost"])
    def test_a_dispute_is_seen_at_the_payment(self, account: Account, outcome: str) -> None:
        charge = account.given(minor=1000)
        account.dispute(charge.name, "open")
        (opened,) = account.charge(charge.name).disputes
        assert (opened.state, opened.amount, opened.closed_at) == ("open", 1000, None)
        account.dispute(charge.name, outcome)
        (closed,) = account.charge(charge.name).disputes
        assert (closed.name, closed.state) == (opened.name, outcome)
        assert closed.closed_at is not None


class Regular(Contract):
    """Also for who knows agreements to pay regularly."""

    rhythm = "monthly"

    def test_an_agreement_can_be_changed_paused_resumed_and_ended(self, account: Account) -> None:
        charge = account.given("monthly")
        provider, name = account.provider, charge.standing
        assert account.standing(name).state == "active"
        assert account.standing(name).rhythm == "monthly"
        more = Money("EUR", 2500)
        for _ in range(2):
            assert provider.change(name, Change.AMOUNT, "a-1", more).money == more
        assert provider.change(name, Change.PAUSE, "p-1", None).state == "paused"
        assert provider.change(name, Change.RESUME, "r-1", None).state == "active"
        for _ in range(2):
            assert provider.change(name, Change.CANCEL, "c-1", None).state == "ended"
        assert account.standing(name).state == "ended"

    def test_a_way_to_pay_is_changed_on_the_processors_page(self, account: Account) -> None:
        charge = account.given("monthly")
        url = account.provider.method_page(charge.standing, BACK, "en")
        assert url.startswith("http")
        assert "desk.example" not in url

    def test_the_second_period_is_paid_once(self, account: Account) -> None:
        first = account.given("monthly")
        if account.provider.facts.bills:
            account.pass_days(32)
        else:
            order = RenewalOrder(
                first.reference, "f" * 32, 1, "renewal-1", first.money, first.standing
            )
            assert {account.provider.charge(order).name for _ in range(2)} != {first.name}
        now = account.now()
        found = list(account.provider.charges(now - timedelta(days=60), now + timedelta(days=1)))
        assert sorted((each.period, each.state) for each in found) == [
            (0, "confirmed"),
            (1, "confirmed"),
        ]
        assert {each.reference for each in found} == {first.reference}
        assert {each.standing for each in found} == {first.standing}
