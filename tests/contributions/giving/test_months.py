"""The months of a reminder: the next twelve, whatever the day; by property."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.contributions.giving.months import BadMonth, after, choices, read, written

DAYS = st.dates(date(2000, 1, 1), date(2190, 12, 31))


@settings(deadline=None)
@given(DAYS)
def test_the_choices_are_the_twelve_months_that_follow(today: date) -> None:
    found = choices(today)
    assert len(found) == 12
    assert found[0] == (today.replace(day=28) + timedelta(days=4)).replace(day=1)
    numbers = [each.year * 12 + each.month for each in found]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert {each.day for each in found} == {1}
    assert all(today < each for each in found)
    assert found[-1].month == today.month
    assert found[-1].year == today.year + 1


@settings(deadline=None)
@given(DAYS)
def test_each_choice_is_read_as_it_is_written(today: date) -> None:
    for each in choices(today):
        assert read(written(each), today) == read(f" {written(each)}\n", today) == each


@settings(deadline=None)
@given(DAYS, DAYS)
def test_any_other_month_is_refused(today: date, other: date) -> None:
    first = other.replace(day=1)
    if first not in choices(today):
        with pytest.raises(BadMonth):
            read(written(first), today)


@settings(deadline=None)
@given(DAYS, st.integers(0, 30), st.integers(0, 30))
def test_months_add_up(day: date, one: int, two: int) -> None:
    first = day.replace(day=1)
    assert after(after(first, one), two) == after(first, one + two)
    assert after(first, one) >= first


@settings(deadline=None)
@given(st.text(max_size=12))
def test_no_text_breaks_it(text: str) -> None:
    with suppress(BadMonth):
        assert read(text, date(2026, 11, 30)) in choices(date(2026, 11, 30))


def test_the_last_day_of_a_year_and_a_long_month_lead_nowhere_else() -> None:
    assert choices(date(2026, 12, 31))[1] == date(2027, 2, 1)
    assert choices(date(2027, 1, 31))[0] == date(2027, 2, 1)
    assert choices(date(2028, 2, 29))[-1] == date(2029, 2, 1)
