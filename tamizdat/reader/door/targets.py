"""From a request's target to a name in the edition, or a refusal.

A name begins with a slash and is relative to the edition's root; `/a/` stays `/a/` here. Whatever
could mean two things to two programs is refused, not repaired: `..` and `.` segments, empty
segments (`//host/` would make a redirect leave us), backslashes, encoded slashes, control
characters, percent signs that encode nothing, bytes that are not UTF-8.
"""

import re
import unicodedata
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from tamizdat.reader.door.requests import Refusal

# Nearly every name in an edition looks like this and needs no second look.
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*+)*+/?")
_ABSOLUTE = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]+(?=[/?]|\Z)")
_PATH = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})++")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_HIDDEN_SUFFIXES: Final = (".br", ".gz")
# RFC 9116, 3, wants it below a folder that no edition can hold: many hosts drop such folders.
_SECURITY: Final = "/security.txt"


class Missing(Exception):
    """There can be no file by this name; the name is kept to choose the language of the answer."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


def name_of(target: bytes) -> str:
    """Return the name a target asks for.

    Raises `Refusal` (400) for what must not be asked, `Missing` for what is never served.
    """
    if _PLAIN.fullmatch(target):
        name = target.decode("ascii")
    else:
        name = _decode(_path_of(target))
        name = _SECURITY if name == f"/.well-known{_SECURITY}" else name
        _check_segments(name)
    if name.endswith(_HIDDEN_SUFFIXES):
        raise Missing(name)
    return name


def folder_address(name: str) -> bytes:
    """Return the address of the folder `name`, for a redirect within this origin."""
    return quote(name, safe="/~").encode("ascii") + b"/"


def language_pages(name: str) -> tuple[str, ...]:
    """Return the names of the pages that may say, in the right language, that `name` is missing."""
    first, slash, _ = name[1:].partition("/")
    return (f"/{first}/404.html", "/404.html") if first and slash else ("/404.html",)


def _path_of(target: bytes) -> bytes:
    """Take scheme, host and query off (a server must accept the absolute form, RFC 9112, 3.2.2)."""
    if match := _ABSOLUTE.match(target):
        target = target[match.end() :]
        if not target.startswith(b"/"):
            target = b"/" + target
    path, _, query = target.partition(b"?")
    if b"#" in query or not path.startswith(b"/") or _PATH.fullmatch(path) is None:
        raise Refusal(400)
    return path


def _decode(path: bytes) -> str:
    # An encoded slash would split one segment into two after everyone else has checked the path.
    if b"%2f" in path.lower():
        raise Refusal(400)
    try:
        name = unquote_to_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400) from None
    return unicodedata.normalize("NFC", name)


def _check_segments(name: str) -> None:
    if "\\" in name or _CONTROL.search(name):
        raise Refusal(400)
    segments = name.removesuffix("/").split("/")[1:]
    if any(segment in ("", ".", "..") for segment in segments):
        raise Refusal(400)
    if any(segment.startswith(".") for segment in segments):
        raise Missing(name)
