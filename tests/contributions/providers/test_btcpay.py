"""BTCPay Server does what every provider must, without keys; and what is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tamizdat.contributions.money import ledger, refunding
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import BadWebhook, NotThere, Refused
from tamizdat.contributions.money.ledger import Place
from tamizdat.contributions.money.models import Finding, Payment, Refund
from tamizdat.contributions.money.providers import Charge, Page, RefundOrder, Thing
from tamizdat.contributions.money.providers.btcpay import BTCPay
from tests.contributions.conftest import both
from tests.contributions.providers.contract import BACK, Account, Contract
from tests.contributions.providers.simulators.btcpay import STORE, BTCPaySimulator
from tests.contributions.providers.simulators.serving import served
from tests.contributions.providers.till_contract import (
    Newsroom,
    TillContract,
    newsroom,  # noqa: F401 - a fixture
)

KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"
WHOLE = Decimal(1)


class BTCPayAccount(Account):
    provider: BTCPay

    def __init__(self, simulator: BTCPaySimulator) -> None:
        self.simulator = simulator
        self.provider = BTCPay(simulator.base, STORE, KEY, SECRET)

    def invoice(self, page: Page) -> dict[str, Any]:
        return self.simulator.invoices[page.visit]

    def send(self, page: Page, share: Decimal, *, settled: bool = True) -> None:
        with self.simulator.lock:
            self.simulator.tick(60)
            self.simulator.send(self.invoice(page), share, settled=settled)

    def approve(self, page: Page) -> None:
        self.send(page, WHOLE)

    def decline(self, page: Page) -> None:
        """Go away: there is no card that could be declined."""

    def charge(self, name: str) -> Charge:
        with self.simulator.lock:
            self.simulator.claim_all()
        return super().charge(name)

    def lose_replies(self) -> None:
        self.simulator.lose_replies = 1  # a deed without a key is sent once

    def fail(self) -> None:
        self.simulator.fail = 1

    def cut(self) -> None:
        self.provider.line.close()
        self.provider.line.base = "http://127.0.0.1:9"

    def visits(self) -> int:
        return len(self.simulator.invoices)

    def last(self) -> Page:
        invoice = list(self.simulator.invoices.values())[-1]
        return Page(invoice["checkoutLink"], invoice["id"])

    def balance(self) -> int:
        came = sum(
            round(Decimal(each["amount"]) * 100)
            for each in self.simulator.invoices.values()
            if each["status"] == "Settled"
        )
        gone = sum(
            round(Decimal(each["amount"]) * 100)
            for each in self.simulator.pulls.values()
            if each["_claims"]
        )
        return came - gone

    def refund(self, payment: str, amount: int) -> None:
        with self.simulator.lock:
            body = {"name": f"{payment}:", "refundVariant": "Custom", "customCurrency": "EUR"}
            body["customAmount"] = f"{Decimal(amount) / 100}"
            self.simulator._give_back(self.simulator.invoices[payment], body)
            self.simulator.claim_all()

    def dispute(self, payment: str, outcome: str) -> None:
        raise NotImplementedError("nobody takes coins back")

    def now(self) -> datetime:
        return self.simulator.now()

    def pass_days(self, days: int) -> None:
        self.simulator.tick(days * 86_400)
        self.simulator.expire()

    def messages(self) -> list[tuple[bytes, Mapping[str, str]]]:
        at = self.now().timestamp()
        bodies = [self.simulator.body(each, at) for each in self.simulator.outbox.take_all()]
        return [(body, self.simulator.signed(body)) for body in bodies]

    def signed(self, body: bytes, at: datetime) -> Mapping[str, str]:
        return self.simulator.signed(body)

    def sent(self) -> list[Any]:
        import json

        found: list[Any] = []
        for each in self.simulator.came:
            if each.method == "POST":
                body = json.loads(each.body)
                found += [value for value in body.values() if not isinstance(value, dict)]
                found += [*body["metadata"].values(), *body["checkout"].values()]
        return found


@pytest.fixture
def account() -> Iterator[BTCPayAccount]:
    with served(BTCPaySimulator(KEY, SECRET)) as server:
        assert isinstance(server.simulator, BTCPaySimulator)
        found = BTCPayAccount(server.simulator)
        yield found
        found.provider.line.close()


class TestBTCPay(Contract):
    """All of the contract that coins know."""

    takes_fee = False

    def words(self, account: Account) -> set[str]:
        return {"True", "10.00"}

    def test_a_message_that_is_forged_or_old_is_refused(self, account: Account) -> None:
        """Its moment stands in it, and is signed with the rest."""
        assert isinstance(account, BTCPayAccount)
        account.given()
        event, now = account.simulator.outbox.waiting[0], account.now()
        fresh = account.simulator.body(event, now.timestamp() - 290)
        old = account.simulator.body(event, now.timestamp() - 301)
        signed = account.simulator.signed
        for body, headers in ((fresh + b" ", signed(fresh)), (fresh, {}), (old, signed(old))):
            with pytest.raises(BadWebhook):
                account.provider.read(body, headers, now)
        account.provider.read(fresh, signed(fresh), now)


class TestTillAtBTCPay(TillContract):
    """All of the way."""

    can_be_disputed = False

    def regular(self, account: Account) -> str:
        return "once"

    def after(self, newsroom: Newsroom) -> None:  # noqa: F811 - the fixture's name
        super().after(newsroom)

    def give_back(self, newsroom: Newsroom, payment: Payment) -> None:  # noqa: F811 - the fixture's name
        """A refund is done when the supporter has claimed it."""
        refund = refunding.ask(newsroom.till, payment, 400)
        assert refund.state == Refund.State.PENDING
        assert isinstance(newsroom.account, BTCPayAccount)
        newsroom.account.simulator.claim_all()
        newsroom.compare()
        refund.refresh_from_db()
        assert refund.state == Refund.State.DONE


def test_what_goes_out_is_this_and_nothing_else(account: BTCPayAccount) -> None:
    import json

    order, _ = account.begun(minor=1234)
    request = account.simulator.came[-1]
    assert json.loads(request.body) == {
        "amount": "12.34",
        "currency": "EUR",
        "metadata": {"orderId": order.reference},
        "checkout": {
            "redirectURL": BACK,
            "redirectAutomatically": True,
            "defaultLanguage": "en",
        },
    }


def test_coins_renew_nothing(account: BTCPayAccount) -> None:
    with pytest.raises(Refused):
        account.provider.begin(account.order("monthly"))
    (method,) = account.provider.facts.methods
    assert not method.takes("EUR", "DE", "monthly")
    with pytest.raises(NotThere):
        account.provider.fetch(Thing("standing", "none"))


def test_what_is_seen_on_the_network_is_under_way_until_it_is_confirmed(
    account: BTCPayAccount,
) -> None:
    _, page = account.begun()
    account.send(page, WHOLE, settled=False)
    assert account.charge(page.visit).state == "pending"
    account.simulator.settle(account.invoice(page))
    assert account.charge(page.visit).state == "confirmed"


def test_what_vanishes_has_not_come(account: BTCPayAccount) -> None:
    _, page = account.begun()
    account.send(page, WHOLE, settled=False)
    account.simulator.vanish(account.invoice(page))
    assert account.charge(page.visit).state == "failed"


@pytest.mark.parametrize(
    ("share", "minor"), [(Decimal("0.5"), 500), (Decimal("1.25"), 1250), (WHOLE, 1000)]
)
def test_what_is_too_little_or_too_much_counts_as_what_it_is(
    account: BTCPayAccount, share: Decimal, minor: int
) -> None:
    _, page = account.begun()
    account.send(page, share)
    account.pass_days(1)
    if share < 1:
        account.invoice(page)["status"] = "Expired"
    charge = account.charge(page.visit)
    assert (charge.state, charge.money) == ("confirmed", Money("EUR", minor))
    assert charge.settled == charge.money


def test_what_comes_after_the_page_has_closed_is_taken_all_the_same(
    account: BTCPayAccount,
) -> None:
    _, page = account.begun()
    account.pass_days(1)
    assert account.visit(page).state == "expired"
    account.approve(page)
    assert account.visit(page).state == "complete"
    assert account.charge(page.visit).state == "confirmed"
    now = account.now()
    assert Thing("payment", page.visit) in set(account.provider.changes(now - timedelta(hours=1)))


def test_a_refund_waits_for_the_supporter_who_claims_it(account: BTCPayAccount) -> None:
    charge = account.given()
    made = account.provider.refund(RefundOrder("e" * 32, "refund-7", 300, charge.name))
    assert made.state == "pending"
    (claimed,) = account.charge(charge.name).refunds
    assert (claimed.state, claimed.reference) == ("done", "e" * 32)


def test_of_a_lost_answer_the_invoice_is_found_and_none_is_made_again(
    account: BTCPayAccount,
) -> None:
    """The API has no keys: with the look left out there would be two."""
    order, page = account.begun()
    assert account.provider.begin(order).visit == page.visit
    account.provider._ordered = lambda reference: None  # type: ignore[method-assign]  # the twin
    assert account.provider.begin(order).visit != page.visit
    assert account.visits() == 2


@both
def test_two_invoices_that_are_both_paid_are_two_payments_and_a_finding(
    account: BTCPayAccount,
    newsroom: Newsroom,  # noqa: F811 - the fixture
) -> None:
    row = newsroom.pledge()
    newsroom.pay(row)
    order = account.order(reference=row.pk.hex)
    account.provider._ordered = lambda reference: None  # type: ignore[method-assign]  # as if it were made at once
    account.approve(account.provider.begin(order))
    newsroom.compare()
    assert Payment.objects.filter(state="confirmed").count() == 2
    assert Finding.objects.get().kind == Finding.Kind.SURPLUS
    assert ledger.balance(Place("gifts", "btcpay", "EUR")) == -2000
    newsroom.holds()
