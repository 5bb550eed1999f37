"""Which names a file of an edition may bear.

Rules (each refused by ``check``):

* At most 1,000 characters: the way to a file is looked at folder by folder.
* Relative, with ``/`` between segments, never empty, ``.`` or ``..``, and no trailing slash: a
  page is ``a/index.html``.
* Unicode in NFC; no control characters, nothing beyond the basic plane, none of ``% ? # \\``.
* At most 200 bytes (UTF-8) a segment: file systems stop at 255, and ``.br`` comes behind.
* No segment begins with a dot: many static hosts drop such files.

Rules for all names of one edition together (refused by ``check_together``), so that any host can
hold them all:

* No two differ by case only: there are hosts, and disks, to which these are one.
* None is a folder to another: ``a`` and ``a/index.html``.
* None is where another's compressed sibling lies: ``a.html.br`` beside ``a.html``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 1_000  # of which the database has room, too
LONGEST_SEGMENT = 200
BESIDE = frozenset({".br", ".gz"})
FORBIDDEN = frozenset("%?#\\")
_SEGMENT = "[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}"
_PLAIN = re.compile(f"(?:{_SEGMENT}/)*{_SEGMENT}")


class EditionError(Exception):
    """Something is wrong with an edition; the message names it."""


class BadPath(EditionError):
    """A path that no edition may hold; choose another name."""


def check(path: str) -> str:
    """Return the path itself when an edition may hold it.

    Raises BadPath, naming the path and the rule.
    """
    if len(path) > LONGEST:
        raise BadPath(f"{path[:LONGEST_SEGMENT]!r}… has more than {LONGEST} characters")
    if _PLAIN.fullmatch(path):  # most are; the rules below would let them pass
        return path
    if path != unicodedata.normalize("NFC", path):
        raise BadPath(f"{path!r} is not in Unicode's composed form (NFC)")
    for character in path:
        if character in FORBIDDEN or ord(character) < 32 or ord(character) in range(127, 160):
            raise BadPath(f"{path!r} holds {character!r}, which an edition's path may not")
        if ord(character) > 0xFFFF or 0xD800 <= ord(character) <= 0xDFFF:
            raise BadPath(f"{path!r} holds a character beyond the basic plane")
    for segment in path.split("/"):
        if not segment or segment.startswith("."):
            raise BadPath(f"{path!r} has a segment that is empty or begins with a dot")
        if len(segment.encode()) > LONGEST_SEGMENT:
            raise BadPath(f"{path!r} has a segment of more than {LONGEST_SEGMENT} bytes")
    return path


def check_together(paths: Iterable[str]) -> None:
    """Refuse names that cannot lie beside each other everywhere. Raises BadPath with both."""
    files: dict[str, str] = {}
    for path in paths:
        folded = unicodedata.normalize("NFC", path.casefold())
        if folded in files:
            raise BadPath(f"{path!r} and {files[folded]!r} differ by case only, if at all")
        files[folded] = path
    for folded, path in files.items():
        taken = _above(folded, files) or (files.get(folded[:-3]) if folded[-3:] in BESIDE else None)
        if taken is not None:
            raise BadPath(f"{path!r} takes a place that {taken!r} needs")


def _above(folded: str, files: dict[str, str]) -> str | None:
    """Return the file, if any, that stands where this one needs a folder."""
    folder = folded.rpartition("/")[0]
    while folder:
        if folder in files:
            return files[folder]
        folder = folder.rpartition("/")[0]
    return None


def file_of(address: str) -> str:
    """Return the file behind a page's address: ``/a/`` is ``a/index.html``."""
    path = address.lstrip("/")
    return check(f"{path}index.html" if path.endswith("/") or not path else path)
