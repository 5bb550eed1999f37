"""Small decisions of setting: which picture files to offer, where paragraphs end, which columns
hold numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from markupsafe import Markup

from tamizdat.reader.pages import Picture, Source, Table

# The smaller format first: a browser takes the first it can read.
_TYPES = ("image/avif", "image/webp")
_TONES = re.compile(r' class="t([0-9a-f]{9})"')
# They join letters or keep them apart; Persian is not written without. Python calls them control
# characters of format, so ``isprintable`` says no.
JOINERS = "\u200c\u200d"
_NUMBER = re.compile(r"[+−–-]?[\d٠-٩۰-۹][\d٠-٩۰-۹\s.,٫٬%٪]*")


def is_written(letter: str) -> bool:
    """Say whether a letter is one that people write: to be seen, or a joiner."""
    return letter.isprintable() or letter in JOINERS


class Rendition(NamedTuple):
    """The files of one media type; ``has_sizes``: a browser chooses among several widths."""

    type: str
    srcset: str
    has_sizes: bool


def renditions(picture: Picture, widest: int = 0) -> tuple[Rendition, ...]:
    """Give the files of each format, the fallback's format last.

    ``widest`` leaves out files that are wider, of a format that has a narrower one: no screen
    needs them, and each name costs the page forty bytes.
    """
    by_type: dict[str, list[Source]] = {kind: [] for kind in _TYPES}
    for source in picture.sources:
        by_type.setdefault(source.type, []).append(source)
    own = picture.fallback.type
    last = by_type.pop(own, None) or [picture.fallback]
    better = [_rendition(kind, files, widest) for kind, files in by_type.items() if files]
    return (*better, _rendition(own, last, widest))


def _rendition(kind: str, files: list[Source], widest: int) -> Rendition:
    narrow = [each for each in files if not widest or each.width <= widest] or files[:1]
    if len(narrow) == 1:
        return Rendition(kind, narrow[0].url, has_sizes=False)
    return Rendition(kind, ", ".join(f"{each.url} {each.width}w" for each in narrow), True)


def placeholders(page: str) -> Markup:
    """Give the rules for the pictures of a page, as HTML, that tell their tones: what is seen
    before they come."""
    found = dict.fromkeys(_TONES.findall(page))
    rules = (
        f".t{tones}{{background:linear-gradient(#{tones[:3]},#{tones[3:6]},#{tones[6:]})}}"
        for tones in found
    )
    return Markup("".join(rules))  # noqa: S704 -- hexadecimal digits


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
