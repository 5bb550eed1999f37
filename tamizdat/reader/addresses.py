"""Addresses that leave the edition: whole, on the newsroom's public address.

Feeds, sitemaps and their like are read far from the page they speak of, by programs that take no
letter beyond ASCII (RFC 3986; the Sitemaps protocol, "Entity escaping").
"""

from __future__ import annotations

import re
from urllib.parse import quote

from markupsafe import Markup

# What an URI may hold as it is (RFC 3986, 2.2 and 2.3); "%" has been escaped already.
_KEPT = ":/?#[]@!$&'()*+,;=~%"
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?=/|$)")
_OWN = re.compile(r'(\b(?:href|src)=")(/(?!/)[^"]*)')


def whole(public_address: str, path: str) -> str:
    """Return the public address of a path of the edition, in ASCII."""
    return public_address + quote(path, safe=_KEPT)


def origin(address: str) -> str:
    """Return scheme, host and port of a whole address, as a policy names them (CSP 3, 2.3.1).

    Raises ValueError for one that has none.
    """
    found = _ORIGIN.match(address)
    if found is None:
        raise ValueError(f"an address should begin with http:// or https://: {address[:60]!r}")
    return found[0]


def made_whole(html: Markup, public_address: str) -> Markup:
    """Make every link to the edition itself in cleaned HTML a whole one."""
    found = _OWN.sub(lambda match: match[1] + whole(public_address, match[2]), str(html))
    return Markup(found)  # noqa: S704 - it was safe before, and an address in ASCII was put into it
