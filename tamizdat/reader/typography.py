"""Small decisions of setting: which picture files to offer, where paragraphs end, which columns
hold numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tamizdat.reader.pages import Picture, Table

# The smaller format first: a browser takes the first it can read.
_TYPES = ("image/avif", "image/webp")
_NUMBER = re.compile(r"[+−–-]?[\d٠-٩۰-۹][\d٠-٩۰-۹\s.,٫٬%٪]*")


def renditions(picture: Picture) -> tuple[tuple[str, str], ...]:
    """Give a media type and its ``srcset`` for each format, the fallback's format last."""
    by_type: dict[str, list[str]] = {kind: [] for kind in _TYPES}
    for source in picture.sources:
        by_type.setdefault(source.type, []).append(f"{source.url} {source.width}w")
    own = picture.fallback.type
    last = by_type.pop(own, []) or [f"{picture.fallback.url} {picture.fallback.width}w"]
    better = tuple((kind, ", ".join(files)) for kind, files in by_type.items() if files)
    return (*better, (own, ", ".join(last)))


def paragraphs(text: str) -> list[str]:
    """Split plain text at its empty lines."""
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


def columns(table: Table) -> tuple[bool, ...]:
    """Say of each column whether most of it is numbers, which are set flush at their end."""
    width = max((len(row) for row in table.rows), default=0)
    return tuple(
        _are_numbers(row[at] for row in table.rows if at < len(row)) for at in range(width)
    )


def _are_numbers(cells: Iterable[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip() not in ("", "–", "—", "-")]
    numbers = [cell for cell in filled if _NUMBER.fullmatch(cell)]
    return 2 * len(numbers) > len(filled)
