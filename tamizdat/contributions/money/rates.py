"""Exchange rates as the newsroom has stored them, and what follows of them.

Rules:

* Nothing is fetched. An operator reads a file in (``tamizdat contributions rates``): the European
  Central Bank's (XML or CSV), or three columns of one's own: day, currency, units for one euro.
* A sum is converted at the rate of its own day, or of the last day before that has one; before the
  first, at the first. So what was shown once is shown again.
* The least amount is what two dollars are worth, rounded up to a whole minor unit.
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from tamizdat.contributions.money.amounts import OFFERED, Money, digits_of, rounded_up
from tamizdat.contributions.money.errors import NoRate
from tamizdat.contributions.money.models import Rate

LEAST = Money("USD", 2_00)
MOST = Money("USD", 50_000_00)  # no card form should take more; a bank transfer may
OLD = timedelta(days=35)  # from then on the doctor complains


class BadRates(NoRate):
    """A file of rates cannot be read; the message says where."""


@dataclass(frozen=True)
class Bounds:
    """The least and the most of a currency that a form takes, in minor units."""

    least: int
    most: int


@dataclass(frozen=True)
class Rates:
    """Stored rates: for each currency its days in order, and units for one euro."""

    by_currency: Mapping[str, tuple[tuple[date, ...], tuple[Decimal, ...]]]
    _factors: dict[tuple[str, str, date], Decimal] = field(
        default_factory=dict, repr=False, compare=False
    )

    def per_euro(self, currency: str, day: date) -> Decimal:
        """Return how many units one euro was worth. Raises NoRate."""
        if currency == "EUR":
            return Decimal(1)
        if currency not in self.by_currency:
            raise NoRate(
                f"there is no rate of {currency}; read one in: tamizdat contributions rates FILE"
            )
        days, values = self.by_currency[currency]
        return values[max(0, bisect_right(days, day) - 1)]

    def convert(self, money: Money, to: str, day: date) -> Decimal:
        """Return an amount in minor units of another currency, unrounded. Raises NoRate."""
        return self.worth(money.minor, money.currency, to, day)

    def worth(self, minor: int, currency: str, to: str, day: date) -> Decimal:
        """As ``convert``, for who has many amounts. Raises NoRate."""
        return Decimal(minor) if currency == to else minor * self._factor(currency, to, day)

    def _factor(self, own: str, to: str, day: date) -> Decimal:
        """Return what a minor unit is worth in minor units of another currency; a dashboard asks
        the same ones many times."""
        known = self._factors.get((own, to, day))
        if known is None:
            cross = self.per_euro(to, day) / self.per_euro(own, day)
            known = cross.scaleb(digits_of(to) - digits_of(own))
            self._factors[own, to, day] = known
        return known

    def bounds(self, currency: str, day: date) -> Bounds:
        """Return what a form takes in a currency. Raises NoRate."""
        return Bounds(
            rounded_up(self.convert(LEAST, currency, day)),
            int(self.convert(MOST, currency, day)),
        )

    def offered(self) -> list[str]:
        """Return the currencies that can be offered: those with a rate, in the form's order."""
        known = {"EUR", *self.by_currency} if "USD" in self.by_currency else set()
        return [each for each in OFFERED if each in known or each == "USD"]

    def is_old(self, today: date) -> bool:
        """Say whether the newest rate of the dollar is older than it should be."""
        days = self.by_currency.get("USD", ((), ()))[0]
        return not days or today - days[-1] > OLD


def stored() -> Rates:
    """Read all stored rates; some ten thousand rows in ten years."""
    found: dict[str, tuple[list[date], list[Decimal]]] = {}
    rows = Rate.objects.order_by("currency", "day").values_list("currency", "day", "per_euro")
    for currency, day, value in rows:
        days, values = found.setdefault(currency, ([], []))
        days.append(day)
        values.append(value)
    return Rates({each: (tuple(days), tuple(vals)) for each, (days, vals) in found.items()})


def whole(value: Decimal) -> int:
    """Round a converted sum to whole minor units, half to even."""
    return int(value.to_integral_value(ROUND_HALF_EVEN))


# Reading files


@dataclass(frozen=True)
class Given:
    """One rate as it stands in a file."""

    day: date
    currency: str
    per_euro: Decimal


def keep(given: Iterable[Given]) -> int:
    """Store rates; what stands for the same day is replaced. Returns how many there were."""
    rows = [Rate(day=each.day, currency=each.currency, per_euro=each.per_euro) for each in given]
    Rate.objects.bulk_create(
        rows,
        batch_size=200,
        update_conflicts=True,
        unique_fields=["currency", "day"],
        update_fields=["per_euro"],
    )
    return len(rows)


def read(data: bytes) -> list[Given]:
    """Read a file of rates: the central bank's XML or CSV, or ours. Raises BadRates."""
    if data.lstrip()[:1] == b"<":
        found = list(_of_xml(data))
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadRates("the file is no text in UTF-8") from None
        found = list(_of_csv(text))
    if not found:
        raise BadRates("the file holds no rate of a currency that can be offered")
    return found


def _of_xml(data: bytes) -> Iterator[Given]:
    """Read eurofxref: a Cube for each day, and in it one for each currency."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise BadRates(f"the file is no XML that can be read (line {error.lineno})") from None
    for cube in root.iter("{*}Cube"):
        parent = cube.getparent()
        if cube.get("currency") and parent is not None:
            yield from _given(cube.sourceline, parent.get("time"), cube.attrib)


def _given(line: int, day: str | None, found: Mapping[str, str]) -> Iterator[Given]:
    currency = found.get("currency", "")
    if currency in OFFERED:
        yield Given(_day(day or "", line), currency, _number(found.get("rate", ""), line))


def _of_csv(text: str) -> Iterator[Given]:
    rows = csv.reader(text.splitlines())
    head = [each.strip() for each in next(rows, [])]
    if [each.lower() for each in head[:3]] == ["day", "currency", "per_euro"]:
        yield from _ours(rows)
    elif head[:1] == ["Date"]:
        yield from _of_the_bank(head, rows)
    else:
        raise BadRates(
            "expected the columns day,currency,per_euro or the central bank's Date,USD,…; "
            f"found {','.join(head)[:40]!r}"
        )


def _ours(rows: Iterator[list[str]]) -> Iterator[Given]:
    for line, row in enumerate(rows, 2):
        if not row:
            continue
        if len(row) < 3 or row[1].strip().upper() not in OFFERED:
            raise BadRates(f"line {line}: expected day, an offered currency and a number")
        yield Given(_day(row[0], line), row[1].strip().upper(), _number(row[2], line))


def _of_the_bank(head: list[str], rows: Iterator[list[str]]) -> Iterator[Given]:
    for line, row in enumerate(rows, 2):
        for currency, value in zip(head[1:], row[1:], strict=False):
            if currency in OFFERED and value.strip() not in ("", "N/A"):
                yield Given(_day(row[0], line), currency, _number(value, line))


def _day(text: str, line: int) -> date:
    for form in ("%Y-%m-%d", "%d %B %Y"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise BadRates(f"line {line}: expected a day as 2026-11-20, found {text[:20]!r}")


def _number(text: str, line: int) -> Decimal:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        found = Decimal(0)
    if not found.is_finite() or not 0 < found < Decimal("1e9"):
        raise BadRates(f"line {line}: expected units for one euro, found {text[:20]!r}")
    return found
