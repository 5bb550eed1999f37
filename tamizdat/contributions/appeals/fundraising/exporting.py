"""Figures to take along: CSV and XLSX, row by row, from the books alone.

Rules:

* No name and no address is in them, because the books have none.
* No cell of a CSV is taken for a formula by a spreadsheet; in a workbook a text is a text.
* Rows are read and written as they go: a ledger of a million payments does not stand in memory.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import StringIO
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter

from tamizdat.contributions.appeals.fundraising import overview
from tamizdat.contributions.money import ledger
from tamizdat.contributions.money.amounts import Money, major
from tamizdat.contributions.money.models import Posting

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
SHEET = 1_000_000  # rows; a sheet holds 1,048,576 (Microsoft, "Excel specifications and limits")
AT_A_TIME = 2_000  # rows that are read, and sent, together

Cell = str | int | Decimal | date
Rows = Iterator[Sequence[Cell]]


@dataclass(frozen=True)
class Asked:
    """What is to be exported: from which day to which, and the currency of sums."""

    first: date
    last: date
    currency: str
    months: int = 12


def months(asked: Asked) -> Rows:
    """Give the dashboard's table."""
    yield (
        *("month", "currency", "gifts", "refunds", "disputes", "fees", "net", "payments"),
        *("active", "began", "ended", "churn_percent", "failed", "recovered"),
    )
    for each in overview.board(asked.last, asked.months, asked.currency).rows:
        month = each.month
        sums = (month.gifts, month.refunds, month.disputes, month.fees, month.net)
        yield (
            f"{month.first:%Y-%m}",
            asked.currency,
            *(major(Money(asked.currency, minor)) for minor in sums),
            *(month.payments, each.active, month.began, month.ended),
            *("" if each.churn is None else each.churn, month.failed, month.recovered),
        )


def days(asked: Asked) -> Rows:
    """Give the books' sums by day and account."""
    yield ("day", "account", "provider", "currency", "in", "out", "postings")
    for line in ledger.lines(asked.first, asked.last):
        place = line.place
        sums = (major(Money(place.currency, minor)) for minor in (line.debit, line.credit))
        yield (line.day, place.kind, place.provider, place.currency, *sums, line.count)


def postings(asked: Asked) -> Rows:
    """Give every posting, for who keeps the newsroom's accounts."""
    yield ("day", "deed", "from", "to", "currency", "amount")
    rows = Posting.objects.filter(
        transaction__day__gte=asked.first, transaction__day__lte=asked.last
    )
    columns = ("transaction__day", "transaction__deed", "credit__code", "debit__code")
    found = rows.order_by("transaction__day", "pk").values_list(
        *columns, "debit__currency", "amount"
    )
    for day, deed, source, target, currency, minor in found.iterator(chunk_size=AT_A_TIME):
        yield (day, deed, source, target, currency, major(Money(currency, minor)))


EXPORTS: Mapping[str, Callable[[Asked], Rows]] = {
    "months": months,
    "days": days,
    "postings": postings,
}


def as_csv(rows: Rows) -> Iterator[bytes]:
    """Write rows as CSV (RFC 4180) in UTF-8, many lines at a time."""
    out = StringIO()
    writer = csv.writer(out)
    for count, row in enumerate(rows, start=1):
        writer.writerow([_safe(cell) for cell in row])
        if count % AT_A_TIME == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _safe(cell: Cell) -> str:
    """Return a cell in which no spreadsheet finds a formula (OWASP, "CSV injection"); a number of
    ours is a number."""
    text = f"{cell}"
    return f"'{text}" if isinstance(cell, str) and text.startswith(FORMULAS) else text


def as_workbook(rows: Rows) -> IO[bytes]:
    """Write rows as a workbook; return the file, at its beginning. It goes when it is closed."""
    file = TemporaryFile()  # noqa: SIM115 - who is given it closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(file, options)
    bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
    head: Sequence[Cell] = next(rows)
    sheet, at = None, SHEET
    for row in rows:
        if sheet is None or at >= SHEET:
            sheet, at = _sheet(book, head, bold), 1
        _write(sheet, at, row, day)
        at += 1
    if sheet is None:
        _sheet(book, head, bold)
    book.close()
    file.seek(0)
    return file


def _sheet(book: xlsxwriter.Workbook, head: Iterable[Cell], bold: Any) -> Any:
    sheet = book.add_worksheet()
    for column, cell in enumerate(head):
        sheet.write_string(0, column, f"{cell}", bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _write(sheet: Any, at: int, row: Sequence[Cell], day: Any) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, date):
            sheet.write_datetime(at, column, cell, day)
        elif isinstance(cell, int | Decimal):
            sheet.write_number(at, column, cell)
        else:
            sheet.write_string(at, column, cell)
