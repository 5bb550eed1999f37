"""When a newsletter goes out: every day, week or month at an hour of some zone, or by hand.

Rules:

1. The hour is one of the zone's clocks on the wall, in summer and in winter.
2. An hour that the clocks skip is read with the offset that held before; one that they show twice
   means the first (RFC 5545, 3.3.5). So each day, week or month has its one moment.
3. A month that is shorter than the chosen day has it on its last day.
4. The same schedule and moment give the same answer: nothing here looks at a clock.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAILY, WEEKLY, MONTHLY, BY_HAND = "daily", "weekly", "monthly", "by-hand"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Schedule:
    """A rhythm, as editors choose it. ``weekday``: Monday is 0. ``zone``: an IANA name."""

    rhythm: str = WEEKLY
    at: time = time(16)
    zone: str = "UTC"
    weekday: int = 4
    month_day: int = 1

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first moment after this one, in UTC; None where it goes by hand."""
        return next((each for each in self._moments(moment, 1) if each > moment), None)

    def last_before(self, moment: datetime) -> datetime | None:
        """Return the last moment before this one, in UTC; None where it goes by hand."""
        return next((each for each in self._moments(moment, -1) if each < moment), None)

    def _moments(self, about: datetime, step: int) -> Iterator[datetime]:
        """Yield moments from a little on the wrong side of one, forward (1) or backward (-1)."""
        days = DAYS.get(self.rhythm)
        if days is None:
            return
        # A zone may skip a whole day (Apia in December 2011), so begin two days off.
        begin = about.astimezone(ZoneInfo(self.zone)).date() - 2 * step * DAY
        for day in days(self, begin, step):
            local = datetime.combine(day, self.at, ZoneInfo(self.zone))
            yield local.astimezone(UTC)


def _daily(schedule: Schedule, begin: date, step: int) -> Iterator[date]:
    day = begin
    while True:
        yield day
        day += step * DAY


def _weekly(schedule: Schedule, begin: date, step: int) -> Iterator[date]:
    return (day for day in _daily(schedule, begin, step) if day.weekday() == schedule.weekday)


def _monthly(schedule: Schedule, begin: date, step: int) -> Iterator[date]:
    # From the month before (or after): its chosen day may lie on either side of ``begin``.
    count = begin.year * 12 + begin.month - 1 - step
    while True:
        year, month = divmod(count, 12)
        longest = monthrange(year, month + 1)[1]
        yield date(year, month + 1, min(schedule.month_day, longest))
        count += step


DAYS: dict[str, Callable[[Schedule, date, int], Iterator[date]]] = {
    DAILY: _daily,
    WEEKLY: _weekly,
    MONTHLY: _monthly,
}
