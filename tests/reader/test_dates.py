from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tamizdat.reader import dates
from tamizdat.reader.voice import voice

DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "23 November 2026"),
        ("en-GB", "23 November 2026"),
        ("ru", "23 ноября 2026"),
        ("fa", "۲ آذر ۱۴۰۵ – ۲۳ نوامبر ۲۰۲۶"),
        ("fa-IR", "۲ آذر ۱۴۰۵ – ۲۳ نوامبر ۲۰۲۶"),
        ("de", "23. November 2026"),
        ("xx", "23 November 2026"),
        ("not a language", "23 November 2026"),
    ],
)
def test_a_day_is_written_as_its_language_writes_it(language: str, said: str) -> None:
    assert dates.day(DAY, language) == said


@pytest.mark.parametrize(
    ("gregorian", "jalali"),
    [
        (date(2026, 3, 20), "۲۹ اسفند ۱۴۰۴"),
        (date(2026, 3, 21), "۱ فروردین ۱۴۰۵"),
        (date(2025, 3, 20), "۳۰ اسفند ۱۴۰۳"),  # a leap year of the Jalali calendar
        (date(2025, 3, 21), "۱ فروردین ۱۴۰۴"),
    ],
)
def test_the_jalali_year_turns_at_the_equinox(gregorian: date, jalali: str) -> None:
    assert dates.day(gregorian, "fa").split(" – ")[0] == jalali


def test_a_moment_is_shown_in_the_newsrooms_zone() -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    assert voice("en", "Europe/Riga").moment(late) == "24 November 2026, 00:30"
    assert voice("en", "UTC").moment(late) == "23 November 2026, 22:30"


def test_machines_read_moments_in_utc_whatever_zone_they_come_in() -> None:
    moment = datetime(2026, 11, 24, 1, 0, tzinfo=timezone(timedelta(hours=5)))
    assert dates.iso(moment) == "2026-11-23T20:00Z"


def test_numbers_are_grouped_and_written_in_the_languages_digits() -> None:
    assert dates.number(12345, "en") == "12,345"
    assert dates.number(12345, "ru") == "12\u00a0345"
    assert dates.number(12345, "fa") == "۱۲٬۳۴۵"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00"), (65, "1:05"), (605, "10:05"), (3729, "1:02:09")]
)
def test_a_length_is_written_as_on_a_player(seconds: int, said: str) -> None:
    assert voice("en", "UTC").duration(seconds) == said


def test_a_length_in_persian_has_persian_digits() -> None:
    assert voice("fa", "UTC").duration(605) == "۱۰:۰۵"
