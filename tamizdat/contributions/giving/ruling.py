"""Ruling: the policy is written down, by counsel's file or by an editor's form.

Rules:

1. A ruling is never changed: a new one takes its place from a day on, or with the next number of
   the same day. So it can be looked up later what held when. A file cannot change what is in force
   by repeating its day; the form can, from today on, so that a mistake is mended at once.
2. A warning and a refusal say why, in at least one language that the newsroom has; what is lawful
   instead bears the day on which counsel said so, and ends within a year.
3. What lets a home country's people give, who would be refused or warned without it, bears the name
   of who advised it and the day, a year ago at most.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from tamizdat.contributions.giving import models
from tamizdat.contributions.giving.countries import is_country
from tamizdat.contributions.giving.policy import STRICTNESS, OtherWay, Policy, Ruling, Verdict
from tamizdat.databases import PEOPLE

LONGEST = timedelta(days=366)  # counsel's word of a year ago is none
METHODS = ("", "card", "wallet", "sepa", "transfer", "paypal", "bitcoin", "other")
_RULING = {"country", "method", "verdict", "since", "returning", "counsel", "advised_on"}
_WAY = {"country", "lawful_on", "until", "url", "counsel"}


class BadRuling(Exception):
    """The policy cannot be written so; the message says what was expected."""


class Meanwhile(Exception):
    """Somebody else has ruled since the policy was looked at."""

    def __init__(self) -> None:
        super().__init__("somebody else has ruled meanwhile; nothing was changed: look again")


@dataclass(frozen=True)
class Written:
    """What came of a file: how many rulings and other ways were new."""

    rulings: int
    ways: int


def read(
    data: bytes, languages: Iterable[str], home: Iterable[str]
) -> tuple[list[Ruling], list[OtherWay]]:
    """Read counsel's file (TOML: tables ``ruling`` and ``instead``). Raises BadRuling."""
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadRuling(f"the file is no TOML that can be read: {error}") from None
    known, spoken, at_home = {"ruling", "instead"}, tuple(languages), frozenset(home)
    if set(found) - known:
        raise BadRuling(f"expected tables [[ruling]] and [[instead]], found {sorted(found)}")
    rulings = [
        checked(_ruling(each, spoken, f"ruling {number}"), at_home)
        for number, each in enumerate(_tables(found, "ruling"), 1)
    ]
    ways = [
        _way(each, spoken, f"instead {number}")
        for number, each in enumerate(_tables(found, "instead"), 1)
    ]
    return rulings, ways


def keep(rulings: Iterable[Ruling], ways: Iterable[OtherWay], today: date) -> Written:
    """Write rulings and other ways down, all of them or none. Raises BadRuling."""
    with transaction.atomic(using=PEOPLE):
        count = sum(_keep_ruling(each, today) for each in rulings)
        return Written(count, sum(_keep_way(each, today) for each in ways))


def keep_anew(told: Ruling, seen: int, today: date) -> None:
    """Write one ruling down, from today or a later day on, above what there is.

    ``seen`` is the key of the newest ruling of its country, method and people when it was looked at
    (``newest``). Raises BadRuling, Meanwhile.
    """
    if told.since < today:
        raise BadRuling(f"{told.country}: expected today or a later day; what held is history")
    with transaction.atomic(using=PEOPLE):
        if newest(told.country, told.method, is_returning=told.is_returning) != seen:
            raise Meanwhile
        _write(told, today)


def newest(country: str, method: str, *, is_returning: bool) -> int:
    """Return the key of the ruling that was written last; 0 for none."""
    rows = models.Ruling.objects.filter(country=country, method=method, is_returning=is_returning)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def keep_way(told: OtherWay, today: date, instead_of: int | None = None) -> bool:
    """Write down what may be done instead; take back the row whose place it takes.

    Returns False where just that is told already. Raises Meanwhile where that row is gone.
    """
    with transaction.atomic(using=PEOPLE):
        if instead_of is not None and not withdraw(instead_of, today):
            raise Meanwhile
        rows = models.OtherWay.objects.filter(country=told.country, withdrawn_on=None)
        if any(each.value == told for each in rows):
            return False
        _write_way(told, today)
        return True


def withdraw(way_id: int, today: date) -> bool:
    """Take back what may be done instead: nobody is told it from now on; the row stays."""
    rows = models.OtherWay.objects.filter(pk=way_id, withdrawn_on=None)
    return rows.update(withdrawn_on=today) == 1


def _keep_ruling(told: Ruling, today: date) -> bool:
    row = _of_its_day(told)
    if row is not None and row.value == told:
        return False
    if row is not None and told.since <= today:
        raise BadRuling(
            f"{told.country} since {told.since}: a ruling in force is not changed; "
            "write a new one, from another day on"
        )
    _write(told, today)
    return True


def _of_its_day(told: Ruling) -> models.Ruling | None:
    """Return what stands for the same country, method, people and day."""
    rows = models.Ruling.objects.filter(
        country=told.country,
        method=told.method,
        is_returning=told.is_returning,
        since=told.since,
    )
    return rows.order_by("-number").first()


def _write(told: Ruling, today: date) -> None:
    """Raises Meanwhile where somebody else was first."""
    before = _of_its_day(told)
    try:
        with transaction.atomic(using=PEOPLE):
            models.Ruling.objects.create(
                country=told.country,
                method=told.method,
                is_returning=told.is_returning,
                since=told.since,
                number=before.number + 1 if before else 0,
                verdict=told.verdict.value,
                texts=dict(told.texts),
                counsel=told.counsel,
                advised_on=told.advised_on,
                written_on=today,
            )
    except IntegrityError:
        raise Meanwhile from None


def _keep_way(told: OtherWay, today: date) -> bool:
    """Keep a file's; what was taken back by hand does not come again with the same file."""
    rows = models.OtherWay.objects.filter(country=told.country, lawful_on=told.lawful_on)
    if any(each.value == told for each in rows):
        return False
    _write_way(told, today)
    return True


def _write_way(told: OtherWay, today: date) -> None:
    models.OtherWay.objects.create(
        country=told.country,
        lawful_on=told.lawful_on,
        until=told.until,
        texts=dict(told.texts),
        url=told.url,
        counsel=told.counsel,
        written_on=today,
    )


# Reading and checking


def opens(told: Ruling, home: frozenset[str]) -> bool:
    """Say whether a ruling lets somebody of a home country give who else would be refused, or
    leaves a warning of a home country out."""
    if told.country not in home or told.verdict == Verdict.LIFT:
        return False
    usual = Policy(home).usual(told.country, is_returning=told.is_returning)
    return STRICTNESS[told.verdict] < STRICTNESS[usual]


def checked(told: Ruling, home: frozenset[str]) -> Ruling:
    """Hold a ruling to the rules. Raises BadRuling."""
    if not is_country(told.country):
        raise BadRuling(f"expected a country's code as DE, found {told.country!r}")
    if told.method not in METHODS:
        known = ", ".join(each for each in METHODS if each)
        raise BadRuling(f"expected a method of {known}, or none; found {told.method!r}")
    if told.verdict in (Verdict.WARN, Verdict.REFUSE) and not any(told.texts.values()):
        raise BadRuling(f"{told.country}: a warning or refusal says why, in some language")
    if len(told.counsel) > models.LONGEST_COUNSEL:
        raise BadRuling(f"{told.country}: expected counsel in {models.LONGEST_COUNSEL} characters")
    if opens(told, home):
        _is_advised(told)
    return told


def _is_advised(told: Ruling) -> None:
    """Raises BadRuling."""
    if not told.counsel or told.advised_on is None:
        raise BadRuling(
            f"{told.country} is a home country: expected counsel, and advised_on as a day"
        )
    if not told.since - LONGEST <= told.advised_on <= told.since:
        raise BadRuling(
            f"{told.country}: expected advised_on within the year before the ruling holds"
        )


def checked_way(told: OtherWay) -> OtherWay:
    """Hold another way to help to the rules. Raises BadRuling."""
    if not is_country(told.country):
        raise BadRuling(f"expected a country's code as DE, found {told.country!r}")
    if not any(told.texts.values()):
        raise BadRuling(f"{told.country}: expected a text in some language")
    if not told.lawful_on <= told.until <= told.lawful_on + LONGEST:
        raise BadRuling(f"{told.country}: expected an end within a year of counsel's day")
    if told.url and not told.url.startswith("https://"):
        raise BadRuling(f"{told.country}: expected an address that begins with https://")
    if len(told.counsel) > models.LONGEST_COUNSEL:
        raise BadRuling(f"{told.country}: expected counsel in {models.LONGEST_COUNSEL} characters")
    return told


def _tables(found: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    tables = found.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
        raise BadRuling(f"expected tables [[{name}]]")
    return tables


def _ruling(table: dict[str, Any], languages: tuple[str, ...], where: str) -> Ruling:
    texts = _texts(table, _RULING, languages, where)
    try:
        verdict = Verdict(table.get("verdict", ""))
    except ValueError:
        words = ", ".join(Verdict)
        raise BadRuling(f"{where}: expected a verdict of {words}") from None
    return Ruling(
        str(table.get("country", "")),
        verdict,
        _day(table, "since", where),
        str(table.get("method", "")),
        table.get("returning") is True,
        texts,
        str(table.get("counsel", "")).strip(),
        _day(table, "advised_on", where) if "advised_on" in table else None,
    )


def _way(table: dict[str, Any], languages: tuple[str, ...], where: str) -> OtherWay:
    texts = _texts(table, _WAY, languages, where)
    first, last = _day(table, "lawful_on", where), _day(table, "until", where)
    url, counsel = str(table.get("url", "")), str(table.get("counsel", "")).strip()
    country = str(table.get("country", ""))
    return checked_way(OtherWay(country, first, last, texts, url, counsel))


def _texts(
    table: Mapping[str, Any], fields: set[str], languages: tuple[str, ...], where: str
) -> dict[str, str]:
    unknown = set(table) - fields - set(languages)
    if unknown:
        known = ", ".join(sorted([*fields, *languages]))
        raise BadRuling(f"{where}: expected {known}; found {', '.join(sorted(unknown))}")
    return {
        code: str(table[code]).strip() for code in languages if str(table.get(code, "")).strip()
    }


def _day(table: Mapping[str, Any], name: str, where: str) -> date:
    found = table.get(name)
    if type(found) is not date:
        raise BadRuling(f"{where}: expected {name} as a day, such as 2026-12-01")
    return found
