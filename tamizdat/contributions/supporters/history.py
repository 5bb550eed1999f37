"""What a supporter gave, as her portal shows it: contributions with their payments, and sums.

Reads rows and returns plain values; the words are chosen by who shows them. Of an amount that was
given back in part the rest is what counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.models import Contribution, Dispute, Payment, Refund
from tamizdat.contributions.supporters.taking_up import contributions_of
from tamizdat.vault.models import Address

# Of a dispute that is open or lost the bank has the money.
TAKEN = (Dispute.State.OPEN, Dispute.State.LOST)


@dataclass(frozen=True)
class Line:
    """One movement: a payment, or what went back of one. ``said`` is a key of our words."""

    day: date
    money: Money
    said: str
    receipt: UUID | None = None  # the payment, where it came


@dataclass(frozen=True)
class Gift:
    """A contribution and what became of it."""

    row: Contribution
    lines: tuple[Line, ...]

    @property
    def is_unknown(self) -> bool:
        return any(each.said == "unsure" for each in self.lines)


@dataclass(frozen=True)
class Received:
    """A payment that came, and what is left of it."""

    payment: Payment
    returned: int

    @property
    def rest(self) -> Money:
        return Money(self.payment.currency, self.payment.amount - self.returned)


def gifts_of(address: Address) -> list[Gift]:
    """Return everything that somebody gave, the newest first."""
    found = list(contributions_of(address))
    lines = _lines([each.pk for each in found])
    return [Gift(each, tuple(lines.get(each.pk, ()))) for each in reversed(found)]


def gift_of(address: Address, contribution: UUID) -> Gift | None:
    """Return one contribution of somebody's own, None where it is not hers."""
    row = contributions_of(address).filter(pk=contribution).first()
    return Gift(row, tuple(_lines([row.pk]).get(row.pk, ()))) if row else None


def received(address: Address, payment: UUID) -> Received | None:
    """Return one payment of somebody's own that came, None where there is none."""
    rows = Payment.objects.filter(pk=payment, contribution__address=address)
    found = list(_received(rows))
    return found[0] if found else None


def received_in(address: Address, year: int) -> list[Received]:
    """Return what came from somebody in a year, by day."""
    rows = Payment.objects.filter(contribution__address=address, day__year=year)
    return list(_received(rows))


def years_of(address: Address) -> list[int]:
    """Return the years in which something came, the newest first."""
    rows = Payment.objects.filter(contribution__address=address, state=Payment.State.CONFIRMED)
    return sorted({each.year for each in rows.values_list("day", flat=True)}, reverse=True)


def _received(rows: Iterable[Payment]) -> Iterable[Received]:
    """What a bank took back, or what is given back for sure, has not stayed."""
    confirmed = rows.filter(state=Payment.State.CONFIRMED)  # type: ignore[attr-defined]  # a query set
    payments = list(confirmed.select_related("contribution").order_by("day", "pk"))
    keys = [each.pk for each in payments]
    gone: dict[UUID, int] = {}
    taken = Dispute.objects.filter(payment__in=keys, state__in=TAKEN)
    given = Refund.objects.filter(payment__in=keys, state=Refund.State.DONE)
    for source in (taken, given):
        for payment, amount in source.values_list("payment", "amount"):
            gone[payment] = gone.get(payment, 0) + amount
    for each in payments:
        yield Received(each, min(each.amount, gone.get(each.pk, 0)))


PAYMENT_SAYS = {
    "created": "created",
    "pending": "pending",
    "unknown": "unsure",
    "confirmed": "came",
    "failed": "failed",
    "canceled": "canceled",
}
REFUND_SAYS = {"done": "refund_done", "failed": "refund_failed"}


def _lines(contributions: list[UUID]) -> dict[UUID, list[Line]]:
    """Return the movements of contributions, the newest first."""
    found: dict[UUID, list[Line]] = {}
    payments = Payment.objects.filter(contribution__in=contributions)
    for payment in payments:
        is_there = payment.state == Payment.State.CONFIRMED
        receipt = payment.pk if is_there else None
        line = Line(payment.day, payment.money, PAYMENT_SAYS[payment.state], receipt)
        found.setdefault(payment.contribution_id, []).append(line)
    for refund in Refund.objects.filter(payment__in=payments).select_related("payment"):
        money = Money(refund.payment.currency, refund.amount)
        said = REFUND_SAYS.get(refund.state, "refund_open")
        found[refund.payment.contribution_id].append(Line(refund.day, money, said))
    for dispute in Dispute.objects.filter(payment__in=payments).select_related("payment"):
        money = Money(dispute.payment.currency, dispute.amount)
        line = Line(dispute.opened_on, money, f"dispute_{dispute.state}")
        found[dispute.payment.contribution_id].append(line)
    for lines in found.values():
        lines.sort(key=lambda each: each.day, reverse=True)
    return found
