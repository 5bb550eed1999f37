"""What receipts say of the newsroom and of tax law: texts of counsel, from a day on.

Fundraisers write them down in the newsroom (Support, Receipts), or they are read in from a file
(``tamizdat contributions receipts FILE``), in TOML:

    [[issuer]]
    language = "en"
    since = 2026-01-01
    text = '''
    The Lantern, association, register number 123
    1 Quay Street, Riga, Latvia'''

    [[tax]]
    country = "DE"            # ISO 3166; without it: wherever no other text fits
    language = "en"
    since = 2026-01-01
    text = "…"

Rules:

1. The text of a payment's day stands on its receipt, so a receipt that is made again says the same.
   What stands already is never changed: only a text of the same day, with the next number, takes
   its place there. An empty one says that there is none any more.
2. Where a country has no text in a language its text in the newsroom's first one is taken. Where it
   has none at all the general one, and else a sentence that promises nothing.
3. A file is read as a whole, or not at all.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel import Locale
from django.db import IntegrityError, transaction

from tamizdat.contributions.money.errors import MoneyError
from tamizdat.contributions.supporters.models import Wording
from tamizdat.databases import PEOPLE

LONGEST = 2_000  # characters of a text
_COUNTRY = re.compile(r"[A-Z]{2}")


class BadWording(MoneyError):
    """A file of texts cannot be read; the message says where."""


class Meanwhile(Exception):
    """Somebody else has written a text down since these were looked at."""

    def __init__(self) -> None:
        super().__init__("somebody else has written meanwhile; nothing was changed: look again")


@dataclass(frozen=True)
class Given:
    """One text as it stands in a file or was typed."""

    part: str
    country: str
    language: str
    since: date
    text: str


def read(data: bytes, languages: Iterable[str]) -> list[Given]:
    """Read a file of texts. Raises BadWording."""
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadWording(f"the file is no TOML that can be read: {error}") from None
    unknown = sorted(set(found) - set(Wording.Part.values))
    if unknown or not found:
        named = unknown[0] if unknown else "nothing"
        raise BadWording(f"expected [[issuer]] and [[tax]], found {named[:20]!r}")
    return list(_read(found, set(languages)))


def _read(found: Mapping[str, Any], languages: set[str]) -> Iterator[Given]:
    for part, entries in found.items():
        if not isinstance(entries, list):
            raise BadWording(f"expected [[{part}]] with two brackets, since there can be several")
        for number, entry in enumerate(entries, 1):
            yield _given(part, f"{part} {number}", entry, languages)


def _given(part: str, where: str, entry: Any, languages: set[str]) -> Given:
    language, country = entry.get("language"), entry.get("country", "")
    since, text = entry.get("since"), entry.get("text")
    if language not in languages:
        raise BadWording(f"{where}: language: expected one of {', '.join(sorted(languages))}")
    if country and not (isinstance(country, str) and _COUNTRY.fullmatch(country)):
        raise BadWording(f"{where}: country: expected two capital letters as DE")
    if type(since) is not date:
        raise BadWording(f"{where}: since: expected a day as 2026-01-01, without quotes")
    if not isinstance(text, str) or not 0 < len(text.strip()) <= LONGEST:
        raise BadWording(f"{where}: text: expected up to {LONGEST} characters")
    return Given(part, country, language, since, text.strip())


def keep(given: Iterable[Given], today: date) -> int:
    """Store texts, all or none; what stands already for the same day is not stored again.

    Returns how many there were. Raises Meanwhile.
    """
    found = list(given)
    with transaction.atomic(using=PEOPLE):
        for each in found:
            _write(each, today)
    return len(found)


def keep_anew(given: Iterable[Given], seen: int, today: date) -> int:
    """Store texts of one part and country, if nobody has written one there since they were looked
    at; ``seen`` is what ``newest`` said then. Raises Meanwhile."""
    found = list(given)
    with transaction.atomic(using=PEOPLE):
        if any(newest(each.part, each.country) != seen for each in found):
            raise Meanwhile
        for each in found:
            _write(each, today)
    return len(found)


def newest(part: str, country: str) -> int:
    """Return the key of the text that was written last; 0 for none."""
    rows = Wording.objects.filter(part=part, country=country)
    return rows.order_by("-pk").values_list("pk", flat=True).first() or 0


def _write(given: Given, today: date) -> None:
    key = {each: getattr(given, each) for each in ("part", "country", "language", "since")}
    before = Wording.objects.filter(**key).order_by("-number").first()
    if before is not None and before.text == given.text:
        return
    number = before.number + 1 if before else 0
    try:
        with transaction.atomic(using=PEOPLE):
            Wording.objects.create(**key, number=number, text=given.text, written_on=today)
    except IntegrityError:
        raise Meanwhile from None


Typed = Mapping[tuple[str, str, str], str]  # by part, country and language: what is not kept yet


def text_of(
    part: str, country: str, languages: tuple[str, ...], day: date, typed: Typed | None = None
) -> str:
    """Return the text that holds for a day, in the first of the languages that has one; empty where
    there is none. What was typed stands in the place of what is kept."""
    known = typed or {}
    for place in dict.fromkeys((country, "")):
        for language in languages:
            key = (part, place, language)
            text = known[key] if key in known else standing(*key, day)
            if text:
                return text
    return ""


def standing(part: str, country: str, language: str, day: date, before: int | None = None) -> str:
    """Return the text of just this place and language that holds for a day; empty for none.

    ``before``: as it was when the row of this key had been the last one.
    """
    rows = Wording.objects.filter(
        part=part, country=country, language=language, since__lte=day
    ).order_by("-since", "-number")
    rows = rows if before is None else rows.filter(pk__lte=before)
    return rows.values_list("text", flat=True).first() or ""


def countries(language: str) -> list[tuple[str, str]]:
    """Return the countries whose tax law has a text, with their names in a language."""
    rows = Wording.objects.filter(part=Wording.Part.TAX).exclude(country="")
    codes = set(rows.values_list("country", flat=True))
    names = Locale.parse(language, sep="-").territories
    return sorted(((code, str(names.get(code, code))) for code in codes), key=lambda each: each[1])
