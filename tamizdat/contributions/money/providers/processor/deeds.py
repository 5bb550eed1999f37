"""What the processor does: visits, payments, agreements, refunds, disputes, payouts.

A payment belongs to a reference and a period. A visit has one payment, however often the supporter
tries; an agreement has one for each period, however often it is tried.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tamizdat.contributions.money.periods import due_on
from tamizdat.contributions.money.providers.processor.messages import announce
from tamizdat.contributions.money.providers.processor.store import Store, Thing

VISIT_HOLDS = timedelta(hours=24)
SHARE, FIXED = 29, 30  # thousandths, and minor units
DISPUTE_FEE = 1500


class Wrong(Exception):
    """What is asked cannot be done; ``status`` and ``kind`` are the answer."""

    def __init__(self, status: int, kind: str) -> None:
        super().__init__(kind)
        self.status = status
        self.kind = kind


def fee_of(amount: int) -> int:
    return min(amount, -(-amount * SHARE // 1000) + FIXED)


# Visits


def open_visit(store: Store, asked: dict[str, Any]) -> Thing:
    amount = _amount(asked)
    return store.make(
        "visit",
        reference=str(asked.get("reference", "")),
        amount=amount,
        currency=str(asked["currency"]),
        rhythm=str(asked.get("rhythm", "once")),
        bills=bool(asked.get("bills", True)),
        language=str(asked.get("language", "en")),
        return_url=str(asked.get("return_url", "")),
        state="open",
        payment="",
        standing="",
        due=(store.now() + VISIT_HOLDS).timestamp(),
    )


def decide(store: Store, visit: Thing, decision: str) -> Thing:
    """Do what the supporter chose on the page; return the payment."""
    if visit["state"] != "open":
        raise Wrong(409, "visit-is-over")
    payment = store.get(visit["payment"]) if visit["payment"] else None
    if payment is None:
        payment = store.make("payment", **_blank(visit))
        visit["payment"] = payment["id"]
    if decision == "decline":
        fail(store, payment, "declined")
    elif decision == "confirm":
        hold(store, payment, confirming=True)
    elif decision == "slow":
        hold(store, payment, confirming=False)
        _complete(store, visit, payment)
    else:
        _complete(store, visit, payment)
        succeed(store, payment)
    store.save(visit)
    return payment


def _blank(visit: Thing) -> Thing:
    return {
        "reference": visit["reference"],
        "ours": "",
        "period": 0,
        "amount": visit["amount"],
        "currency": visit["currency"],
        "state": "pending",
        "reason": "",
        "confirming": False,
        "standing": "",
        "settled": None,
        "fee": 0,
        "refunds": [],
        "disputes": [],
    }


def _complete(store: Store, visit: Thing, payment: Thing) -> None:
    visit["state"], visit["due"] = "complete", None
    if visit["rhythm"] != "once":
        standing = _open_standing(store, visit, payment)
        visit["standing"] = payment["standing"] = standing["id"]


def expire(store: Store, visit: Thing) -> None:
    visit["due"] = None
    if visit["state"] == "open":
        visit["state"] = "expired"
        announce(store, "visit.expired", visit)
    store.save(visit)


# Payments


def succeed(store: Store, payment: Thing) -> None:
    currency = store.fact("settles_in") or payment["currency"]
    rate = float(store.fact("settles_at", "1")) if currency != payment["currency"] else 1
    settled = round(payment["amount"] * rate)
    payment |= {"state": "confirmed", "reason": "", "confirming": False, "due": None}
    payment |= {"decided": store.now().isoformat(), "fee": fee_of(settled)}
    payment["settled"] = [settled, currency]
    store.save(payment)
    announce(store, "payment.confirmed", payment)


def fail(store: Store, payment: Thing, reason: str) -> None:
    payment |= {"state": "failed", "reason": reason, "confirming": False, "due": None}
    payment["decided"] = store.now().isoformat()
    store.save(payment)
    announce(store, "payment.failed", payment)


def hold(store: Store, payment: Thing, *, confirming: bool) -> None:
    payment |= {"state": "pending", "confirming": confirming}
    payment["due"] = None if confirming else (store.now() + timedelta(seconds=10)).timestamp()
    store.save(payment)
    announce(store, "payment.pending", payment)


def charge(store: Store, asked: dict[str, Any]) -> Thing:
    """Take a period's payment now, by an agreement that the newsroom bills."""
    standing = store.get(str(asked.get("standing", "")), "standing")
    if standing is None:
        raise Wrong(404, "no-such-agreement")
    if standing["state"] == "ended":
        raise Wrong(402, "agreement-ended")
    payment = store.make(
        "payment",
        **{
            **_blank(standing),
            "ours": str(asked.get("payment", "")),
            "period": int(asked["period"]),
            "amount": _amount(asked),
            "standing": standing["id"],
        },
    )
    attempt(store, standing, payment)
    return payment


def attempt(store: Store, standing: Thing, payment: Thing) -> None:
    """Try to take a payment: what comes of it stands in the agreement's script, else it comes."""
    script = standing["script"]
    outcome = script.pop(0) if script else "approve"
    if _has_ended(standing, store.now()):
        outcome = "expired-card"
    store.save(standing)
    if outcome == "approve":
        succeed(store, payment)
    elif outcome == "confirm":
        hold(store, payment, confirming=True)
    else:
        fail(store, payment, outcome)


def _has_ended(standing: Thing, now: datetime) -> bool:
    return bool(standing["ends"]) and f"{now:%Y-%m}" > standing["ends"]


# Agreements


def _open_standing(store: Store, visit: Thing, payment: Thing) -> Thing:
    now = store.now()
    return store.make(
        "standing",
        reference=visit["reference"],
        amount=visit["amount"],
        currency=visit["currency"],
        rhythm=visit["rhythm"],
        state="active",
        anchor=now.date().isoformat(),
        clock=now.timetz().isoformat(),
        period=0,
        tries=0,
        script=[],
        ends=f"{now.year + 3}-12",
        bills=visit["bills"],
        current="",
        due=_next(now.date().isoformat(), now, visit["rhythm"], 1) if visit["bills"] else None,
    )


def _next(anchor: str, at: datetime, rhythm: str, period: int) -> float:
    day = due_on(datetime.fromisoformat(anchor).date(), rhythm, period)
    return datetime.combine(day, at.timetz()).timestamp()


def next_due(standing: Thing, period: int) -> float:
    """Return when a period's payment is due, in seconds since 1970."""
    day = due_on(datetime.fromisoformat(standing["anchor"]).date(), standing["rhythm"], period)
    return datetime.fromisoformat(f"{day}T{standing['clock']}").timestamp()


def change(store: Store, standing: Thing, asked: dict[str, Any]) -> Thing:
    """Change an agreement: its amount, pause, resume, cancel, or the way to pay."""
    if standing["state"] == "ended":
        raise Wrong(409, "agreement-ended")
    what = asked.get("change")
    if what == "amount":
        standing["amount"] = _amount(asked)
    elif what == "pause":
        standing |= {"state": "paused", "due": None}
    elif what == "resume":
        _resume(store, standing)
    elif what == "cancel":
        standing |= {"state": "ended", "due": None}
    elif what == "method":
        standing |= {"ends": f"{store.now().year + 3}-12", "script": []}
    else:
        raise Wrong(400, "no-such-change")
    store.save(standing)
    announce(store, f"standing.{what}", standing)
    return standing


def _resume(store: Store, standing: Thing) -> None:
    standing["state"] = "active"
    if standing["bills"]:
        while next_due(standing, standing["period"] + 1) <= store.now().timestamp():
            standing["period"] += 1  # a period that passed in the pause is not taken
        standing["due"] = next_due(standing, standing["period"] + 1)


# What goes back


def refund(store: Store, asked: dict[str, Any]) -> Thing:
    payment = store.get(str(asked.get("payment", "")), "payment")
    if payment is None:
        raise Wrong(404, "no-such-payment")
    amount = _amount(asked)
    given = sum(each["amount"] for each in payment["refunds"] if each["state"] != "failed")
    if payment["state"] != "confirmed" or given + amount > payment["amount"]:
        raise Wrong(402, "more-than-was-paid")
    entry = {
        "id": f"ref_{payment['id']}_{len(payment['refunds'])}",
        "reference": str(asked.get("reference", "")),
        "amount": amount,
        "state": "done",
        "at": store.now().isoformat(),
    }
    payment["refunds"].append(entry)
    store.save(payment)
    announce(store, "payment.refunded", payment)
    return entry


def take_back_refund(store: Store, payment: Thing) -> None:
    """The supporter's bank did not take the last refund: it failed after it was done."""
    payment["refunds"][-1] |= {"state": "failed", "failed_at": store.now().isoformat()}
    store.save(payment)
    announce(store, "payment.refund-failed", payment)


def dispute(store: Store, payment: Thing, outcome: str) -> Thing:
    """Open a dispute, or decide the last one: open, won, lost."""
    now = store.now().isoformat()
    if outcome == "open":
        entry = {
            "id": f"dis_{payment['id']}_{len(payment['disputes'])}",
            "amount": payment["amount"],
            "state": "open",
            "at": now,
            "closed": None,
            "fee": DISPUTE_FEE,
        }
        payment["disputes"].append(entry)
    else:
        payment["disputes"][-1] |= {"state": outcome, "closed": now}
    store.save(payment)
    announce(store, f"payment.dispute-{outcome}", payment)
    return payment


def pay_out(store: Store, amount: int, currency: str, state: str = "paid") -> Thing:
    payout = store.make("payout", amount=amount, currency=currency, state=state)
    announce(store, f"payout.{state}", payout)
    return payout


def _amount(asked: dict[str, Any]) -> int:
    amount = asked.get("amount")
    if not isinstance(amount, int) or amount <= 0:
        raise Wrong(400, "bad-amount")
    return amount
