"""What an editor is told about an issue before it goes: how large, where links lead, what is wrong.

A link into our own edition must lead to a page that readers can see. A foreign one is looked at as
text alone: to ask a foreign host would tell it that the newsroom is about to link there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from tamizdat.newsletters.rendering.placeholders import TOKEN

CLIPPED = 102 * 1024  # bytes of HTML after which Gmail shows no more, and hides the way to leave
NEAR = 92 * 1024  # from here on it is said
_ADDRESS = re.compile(r'(?:href|src)="([^"]*)"')
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]", re.IGNORECASE)
LOCAL = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Finding:
    """Something to know (``is_wrong`` False) or to mend before the issue goes."""

    words: str
    is_wrong: bool = True


@dataclass(frozen=True)
class Link:
    """An address in a mail, and what is wrong with it; "" where nothing is."""

    address: str
    fault: str = ""
    is_ours: bool = False


def size(html: str) -> Finding:
    """Say how large the HTML is, and whether that is too much."""
    count = len(html.encode())
    said = f"{count / 1024:.0f} KB of HTML"
    if count >= CLIPPED:
        return Finding(
            f"{said}: Gmail shows the first 102 KB and cuts off the rest, the link to leave "
            "included. Take out stories, or shorten texts."
        )
    if count >= NEAR:
        return Finding(f"{said}: close to the 102 KB after which Gmail cuts a mail off.")
    return Finding(f"{said}; Gmail cuts off at 102 KB.", is_wrong=False)


def addresses(html: str) -> list[str]:
    """Return every address in a mail once, in their order; placeholders and anchors are none."""
    found = (unescape(each) for each in _ADDRESS.findall(html))
    return [each for each in dict.fromkeys(found) if each and not _is_inside(each)]


def _is_inside(address: str) -> bool:
    return address.startswith(("#", "cid:")) or bool(TOKEN.fullmatch(address))


def links(html: str, public_address: str, is_there: Callable[[str], bool]) -> list[Link]:
    """Look through a mail's links. ``is_there`` says whether a path of the edition has a page."""
    return [_looked_at(each, public_address, is_there) for each in addresses(html)]


def _looked_at(address: str, public_address: str, is_there: Callable[[str], bool]) -> Link:
    if address == public_address or address.startswith(f"{public_address}/"):
        path = urlsplit(address).path or "/"
        return Link(address, "" if is_there(path) else "readers find no page there", is_ours=True)
    return Link(address, _fault(address))


def _fault(address: str) -> str:
    """Say what is wrong with a foreign link's form."""
    try:
        found = urlsplit(address)
        host, _ = found.hostname or "", found.port
    except ValueError:
        return "this is no address"
    if found.scheme == "mailto":
        return "" if "@" in found.path else "mailto: without a mail address"
    if found.scheme not in ("http", "https"):
        return "expected https://…"
    if not (_HOST.fullmatch(host) or host in LOCAL):
        return "its host is no name of a host"
    if found.username is not None:
        return "it holds a user's name"
    return ""


def remote(html: str) -> list[str]:
    """Return what a mail program would fetch while the mail is read: it must be nothing."""
    return list(_fetched(html))


_FETCHES = re.compile(
    r"<(?:img|source|video|audio|iframe|embed|input|script|track)\b[^>]*?\ssrc(?:set)?=\"([^\"]*)\""
    r"|<(?:link)\b[^>]*?\shref=\"([^\"]*)\""
    r"|\b(?:background|poster)=\"([^\"]*)\""
    r"|url\(\s*['\"]?([^)'\"]*)"
    r"|@import\s+['\"]?([^'\";]*)",
    re.IGNORECASE,
)


def _fetched(html: str) -> Iterator[str]:
    for groups in _FETCHES.findall(html):
        yield from (each for each in groups if each and not each.startswith("cid:"))


def faults(found: Iterable[Link]) -> list[Finding]:
    return [Finding(f"{each.address}: {each.fault}") for each in found if each.fault]
