"""The date a line of text states, if it states one beyond doubt.

Rules:
- A day needs its year. "Tuesday", "yesterday", "2 hours ago" and "03/04/2026" (March or April?)
  are no date here.
- The time of day and the offset are taken only if written. Without an offset the value is naive.
- The Persian calendar is read where the month's name or a year between 1300 and 1500 says so.
- What is marked as an update is not the date of publication.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

import jdatetime
from babel.dates import get_day_names, get_month_names

from tamizdat.importers.lines import words

LOCALES = words("en ru uk be kk ky bg sr fa ar ar_SY de fr es pt it pl tr az")
PERSIAN = (
    "فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند",
    "حمل ثور جوزا سرطان اسد سنبله میزان عقرب قوس جدی دلو حوت",
)
_DIGITS = {ord(c): str(i % 10) for i, c in enumerate("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩")}


def _months() -> dict[str, int]:
    """Collect the month names of every locale; a name two months share is left out."""
    found: dict[str, set[int]] = {}
    for locale in LOCALES:
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context, locale)
                for number, name in names.items():
                    found.setdefault(_bare(name), set()).add(number)
    found.setdefault("sept", set()).add(9)
    return {n: m.pop() for n, m in found.items() if len(m) == 1 and not n.isdigit() and n}


def _bare(word: str) -> str:
    return word.lower().rstrip(".").replace("ٔ", "").strip()


MONTHS = _months()
PERSIAN_MONTHS = {name: n for names in PERSIAN for n, name in enumerate(names.split(), 1)}
_NAME = "|".join(sorted(map(re.escape, {*MONTHS, *PERSIAN_MONTHS}), key=len, reverse=True))
_DAYS = {
    _bare(n)
    for loc in LOCALES
    for width in ("wide", "abbreviated")
    for n in get_day_names(width, "format", loc).values()
}
_DAY_NAMES = "|".join(sorted(map(re.escape, _DAYS), key=len, reverse=True))

_FORMS = (
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th|\.|-?е|-?го)?\s*(?:of|de|\.)?\s*"
               rf"\b(?P<name>{_NAME})\b\.?ٔ?,?\s*(?:de\s+)?(?P<y>\d{{4}})(?!\d)", re.I),
    re.compile(rf"\b(?P<name>{_NAME})\b\.?\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})"
               r"(?!\d)", re.I),
    re.compile(r"(?<![\d/.-])(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})"
               r"(?![\d/-])"),
    re.compile(r"(?<![\d/.-])(?P<d>\d{1,2})(?P<sep>[./-])(?P<m>\d{1,2})(?P=sep)(?P<y>\d{4})"
               r"(?![\d/-])"),
)  # fmt: skip
_TIME = re.compile(
    r"(?<![\d:])(?P<h>[01]?\d|2[0-3]):(?P<min>[0-5]\d)(?::(?P<s>[0-5]\d)(?:\.\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>Z\b|UTC\b|GMT\b|[+-]\d\d:?\d\d)?",
    re.I,
)
PUBLISHED = re.compile(
    r"\b(?:first )?(?:published|posted|publication date|submitted|date)\b(?: on| at)?"
    r"|опубликован\w*|дата публикации|опубліковано|апублікавана|تاریخ انتشار|انتشار|منتشر شد|نشر"
    r" في",
    re.I,
)
UPDATED = re.compile(
    r"\b(?:last )?(?:updated|modified|revised|edited|update|corrected)\b|обновлен\w*|изменен\w*"
    r"|оновлено|абноўлена|به ?‌?روز ?‌?رسانی|آخرین ویرایش|تحديث",
    re.I,
)
_REST = re.compile(
    rf"(?:{PUBLISHED.pattern})|(?:{UPDATED.pattern})|\b(?:{_DAY_NAMES})\b\.?"
    r"|\b(?:on|at|в|о|у|ساعت|года|г|року|\d+[- ]min(?:ute)?s? read|мск|msk|local time)\b\.?",
    re.I,
)
LONGEST = 300
LEFT_OVER = 32  # letters a dateline may hold beside the date: a place, a section


@dataclass(frozen=True)
class Dateline:
    """A date in a line. `rest` is what the line says besides; `is_labelled`: "Published …"."""

    when: datetime
    has_time: bool
    is_labelled: bool
    rest: str


def find_dateline(line: str) -> Dateline | None:
    """Return the date a short line states; None where it states none, or only an update."""
    text = " ".join(line[:LONGEST].translate(_DIGITS).split())
    update = UPDATED.search(text)
    label = PUBLISHED.search(text)
    if update and (label is None or update.start() < label.start()):
        before, after = text[: update.start()], text[update.end() :]
        text = after[label.start() - update.end() :] if label else before
    elif update:
        text = text[: update.start()]
    return _read(text, is_labelled=label is not None)


def parse_stamp(value: str) -> Dateline | None:
    """Read a machine's date: ISO 8601 in metadata or a time element."""
    text = value.strip()[:LONGEST].translate(_DIGITS)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return find_dateline(text)
    has_time = len(text) > len("2026-11-23")
    return Dateline(when, has_time, True, "") if is_sane(when.year) else None


def _read(text: str, *, is_labelled: bool) -> Dateline | None:
    for form in _FORMS:
        for found in form.finditer(text):
            day = _day(found)
            if day is None:
                continue
            clock = _TIME.search(text)
            when = _at(day, clock)
            rest = text[: found.start()] + " " + text[found.end() :]
            rest = _REST.sub(" ", rest.replace(clock[0], " ") if clock else rest)
            return Dateline(when, clock is not None, is_labelled, " ".join(rest.split()))
    return None


def is_dateline(line: str) -> bool:
    """Say whether the line is there for its date: little else stands in it."""
    found = find_dateline(line) if len(line) < LONGEST else None
    letters = sum(c.isalpha() for c in found.rest) if found else 0
    return found is not None and letters <= LEFT_OVER and not found.rest.endswith((".", "!"))


def _day(found: re.Match[str]) -> datetime | None:
    parts = found.groupdict()
    year, day = int(parts["y"]), int(parts["d"])
    name = _bare(parts["name"]) if parts.get("name") else ""
    month = PERSIAN_MONTHS.get(name) or MONTHS.get(name) or int(parts.get("m") or 0)
    if parts.get("sep") == "/" and found.re is _FORMS[3]:
        if day != month and day <= 12 and month <= 12:
            return None
        day, month = (month, day) if month > 12 else (day, month)
    is_persian = name in PERSIAN_MONTHS or (not name and 1300 <= year <= 1500)
    return _make(year, month, day, is_persian=is_persian)


def _make(year: int, month: int, day: int, *, is_persian: bool) -> datetime | None:
    """Return midnight of a day that exists; naive, since the page has named no offset yet."""
    try:
        if is_persian:
            given = jdatetime.date(year, month, day).togregorian()
            return datetime.combine(given, time.min)
        return datetime.combine(date(year, month, day), time.min) if is_sane(year) else None
    except ValueError:
        return None


def is_sane(year: int) -> bool:
    """Say whether a newsroom could have published in that year: other numbers are misread."""
    return 1900 <= year < 2200


def _at(day: datetime, clock: re.Match[str] | None) -> datetime:
    if clock is None:
        return day
    hour = int(clock["h"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower().startswith("p") else 0)
    when = day.replace(hour=hour, minute=int(clock["min"]), second=int(clock["s"] or 0))
    return when.replace(tzinfo=_zone(clock["zone"])) if clock["zone"] else when


def _zone(written: str) -> timezone:
    if written[0] not in "+-":
        return UTC
    minutes = int(written[1:3]) * 60 + int(written[-2:])
    return timezone(timedelta(minutes=minutes if written[0] == "+" else -minutes))
