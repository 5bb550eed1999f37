"""The policy as fundraisers read it: what holds, what is to come, and what a ruling changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.conf import settings

from tamizdat.contributions.giving import countries, models
from tamizdat.contributions.giving.policy import ANY, STRICTNESS, Policy, Ruling, Verdict
from tamizdat.contributions.giving.ruling import METHODS

WAYS = {
    ANY: "all ways of giving",
    "card": "card",
    "wallet": "wallet (Apple Pay, Google Pay)",
    "sepa": "direct debit (SEPA)",
    "transfer": "bank transfer",
    "paypal": "PayPal",
    "bitcoin": "Bitcoin",
    "other": "any other way",
}
MEETS = {
    Verdict.ALLOW: "allowed",
    Verdict.WARN: "warned",
    Verdict.REFUSE: "refused",
    Verdict.LIFT: "no ruling of its own",
}


@dataclass(frozen=True)
class Held:
    """What holds for some people and one way of giving, and which rulings are to come."""

    code: str
    country: str
    who: str
    way: str
    meets: str
    ruling: models.Ruling | None  # None: nobody has ruled
    coming: tuple[models.Ruling, ...] = ()

    @property
    def is_usual(self) -> bool:
        """Whether it holds for all ways of giving because nobody has ruled."""
        return self.ruling is None and self.way == WAYS[ANY]


@dataclass(frozen=True)
class Effect:
    """What somebody meets who gives in a way, before a ruling and after it."""

    way: str
    before: str
    after: str
    is_looser: bool

    @property
    def changes(self) -> bool:
        return self.before != self.after


def home() -> frozenset[str]:
    return frozenset(settings.HOME_COUNTRIES)


def named(code: str) -> str:
    """Return what a country is called."""
    return dict(countries.named("en"))[code]


def names(codes: Iterable[str]) -> str:
    """Return some countries as one phrase."""
    return ", ".join(sorted(map(named, codes)))


def who(code: str, *, is_returning: bool) -> str:
    if is_returning:
        return f"who will travel to a home country, on account of {named(code)}"
    return f"who lives in {named(code)}, or whose card is from there"


def rows_of(country: str = "") -> list[models.Ruling]:
    """Return all rulings ever written, of a country or of all, the newest first."""
    rows = models.Ruling.objects.order_by("-since", "-number", "-pk")
    return list(rows.filter(country=country) if country else rows)


def policy_of(rows: Iterable[models.Ruling]) -> Policy:
    """Return the policy of all days, the coming ones as well."""
    return Policy(home(), [each.value for each in rows])


def held(rows: list[models.Ruling], day: date, codes: Iterable[str]) -> list[Held]:
    """Return what holds on a day and what is to come: of whatever was ever ruled on, and of these
    countries even where nobody has ruled."""
    keys = {(each.country, each.is_returning, each.method) for each in rows}
    keys |= {(code, False, ANY) for code in codes}
    return sorted(
        (_held(rows, day, *key) for key in keys),
        key=lambda each: (each.country, each.who, each.way != WAYS[ANY], each.way),
    )


def _held(rows: list[models.Ruling], day: date, code: str, is_returning: bool, method: str) -> Held:
    mine = [
        each
        for each in rows
        if (each.country, each.is_returning, each.method) == (code, is_returning, method)
    ]
    standing = next((each for each in mine if each.since <= day), None)
    coming = {each.since: each for each in reversed(mine) if each.since > day}
    verdict = Verdict(standing.verdict) if standing else Verdict.LIFT
    if verdict == Verdict.LIFT and method == ANY:
        verdict = policy_of(()).usual(code, is_returning=is_returning)
    meets = "the same as all ways of giving" if verdict == Verdict.LIFT else MEETS[verdict]
    people = who(code, is_returning=is_returning)
    later = tuple(coming[since] for since in sorted(coming))
    return Held(code, named(code), people, WAYS[method], meets, standing, later)


def effects(policy: Policy, told: Ruling) -> list[Effect]:
    """Return what a ruling does on its first day, for each way of giving that it is about."""
    after = replace(policy, rulings=[*policy.rulings, replace(told, number=_LAST)])
    ways = METHODS if told.method == ANY else (told.method,)
    return [_effect(policy, after, told, way) for way in ways]


_LAST = 1 << 15  # above what the column can hold


def _effect(policy: Policy, after: Policy, told: Ruling, way: str) -> Effect:
    old, new = (
        each.verdict(told.country, way, told.since, is_returning=told.is_returning)
        for each in (policy, after)
    )
    return Effect(WAYS[way], MEETS[old], MEETS[new], STRICTNESS[new] < STRICTNESS[old])


def until(policy: Policy, told: Ruling) -> Ruling | None:
    """Return the ruling, written already, that will take this one's place."""
    later = [
        each
        for each in policy.rulings
        if (each.country, each.method, each.is_returning)
        == (told.country, told.method, told.is_returning)
        and each.since > told.since
    ]
    return min(later, key=lambda each: each.since, default=None)
