"""Ruling: the policy is written down, by counsel's file or by an editor's form.

Rules:

1. A ruling that is in force is never changed: a new one takes its place from a day on. So it can be
   looked up later what held when. One that is still to come may be written anew.
2. A warning and a refusal say why, in at least one language that the newsroom has; what is lawful
   instead bears the day on which counsel said so, and ends within a year.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from tamizdat.contributions.giving import models
from tamizdat.contributions.giving.countries import is_country
from tamizdat.contributions.giving.policy import OtherWay, Ruling, Verdict
from tamizdat.databases import PEOPLE

LONGEST = timedelta(days=366)  # counsel's word of a year ago is none
METHODS = ("", "card", "wallet", "sepa", "transfer", "paypal", "bitcoin", "other")
_RULING = {"country", "method", "verdict", "since", "returning"}
_WAY = {"country", "lawful_on", "until", "url"}


class BadRuling(Exception):
    """The policy cannot be written so; the message says what was expected."""


@dataclass(frozen=True)
class Written:
    """What came of a file: how many rulings and other ways were new."""

    rulings: int
    ways: int


def read(data: bytes, languages: Iterable[str]) -> tuple[list[Ruling], list[OtherWay]]:
    """Read counsel's file (TOML: tables ``ruling`` and ``instead``). Raises BadRuling."""
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadRuling(f"the file is no TOML that can be read: {error}") from None
    known, spoken = {"ruling", "instead"}, tuple(languages)
    if set(found) - known:
        raise BadRuling(f"expected tables [[ruling]] and [[instead]], found {sorted(found)}")
    rulings = [
        _ruling(each, spoken, f"ruling {number}")
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
        return Written(count, sum(_keep_way(each) for each in ways))


def _keep_ruling(told: Ruling, today: date) -> bool:
    key: dict[str, Any] = {
        "country": told.country,
        "method": told.method,
        "is_returning": told.is_returning,
        "since": told.since,
    }
    row = models.Ruling.objects.filter(**key).first()
    if row is not None and row.value == told:
        return False
    if row is not None and told.since <= today:
        raise BadRuling(
            f"{told.country} since {told.since}: a ruling in force is not changed; "
            "write a new one, from another day on"
        )
    values = {"verdict": told.verdict.value, "texts": dict(told.texts)}
    models.Ruling.objects.update_or_create(**key, defaults=values)
    return True


def _keep_way(told: OtherWay) -> bool:
    rows = models.OtherWay.objects.filter(country=told.country, lawful_on=told.lawful_on)
    if any(each.value == told for each in rows):
        return False
    models.OtherWay.objects.create(
        country=told.country,
        lawful_on=told.lawful_on,
        until=told.until,
        texts=dict(told.texts),
        url=told.url,
    )
    return True


# Reading and checking


def checked(told: Ruling) -> Ruling:
    """Hold a ruling to the rules. Raises BadRuling."""
    if not is_country(told.country):
        raise BadRuling(f"expected a country's code as DE, found {told.country!r}")
    if told.method not in METHODS:
        known = ", ".join(each for each in METHODS if each)
        raise BadRuling(f"expected a method of {known}, or none; found {told.method!r}")
    if told.verdict != Verdict.ALLOW and not any(told.texts.values()):
        raise BadRuling(f"{told.country}: a warning or refusal says why, in some language")
    return told


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
    told = Ruling(
        str(table.get("country", "")),
        verdict,
        _day(table, "since", where),
        str(table.get("method", "")),
        table.get("returning") is True,
        texts,
    )
    return checked(told)


def _way(table: dict[str, Any], languages: tuple[str, ...], where: str) -> OtherWay:
    texts = _texts(table, _WAY, languages, where)
    first, last = _day(table, "lawful_on", where), _day(table, "until", where)
    url = str(table.get("url", ""))
    return checked_way(OtherWay(str(table.get("country", "")), first, last, texts, url))


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
