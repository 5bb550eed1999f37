"""What a newsletter's mails say by themselves, by language: one TOML file each under ``words/``."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

FALLBACK = "en"
FOLDER = Path(__file__).parent / "words"


@lru_cache
def words(language: str) -> SimpleNamespace:
    """Return a language's words as attributes; English where it has none."""
    file = FOLDER / f"{language.split('-')[0].lower()}.toml"
    if not file.is_file():
        file = FOLDER / f"{FALLBACK}.toml"
    return SimpleNamespace(**tomllib.loads(file.read_text(encoding="utf-8")))
