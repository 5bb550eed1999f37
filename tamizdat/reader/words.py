"""The words around the newsroom's own words, by language.

One TOML file per language under ``words/``. English is complete and is what an unknown language
falls back to; a test holds every other language to English's keys and placeholders.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel import Locale, UnknownLocaleError

FALLBACK = "en"
_FOLDER = Path(__file__).parent / "words"

Table = dict[str, Any]


@lru_cache
def languages() -> tuple[str, ...]:
    """Name the languages that have words of their own, by their primary subtag."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def table(language: str) -> Table:
    """Give all words of a language as its file holds them; English if it has none."""
    return _read(_spoken(language))


@lru_cache
def words(language: str) -> SimpleNamespace:
    """Give a language's words as attributes, as the templates read them."""
    return SimpleNamespace(**table(language))


def plural(language: str, key: str, count: int) -> str:
    """Choose the form of the plural ``key`` that CLDR's rules ask for at ``count``."""
    forms: dict[str, str] = table(language)[key]
    rule = locale_of(_spoken(language))
    return forms.get(rule.plural_form(count), forms["other"])


@lru_cache
def locale_of(language: str) -> Locale:
    """Find Babel's locale for a BCP 47 code, or English where Babel knows none."""
    try:
        return Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)


@lru_cache
def _spoken(language: str) -> str:
    primary = language.split("-")[0].lower()
    return primary if primary in languages() else FALLBACK


@lru_cache
def _read(name: str) -> Table:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
