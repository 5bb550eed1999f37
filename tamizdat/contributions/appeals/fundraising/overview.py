"""The fundraiser's dashboard: month by month, who stays, which currencies, what is to be looked at.

Rules:

* Sums are the ledger's (``money.figures``). Nobody's name, address or single gift is among them.
* What cannot be converted is not guessed: the page says which rate is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tamizdat.contributions.money import figures, rates, switching
from tamizdat.contributions.money.amounts import Money, shown
from tamizdat.contributions.money.errors import NoRate
from tamizdat.contributions.money.figures import Base, Month, Valued
from tamizdat.contributions.money.ledger import Kind
from tamizdat.contributions.money.meter import NET
from tamizdat.contributions.money.models import Finding
from tamizdat.contributions.money.periods import plus_months
from tamizdat.contributions.money.rates import whole

LENGTHS = (12, 24, 36)  # months


@dataclass(frozen=True)
class Row:
    """A month as it is shown; ``active`` regular contributions at its end."""

    month: Month
    active: int
    currency: str

    @property
    def before(self) -> int:
        """Return how many were active when it began."""
        return self.active - self.month.began + self.month.ended

    @property
    def churn(self) -> Decimal | None:
        """Return which share of them ended in it, in percent; None where there were none."""
        if self.before <= 0:
            return None
        return (Decimal(self.month.ended * 100) / self.before).quantize(Decimal("0.1"))

    @property
    def gifts(self) -> str:
        return self._shown(self.month.gifts)

    @property
    def refunds(self) -> str:
        return self._shown(self.month.refunds)

    @property
    def disputes(self) -> str:
        return self._shown(self.month.disputes)

    @property
    def fees(self) -> str:
        return self._shown(self.month.fees)

    @property
    def net(self) -> str:
        return self._shown(self.month.net)

    def _shown(self, minor: int) -> str:
        return shown(Money(self.currency, minor), "en")


@dataclass(frozen=True)
class Share:
    """What came in one currency, less what went back: as it came, and converted."""

    came: str
    converted: str
    payments: int
    percent: int


@dataclass(frozen=True)
class Board:
    """All that the dashboard shows; ``trouble`` in place of it where a rate is missing."""

    currency: str
    rows: tuple[Row, ...] = ()
    base: Base | None = None
    shares: tuple[Share, ...] = ()
    trouble: str = ""

    @property
    def promised(self) -> str:
        """Return what regular contributions promise a month."""
        return shown(self.base.money, "en") if self.base else ""

    @property
    def total(self) -> str:
        return shown(Money(self.currency, sum(each.month.net for each in self.rows)), "en")

    @property
    def payments(self) -> int:
        return sum(each.month.payments for each in self.rows)

    @property
    def rescued(self) -> int | None:
        """Return which share of refused renewals was paid after all, in percent."""
        failed = sum(each.month.failed for each in self.rows)
        recovered = sum(each.month.recovered for each in self.rows)
        return min(100, recovered * 100 // failed) if failed else None


def board(today: date, count: int, currency: str) -> Board:
    """Return so many months up to today's."""
    stored, first = rates.stored(), plus_months(today.replace(day=1), 1 - count)
    try:
        sums = figures.valued(first, today, currency, stored)
        months = figures.months(first, count, currency, stored, sums)
        base = figures.base(currency, today, stored)
        return Board(
            currency,
            tuple(_rows(months, base, currency)),
            base,
            tuple(shares(sums, currency)),
        )
    except NoRate as error:
        return Board(currency, trouble=f"{error}")


def _rows(months: Sequence[Month], base: Base, currency: str) -> list[Row]:
    """Count back from what is active now."""
    active = base.active + base.past_due + base.paused
    found = []
    for month in reversed(months):
        found.append(Row(month, active, currency))
        active += month.ended - month.began
    return found[::-1]


def shares(sums: Iterable[Valued], currency: str) -> Iterable[Share]:
    """Return what came by currency, less what went back, the most first."""
    own: dict[str, int] = {}
    converted: dict[str, Decimal] = {}
    payments: dict[str, int] = {}
    for line, value in sums:
        if line.place.kind not in NET:
            continue
        code = line.place.currency
        own[code] = own.get(code, 0) + line.credit - line.debit
        converted[code] = converted.get(code, Decimal(0)) + value
        count = line.count if line.place.kind == Kind.GIFTS else 0
        payments[code] = payments.get(code, 0) + count
    total = sum(converted.values())
    for code in sorted(converted, key=lambda each: -converted[each]):
        yield Share(
            shown(Money(code, own[code]), "en"),
            shown(Money(currency, whole(converted[code])), "en"),
            payments[code],
            int(converted[code] * 100 / total) if total > 0 else 0,
        )


# What is to be looked at


@dataclass(frozen=True)
class Standing:
    """A provider, and whether it is switched off."""

    name: str
    is_off: bool


def standings(names: Iterable[str]) -> list[Standing]:
    off = switching.off()
    return [Standing(each, each in off) for each in names]


def findings() -> list[Finding]:
    """Return what did not fit and is open, the newest first."""
    return list(Finding.objects.filter(is_open=True).order_by("-pk")[:100])
