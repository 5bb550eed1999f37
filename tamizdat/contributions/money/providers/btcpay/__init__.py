"""BTCPay Server: invoices in coins, at a server of the newsroom's own (Greenfield API, version 1).

Rules:

1. The API knows no idempotency keys. So before anything is made it is looked for, by the name that
   it would bear (an invoice's order, a refund's name), and a deed is sent once, on a connection of
   its own. What was asked for with other values is refused.
2. Coins renew nothing by themselves: once alone. Who wants to give again can be reminded.
3. A refund is a page on which the supporter claims it; it is done when she has.
4. A message is signed whole (``BTCPay-Sig``); its moment stands in it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from tamizdat.contributions.money.amounts import Money
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
from tamizdat.contributions.money.providers.btcpay import reading
from tamizdat.contributions.money.providers.btcpay.reading import Found
from tamizdat.contributions.money.providers.http import ANSWERING, Line
from tamizdat.contributions.money.providers.seen import (
    Charge,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Thing,
    Trigger,
)
from tamizdat.contributions.money.providers.verifying import is_same, loaded, must_be_fresh

PAGE = 100
OPEN = timedelta(days=3)  # an invoice that is older changes no more: it expired, and was watched
CLAIMED_WITHIN = timedelta(days=35)
USED_OTHERWISE = "key-was-used-otherwise"
ONCE = "once-alone"


class BTCPay(Provider):
    """One store at one server."""

    def __init__(
        self, base: str, store: str, key: str, secret: str, *, answering: float = ANSWERING
    ) -> None:
        method = Method("bitcoin", frozenset({"once"}))
        self.facts = Facts("btcpay", (method,), bills=True, keys_hold_hours=24 * 365)
        self.line = Line(base.rstrip("/"), {"Authorization": f"token {key}"}, answering)
        self._store = f"/api/v1/stores/{store}"
        self._secret = secret.encode()

    # What is asked

    def begin(self, order: Order) -> Page:
        if order.rhythm != "once":
            raise Refused(ONCE)
        found = self._ordered(order.reference)
        if found is None:
            found = self.line.post_once(f"{self._store}/invoices", _invoice(order))
        elif reading.money(found["amount"], found["currency"]) != order.money:
            raise Refused(USED_OTHERWISE)
        return Page(found["checkoutLink"], found["id"])

    def _ordered(self, reference: str) -> Found | None:
        """Return the invoice of an order that is there already, the first of them."""
        found = list(self._every("invoices", orderId=reference))
        return min(found, key=lambda each: int(each["createdTime"])) if found else None

    def refund(self, order: RefundOrder) -> Refunded:
        name = f"{order.payment}:{order.reference}"
        invoice = self.line.get(f"{self._store}/invoices/{order.payment}")
        before = self._pulls(order.payment)
        found = next((each for each in before if each["name"] == name), None)
        amount = Money(invoice["currency"], order.amount)
        if found is None:
            self._must_be_left(invoice, before, amount)
            path = f"{self._store}/invoices/{order.payment}/refund"
            found = self.line.post_once(path, _refund(name, amount))
        elif reading.money(found["amount"], invoice["currency"]) != amount:
            raise Refused(USED_OTHERWISE)
        seen = reading.refunded(found, self._claims(found), invoice["currency"])
        if seen is None:
            raise Refused("withdrawn")
        return seen

    def _must_be_left(self, invoice: Found, before: list[Found], amount: Money) -> None:
        came = self._charge(invoice, refunds=False)
        gone = sum(reading.money(each["amount"], amount.currency).minor for each in before)
        if came.state != "confirmed" or gone + amount.minor > came.money.minor:
            raise Refused("too-much")

    def charge(self, order: RenewalOrder) -> Charge:
        raise Refused(ONCE)

    def change(self, standing: str, change: Change, key: str, money: Money | None) -> Standing:
        raise Refused(ONCE)

    def method_page(self, standing: str, return_url: str, language: str) -> str:
        raise Refused(ONCE)

    # What is seen

    def fetch(self, thing: Thing) -> Seen:
        if thing.kind not in ("visit", "payment"):
            raise NotThere("a BTCPay Server has no such thing")
        invoice = self.line.get(f"{self._store}/invoices/{thing.name}")
        return reading.visit(invoice) if thing.kind == "visit" else self._charge(invoice)

    def _charge(self, invoice: Found, *, refunds: bool = True) -> Charge:
        methods = self.line.get(f"{self._store}/invoices/{invoice['id']}/payment-methods")
        given_back = self._refunds(invoice) if refunds else ()
        return reading.charge(invoice, methods, given_back)

    def _refunds(self, invoice: Found) -> Iterator[Refunded]:
        for each in self._pulls(invoice["id"]):
            seen = reading.refunded(each, self._claims(each), invoice["currency"])
            if seen is not None:
                yield seen

    def _pulls(self, invoice: str) -> list[Found]:
        """Return the pull payments by which an invoice is given back."""
        return [each for each in self._all_pulls() if each["name"].startswith(f"{invoice}:")]

    def _all_pulls(self) -> Iterable[Found]:
        found: list[Found] = self.line.get(f"{self._store}/pull-payments", includeArchived="true")
        return found

    def _claims(self, pull: Found) -> list[Found]:
        found: list[Found] = self.line.get(f"/api/v1/pull-payments/{pull['id']}/payouts")
        return found

    # Lists

    def changes(self, since: datetime) -> Iterator[Thing]:
        """List what may have changed: the API cannot be asked for that, but for what is new."""
        first = since.timestamp()
        for invoice in self._every("invoices", startDate=int((since - OPEN).timestamp())):
            if invoice["createdTime"] >= first or _is_open(invoice):
                yield Thing("payment" if reading.was_tried(invoice) else "visit", invoice["id"])
        for pull in self._all_pulls():
            name, is_ours, _ = pull["name"].partition(":")
            if is_ours and self._may_have_changed(pull, since):
                yield Thing("payment", name)

    def _may_have_changed(self, pull: Found, since: datetime) -> bool:
        if pull["startsAt"] >= since.timestamp():
            return True
        is_young = reading.moment(pull["startsAt"]) > since - CLAIMED_WITHIN
        return is_young and not pull.get("archived") and bool(self._claims(pull))

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        span = {"startDate": int(since.timestamp()), "endDate": int(until.timestamp())}
        for invoice in self._every("invoices", **span):
            if reading.was_tried(invoice):
                yield self._charge(invoice)

    def payouts(self, since: datetime) -> Iterator[PaidOut]:
        return iter(())  # the coins are the newsroom's own from the beginning

    def _every(self, path: str, **asked: Any) -> Iterator[Found]:
        skip = 0
        while True:
            page = self.line.get(f"{self._store}/{path}", skip=skip, take=PAGE, **asked)
            yield from page
            if len(page) < PAGE:
                return
            skip += PAGE

    # Messages

    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Trigger:
        wanted = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        if not is_same(f"sha256={wanted}", headers.get("btcpay-sig", "")):
            raise BadWebhook("the message is not signed by the server")
        event = loaded(body)
        must_be_fresh(float(event["timestamp"]), now)
        about = str(event.get("invoiceId") or "")
        kind = "payment" if event["type"] in HAS_MONEY else "visit"
        thing = Thing(kind, about) if about else None
        return Trigger(str(event.get("storeId", ""))[:32], str(event["deliveryId"]), thing)


HAS_MONEY = frozenset(
    "InvoiceReceivedPayment InvoicePaymentSettled InvoiceProcessing InvoiceSettled "
    "InvoiceInvalid".split()
)


def _is_open(invoice: Found) -> bool:
    """Say whether an older invoice may still change."""
    is_waiting = invoice["status"] in ("New", "Processing")
    return is_waiting or (invoice["status"] == "Expired" and reading.was_tried(invoice))


def _invoice(order: Order) -> dict[str, Any]:
    return {
        "amount": reading.written(order.money),
        "currency": order.money.currency,
        "metadata": {"orderId": order.reference},
        "checkout": {
            "redirectURL": order.return_url,
            "redirectAutomatically": True,
            "defaultLanguage": order.language,
        },
    }


def _refund(name: str, amount: Money) -> dict[str, Any]:
    return {
        "name": name,
        "refundVariant": "Custom",
        "customAmount": reading.written(amount),
        "customCurrency": amount.currency,
    }
