"""Moments and numbers in the reader's language, calendar and digits.

A moment comes in as an aware UTC datetime and is shown in the newsroom's zone. Persian shows the
Jalali day beside the Gregorian one. Nothing here asks what time it is now.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import jdatetime
from babel.dates import format_date
from babel.numbers import format_decimal

from tamizdat.reader.words import locale_of

# CLDR's long forms put the month first in English and "г." after the year in Russian;
# newspapers that are read across borders write neither.
_PATTERNS = {"en": "d MMMM y", "ru": "d MMMM y", "fa": "d MMMM y"}
_DIGITS = {
    "arabext": str.maketrans("0123456789%", "۰۱۲۳۴۵۶۷۸۹٪"),
    "arab": str.maketrans("0123456789%", "٠١٢٣٤٥٦٧٨٩٪"),
}


@lru_cache(maxsize=1024)
def iso(moment: datetime) -> str:
    """Write a moment for machines, to the minute, in UTC: ``2026-11-23T20:00Z``."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}Z"


def rfc3339(moment: datetime) -> str:
    """Write a moment as feeds and sitemaps ask for it: as exactly as a page says it, and with
    seconds all the same."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}:00Z"


def local(moment: datetime, zone: str) -> datetime:
    """Move a moment into the newsroom's zone."""
    return moment.astimezone(ZoneInfo(zone))


@lru_cache(maxsize=20_000)
def day(on: date, language: str) -> str:
    """Write a day in words: ``23 November 2026``, ``۲ آذر ۱۴۰۵ – ۲۳ نوامبر ۲۰۲۶``."""
    locale = locale_of(language)
    gregorian = format_date(on, _PATTERNS.get(locale.language, "long"), locale=locale)
    if locale.language == "fa":
        return digits(f"{_jalali(on)} – {gregorian}", language)
    return digits(gregorian, language)


def clock(moment: datetime, language: str) -> str:
    """Write the time of day of a local moment, on the 24-hour clock."""
    return digits(f"{moment:%H:%M}", language)


@lru_cache(maxsize=20_000)
def number(value: int, language: str) -> str:
    """Write a whole number with the language's digits and grouping."""
    locale = locale_of(language)
    return digits(format_decimal(value, locale=locale, numbering_system="default"), language)


def digits(text: str, language: str) -> str:
    """Put the language's own digits in place of 0–9, and its own sign for percent."""
    own = _DIGITS.get(str(locale_of(language).default_numbering_system))
    return text.translate(own) if own else text


def _jalali(on: date) -> str:
    jalali = jdatetime.date.fromgregorian(date=on)
    return f"{jalali.day} {jdatetime.date.j_months_fa[jalali.month - 1]} {jalali.year}"
