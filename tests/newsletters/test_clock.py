"""A newsletter's moments: hours of a zone, over changes of the clocks and short months."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tamizdat.newsletters.clock import BY_HAND, DAILY, MONTHLY, WEEKLY, Schedule

ZONES = ["UTC", "Europe/Riga", "Europe/Moscow", "Asia/Tehran", "America/New_York"]
ZONES += ["Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"]
for each in ZONES:
    ZoneInfo(each)  # read from disk before hypothesis looks how long its values take

schedules = st.builds(
    Schedule,
    rhythm=st.sampled_from([DAILY, WEEKLY, MONTHLY]),
    at=st.times(),
    zone=st.sampled_from(ZONES),
    weekday=st.integers(0, 6),
    month_day=st.integers(1, 31),
)
moments = st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive limits
LONGEST = {DAILY: 3, WEEKLY: 9, MONTHLY: 33}  # days, and one that a zone may skip


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_friday_at_four_is_four_on_the_wall_in_summer_and_in_winter() -> None:
    friday = Schedule(WEEKLY, time(16), "Europe/Riga", weekday=4)

    assert friday.next_after(moment("2026-11-20T12:00Z")) == moment("2026-11-20T14:00Z")
    assert friday.next_after(moment("2026-11-20T14:00Z")) == moment("2026-11-27T14:00Z")
    assert friday.next_after(moment("2026-07-01T12:00Z")) == moment("2026-07-03T13:00Z")
    assert friday.last_before(moment("2026-11-20T14:00Z")) == moment("2026-11-13T14:00Z")


def test_an_hour_that_the_clocks_skip_is_read_as_if_they_had_not() -> None:
    sunday = Schedule(WEEKLY, time(3, 30), "Europe/Riga", weekday=6)

    # Clocks went from 3:00 to 4:00 on 29 March 2026 (RFC 5545, 3.3.5: the offset before).
    assert sunday.next_after(moment("2026-03-28T00:00Z")) == moment("2026-03-29T04:30+03:00")


def test_an_hour_that_the_clocks_show_twice_is_the_first() -> None:
    sunday = Schedule(WEEKLY, time(3, 30), "Europe/Riga", weekday=6)

    first = moment("2026-10-25T03:30+03:00")
    assert sunday.next_after(moment("2026-10-24T00:00Z")) == first
    assert sunday.next_after(first) == moment("2026-11-01T03:30+02:00")


def test_the_31st_is_the_last_day_of_short_months() -> None:
    monthly = Schedule(MONTHLY, time(9), "UTC", month_day=31)
    found, at = [], moment("2028-01-15T00:00Z")
    for _ in range(4):
        at = monthly.next_after(at) or at
        found.append(f"{at:%m-%d}")

    assert found == ["01-31", "02-29", "03-31", "04-30"]


def test_by_hand_there_is_no_moment() -> None:
    by_hand = Schedule(BY_HAND)

    assert by_hand.next_after(moment("2026-11-20T12:00Z")) is None
    assert by_hand.last_before(moment("2026-11-20T12:00Z")) is None


@pytest.mark.parametrize("rhythm", [DAILY, WEEKLY, MONTHLY])
def test_a_day_that_a_zone_skipped_costs_no_issue(rhythm: str) -> None:
    friday = Schedule(rhythm, time(16), "Pacific/Apia", weekday=4, month_day=30)

    # There was no 30 December 2011 in Apia.
    found = friday.next_after(moment("2011-12-30T12:00Z"))
    assert found == moment("2011-12-31T02:00Z")


@given(schedules, moments)
def test_the_next_moment_comes_after_and_none_lies_between(
    schedule: Schedule, now: datetime
) -> None:
    after = schedule.next_after(now)
    assert after is not None
    assert now < after <= now + timedelta(days=LONGEST[schedule.rhythm])
    before = schedule.last_before(after)
    assert before is not None
    assert before <= now
    assert schedule.next_after(before) == after


@given(schedules, moments)
def test_every_month_has_its_day_once_and_a_short_one_on_its_last(
    schedule: Schedule, now: datetime
) -> None:
    monthly, zone = replace(schedule, rhythm=MONTHLY), ZoneInfo(schedule.zone)
    assume(schedule.zone != "Pacific/Apia")  # it skipped a 30 December
    at, days = now, []
    for _ in range(13):
        at = monthly.next_after(at) or at
        days.append(at.astimezone(zone).date())
    months = [day.year * 12 + day.month for day in days]
    assert months == list(range(months[0], months[0] + 13))
    for day in days:
        assert day.day == min(monthly.month_day, monthrange(day.year, day.month)[1])


@given(schedules, moments)
def test_the_clock_on_the_wall_shows_the_chosen_hour_unless_it_was_skipped(
    schedule: Schedule, now: datetime
) -> None:
    found = schedule.next_after(now)
    assert found is not None
    zone = ZoneInfo(schedule.zone)
    shown = found.astimezone(zone)
    is_skipped = shown.replace(fold=0).astimezone(UTC) == found and shown.time() != schedule.at
    assert shown.time() == schedule.at or is_skipped
    if shown.time() == schedule.at:
        assert shown.fold == 0
        if schedule.rhythm == WEEKLY and schedule.zone != "Pacific/Apia":
            assert shown.weekday() == schedule.weekday
