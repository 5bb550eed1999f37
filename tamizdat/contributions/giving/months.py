"""Months to choose from: the next twelve, each as its first day. No clock; whole days alone."""

from __future__ import annotations

from datetime import date

COUNT = 12


class BadMonth(Exception):
    """No month that can be chosen: it is over, too far away, or no month."""


def choices(today: date) -> list[date]:
    """Return the first days of the twelve months that follow a day's."""
    return [after(today.replace(day=1), each) for each in range(1, COUNT + 1)]


def after(first: date, months: int) -> date:
    """Return the first day of the month so many months after a month's first day."""
    years, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(years, month + 1, 1)


def read(text: str, today: date) -> date:
    """Read a chosen month, written as 2027-03. Raises BadMonth."""
    for each in choices(today):
        if text.strip() == written(each):
            return each
    raise BadMonth("expected one of the next twelve months")


def written(month: date) -> str:
    return f"{month:%Y-%m}"
