"""The meter: how far an appeal's goal is reached, as the ledger says.

* The sum is what supporters gave in the time, less what went back: refunds and disputes, whichever
  payment they belong to. All providers and currencies, each day's sums at that day's stored rate,
  on the newsroom's calendar.
* Who sees exact sums jump can match them with a bank's lines. So what is *published* counts whole
  days that are over, in whole percent rounded down, and only from some payments on; all three can
  be set, or nothing is published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tamizdat.contributions.money import ledger
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.ledger import Kind, Line
from tamizdat.contributions.money.periods import plus_months
from tamizdat.contributions.money.rates import Rates, whole

NET = (Kind.GIFTS, Kind.REFUNDS, Kind.DISPUTES)


@dataclass(frozen=True)
class Sum:
    """What was given in a time, less what went back; and in how many payments."""

    money: Money
    payments: int


@dataclass(frozen=True)
class Publishing:
    """What of a meter may be seen."""

    by_day: bool = True  # whole days that are over; else up to now
    whole_percent: bool = True  # a share; else the sum as well
    from_payments: int = 10


@dataclass(frozen=True)
class Reading:
    """What of a meter is published. ``money`` is None where only the share may be seen."""

    percent: int
    until: date  # the last day that counts
    money: Money | None = None


def month_of(day: date) -> tuple[date, date]:
    """Return the first and the last day of a day's month."""
    first = day.replace(day=1)
    return first, plus_months(first, 1) - timedelta(days=1)


def total(first: date, last: date, currency: str, rates: Rates) -> Sum:
    """Sum up a time, first and last day included. Raises NoRate."""
    money, payments = Decimal(0), 0
    for line in ledger.lines(first, last, NET):
        money += net(line, currency, rates)
        payments += line.count if line.place.kind == Kind.GIFTS else 0
    return Sum(Money(currency, whole(money)), payments)


def net(line: Line, currency: str, rates: Rates) -> Decimal:
    """Return what a day's line adds to the sum, in minor units of a currency."""
    return rates.worth(line.credit - line.debit, line.place.currency, currency, line.day)


def read(
    goal: Money, first: date, last: date, today: date, rates: Rates, how: Publishing
) -> Reading | None:
    """Return what may be published of a goal; None where it is nothing yet. Raises NoRate."""
    until = min(last, today - timedelta(days=1) if how.by_day else today)
    if until < first:
        return None
    found = total(first, until, goal.currency, rates)
    if found.payments < how.from_payments:
        return None
    percent = max(0, found.money.minor * 100 // goal.minor)
    return Reading(percent, until, None if how.whole_percent else found.money)
