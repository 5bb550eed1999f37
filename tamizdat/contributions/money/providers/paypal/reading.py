"""What PayPal shows, as plain values.

A *visit* is an order, a *payment* a capture of it. Rules:

1. An order's payer has approved it, and pays, when it is captured: who fetches an approved order
   captures it, with a key of its own.
2. What PayPal kept stands in the capture's breakdown; in another currency also what was added.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from tamizdat.contributions.money.amounts import Money, digits_of, major
from tamizdat.contributions.money.errors import Refused
from tamizdat.contributions.money.providers.seen import Charge, Disputed, PaidOut, Refunded, Visit

Found = dict[str, Any]
WHOLE = ("HUF", "JPY")  # PayPal takes no parts of these
CURRENCIES = frozenset(
    "AUD BRL CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN NOK NZD PLN SEK SGD USD".split()
)
VISITS = {"COMPLETED": "complete", "VOIDED": "expired"}
STATES = {
    "COMPLETED": "confirmed",
    "PARTIALLY_REFUNDED": "confirmed",
    "REFUNDED": "confirmed",
    "PENDING": "pending",
    "DECLINED": "failed",
    "FAILED": "failed",
}
REFUNDS = {"COMPLETED": "done", "PENDING": "pending", "FAILED": "failed", "CANCELLED": "failed"}
OURS, THEIRS = "RESOLVED_SELLER_FAVOUR", "RESOLVED_BUYER_FAVOUR"
WITHDRAWN = "T04"  # event codes of money that goes to our bank


def amount(money: Money) -> dict[str, str]:
    """Return an amount as PayPal takes it. Raises Refused where it cannot be taken."""
    if money.currency not in CURRENCIES:
        raise Refused("currency")
    value = major(money)
    if money.currency in WHOLE:
        if value != value.to_integral_value():
            raise Refused("too-fine")
        value = value.to_integral_value()
    return {"currency_code": money.currency, "value": f"{value:f}"}


def money(found: Found) -> Money:
    currency = str(found["currency_code"])
    return Money(currency, int(Decimal(found["value"]).scaleb(digits_of(currency))))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def unit(order: Found) -> Found:
    return dict(order["purchase_units"][0])


def captures(order: Found) -> list[Found]:
    return list((unit(order).get("payments") or {}).get("captures") or [])


def visit(order: Found) -> Visit:
    named = captures(order)[-1:]
    return Visit(
        order["id"],
        str(unit(order).get("custom_id") or ""),
        VISITS.get(order["status"], "open"),
        str(named[0]["id"]) if named else "",
    )


def charge(found: Found, order: Found, disputes: Iterable[Found]) -> Charge:
    """Read a capture with its order, which holds what was given back."""
    state = STATES[found["status"]]
    parts = found.get("seller_receivable_breakdown") or {}
    came = money(found["amount"])
    settled, fee = _settled(came, parts) if state == "confirmed" and parts else (None, 0)
    refunds = (unit(order).get("payments") or {}).get("refunds") or []
    return Charge(
        name=found["id"],
        reference=str(found.get("custom_id") or unit(order).get("custom_id") or ""),
        period=0,
        money=came,
        state=state,
        at=moment(found["create_time"]),
        reason="declined" if state == "failed" else "",
        settled=settled,
        fee=fee,
        refunds=tuple(refunded(each) for each in refunds),
        disputes=tuple(each for each in map(disputed, disputes) if each is not None),
    )


def _settled(came: Money, parts: Found) -> tuple[Money, int]:
    """Return what was added to our balance before the fee, and the fee, in that currency."""
    changed = parts.get("receivable_amount")
    fee = parts.get("paypal_fee_in_receivable_currency") or parts.get("paypal_fee")
    kept = money(fee).minor if fee else 0
    if not changed:
        return came, kept
    net = money(changed)
    return Money(net.currency, net.minor + kept), kept


def refunded(found: Found) -> Refunded:
    return Refunded(
        found["id"],
        str(found.get("custom_id") or ""),
        money(found["amount"]).minor,
        REFUNDS.get(found["status"], "pending"),
        moment(found["create_time"]),
    )


def disputed(found: Found) -> Disputed | None:
    """Read a dispute; an inquiry between the two takes no money."""
    if found.get("dispute_life_cycle_stage") == "INQUIRY":
        return None
    outcome = (found.get("dispute_outcome") or {}).get("outcome_code", "")
    state = {OURS: "won", THEIRS: "lost"}.get(outcome, "open")
    closed = moment(found["update_time"]) if state != "open" else None
    total = money(found["dispute_amount"]).minor
    return Disputed(found["dispute_id"], total, state, moment(found["create_time"]), closed)


def paid_out(found: Found) -> PaidOut:
    """Read a transaction by which money went to our bank."""
    gone = money(found["transaction_amount"])
    return PaidOut(
        found["transaction_id"],
        Money(gone.currency, -gone.minor),
        {"S": "paid", "P": "pending"}.get(found["transaction_status"], "failed"),
        moment(found["transaction_initiation_date"]),
    )
