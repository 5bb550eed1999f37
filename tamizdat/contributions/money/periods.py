"""Periods: on which day a regular contribution's next payment falls.

Always counted from the first payment's day (the anchor), never from the last one's: a gift of 31
January falls on 28 February and again on 31 March. The newsroom's calendar, whole days.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime
from zoneinfo import ZoneInfo

MONTHS = {"monthly": 1, "annual": 12}


def due_on(anchor: date, rhythm: str, period: int) -> date:
    """Return the day of the payment that comes so many periods after the first."""
    return plus_months(anchor, MONTHS[rhythm] * period)


def period_at(anchor: date, rhythm: str, day: date) -> int:
    """Return the period whose payment is the last one due on a day; 0 before the second."""
    passed = (day.year - anchor.year) * 12 + day.month - anchor.month
    found = max(0, passed // MONTHS[rhythm] + 1)
    while found and due_on(anchor, rhythm, found) > day:
        found -= 1
    return found


def plus_months(day: date, months: int) -> date:
    """Return the same day some months later, or that month's last day."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))


def day_in(moment: datetime, zone: ZoneInfo) -> date:
    """Return a moment's day on the newsroom's clock."""
    return moment.astimezone(zone).date()
