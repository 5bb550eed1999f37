"""The texts to which people agree when they sign up, by version and language.

A version is a file beside this one, ``2026-11.toml``. A text that somebody agreed to is never
changed, and its file never goes: a new text is a new file, and a new CURRENT. Knows nothing of
Django.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path

CURRENT = "2026-11"
FOLDER = Path(__file__).parent


class NoSuchConsent(Exception):
    """There is no text of this version in this language."""


def text(version: str = CURRENT, language: str = "en") -> str:
    """Return the text of a version: sentences, no markup. Raises NoSuchConsent."""
    found = _texts(version).get(language) if version in versions() else None
    if found is None:
        raise NoSuchConsent(
            f"no consent text {version!r} in {language!r}; there are {', '.join(versions())}"
        )
    return found


@lru_cache
def versions() -> tuple[str, ...]:
    """Return all versions, the oldest first."""
    return tuple(sorted(each.stem for each in FOLDER.glob("*.toml")))


@lru_cache
def _texts(version: str) -> dict[str, str]:
    read = tomllib.loads((FOLDER / f"{version}.toml").read_text(encoding="utf-8"))
    return {language: " ".join(said["text"].split()) for language, said in read.items()}
