"""What the form offers: currencies, amounts and ways to pay, by country, currency and policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tamizdat.contributions.giving.countries import currency_of
from tamizdat.contributions.giving.policy import Answers, Policy, Verdict
from tamizdat.contributions.money.amounts import Fee, Money, digits_of

if TYPE_CHECKING:
    from tamizdat.contributions.money.providers import Facts, Method
    from tamizdat.contributions.money.rates import Rates

RHYTHMS = ("once", "monthly", "annual")
SUGGESTED = (5, 10, 25, 50)  # dollars; each currency's own are near to these, and round
_ROUND = [Decimal(each) for each in "1 1.5 2 2.5 3 5 7.5 10".split()]
_ALIKE = (Decimal("0.6"), Decimal("1.6"))  # units for a dollar: there the same numbers are used


@dataclass(frozen=True)
class Way:
    """A way to pay, as the form offers it. ``warnings`` are the policy's, by language."""

    provider: str
    method: str
    rhythms: frozenset[str]
    fee: Fee | None
    warnings: tuple[Mapping[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"{self.provider}-{self.method}"


@dataclass(frozen=True)
class Offer:
    """What there is to choose from for one supporter, in one currency."""

    currency: str
    currencies: tuple[str, ...]
    suggested: tuple[Money, ...]
    least: Money
    most: Money
    ways: tuple[Way, ...]
    is_warned: bool = False
    warnings: tuple[Mapping[str, str], ...] = field(default=())

    def way(self, key: str) -> Way | None:
        return next((each for each in self.ways if each.key == key), None)


def offer(
    facts: Iterable[Facts], policy: Policy, answers: Answers, rates: Rates, day: date, wish: str
) -> Offer:
    """Put together what is offered; ``wish`` is the currency that was asked for, if any was.

    Raises NoRate only where not even the dollar can be offered.
    """
    currencies = tuple(rates.offered())
    currency = _currency(wish, answers, currencies)
    bounds = rates.bounds(currency, day)
    judged = policy.judge(answers, day)
    return Offer(
        currency,
        currencies,
        suggested(currency, rates, day, bounds.least),
        Money(currency, bounds.least),
        Money(currency, bounds.most),
        tuple(_ways(facts, policy, answers, day, currency)),
        judged.verdict == Verdict.WARN,
        tuple(judged.texts) if judged.verdict == Verdict.WARN else (),
    )


def suggested(currency: str, rates: Rates, day: date, least: int) -> tuple[Money, ...]:
    """Return round amounts of a currency near to SUGGESTED. Raises NoRate."""
    whole = Decimal(10) ** digits_of(currency)
    dollar = rates.convert(Money("USD", 100), currency, day)
    if _ALIKE[0] <= dollar / whole <= _ALIKE[1]:
        dollar = whole
    found = {max(least, rounded(dollar * each, whole)) for each in SUGGESTED}
    return tuple(Money(currency, each) for each in sorted(found))


def rounded(minor: Decimal, whole: Decimal) -> int:
    """Return the nearest amount that people would name; ``whole`` are the minor units of a unit."""
    if minor % (5 * whole) == 0 and minor < 100 * whole:
        return int(minor)
    scale = Decimal(10) ** minor.adjusted()
    near = min((each * scale for each in _ROUND), key=lambda each: abs(each - minor))
    if near > 10 * whole:  # from there on nobody names parts of a unit
        near = (near / whole).to_integral_value() * whole
    return max(1, int(near))


def _currency(wish: str, answers: Answers, currencies: tuple[str, ...]) -> str:
    usual = (wish.strip().upper(), currency_of(answers.card), currency_of(answers.lives))
    return next((each for each in usual if each in currencies), currencies[0])


def _ways(
    facts: Iterable[Facts], policy: Policy, answers: Answers, day: date, currency: str
) -> Iterable[Way]:
    for each in facts:
        for method in each.methods:
            rhythms = _rhythms(method, currency, answers.card)
            judged = policy.judge(answers, day, method.code)
            if rhythms and judged.verdict != Verdict.REFUSE:
                warnings = _own(judged.texts, policy.judge(answers, day).texts)
                is_warned = judged.verdict == Verdict.WARN
                told = tuple(warnings) if is_warned else ()
                yield Way(each.name, method.code, rhythms, each.fee(currency), told)


def _own(
    texts: list[Mapping[str, str]], general: list[Mapping[str, str]]
) -> list[Mapping[str, str]]:
    """Leave out what the page says already for all ways."""
    return [each for each in texts if each not in general]


def _rhythms(method: Method, currency: str, country: str) -> frozenset[str]:
    return frozenset(each for each in RHYTHMS if method.takes(currency, country, each))
