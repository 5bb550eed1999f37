"""Sandbox: the provider of demo and tests. It speaks with ``processor``, which moves no money."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from tamizdat.contributions.money.amounts import Fee, Money
from tamizdat.contributions.money.errors import BadWebhook
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
from tamizdat.contributions.money.providers.http import Line
from tamizdat.contributions.money.providers.seen import (
    Charge,
    Disputed,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Thing,
    Trigger,
    Visit,
)
from tamizdat.contributions.money.providers.verifying import is_same, loaded, must_be_fresh

PATHS = {"visit": "visits", "payment": "payments", "standing": "standings", "payout": "payouts"}
FEE = Fee(Fraction(29, 1000), 30)


class Sandbox(Provider):
    """``bills`` says who asks for regular payments: the processor, or we."""

    def __init__(
        self, base: str, key: str, secret: str, *, bills: bool = True, name: str = "sandbox"
    ) -> None:
        self.facts = Facts(name, (Method("card"),), bills, {"": FEE})
        self.line = Line(base, {"Authorization": f"Bearer {key}"})
        self._secret = secret.encode()

    def begin(self, order: Order) -> Page:
        asked = {
            "reference": order.reference,
            "amount": order.money.minor,
            "currency": order.money.currency,
            "rhythm": order.rhythm,
            "language": order.language,
            "return_url": order.return_url,
            "bills": self.facts.bills,
        }
        found = self.line.post("/v1/visits", asked, order.key)
        return Page(found["url"], found["id"])

    def fetch(self, thing: Thing) -> Seen:
        return _seen(self.line.get(f"/v1/{PATHS[thing.kind]}/{thing.name}"))

    def charge(self, order: RenewalOrder) -> Charge:
        asked = {
            "standing": order.standing,
            "payment": order.payment,
            "period": order.period,
            "amount": order.money.minor,
        }
        return _charge(self.line.post("/v1/charges", asked, order.key))

    def refund(self, order: RefundOrder) -> Refunded:
        asked = {"payment": order.payment, "amount": order.amount, "reference": order.reference}
        return _refunded(self.line.post("/v1/refunds", asked, order.key))

    def change(self, standing: str, change: Change, key: str, money: Money | None) -> Standing:
        asked = {"change": change.value, "amount": money.minor if money else None}
        return _standing(self.line.post(f"/v1/standings/{standing}", asked, key))

    def method_page(self, standing: str, return_url: str, language: str) -> str:
        path = f"/v1/standings/{standing}/page"
        return str(self.line.post(path, {"return_url": return_url}, "")["url"])

    def changes(self, since: datetime) -> Iterator[Thing]:
        for found in self._list("/v1/changes", since=since.timestamp()):
            if found["kind"] in PATHS:
                yield Thing(found["kind"], found["id"])

    def charges(self, since: datetime, until: datetime) -> Iterator[Charge]:
        times = {"since": since.timestamp(), "until": until.timestamp()}
        yield from (_charge(found) for found in self._list("/v1/payments", **times))

    def payouts(self, since: datetime) -> Iterator[PaidOut]:
        yield from map(_paid_out, self._list("/v1/payouts", since=since.timestamp()))

    def _list(self, path: str, **asked: float) -> Iterator[dict[str, Any]]:
        after = 0
        while True:
            page = self.line.get(path, after=after, **asked)
            yield from page["things"]
            if not page["more"]:
                return
            after = page["things"][-1]["number"]

    def read(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Trigger:
        parts = dict(
            part.split("=", 1)
            for part in headers.get("processor-signature", "").split(",")
            if "=" in part
        )
        moment = parts.get("t", "")
        wanted = hmac.new(self._secret, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not is_same(wanted, parts.get("v1", "")):
            raise BadWebhook("the message is not signed by the provider")
        must_be_fresh(float(moment), now)
        event = loaded(body)
        kind = event["thing"]["kind"]
        thing = Thing(kind, event["thing"]["id"]) if kind in PATHS else None
        return Trigger(event["account"], event["id"], thing)


def _seen(found: dict[str, Any]) -> Seen:
    read: dict[str, Callable[[dict[str, Any]], Seen]] = {
        "visit": _visit,
        "payment": _charge,
        "standing": _standing,
        "payout": _paid_out,
    }
    return read[found["kind"]](found)


def _charge(found: dict[str, Any]) -> Charge:
    settled = found["settled"]
    return Charge(
        name=found["id"],
        reference=found["reference"],
        period=found["period"],
        money=Money(found["currency"], found["amount"]),
        state=found["state"],
        at=_moment(found.get("decided") or found["at"]),
        reason=found["reason"],
        settled=Money(settled[1], settled[0]) if settled else None,
        fee=found["fee"],
        needs_confirming=found["confirming"],
        standing=found["standing"],
        payment=found["ours"],
        refunds=tuple(_refunded(each) for each in found["refunds"]),
        disputes=tuple(_disputed(each) for each in found["disputes"]),
    )


def _refunded(found: dict[str, Any]) -> Refunded:
    failed = found.get("failed_at")
    return Refunded(
        found["id"],
        found["reference"],
        found["amount"],
        found["state"],
        _moment(found["at"]),
        _moment(failed) if failed else None,
    )


def _disputed(found: dict[str, Any]) -> Disputed:
    closed = _moment(found["closed"]) if found["closed"] else None
    return Disputed(
        found["id"], found["amount"], found["state"], _moment(found["at"]), closed, found["fee"]
    )


def _standing(found: dict[str, Any]) -> Standing:
    return Standing(
        found["id"],
        found["reference"],
        found["state"],
        Money(found["currency"], found["amount"]),
        found["rhythm"],
        found["ends"],
    )


def _visit(found: dict[str, Any]) -> Visit:
    return Visit(
        found["id"], found["reference"], found["state"], found["payment"], found["standing"]
    )


def _paid_out(found: dict[str, Any]) -> PaidOut:
    money = Money(found["currency"], found["amount"])
    return PaidOut(found["id"], money, found["state"], _moment(found["at"]))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
