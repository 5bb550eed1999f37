"""What a BTCPay Server shows, as plain values.

A *visit* and its *payment* are one invoice, under one name. Rules:

1. What came is counted in the invoice's currency at the rate that the invoice holds; coins are the
   newsroom's own affair, and no rate of another day is asked for.
2. An invoice that is settled and paid exactly is its own amount. What was paid too little, too much
   or too late counts as what it is, once its payments are settled.
3. ``Processing`` is seen on the network and may still vanish; it is under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from tamizdat.contributions.money.amounts import Money, digits_of, major
from tamizdat.contributions.money.providers.seen import Charge, Refunded, Visit

Found = dict[str, Any]
VISITS = {"New": "open", "Processing": "complete", "Settled": "complete"}
DONE = "Completed"


def visit(found: Found) -> Visit:
    has_money = was_tried(found)
    state = VISITS.get(found["status"], "complete" if has_money else "expired")
    return Visit(found["id"], reference(found), state, found["id"] if has_money else "")


def was_tried(found: Found) -> bool:
    """Say whether any money was sent to an invoice."""
    is_partly = found.get("additionalStatus") in ("PaidPartial", "PaidLate", "PaidOver", "Marked")
    return found["status"] in ("Processing", "Settled") or is_partly


def reference(found: Found) -> str:
    return str((found.get("metadata") or {}).get("orderId") or "")


def charge(found: Found, methods: Iterable[Found], refunds: Iterable[Refunded] = ()) -> Charge:
    """Read an invoice with what was paid by each of its payment methods."""
    paid = [(each, payment) for each in methods for payment in each.get("payments") or []]
    settled = [pair for pair in paid if pair[1]["status"] == "Settled"]
    state = _state(found, len(settled), len(paid))
    came = _came(found, settled if state == "confirmed" else paid)
    moments = [payment["receivedDate"] for _, payment in paid]
    return Charge(
        name=found["id"],
        reference=reference(found),
        period=0,
        money=came,
        state=state,
        at=moment(max(moments) if moments else found["createdTime"]),
        reason="declined" if state == "failed" else "",
        settled=came if state == "confirmed" else None,
        refunds=tuple(refunds),
    )


def _state(found: Found, settled: int, paid: int) -> str:
    if found["status"] == "Settled":
        return "confirmed"
    if found["status"] == "Invalid":
        return "failed"
    if found["status"] == "Expired" and settled and settled == paid:
        return "confirmed"
    if found["status"] == "Expired" and not paid:
        return "canceled"
    return "pending"


def _came(found: Found, payments: list[tuple[Found, Found]]) -> Money:
    """Return what was paid, in the invoice's currency."""
    asked = money(found["amount"], found["currency"])
    extra = found.get("additionalStatus", "None")
    if not payments or (found["status"] != "Expired" and extra in ("None", "Marked")):
        return asked
    total = sum(
        (Decimal(payment["value"]) * Decimal(method["rate"]) for method, payment in payments),
        Decimal(0),
    )
    return Money(asked.currency, max(1, _minor(total, asked.currency)))


def refunded(found: Found, payouts: Iterable[Found], currency: str) -> Refunded | None:
    """Read a pull payment of ours; None where it was withdrawn before anybody claimed it."""
    states = {each["state"] for each in payouts}
    state = "done" if DONE in states else "pending"
    if state == "pending" and found.get("archived"):
        return None
    amount = money(found["amount"], currency).minor
    number = found["name"].partition(":")[2]
    return Refunded(found["id"], number, amount, state, moment(found["startsAt"]))


def money(amount: Any, currency: str) -> Money:
    """Return an amount that is written as a decimal."""
    return Money(currency, _minor(Decimal(str(amount)), currency))


def written(amount: Money) -> str:
    """Write an amount as the API takes it."""
    return f"{major(amount):f}"


def _minor(value: Decimal, currency: str) -> int:
    return int(value.scaleb(digits_of(currency)).to_integral_value(ROUND_HALF_EVEN))


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
