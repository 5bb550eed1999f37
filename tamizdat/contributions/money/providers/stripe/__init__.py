"""Stripe: Checkout for the page, Billing for renewals, Radar for what is kept out.

What goes out is a random reference, an amount, a rhythm, a language and where to come back to. The
one word that the supporter reads on Stripe's page besides the newsroom's name there is WORD.

* Checkout shows the one way to pay that was chosen, keeps no card for other shops (Link), and
  charges in the currency that was chosen (no adaptive pricing).
* The word ``issued_not_in`` in a payment's metadata names the countries whose cards are refused, so
  that one rule of Radar can read it (docs/providers.md).
* Another way to pay is taken on a page of Checkout's; when that is complete, whoever looks at it
  first tells the subscription, with a key of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from stripe import SignatureVerificationError, WebhookSignature

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
from tamizdat.contributions.money.providers.http import ANSWERING
from tamizdat.contributions.money.providers.seen import (
    Charge,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Thing,
    Trigger,
)
from tamizdat.contributions.money.providers.stripe import reading
from tamizdat.contributions.money.providers.stripe.wire import BASE, VERSION, Found, Wire
from tamizdat.contributions.money.providers.verifying import loaded, must_be_fresh

__all__ = ["VERSION", "Stripe"]

WORD = "Contribution"
KINDS = {"card": "card", "sepa": "sepa_debit"}
SEPA = frozenset(
    "AD AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO "
    "SE SI SK SM VA".split()
)
METHODS = {
    "card": Method("card"),
    "sepa": Method("sepa", currencies=frozenset({"EUR"}), countries=SEPA),
}
LOCALES = frozenset(
    "bg cs da de el en es et fi fil fr hr hu id it ja ko lt lv ms mt nb nl pl pt ro ru sk sl sv "
    "th tr vi zh".split()
)
FEES = {"EUR": Fee(Fraction(15, 1000), 25), "": Fee(Fraction(29, 1000), 30)}
INTERVALS = {"monthly": "month", "annual": "year"}
MOVED = ["data.balance_transaction", "data.failure_balance_transaction"]
REMEMBERED = 1_000  # agreements; each takes some 12 KB
EARLIER = timedelta(days=2)  # an invoice is written before its payment is tried


class Stripe(Provider):
    """One account at Stripe. ``refused`` are countries whose cards are to be kept out."""

    def __init__(
        self,
        key: str,
        secret: str,
        *,
        base: str = BASE,
        methods: Iterable[str] = ("card",),
        refused: Iterable[str] = (),
        answering: float = ANSWERING,
    ) -> None:
        chosen = tuple(METHODS[each] for each in methods)
        self.facts = Facts("stripe", chosen, bills=True, fees=FEES)
        self.wire = Wire(key, base, answering)
        self._secret = secret
        self._refused = " ".join(sorted(refused))
        self._agreements: dict[str, Found] = {}  # what never changes of them, by name

    # What is asked

    def begin(self, order: Order) -> Page:
        found = self.wire.post("/v1/checkout/sessions", self._session(order), order.key)
        return Page(found["url"], found["id"])

    def _session(self, order: Order) -> dict[str, Any]:
        marked = {"reference": order.reference}
        price: dict[str, Any] = {
            "currency": order.money.currency.lower(),
            "unit_amount": reading.units(order.money),
            "product_data": {"name": WORD},
        }
        asked: dict[str, Any] = {
            "client_reference_id": order.reference,
            "metadata": marked,
            "success_url": order.return_url,
            "cancel_url": order.return_url,
            "locale": order.language if order.language in LOCALES else "auto",
            "allowed_payment_method_types": [KINDS[order.method]],
            "adaptive_pricing": {"enabled": False},
            "wallet_options": {"link": {"display": "never"}},
            "line_items": [{"quantity": 1, "price_data": price}],
        }
        if self._refused:
            marked["issued_not_in"] = self._refused
        if order.rhythm == "once":
            return {**asked, "mode": "payment", "payment_intent_data": {"metadata": marked}}
        price["recurring"] = {"interval": INTERVALS[order.rhythm]}
        return {**asked, "mode": "subscription", "subscription_data": {"metadata": marked}}

    def charge(self, order: RenewalOrder) -> Charge:
        raise Refused("bills-by-itself")

    def refund(self, order: RefundOrder) -> Refunded:
        charged = self.wire.get(f"/v1/payment_intents/{order.payment}")
        amount = Money(charged["currency"].upper(), order.amount)
        asked = {
            "payment_intent": order.payment,
            "amount": reading.units(amount),
            "metadata": {"reference": order.reference},
            "expand": ["balance_transaction", "failure_balance_transaction"],
        }
        return reading.refunded(self.wire.post("/v1/refunds", asked, order.key))

    def change(self, standing: str, change: Change, key: str, money: Money | None) -> Standing:
        path = f"/v1/subscriptions/{standing}"
        if change == Change.CANCEL:
            return self._cancelled(path)
        asked: dict[str, Any] = {"expand": ["default_payment_method"]}
        if change == Change.AMOUNT and money is not None:
            asked |= self._amount(path, money)
        elif change == Change.PAUSE:
            asked["pause_collection"] = {"behavior": "void"}
        else:
            asked["pause_collection"] = ""
        return reading.standing(self.wire.post(path, asked, key))

    def _amount(self, path: str, money: Money) -> dict[str, Any]:
        """Return what sets a new amount, from the next invoice on."""
        item = self.wire.get(path)["items"]["data"][0]
        price = {
            "currency": money.currency.lower(),
            "product": reading.name_of(item["price"]["product"]),
            "recurring": {"interval": item["price"]["recurring"]["interval"]},
            "unit_amount": reading.units(money),
        }
        return {"items": [{"id": item["id"], "price_data": price}], "proration_behavior": "none"}

    def _cancelled(self, path: str) -> Standing:
        """End an agreement. Stripe takes no key with a deletion; the second finds it ended."""
        try:
            self.wire.delete(path)
        except (NotThere, Refused):
            found = self._standing(path)
            if found.state != "ended":
                raise
            return found
        return self._standing(path)

    def method_page(self, standing: str, return_url: str, language: str) -> str:
        path = f"/v1/subscriptions/{standing}"
        found = self.wire.get(path, expand=["default_payment_method"])
        kind = (found.get("default_payment_method") or {}).get("type", "card")
        asked = {
            "mode": "setup",
            "customer": reading.name_of(found["customer"]),
            "success_url": return_url,
            "cancel_url": return_url,
            "locale": language if language in LOCALES else "auto",
            "allowed_payment_method_types": [kind],
            "wallet_options": {"link": {"display": "never"}},
            "metadata": {"standing": standing},
        }
        return str(self.wire.post("/v1/checkout/sessions", asked)["url"])

    # What is seen

    def fetch(self, thing: Thing) -> Seen:
        if thing.kind == "visit":
            return self._visit(thing.name)
        if thing.kind == "standing":
            return self._standing(f"/v1/subscriptions/{thing.name}")
        if thing.kind == "payout":
            return reading.paid_out(self.wire.get(f"/v1/payouts/{thing.name}"))
        return self._charge(thing.name)

    def _visit(self, name: str) -> Seen:
        expand = ["payment_intent", "invoice.payments", "setup_intent"]
        found = self.wire.get(f"/v1/checkout/sessions/{name}", expand=expand)
        changed = (found.get("metadata") or {}).get("standing", "")
        if found["mode"] == "setup" and changed:
            return self._changed(found, changed)
        return reading.visit(found)

    def _changed(self, found: Found, standing: str) -> Standing:
        """Let a subscription be paid from now on as was chosen on a page of ``method_page``."""
        path = f"/v1/subscriptions/{standing}"
        method = reading.name_of((found.get("setup_intent") or {}).get("payment_method"))
        if found["status"] != "complete" or not method:
            return self._standing(path)
        asked = {"default_payment_method": method, "expand": ["default_payment_method"]}
        try:
            return reading.standing(self.wire.post(path, asked, f"method-{found['id']}"))
        except Refused:  # it has ended meanwhile
            return self._standing(path)

    def _standing(self, path: str) -> Standing:
        return reading.standing(self.wire.get(path, expand=["default_payment_method"]))

    def _charge(self, name: str) -> Charge:
        expand = ["latest_charge.balance_transaction", "latest_charge.refunds"]
        intent = self.wire.get(f"/v1/payment_intents/{name}", expand=expand)
        latest = intent.get("latest_charge") or {}
        refunds: Iterable[Found] = ()
        if (latest.get("refunds") or {}).get("data"):
            refunds = self.wire.every("/v1/refunds", payment_intent=name, expand=MOVED)
        disputes: Iterable[Found] = ()
        if latest.get("disputed"):
            disputes = self.wire.every("/v1/disputes", payment_intent=name)
        return self._read(intent, self._bill(intent), refunds, disputes)

    def _read(
        self, intent: Found, bill: Found | None, refunds: Iterable[Found], disputes: Iterable[Found]
    ) -> Charge:
        if bill is not None:
            parent = (bill.get("parent") or {}).get("subscription_details") or {}
            named = reading.name_of(parent.get("subscription"))
            agreement = self._agreement(named) if named else None
            return reading.charge(intent, bill, agreement, refunds, disputes)
        own = (intent.get("metadata") or {}).get("reference", "")
        said = "" if own else self._said_by_visit(intent["id"])
        return reading.charge(intent, None, None, refunds, disputes, said)

    def _bill(self, intent: Found) -> Found | None:
        """Return the invoice that a payment is for; what was given once has none."""
        if (intent.get("metadata") or {}).get("reference"):
            return None
        asked = {"type": "payment_intent", "payment_intent": intent["id"]}
        for each in self.wire.every("/v1/invoice_payments", payment=asked, expand=["data.invoice"]):
            return dict(each["invoice"])
        return None

    def _said_by_visit(self, intent: str) -> str:
        """Return the reference of the page on which a payment was tried, where it bears none."""
        for each in self.wire.every("/v1/checkout/sessions", payment_intent=intent):
            return str(each.get("client_reference_id") or "")
        return ""

    def _agreement(self, name: str) -> Found:
        if name not in self._agreements:
            if len(self._agreements) >= REMEMBERED:
                del self._agreements[next(iter(self._agreements))]  # the one asked for first
            self._agreements[name] = self.wire.get(f"/v1/subscriptions/{name}")
        return self._agreements[name]

    # Lists

    def changes(self, since: datetime) -> Iterator[Thing]:
        for event in self.wire.every("/v1/events", created={"gte": int(since.timestamp())}):
            thing = reading.thing_of(event)
            if thing is not None:
                yield thing

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        first = int(since.timestamp())
        refunds = _by_intent(self.wire.every("/v1/refunds", created={"gte": first}, expand=MOVED))
        disputes = _by_intent(self.wire.every("/v1/disputes", created={"gte": first}))
        bills = self._bills(since - EARLIER)
        asked = {
            "created": {"gte": first, "lte": int(until.timestamp())},
            "expand": ["data.latest_charge.balance_transaction"],
        }
        for intent in self.wire.every("/v1/payment_intents", **asked):
            if reading.was_tried(intent):
                name = intent["id"]
                bill = bills.get(name) or self._bill(intent)
                yield self._read(intent, bill, refunds.get(name, ()), disputes.get(name, ()))

    def _bills(self, since: datetime) -> dict[str, Found]:
        created = {"gte": int(since.timestamp())}
        found = self.wire.every("/v1/invoice_payments", created=created, expand=["data.invoice"])
        return {
            reading.name_of(each["payment"].get("payment_intent")): each["invoice"]
            for each in found
        }

    def payouts(self, since: datetime) -> Iterator[PaidOut]:
        for found in self.wire.every("/v1/payouts", created={"gte": int(since.timestamp())}):
            if found["amount"] > 0:
                yield reading.paid_out(found)

    # Messages

    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Trigger:
        header = headers.get("stripe-signature", "")
        try:
            header.encode("ascii")  # the library compares text, and stumbles over any other
            WebhookSignature.verify_header(body, header, self._secret)
        except (SignatureVerificationError, UnicodeError):
            raise BadWebhook("the message is not signed by Stripe") from None
        # The first moment is the one that was signed; a second one could be anybody's.
        moment = next(part for part in header.split(",") if part.startswith("t="))
        must_be_fresh(float(moment.removeprefix("t=")), now)
        event = loaded(body)
        account = str(event.get("account") or "")
        return Trigger(account, str(event["id"]), reading.thing_of(event))


def _by_intent(found: Iterable[Found]) -> dict[str, list[Found]]:
    """Sort refunds or disputes by the payment that they belong to."""
    sorted_out: dict[str, list[Found]] = {}
    for each in found:
        sorted_out.setdefault(reading.name_of(each.get("payment_intent")), []).append(each)
    return sorted_out
