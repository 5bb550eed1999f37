"""What Stripe shows, as plain values: no question is asked here, and nothing is kept.

A *visit* is a Checkout Session, an *agreement* a Subscription, a *payment* a PaymentIntent with its
latest Charge. Rules:

1. Amounts are Stripe's smallest units, which are ISO 4217's but for TIMES; three-digit currencies
   must end in a zero.
2. Which period a payment is of says its invoice's time, counted from the subscription's beginning;
   periods that were skipped keep their numbers.
3. An inquiry (``warning_…``) takes no money and is no dispute. An appeal follows a dispute that is
   lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tamizdat.contributions.money.amounts import Money, digits_of
from tamizdat.contributions.money.errors import Refused
from tamizdat.contributions.money.providers.seen import (
    Charge,
    Disputed,
    PaidOut,
    Refunded,
    Standing,
    Thing,
    Visit,
)

Found = dict[str, Any]
# "Represent it as a two-decimal value, with 00" (Stripe, Supported currencies, special cases).
TIMES = {"ISK": 100}
DAYS = {"month": 30.436875, "year": 365.2425}  # of the calendar, on average
RHYTHMS = {"month": "monthly", "year": "annual"}
STATES = {
    "succeeded": "confirmed",
    "processing": "pending",
    "requires_action": "pending",
    "requires_capture": "pending",
    "requires_confirmation": "pending",
    "requires_payment_method": "failed",
    "canceled": "canceled",
}
STANDINGS = {
    "past_due": "past-due",
    "unpaid": "past-due",
    "incomplete": "past-due",
    "paused": "paused",
    "canceled": "ended",
    "incomplete_expired": "ended",
}
REFUNDS = {"succeeded": "done", "failed": "failed", "canceled": "failed"}
DISPUTES = {
    "needs_response": "open",
    "under_review": "open",
    "won": "won",
    "lost": "lost",
    "appeal_needs_response": "lost",
    "appeal_under_review": "lost",
}
PAYOUTS = {"paid": "paid", "failed": "failed", "canceled": "failed"}
REASONS = {
    "insufficient_funds": "insufficient-funds",
    "expired_card": "expired-card",
    "authentication_required": "confirm",
    "lost_card": "lost-card",
    "stolen_card": "lost-card",
}


# Amounts and moments


def units(money: Money) -> int:
    """Return an amount as Stripe takes it. Raises Refused where it cannot be taken."""
    if digits_of(money.currency) == 3 and money.minor % 10:
        raise Refused("too-fine")
    return money.minor * TIMES.get(money.currency, 1)


def money(currency: str, amount: int) -> Money:
    code = currency.upper()
    return Money(code, amount // TIMES.get(code, 1))


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


# Visits and agreements


def visit(found: Found) -> Visit:
    """Read a Checkout Session with its ``payment_intent`` and ``invoice.payments``."""
    return Visit(
        found["id"],
        found.get("client_reference_id") or "",
        found["status"],
        _intent_of(found),
        name_of(found.get("subscription")),
    )


def _intent_of(found: Found) -> str:
    intent = found.get("payment_intent")
    if intent:
        return str(intent["id"]) if was_tried(intent) else ""
    invoice = found.get("invoice") or {}
    for each in (invoice.get("payments") or {}).get("data", []):
        if each["payment"].get("payment_intent"):
            return name_of(each["payment"]["payment_intent"])
    return ""


def was_tried(intent: Found) -> bool:
    """Say whether anybody has tried to pay it: an open page has an intent, too."""
    waits = intent["status"] in ("requires_payment_method", "requires_confirmation")
    return not waits or bool(intent.get("last_payment_error") or intent.get("latest_charge"))


def standing(found: Found) -> Standing:
    """Read a Subscription with its ``default_payment_method``."""
    item = found["items"]["data"][0]
    price = item["price"]
    state = "paused" if found.get("pause_collection") else ""
    card = (found.get("default_payment_method") or {}).get("card")
    return Standing(
        found["id"],
        found["metadata"].get("reference", ""),
        STANDINGS.get(found["status"], state or "active"),
        money(price["currency"], price["unit_amount"] * (item.get("quantity") or 1)),
        RHYTHMS.get(price["recurring"]["interval"], "monthly"),
        f"{card['exp_year']:04}-{card['exp_month']:02}" if card else "",
    )


# Payments


def charge(
    intent: Found,
    bill: Found | None,
    agreement: Found | None,
    refunds: Iterable[Found] = (),
    disputes: Iterable[Found] = (),
    reference: str = "",
) -> Charge:
    """Read a PaymentIntent with its ``latest_charge.balance_transaction``.

    ``bill`` is its Invoice and ``agreement`` the Subscription behind that, where it has one.
    """
    latest = intent.get("latest_charge") or {}
    own = (intent.get("metadata") or {}).get("reference", "")
    theirs = ((agreement or {}).get("metadata") or {}).get("reference", "")
    is_there = intent["status"] == "succeeded"
    settled = latest.get("balance_transaction") if is_there else None
    return Charge(
        name=intent["id"],
        reference=own or theirs or reference,
        period=period(bill, agreement) if bill and agreement else 0,
        money=money(intent["currency"], intent["amount_received" if is_there else "amount"]),
        state=STATES[intent["status"]],
        at=moment(latest.get("created") or intent["created"]),
        reason=reason(intent.get("last_payment_error") or {}),
        settled=money(settled["currency"], settled["amount"]) if settled else None,
        fee=money(settled["currency"], settled["fee"]).minor if settled else 0,
        needs_confirming=intent["status"] == "requires_action",
        standing=str((agreement or {}).get("id", "")),
        refunds=tuple(refunded(each) for each in refunds),
        disputes=tuple(disputed(each) for each in disputes if each["status"] in DISPUTES),
    )


def period(bill: Found, agreement: Found) -> int:
    """Return which payment of an agreement an invoice asks for; the first one is 0."""
    if bill.get("billing_reason") == "subscription_create":
        return 0
    begins = max(line["period"]["start"] for line in bill["lines"]["data"])
    interval = agreement["items"]["data"][0]["price"]["recurring"]["interval"]
    passed = (begins - agreement["start_date"]) / 86_400
    return max(0, round(float(passed) / DAYS[interval]))


def reason(error: Found) -> str:
    code = error.get("decline_code") or error.get("code") or ""
    return REASONS.get(code, "declined") if code else ""


def refunded(found: Found) -> Refunded:
    """Read a Refund with both its balance transactions."""
    moved, back = found.get("balance_transaction"), found.get("failure_balance_transaction")
    state = REFUNDS.get(found["status"], "pending")
    return Refunded(
        found["id"],
        (found.get("metadata") or {}).get("reference", ""),
        money(found["currency"], found["amount"]).minor,
        state,
        moment(found["created"]),
        moment(back["created"]) if back and state == "failed" else None,
        money(moved["currency"], -moved["amount"]) if moved else None,
    )


def disputed(found: Found) -> Disputed:
    """Read a Dispute. Of a lost one Stripe keeps no moment: the last day of its evidence counts."""
    moves = sorted(found.get("balance_transactions") or [], key=lambda each: int(each["created"]))
    went = next((each for each in moves if each["amount"] < 0), None)
    came = next((each for each in reversed(moves) if each["amount"] > 0), None)
    state = DISPUTES[found["status"]]
    closed = None
    if state == "won":
        closed = moment(came["created"] if came else found["created"])
    elif state == "lost":
        due = (found.get("evidence_details") or {}).get("due_by")
        closed = moment(due or found["created"])
    return Disputed(
        name=found["id"],
        amount=money(found["currency"], found["amount"]).minor,
        state=state,
        taken_at=moment(went["created"] if went else found["created"]),
        closed_at=closed,
        fee=money(went["currency"], went["fee"]).minor if went else 0,
        fee_back=money(came["currency"], -came["fee"]).minor if came else 0,
        settled=money(went["currency"], -went["amount"]) if went else None,
    )


def paid_out(found: Found) -> PaidOut:
    return PaidOut(
        found["id"],
        money(found["currency"], found["amount"]),
        PAYOUTS.get(found["status"], "pending"),
        moment(found["created"]),
    )


# Messages


def thing_of(event: Found) -> Thing | None:
    """Return what an event is about, as far as we look at it."""
    about, kind = event["data"]["object"], event["type"]
    if kind.startswith("checkout.session."):
        return Thing("visit", about["id"])
    if kind.startswith("payment_intent."):
        return Thing("payment", about["id"])
    if kind.startswith("customer.subscription."):
        return Thing("standing", about["id"])
    if kind.startswith("payout."):
        return Thing("payout", about["id"])
    if kind.startswith(("charge.", "refund.")) and about.get("payment_intent"):
        return Thing("payment", name_of(about["payment_intent"]))
    return None


def name_of(found: Any) -> str:
    """Return a thing's name, whether it is shown whole or by its name."""
    return str(found["id"]) if isinstance(found, dict) else str(found or "")
