"""Who signs what in an edition, for how long, and under which file name.

* Five roles sign on-line: *targets* (which says who lists files), *pages* and *media* (which
  share their files out to bins), *snapshot* (which fixes the version of every bin) and
  *timestamp* (which names the newest snapshot). *Root* names the keys of the others, off-line.
* Every file falls into just one bin, by the first bits of the SHA-256 of its path (TAP 15). Bins
  of media list ``media/NAME``; bins of pages list all other files.
* A shape (how many bins) is chosen once: readers refuse a snapshot from which a bin vanished.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

ROOT, TARGETS, PAGES, MEDIA = "root", "targets", "pages", "media"
SNAPSHOT, TIMESTAMP, BINS = "snapshot", "timestamp", "bins"
ONLINE = (TARGETS, PAGES, MEDIA, SNAPSHOT, TIMESTAMP)
# Root names these keys itself, so a new one needs root's signature; pages and media are named
# by targets.
NAMED_BY_ROOT = frozenset({TARGETS, SNAPSHOT, TIMESTAMP})
MEDIA_FOLDER = "media/"

YEAR = timedelta(days=365)
PERIODS: dict[str, timedelta] = {
    ROOT: YEAR,
    TARGETS: YEAR,
    PAGES: YEAR,
    MEDIA: YEAR,
    BINS: YEAR,
    SNAPSHOT: timedelta(days=7),
    TIMESTAMP: timedelta(days=1),
}


@dataclass(frozen=True)
class Shape:
    """How many bins an edition has: two to the power of these bits."""

    pages_bits: int
    media_bits: int

    def __post_init__(self) -> None:
        for bits in (self.pages_bits, self.media_bits):
            if not 1 <= bits <= 16:
                raise ValueError(f"bits of a bin's number are 1 to 16, not {bits}")

    def bins(self) -> Iterator[str]:
        """Yield the role of every bin, those of pages first."""
        for name, bits in ((PAGES, self.pages_bits), (MEDIA, self.media_bits)):
            for number in range(1 << bits):
                yield _bin(name, bits, number)

    def bin_of(self, path: str) -> str:
        """Return the role of the bin that lists this path."""
        name, bits = (MEDIA, self.media_bits) if is_media(path) else (PAGES, self.pages_bits)
        return _bin(name, bits, number_of(path, bits))


def number_of(path: str, bits: int) -> int:
    """Return the first bits of the SHA-256 of a path."""
    return int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big") >> (32 - bits)


def _bin(name: str, bits: int, number: int) -> str:
    """Name a bin; its number has as many hexadecimal digits as the greatest one (TAP 15)."""
    return f"{name}-{number:0{(bits + 3) // 4}x}"


def is_media(path: str) -> bool:
    """Say whether ``media/*`` matches this path; the star does not cross a slash (spec 4.5)."""
    return path.startswith(MEDIA_FOLDER) and "/" not in path[len(MEDIA_FOLDER) :]


def shape_for(stories: int) -> Shape:
    """Return the shape of an archive that will hold about so many stories.

    Before a page, a reader loads timestamp, snapshot and one bin. Measured with brotli 5 at 1.25
    pages a story: an entry weighs 65 bytes, a bin's line in the snapshot 1.3 bytes while versions
    are alike and 4.3 when they differ (2.5 between the two), so the sum is least near the root
    of 65 * 1.25 / 2.5 = 32 times the stories. Media bins are read by mirrors only: an eighth as
    many keeps the snapshot small, and a bin that is written anew not too large.
    """
    pages = round((5 + math.log2(max(stories, 1))) / 2)
    pages = min(max(pages, 4), 12)
    return Shape(pages, max(pages - 3, 2))


def group_of(role: str) -> str:
    """Return the role whose key signs this one: its own, and for a bin that of pages or media."""
    return role.partition("-")[0]


def is_bin(role: str) -> bool:
    return "-" in role


def period_of(role: str) -> timedelta:
    """Return for how long a signature of this role holds."""
    return PERIODS[BINS] if is_bin(role) else PERIODS[role]


def file_name(role: str, version: int) -> str:
    """Return the path of a role's file in the edition."""
    if role == TIMESTAMP:
        return "signed/timestamp.json"
    return f"signed/{version}.{role}.json"
