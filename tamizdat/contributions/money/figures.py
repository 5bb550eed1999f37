"""What a fundraiser's dashboard shows, month by month; sums of money from the ledger alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum

from tamizdat.contributions.money import ledger
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.ledger import Kind, Line
from tamizdat.contributions.money.meter import net
from tamizdat.contributions.money.models import Contribution, Notice
from tamizdat.contributions.money.periods import plus_months
from tamizdat.contributions.money.rates import Rates, whole

SHOWN = (Kind.GIFTS, Kind.REFUNDS, Kind.DISPUTES, Kind.FEES)


@dataclass
class Month:
    """One month. Sums are in minor units of one currency, at each day's rate."""

    first: date
    gifts: int = 0
    refunds: int = 0
    disputes: int = 0
    fees: int = 0
    payments: int = 0
    began: int = 0  # regular contributions
    ended: int = 0
    failed: int = 0  # renewals that were refused at first
    recovered: int = 0  # and paid after all
    _exact: dict[str, Decimal] = field(default_factory=dict, repr=False)

    @property
    def net(self) -> int:
        """Return what is left: gifts less refunds, disputes and fees."""
        return self.gifts - self.refunds - self.disputes - self.fees


@dataclass(frozen=True)
class Base:
    """What regular contributions promise in a month: annual ones with a twelfth."""

    money: Money
    active: int
    past_due: int
    paused: int


Valued = tuple[Line, Decimal]


def valued(first: date, last: date, currency: str, rates: Rates) -> list[Valued]:
    """Return the days' sums that are shown, each with what it is worth. Raises NoRate."""
    return [(each, net(each, currency, rates)) for each in ledger.lines(first, last, SHOWN)]


def months(
    first: date,
    count: int,
    currency: str,
    rates: Rates,
    sums: Iterable[Valued] | None = None,
) -> list[Month]:
    """Return so many months from a first one on. Raises NoRate.

    ``sums``: what ``valued`` gives of that time, where a caller has it already.
    """
    found = {day: Month(day) for day in _firsts(first.replace(day=1), count)}
    last = plus_months(max(found), 1)
    by_day: dict[date, Month | None] = {}
    for line, value in valued(min(found), last, currency, rates) if sums is None else sums:
        if line.day not in by_day:
            by_day[line.day] = found.get(line.day.replace(day=1))
        month, kind = by_day[line.day], line.place.kind
        if month is not None:
            month._exact[kind] = month._exact.get(kind, Decimal(0)) + value
            month.payments += line.count if kind == Kind.GIFTS else 0
    for month in found.values():
        _round(month)
    _count(found)
    return list(found.values())


def _firsts(first: date, count: int) -> Iterable[date]:
    return (plus_months(first, each) for each in range(count))


def _round(month: Month) -> None:
    """What comes in counts up; what goes out is shown as a positive sum of its own."""
    month.gifts = whole(month._exact.get(Kind.GIFTS, Decimal(0)))
    month.refunds = -whole(month._exact.get(Kind.REFUNDS, Decimal(0)))
    month.disputes = -whole(month._exact.get(Kind.DISPUTES, Decimal(0)))
    month.fees = -whole(month._exact.get(Kind.FEES, Decimal(0)))


def _count(found: dict[date, Month]) -> None:
    first, after = min(found), plus_months(max(found), 1)
    regular = Contribution.objects.exclude(rhythm=Contribution.Rhythm.ONCE)
    notices = Notice.objects.filter(day__gte=first, day__lt=after)
    begun = Contribution.objects.filter(anchor__gte=first, anchor__lt=after)  # regular, by that
    counted = {
        "began": (begun, "anchor"),
        "ended": (regular.filter(ended_on__gte=first, ended_on__lt=after), "ended_on"),
        "failed": (notices.filter(kind=Notice.Kind.FAILED), "day"),
        "recovered": (notices.filter(kind=Notice.Kind.RECOVERED), "day"),
    }
    for name, (rows, column) in counted.items():
        # By day, as months are cut by a function of Python's for each row on SQLite.
        for day, count in rows.order_by().values_list(column).annotate(count=Count("*")):
            month = found[day.replace(day=1)]
            setattr(month, name, getattr(month, name) + count)


def base(currency: str, day: date, rates: Rates) -> Base:
    """Return what is promised for a month, as contributions stand now. Raises NoRate."""
    rows = (
        Contribution.objects.filter(anchor__isnull=False, state__in=Contribution.GIVING)
        .values_list("state", "rhythm", "currency")
        .annotate(total=Sum("amount"), count=Count("*"))  # the index holds all of it
    )
    money, counts = Decimal(0), dict.fromkeys(Contribution.GIVING, 0)
    for state, rhythm, own, amount, count in rows:
        counts[Contribution.State(state)] += count
        if state == Contribution.State.ACTIVE:
            share = 12 if rhythm == Contribution.Rhythm.ANNUAL else 1
            money += rates.convert(Money(own, amount), currency, day) / share
    state = Contribution.State
    return Base(
        Money(currency, whole(money)),
        counts[state.ACTIVE],
        counts[state.PAST_DUE],
        counts[state.PAUSED],
    )
