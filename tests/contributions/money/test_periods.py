"""A regular contribution falls on its own day, as far as the month has one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tamizdat.contributions.money.periods import day_in, due_on, period_at, plus_months

days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
rhythms = st.sampled_from(["monthly", "annual"])


def test_the_last_of_january_falls_on_the_last_of_february_and_comes_back() -> None:
    anchor = date(2027, 1, 31)
    found = [due_on(anchor, "monthly", each) for each in (1, 2, 3)]
    assert found == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]
    assert due_on(date(2024, 2, 29), "annual", 1) == date(2025, 2, 28)
    assert due_on(date(2024, 2, 29), "annual", 4) == date(2028, 2, 29)


@given(days, st.integers(0, 400))
def test_a_month_later_is_that_month_and_never_a_day_past_the_anchor(day: date, count: int) -> None:
    later = plus_months(day, count)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == count
    assert later.day <= day.day
    assert later.day == day.day or (later.replace(day=later.day).month != _next(later).month)


def _next(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


@given(days, rhythms, st.integers(0, 200))
def test_a_period_is_found_by_its_day(anchor: date, rhythm: str, period: int) -> None:
    day = due_on(anchor, rhythm, period)
    assert period_at(anchor, rhythm, day) == period
    if period:
        assert period_at(anchor, rhythm, date.fromordinal(day.toordinal() - 1)) == period - 1


def test_a_day_is_the_newsrooms() -> None:
    moment = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)
    assert day_in(moment, ZoneInfo("Europe/Riga")) == date(2026, 12, 1)
    assert day_in(moment, ZoneInfo("UTC")) == date(2026, 11, 30)
