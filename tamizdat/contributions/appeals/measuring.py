"""Bringing what the ledger says of a goal to where the bake reads it.

Run by the worker. It writes only what is different, so that an edition is made when a meter moves,
and then of the meters' file and the appeals' own pages alone.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from tamizdat.contributions.appeals import telling
from tamizdat.contributions.appeals.models import Goal, Measured
from tamizdat.contributions.appeals.showing import today
from tamizdat.contributions.money import meter, rates
from tamizdat.contributions.money.errors import NoRate
from tamizdat.contributions.money.meter import Publishing, Reading


def look(now: datetime) -> None:
    """Bring every goal's meter up to date; ``now`` is what every chore is given."""
    goals = list(Goal.objects.select_related("measured"))
    if not goals:
        return
    stored, day = rates.stored(), today(now)
    for goal in goals:
        keep(goal, read(goal, day, stored))


def read(goal: Goal, day: date, stored: rates.Rates) -> Reading | None:
    """Return what may be published of a goal; None where it is nothing."""
    if not goal.is_public:
        return None
    how = Publishing(goal.by_day, goal.whole_percent, goal.from_payments)
    first, last = time_of(goal, day)
    try:
        return meter.read(goal.money, first, last, day, stored, how)
    except NoRate:
        return None  # a wrong number would be worse than none; the dashboard names the rate


def time_of(goal: Goal, day: date) -> tuple[date, date]:
    """Return the first and the last day that count towards a goal."""
    if goal.period == Goal.Period.MONTH:
        return meter.month_of(day)
    return goal.since or day, goal.until or date.max


def keep(goal: Goal, found: Reading | None) -> bool:
    """Keep what is published of a goal; return whether it is another than before."""
    before = getattr(goal, "measured", None)
    if found is None:
        return _forget(before) if before is not None else False
    values = {
        "percent": found.percent,
        "until": found.until,
        "minor": found.money.minor if found.money else None,
    }
    if before is not None and all(getattr(before, name) == values[name] for name in values):
        return False
    with transaction.atomic():
        Measured.objects.update_or_create(goal=goal, defaults=values)
        telling.meter_moves(is_another=before is None)
    return True


def _forget(before: Measured) -> bool:
    with transaction.atomic():
        before.delete()
        telling.meter_moves(is_another=True)
    return True
