"""What the inbox says in its answers, in each language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "words"
OTHERWISE = "en"


@dataclass(frozen=True)
class Said:
    """Sentences in one language."""

    picture: str
    recording: str
    cut: str
    several: str
    missing: str


@lru_cache
def said(language: str) -> Said:
    """Return the sentences of a language, in English where it has none."""
    file = FOLDER / f"{language}.toml"
    found = file if file.is_file() else FOLDER / f"{OTHERWISE}.toml"
    return Said(**tomllib.loads(found.read_text(encoding="utf-8")))
