"""Stripe does what every provider must; and what is Stripe's alone."""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe as library

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import BadWebhook, Refused, Unreachable
from tamizdat.contributions.money.providers import (
    Change,
    Page,
    RefundOrder,
    Standing,
    Thing,
    stripe,
)
from tamizdat.contributions.money.providers.stripe import VERSION, Stripe
from tests.contributions.providers.contract import BACK, Account, Disputed, Regular
from tests.contributions.providers.simulators.serving import served
from tests.contributions.providers.simulators.stripe import StripeSimulator
from tests.contributions.providers.till_contract import (  # noqa: F401 - a fixture
    TillContract,
    newsroom,
)

KEY, SECRET = "rk_test_of-the-tests", "whsec_of-the-tests"


class StripeAccount(Account):
    provider: Stripe

    def __init__(self, simulator: StripeSimulator) -> None:
        self.simulator = simulator
        methods = ("card", "sepa")
        self.provider = Stripe(KEY, SECRET, base=simulator.base, methods=methods, refused=["ZZ"])

    def decide(self, page: Page, decision: str) -> None:
        with self.simulator.lock:
            self.simulator.decide(self.simulator.things[page.visit], decision)
            self.simulator.tick()

    def approve(self, page: Page) -> None:
        self.decide(page, "approve")

    def decline(self, page: Page) -> None:
        self.decide(page, "decline")

    def lose_replies(self) -> None:
        self.simulator.lose_replies = 2 if self.provider.wire.line._free else 1

    def fail(self) -> None:
        self.simulator.fail = 1

    def cut(self) -> None:
        line = self.provider.wire.line
        line.close()
        line.base = "http://127.0.0.1:9"

    def last(self) -> Page:
        session = self.simulator.of("checkout.session")[0]
        return Page(session["url"], session["id"])

    def balance(self) -> int:
        return sum(each["net"] for each in self.simulator.of("balance_transaction"))

    def refund(self, payment: str, amount: int) -> None:
        with self.simulator.lock:
            self.simulator.tick(60)
            self.simulator.give_back(self.simulator.things[payment], amount, {})

    def visits(self) -> int:
        return len(self.simulator.of("checkout.session"))

    def dispute(self, payment: str, outcome: str) -> None:
        status = {"open": "needs_response"}.get(outcome, outcome)
        with self.simulator.lock:
            self.simulator.tick(3600)
            self.simulator.dispute(self.simulator.things[payment], status)

    def now(self) -> datetime:
        return self.simulator.now()

    def pass_days(self, days: int) -> None:
        with self.simulator.lock:
            self.simulator.advance(self.simulator.now() + timedelta(days=days))

    def messages(self) -> list[tuple[bytes, Mapping[str, str]]]:
        bodies = [self.simulator.body(each) for each in self.simulator.outbox.take_all()]
        return [(body, self.signed(body, self.now())) for body in bodies]

    def signed(self, body: bytes, at: datetime) -> Mapping[str, str]:
        return self.simulator.signed(body, at.timestamp())

    def sent(self) -> list[Any]:
        posts = [each for each in self.simulator.came if each.method == "POST"]
        return [value for each in posts for _, value in parse_qsl(each.body.decode())]


@pytest.fixture
def account() -> Iterator[StripeAccount]:
    with served(StripeSimulator(KEY, SECRET)) as server:
        assert isinstance(server.simulator, StripeSimulator)
        found = StripeAccount(server.simulator)
        yield found
        found.provider.wire.line.close()


class TestStripe(Regular, Disputed):
    """All of the contract."""

    def words(self, account: Account) -> set[str]:
        words = "payment subscription true false never month year Contribution eur 1 ZZ"
        return set(words.split())


class TestTillAtStripe(TillContract):
    """All of the way."""


# What goes out


def test_what_goes_out_is_this_and_nothing_else(account: StripeAccount) -> None:
    """The whole of it, value by value: who adds one must change it here and say why."""
    account.begun("monthly", 1234)
    (request,) = account.simulator.came
    order = json.loads(request.headers["idempotency-key"].join(['"', '"'])).removeprefix("begin-")
    price = "line_items[0][price_data]"
    assert dict(parse_qsl(request.body.decode())) == {
        "mode": "subscription",
        "client_reference_id": order,
        "metadata[reference]": order,
        "metadata[issued_not_in]": "ZZ",
        "subscription_data[metadata][reference]": order,
        "subscription_data[metadata][issued_not_in]": "ZZ",
        "success_url": BACK,
        "cancel_url": BACK,
        "locale": "en",
        "allowed_payment_method_types[0]": "card",
        "adaptive_pricing[enabled]": "false",
        "wallet_options[link][display]": "never",
        "line_items[0][quantity]": "1",
        f"{price}[currency]": "eur",
        f"{price}[unit_amount]": "1234",
        f"{price}[product_data][name]": "Contribution",
        f"{price}[recurring][interval]": "month",
    }
    assert set(request.headers) == {
        *("host", "accept-encoding", "content-length"),
        *("authorization", "content-type", "idempotency-key", "stripe-version"),
    }


def test_the_version_is_that_of_the_library_which_describes_it() -> None:
    """A newer library speaks of a newer version: read its changes, then pin that one."""
    assert library.api_version == VERSION


def test_the_library_tells_nothing_of_this_machine_and_logs_nothing(
    account: StripeAccount, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        _, page = account.begun()
        account.visit(page)
    assert not [each for each in caplog.records if each.name.startswith("stripe")]
    for request in account.simulator.came:
        assert not [name for name in request.headers if name.startswith("x-stripe")]
    assert KEY not in repr(vars(account.provider)) + repr(account.provider.wire.line)


def test_persian_has_no_page_of_its_own_and_the_browser_chooses(account: StripeAccount) -> None:
    account.provider.begin(account.order(language="fa"))
    assert b"locale=auto" in account.simulator.came[-1].body


def test_a_bank_s_direct_debit_is_asked_for_by_its_name(account: StripeAccount) -> None:
    account.provider.begin(account.order(method="sepa"))
    assert b"types[0]=sepa_debit" in account.simulator.came[-1].body
    sepa = next(each for each in account.provider.facts.methods if each.code == "sepa")
    assert sepa.takes("EUR", "DE", "monthly")
    assert not sepa.takes("USD", "DE", "once")
    assert not sepa.takes("EUR", "RU", "once")


# Amounts


def test_krona_of_iceland_and_dinars_go_as_stripe_wants_them(account: StripeAccount) -> None:
    page = account.provider.begin(account.order(money=Money("ISK", 700)))
    assert b"[unit_amount]=70000&" in account.simulator.came[-1].body
    account.approve(page)
    assert account.charge(account.visit(page).charge).money == Money("ISK", 700)
    with pytest.raises(Refused, match="too-fine"):
        account.provider.begin(account.order(money=Money("KWD", 5_001)))


def test_another_currency_is_settled_at_stripe_s_rate(account: StripeAccount) -> None:
    page = account.provider.begin(account.order(money=Money("USD", 2000)))
    account.approve(page)
    charge = account.charge(account.visit(page).charge)
    assert (charge.settled, charge.fee) == (Money("EUR", 1800), 52)
    account.provider.refund(RefundOrder("c" * 32, "refund-usd", 1000, charge.name))
    (refund,) = account.charge(charge.name).refunds
    assert (refund.amount, refund.settled) == (1000, Money("EUR", 900))


# Banks


def test_the_bank_asks_and_the_supporter_answers_on_the_page(account: StripeAccount) -> None:
    _, page = account.begun()
    assert press(page, "confirm") == 303
    seen = account.visit(page)
    asked = account.charge(seen.charge)
    assert (asked.state, asked.needs_confirming) == ("pending", True)
    assert press(page, "approve") == 303
    assert account.charge(seen.charge).state == "confirmed"
    assert account.visit(page).state == "complete"


def test_who_goes_away_from_the_bank_has_not_paid(account: StripeAccount) -> None:
    _, page = account.begun()
    press(page, "confirm")
    press(page, "away")
    charge = account.charge(account.visit(page).charge)
    assert (charge.state, charge.reason) == ("failed", "confirm")


def test_a_debit_is_under_way_for_days_and_then_comes(account: StripeAccount) -> None:
    _, page = account.begun()
    account.decide(page, "slow")
    name = account.visit(page).charge
    assert account.charge(name).state == "pending"
    account.pass_days(4)
    account.simulator.succeed(account.simulator.things[name])
    assert account.charge(name).state == "confirmed"


def test_a_page_that_nobody_paid_ends_within_a_day(account: StripeAccount) -> None:
    _, page = account.begun()
    account.decline(page)
    account.pass_days(1)
    seen = account.visit(page)
    assert seen.state == "expired"
    assert account.charge(seen.charge).state == "canceled"


def test_an_inquiry_takes_no_money_and_is_no_dispute(account: StripeAccount) -> None:
    charge = account.given()
    intent = account.simulator.things[charge.name]
    account.simulator.dispute(intent, "warning_needs_response")
    assert account.charge(charge.name).disputes == ()
    account.simulator.dispute(intent, "needs_response")
    (opened,) = account.charge(charge.name).disputes
    assert (opened.state, opened.fee) == ("open", 2000)
    account.simulator.dispute(intent, "won")
    (won,) = account.charge(charge.name).disputes
    assert (won.state, won.fee, won.fee_back) == ("won", 2000, 2000)


def test_a_refund_that_fails_days_later_says_when(account: StripeAccount) -> None:
    charge = account.given()
    made = account.provider.refund(RefundOrder("d" * 32, "refund-6", 400, charge.name))
    account.pass_days(3)
    account.simulator.take_back(account.simulator.things[made.name])
    (refund,) = account.charge(charge.name).refunds
    assert (refund.state, refund.at) == ("failed", made.at)
    assert refund.failed_at is not None
    assert refund.failed_at - refund.at >= timedelta(days=3)


# Agreements


def test_a_new_card_is_taken_on_a_page_and_the_agreement_is_told_once(
    account: StripeAccount,
) -> None:
    name = account.given("monthly").standing
    url = account.provider.method_page(name, BACK, "en")
    visit = url.rpartition("/")[2]
    assert account.provider.fetch(Thing("visit", visit)) == account.standing(name)
    with account.simulator.lock:
        account.simulator.decide(account.simulator.things[visit], "approve", "2033-07")
    told = [account.provider.fetch(Thing("visit", visit)) for _ in range(2)]
    assert all(isinstance(each, Standing) and each.method_ends == "2033-07" for each in told)
    assert account.standing(name).method_ends == "2033-07"


def test_only_so_many_agreements_are_remembered(
    account: StripeAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "REMEMBERED", 2)
    given = [account.given("monthly") for _ in range(3)]
    read = [account.charge(each.name).standing for each in given]
    assert read == [each.standing for each in given]
    assert list(account.provider._agreements) == read[1:]


def test_a_pause_skips_periods_and_keeps_their_numbers(account: StripeAccount) -> None:
    first = account.given("monthly")
    account.provider.change(first.standing, Change.PAUSE, "p-1", None)
    account.pass_days(35)
    account.provider.change(first.standing, Change.RESUME, "r-1", None)
    account.pass_days(30)
    now = account.now()
    found = list(account.provider.charges(now - timedelta(days=90), now))
    assert sorted(each.period for each in found) == [0, 2]


def test_an_annual_gift_of_a_leap_day_falls_due_each_year(account: StripeAccount) -> None:
    account.simulator.clock = datetime.fromisoformat("2024-02-29T10:00:00+00:00")
    account.given("annual")
    account.pass_days(4 * 366)
    now = account.now()
    found = list(account.provider.charges(now - timedelta(days=2000), now))
    assert sorted(each.period for each in found) == [0, 1, 2, 3, 4]


def test_a_renewal_that_is_refused_again_and_again_ends(account: StripeAccount) -> None:
    charge = account.given("monthly")
    account.simulator.things[charge.standing]["_script"] = ["insufficient-funds"] * 9
    account.pass_days(29)
    assert account.standing(charge.standing).state == "past-due"
    now = account.now()
    failed = min(
        account.provider.charges(now - timedelta(days=60), now), key=lambda each: -each.period
    )
    assert (failed.period, failed.state) == (1, "failed")
    assert failed.reason == "insufficient-funds"
    account.pass_days(20)
    assert account.standing(charge.standing).state == "ended"


# Keys and messages


@pytest.mark.parametrize("status", [401, 429])
def test_where_nothing_was_let_in_nothing_was_done(account: StripeAccount, status: int) -> None:
    if status == 401:
        account.simulator.key = "another"
    else:
        account.provider.wire.line.exchange = lambda *words: (429, b'{"error":{}}')  # type: ignore[method-assign]  # what a limit answers
    with pytest.raises(Unreachable):
        account.provider.begin(account.order())


def test_a_key_is_forgotten_after_a_day_and_then_it_would_be_another_page(
    account: StripeAccount,
) -> None:
    """Why nothing is asked again with an old key before Stripe's own list was looked through."""
    order, page = account.begun()
    account.simulator.tick(24 * 3600)
    assert account.provider.begin(order).visit != page.visit
    assert account.provider.facts.keys_hold_hours == 24


def test_a_second_moment_in_a_signature_makes_nothing_fresh(account: StripeAccount) -> None:
    account.given()
    (body, _), *_ = account.messages()
    now = account.now()
    old = account.signed(body, now - timedelta(hours=5))["stripe-signature"]
    with pytest.raises(BadWebhook):
        account.provider.read(body, {"stripe-signature": f"{old},t={int(now.timestamp())}"}, now)


def test_what_is_not_ours_to_look_at_leads_nowhere(account: StripeAccount) -> None:
    body = json.dumps(
        {"id": "evt_1", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}
    ).encode()
    found = account.provider.read(body, account.signed(body, account.now()), account.now())
    assert found.thing is None


def test_payouts_are_listed(account: StripeAccount) -> None:
    account.simulator.pay_out(900)
    account.simulator.pay_out(-50)  # Stripe takes back what is missing: not a payout of ours
    (found,) = account.provider.payouts(account.now() - timedelta(days=1))
    assert (found.money, found.state) == (Money("EUR", 900), "paid")


def test_the_same_order_in_another_language_is_another_order(account: StripeAccount) -> None:
    order, _ = account.begun()
    with pytest.raises(Refused, match="key-was-used-otherwise"):
        account.provider.begin(replace(order, language="de"))


def press(page: Page, decision: str) -> int:
    """Press a button of the hosted page, as a browser does."""
    parts = urlsplit(page.url)
    browser = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    browser.request("POST", parts.path, f"decision={decision}")
    status = browser.getresponse().status
    browser.close()
    return status
