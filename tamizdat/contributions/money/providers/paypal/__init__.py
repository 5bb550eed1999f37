"""PayPal: orders that are captured once, their refunds and disputes.

What goes out is a random reference, an amount, a language and a way back. PayPal itself knows who
pays: its account holds a name, and it keeps it.

* Once alone. PayPal's subscriptions need a plan for each amount, and every change of one a new word
  of the payer's; who wants to give again can be reminded.
* The API answers a known key with what the first request did, whatever the second one says. So what
  comes back is compared with what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tamizdat.contributions.money.amounts import Fee, Money
from tamizdat.contributions.money.errors import BadWebhook, NotThere, Refused
from tamizdat.contributions.money.providers.asking import (
    Change,
    Facts,
    Method,
    Order,
    Page,
    Provider,
    RefundOrder,
    RenewalOrder,
)
from tamizdat.contributions.money.providers.paypal import reading
from tamizdat.contributions.money.providers.paypal.certificates import Certificates
from tamizdat.contributions.money.providers.paypal.wire import Found, Wire, link
from tamizdat.contributions.money.providers.seen import (
    Charge,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Thing,
    Trigger,
)
from tamizdat.contributions.money.providers.verifying import loaded, must_be_fresh

ONCE, USED_OTHERWISE = "once-alone", "key-was-used-otherwise"
KEYS_HOLD = 6  # hours, for orders; longer for what comes after
SPAN = timedelta(days=30)  # of a search for transactions: 31 at most
PAGE = 100
LOCALES = {"en": "en-US", "ru": "ru-RU", "de": "de-DE", "fr": "fr-FR", "es": "es-ES"}
FEES = {"EUR": Fee(Fraction(249, 10_000), 35), "": Fee(Fraction(349, 10_000), 49)}
SALES = ("T00",)


class PayPal(Provider):
    """One account. ``webhook`` is the id that PayPal gave to ours."""

    def __init__(
        self,
        wire: Wire,
        webhook: str,
        certificates: Certificates,
        now: Callable[[], datetime],
    ) -> None:
        method = Method("paypal", frozenset({"once"}), reading.CURRENCIES)
        self.facts = Facts("paypal", (method,), bills=True, fees=FEES, keys_hold_hours=KEYS_HOLD)
        self.wire = wire
        self._webhook = webhook
        self._certificates = certificates
        self._now = now

    # What is asked

    def begin(self, order: Order) -> Page:
        if order.rhythm != "once":
            raise Refused(ONCE)
        found = self.wire.post("/v2/checkout/orders", _order(order), order.key)
        if reading.money(reading.unit(found)["amount"]) != order.money:
            raise Refused(USED_OTHERWISE)
        return Page(link(found, "payer-action") or link(found, "approve"), found["id"])

    def refund(self, order: RefundOrder) -> Refunded:
        path = f"/v2/payments/captures/{order.payment}"
        currency = self.wire.get(path)["amount"]["currency_code"]
        money = Money(currency, order.amount)
        asked = {"amount": reading.amount(money), "custom_id": order.reference}
        found = reading.refunded(self.wire.post(f"{path}/refund", asked, order.key))
        if found.amount != order.amount:
            raise Refused(USED_OTHERWISE)
        return found

    def charge(self, order: RenewalOrder) -> Charge:
        raise Refused(ONCE)

    def change(self, standing: str, change: Change, key: str, money: Money | None) -> Standing:
        raise Refused(ONCE)

    def method_page(self, standing: str, return_url: str, language: str) -> str:
        raise Refused(ONCE)

    # What is seen

    def fetch(self, thing: Thing) -> Seen:
        if thing.kind == "visit":
            return reading.visit(self._captured(thing.name))
        if thing.kind != "payment":
            raise NotThere("PayPal has no such thing here")
        return self._charge(self.wire.get(f"/v2/payments/captures/{thing.name}"))

    def _captured(self, name: str) -> Found:
        """Return an order; one that its payer has approved is captured first."""
        path = f"/v2/checkout/orders/{name}"
        found = self.wire.get(path)
        if found["status"] != "APPROVED":
            return found
        with suppress(Refused):  # her bank said no: she may choose another way on the same page
            self.wire.post(f"{path}/capture", {}, f"capture-{name}")
        return self.wire.get(path)

    def _charge(self, capture: Found) -> Charge:
        related = (capture.get("supplementary_data") or {}).get("related_ids") or {}
        order = self.wire.get(f"/v2/checkout/orders/{related['order_id']}")
        return reading.charge(capture, order, self._disputes(capture))

    def _disputes(self, capture: Found) -> Iterable[Found]:
        name = capture["id"]
        for each in self.wire.every("/v1/customer/disputes", "items", disputed_transaction_id=name):
            yield self.wire.get(f"/v1/customer/disputes/{each['dispute_id']}")

    # Lists

    def changes(self, since: datetime) -> Iterator[Thing]:
        asked = {"start_time": f"{since:%Y-%m-%dT%H:%M:%SZ}", "page_size": PAGE}
        for event in self.wire.every("/v1/notifications/webhooks-events", "events", **asked):
            thing = _thing_of(event)
            if thing is not None:
                yield thing

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        for found in self._transactions(since, until):
            if found["transaction_event_code"].startswith(SALES):
                yield self._charge(
                    self.wire.get(f"/v2/payments/captures/{found['transaction_id']}")
                )

    def payouts(self, since: datetime) -> Iterator[PaidOut]:
        for found in self._transactions(since, self._now()):
            if found["transaction_event_code"].startswith(reading.WITHDRAWN):
                yield reading.paid_out(found)

    def _transactions(self, since: datetime, until: datetime) -> Iterator[Found]:
        """Go through the account's transactions, a month at a time."""
        first = since
        until = min(until, self._now())
        while first < until:
            last = min(until, first + SPAN)
            asked = {
                "start_date": f"{first:%Y-%m-%dT%H:%M:%SZ}",
                "end_date": f"{last:%Y-%m-%dT%H:%M:%SZ}",
                "page_size": PAGE,
            }
            found = self.wire.every("/v1/reporting/transactions", "transaction_details", **asked)
            yield from (each["transaction_info"] for each in found)
            first = last

    # Messages

    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Trigger:
        self._certificates.check(self._webhook, body, headers, now)
        try:
            at = datetime.fromisoformat(headers["paypal-transmission-time"])
        except ValueError:
            raise BadWebhook("the message bears no moment") from None
        must_be_fresh(at.timestamp(), now)
        event = loaded(body)
        return Trigger("", str(event["id"]), _thing_of(event))


def _order(order: Order) -> dict[str, Any]:
    context = {
        "return_url": order.return_url,
        "cancel_url": order.return_url,
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "locale": LOCALES.get(order.language, "en-US"),
    }
    return {
        "intent": "CAPTURE",
        "purchase_units": [{"custom_id": order.reference, "amount": reading.amount(order.money)}],
        "payment_source": {"paypal": {"experience_context": context}},
    }


def _thing_of(event: Found) -> Thing | None:
    """Return what an event is about, as far as we look at it."""
    kind, about = event["event_type"], event.get("resource") or {}
    if kind.startswith("CHECKOUT.ORDER."):
        return Thing("visit", about["id"])
    if kind.startswith("CUSTOMER.DISPUTE."):
        named = about.get("disputed_transactions") or [{}]
        name = named[0].get("seller_transaction_id", "")
        return Thing("payment", name) if name else None
    if kind in ("PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"):
        return Thing("payment", link(about, "up").rpartition("/")[2])
    if kind.startswith("PAYMENT.CAPTURE."):
        return Thing("payment", about["id"])
    return None
