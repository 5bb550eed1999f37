"""PayPal does what every provider must; and what is PayPal's alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import BadWebhook, Refused, Unreachable, Unsure
from tamizdat.contributions.money.providers import Page, RefundOrder, Thing
from tamizdat.contributions.money.providers.paypal import PayPal
from tamizdat.contributions.money.providers.paypal.certificates import Certificates
from tamizdat.contributions.money.providers.paypal.wire import Wire
from tests.contributions.providers.contract import BACK, Account, Disputed
from tests.contributions.providers.simulators import paypal as simulators
from tests.contributions.providers.simulators.paypal import CLIENT, PayPalSimulator
from tests.contributions.providers.simulators.serving import served
from tests.contributions.providers.till_contract import (
    TillContract,
    newsroom,  # noqa: F401 - a fixture
)

SECRET, WEBHOOK = "secret-of-the-tests", "WH-OF-THE-TESTS"


class PayPalAccount(Account):
    provider: PayPal

    def __init__(self, simulator: PayPalSimulator) -> None:
        self.simulator = simulator
        wire = Wire(CLIENT, SECRET, simulator.base, clock=lambda: simulator.seconds)
        self.certificates = Certificates(simulator.base, [simulators.root()[0]])
        self.provider = PayPal(wire, WEBHOOK, self.certificates, simulator.now)
        wire._bearer()

    def order_of(self, page: Page) -> dict[str, Any]:
        return self.simulator.orders[page.visit]

    def approve(self, page: Page) -> None:
        """Approve an order; somebody looks at it then, as after PayPal's message."""
        with self.simulator.lock:
            self.simulator.tick(60)
            self.simulator.approve(self.order_of(page))
        self.visit(page)

    def decline(self, page: Page) -> None:
        self.simulator.declines.add(page.visit)
        self.approve(page)

    def lose_replies(self) -> None:
        self.simulator.lose_replies = 2 if self.provider.wire.line._free else 1

    def fail(self) -> None:
        self.simulator.fail = 1

    def cut(self) -> None:
        self.provider.wire.line.close()
        self.provider.wire.line.base = "http://127.0.0.1:9"

    def visits(self) -> int:
        return len(self.simulator.orders)

    def last(self) -> Page:
        order = list(self.simulator.orders.values())[-1]
        return Page(order["links"][0]["href"], order["id"])

    def balance(self) -> int:
        total = Decimal(0)
        for capture in self.simulator.captures.values():
            total += Decimal(capture["amount"]["value"]) - capture["_fee"]
        for order in self.simulator.orders.values():
            given = order["purchase_units"][0].get("payments", {}).get("refunds", [])
            total -= sum(Decimal(each["amount"]["value"]) for each in given)
        for each in self.simulator.disputes.values():
            is_won = "SELLER" in each.get("dispute_outcome", {}).get("outcome_code", "")
            total -= 0 if is_won else Decimal(each["dispute_amount"]["value"])
        return int(total * 100)

    def refund(self, payment: str, amount: int) -> None:
        with self.simulator.lock:
            self.simulator.tick(60)
            money = {"currency_code": "EUR", "value": f"{Decimal(amount) / 100}"}
            self.simulator.give_back(self.simulator.captures[payment], money, "")

    def dispute(self, payment: str, outcome: str) -> None:
        with self.simulator.lock:
            self.simulator.tick(3600)
            self.simulator.dispute(self.simulator.captures[payment], outcome)

    def now(self) -> datetime:
        return self.simulator.now()

    def pass_days(self, days: int) -> None:
        self.simulator.tick(days * 86_400)

    def messages(self) -> list[tuple[bytes, Mapping[str, str]]]:
        bodies = [json.dumps(each).encode() for each in self.simulator.outbox.take_all()]
        return [(body, self.signed(body, self.now())) for body in bodies]

    def signed(self, body: bytes, at: datetime) -> Mapping[str, str]:
        return self.simulator.signed(body, at)

    def sent(self) -> list[Any]:
        posts = [each for each in self.simulator.came if each.method == "POST"]
        bodies = [json.loads(each.body) for each in posts if each.body[:1] == b"{"]
        return [value for each in bodies for value in _leaves(each)]


def _leaves(found: Any) -> list[Any]:
    if isinstance(found, dict):
        return [leaf for each in found.values() for leaf in _leaves(each)]
    if isinstance(found, list):
        return [leaf for each in found for leaf in _leaves(each)]
    return [found]


@pytest.fixture
def account() -> Iterator[PayPalAccount]:
    with served(PayPalSimulator(SECRET, WEBHOOK)) as server:
        assert isinstance(server.simulator, PayPalSimulator)
        found = PayPalAccount(server.simulator)
        yield found
        found.provider.wire.line.close()
        found.certificates.line.close()


class TestPayPal(Disputed):
    """All of the contract that orders know."""

    def words(self, account: Account) -> set[str]:
        return set("CAPTURE PAY_NOW NO_SHIPPING en-US 10.00".split())

    def test_yen_have_no_cents_and_dinars_have_three_digits(self, account: Account) -> None:
        """PayPal takes yen whole, and no dinars."""
        page = account.provider.begin(account.order(money=Money("JPY", 500)))
        account.approve(page)
        assert account.charge(account.visit(page).charge).money == Money("JPY", 500)
        for money in (Money("KWD", 5_000), Money("HUF", 50_050)):
            with pytest.raises(Refused):
                account.provider.begin(account.order(money=money))


class TestTillAtPayPal(TillContract):
    """All of the way."""

    def regular(self, account: Account) -> str:
        return "once"


def test_what_goes_out_is_this_and_nothing_else(account: PayPalAccount) -> None:
    order, _ = account.begun(minor=1234)
    assert json.loads(account.simulator.came[-1].body) == {
        "intent": "CAPTURE",
        "purchase_units": [
            {
                "custom_id": order.reference,
                "amount": {"currency_code": "EUR", "value": "12.34"},
            }
        ],
        "payment_source": {
            "paypal": {
                "experience_context": {
                    "return_url": BACK,
                    "cancel_url": BACK,
                    "user_action": "PAY_NOW",
                    "shipping_preference": "NO_SHIPPING",
                    "locale": "en-US",
                }
            }
        },
    }


def test_an_order_is_captured_once_however_many_look(account: PayPalAccount) -> None:
    _, page = account.begun()
    account.simulator.approve(account.order_of(page))
    assert len({account.visit(page).charge for _ in range(3)}) == 1
    assert len(account.simulator.captures) == 1


def test_a_capture_whose_answer_is_lost_is_found(account: PayPalAccount) -> None:
    _, page = account.begun()
    account.simulator.approve(account.order_of(page))
    account.lose_replies()
    with pytest.raises(Unsure):
        account.visit(page)
    assert account.charge(account.visit(page).charge).state == "confirmed"
    assert len(account.simulator.captures) == 1


def test_paypal_answers_a_known_key_with_the_first_order_and_we_compare(
    account: PayPalAccount,
) -> None:
    order, _ = account.begun(minor=1000)
    with pytest.raises(Refused, match="key-was-used-otherwise"):
        account.provider.begin(replace(order, money=Money("EUR", 1001)))


def test_another_currency_is_settled_at_paypal_s_rate(account: PayPalAccount) -> None:
    page = account.provider.begin(account.order(money=Money("USD", 2000)))
    account.approve(page)
    charge = account.charge(account.visit(page).charge)
    assert (charge.settled, charge.fee) == (Money("EUR", 1800), 80)


def test_an_inquiry_takes_no_money(account: PayPalAccount) -> None:
    charge = account.given()
    capture = account.simulator.captures[charge.name]
    account.simulator.dispute(capture, "open", stage="INQUIRY")
    assert account.charge(charge.name).disputes == ()


def test_what_goes_to_our_bank_is_listed(account: PayPalAccount) -> None:
    account.simulator.withdraw("12.00")
    account.pass_days(1)
    (found,) = account.provider.payouts(account.now() - timedelta(days=35))
    assert (found.money, found.state) == (Money("EUR", 1200), "paid")


def test_a_token_is_asked_for_again_before_it_ends(account: PayPalAccount) -> None:
    account.begun()
    account.begun()
    assert account.simulator.posts("/v1/oauth2/token") == 1
    account.pass_days(1)
    account.begun()
    assert account.simulator.posts("/v1/oauth2/token") == 2


def test_a_wrong_secret_lets_nothing_in(account: PayPalAccount) -> None:
    account.simulator.secret = "another"
    account.pass_days(1)
    with pytest.raises(Unreachable):
        account.begun()


# Messages


def message(account: PayPalAccount) -> bytes:
    account.given()
    (body, _), *_ = account.messages()
    return body


def fetched(account: PayPalAccount) -> int:
    return sum("/certs/" in each.path for each in account.simulator.came)


def test_a_certificate_is_fetched_once(account: PayPalAccount) -> None:
    body, now = message(account), account.now()
    for _ in range(3):
        account.provider.read(body, account.signed(body, now), now)
    assert fetched(account) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v1/notifications/certs/CERT-1",
        "{base}.evil.example/v1/notifications/certs/CERT-1",
        "{base}@evil.example/v1/notifications/certs/CERT-1",
        "{base}/v1/notifications/certs/../../../anything",
        "{base}/v1/notifications/certs/CERT-1?x=1",
        "",
    ],
)
def test_a_certificate_of_another_place_is_not_even_asked_for(
    account: PayPalAccount, address: str
) -> None:
    body, now = message(account), account.now()
    signed = {**account.signed(body, now)}
    signed["paypal-cert-url"] = address.format(base=account.simulator.base)
    with pytest.raises(BadWebhook):
        account.provider.read(body, signed, now)
    assert fetched(account) == 0


def test_a_certificate_of_another_name_signs_nothing(account: PayPalAccount) -> None:
    account.simulator.certificate = simulators.issued("api.paypal.com")
    body, now = message(account), account.now()
    with pytest.raises(BadWebhook, match="certificate"):
        account.provider.read(body, account.signed(body, now), now)


def test_a_certificate_under_another_root_signs_nothing(account: PayPalAccount) -> None:
    body, now = message(account), account.now()
    mine = simulators.root()[0]
    try:
        simulators.root.cache_clear()
        strangers = Certificates(account.simulator.base, [simulators.root()[0]])
    finally:
        simulators.root.cache_clear()
        simulators.issued.cache_clear()
    assert strangers is not None
    assert mine is not None
    with pytest.raises(BadWebhook, match="certificate"):
        strangers.check(WEBHOOK, body, account.signed(body, now), now)
    strangers.line.close()


def test_forged_certificates_make_us_fetch_one_at_a_time(account: PayPalAccount) -> None:
    body, now = message(account), account.now()
    for number in range(20):
        signed = {**account.signed(body, now)}
        signed["paypal-cert-url"] += f"-{number}"
        with pytest.raises((BadWebhook, Unsure)):
            account.provider.read(body, signed, now)
    assert fetched(account) == 1
    later = now + timedelta(seconds=31)
    account.provider.read(body, account.signed(body, later), later)


def test_another_webhook_s_message_is_not_ours(account: PayPalAccount) -> None:
    body, now = message(account), account.now()
    account.simulator.webhook = "WH-OF-ANOTHER"
    with pytest.raises(BadWebhook):
        account.provider.read(body, account.signed(body, now), now)


@pytest.mark.parametrize(
    ("kind", "resource", "thing"),
    [
        ("CHECKOUT.ORDER.APPROVED", {"id": "O"}, Thing("visit", "O")),
        ("PAYMENT.CAPTURE.PENDING", {"id": "C"}, Thing("payment", "C")),
        ("PAYMENT.CAPTURE.REFUNDED",
         {"id": "R", "links": [{"rel": "up", "href": "https://x/v2/payments/captures/C"}]},
         Thing("payment", "C")),
        ("CUSTOMER.DISPUTE.CREATED", {"disputed_transactions": [{"seller_transaction_id": "C"}]},
         Thing("payment", "C")),
        ("CUSTOMER.DISPUTE.CREATED", {}, None),
        ("BILLING.PLAN.CREATED", {"id": "P"}, None),
    ],
)  # fmt: skip
def test_each_message_leads_to_what_it_is_about(
    account: PayPalAccount, kind: str, resource: dict[str, Any], thing: Thing | None
) -> None:
    body = json.dumps({"id": "WH-1", "event_type": kind, "resource": resource}).encode()
    now = account.now()
    assert account.provider.read(body, account.signed(body, now), now).thing == thing


def test_coins_and_orders_renew_nothing(account: PayPalAccount) -> None:
    with pytest.raises(Refused):
        account.provider.begin(account.order("monthly"))
    with pytest.raises(Refused):
        account.provider.refund(RefundOrder("r" * 32, "k", 99_999, account.given().name))
