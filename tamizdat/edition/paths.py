"""Which names a file of an edition may bear.

Rules (each refused by ``check``):

* Relative, with ``/`` between segments, never empty, ``.`` or ``..``, and no trailing slash: a
  page is ``a/index.html``.
* Unicode in NFC; no control characters, nothing beyond the basic plane, none of ``% ? # \\``.
* At most 200 bytes (UTF-8) a segment: file systems stop at 255, and ``.br`` comes behind.
* No segment begins with a dot: many static hosts drop such files.
"""

from __future__ import annotations

import unicodedata

LONGEST_SEGMENT = 200
FORBIDDEN = frozenset("%?#\\")


class EditionError(Exception):
    """Something is wrong with an edition; the message names it."""


class BadPath(EditionError):
    """A path that no edition may hold; choose another name."""


def check(path: str) -> str:
    """Return the path itself when an edition may hold it.

    Raises BadPath, naming the path and the rule.
    """
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


def file_of(address: str) -> str:
    """Return the file behind a page's address: ``/a/`` is ``a/index.html``."""
    path = address.lstrip("/")
    return check(f"{path}index.html" if path.endswith("/") or not path else path)
