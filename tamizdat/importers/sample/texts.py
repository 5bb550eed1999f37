"""Read the sample's texts. Their form: see any file in ``en/``."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
LANGUAGES = ("en", "ru", "fa")
OTHERS = ("newsroom", "newsletters", "appeals")  # files that are no stories

Text = dict[str, Any]


def newsroom(language: str) -> Text:
    """Return the newsroom's own words, its sections, authors and topics in a language."""
    return _read(FOLDER / language / "newsroom.toml")


def stories(language: str) -> dict[str, Text]:
    """Return a language's stories by name; the name ties translations together."""
    files = sorted((FOLDER / language).glob("*.toml"))
    return {file.stem: _read(file) for file in files if file.stem not in OTHERS}


def newsletters(language: str) -> Text:
    """Return a language's newsletters, and how their issues began."""
    return _read(FOLDER / language / "newsletters.toml")


def appeals(language: str) -> Text:
    """Return what a language's readers are asked for."""
    return _read(FOLDER / language / "appeals.toml")


@lru_cache
def pictures() -> dict[str, Text]:
    """Return what is known of each picture, by name."""
    found = _read(FOLDER / "pictures.toml").get("picture", [])
    return {each["name"]: each for each in found}


def _read(file: Path) -> Text:
    return tomllib.loads(file.read_text(encoding="utf-8"))
