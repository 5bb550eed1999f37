"""Who wrote a mail, as far as the host that took it in has checked (RFC 8601, RFC 7489).

Rules:

1. Only results that bear our own host's name (``authserv-id``) count. Anybody can write others.
2. Our host puts its results on top, and takes away what pretends to be its own (RFC 8601, section
   5). Where it did not, there are several results for DMARC: all of them must have passed.
3. DMARC has passed, for the domain that stands in From. A domain that publishes no policy of DMARC
   is not enough: a signature alone is easier to pretend where our host takes nothing away.
4. Without the name of our host nobody is known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tamizdat.newsletters.inbox.letters import Mail, domain_of

_COMMENT = re.compile(r"\([^()]{0,500}\)")
_RESULT = re.compile(r"([a-z0-9-]{1,30})\s*(?:/\s*\d+)?\s*=\s*([a-z]{1,20})\b(.*)", re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z]{1,20}\.[a-z0-9-]{1,30})\s*=\s*\"?([^\s;\"]{1,300})", re.IGNORECASE)
PASS = "pass"  # noqa: S105 - a result's name
MOST = 20  # results that are looked at


@dataclass(frozen=True)
class Result:
    """One method's result: ``dmarc=pass header.from=example.org``."""

    method: str
    verdict: str
    properties: dict[str, str] = field(default_factory=dict)


def is_authentic(mail: Mail, host: str) -> bool:
    """Say whether the sender's domain stands behind a mail. ``host`` is our authserv-id."""
    domain = domain_of(mail.sender)
    if not host or not domain:
        return False
    found = [each for each in _results(mail, host) if each.method == "dmarc"]
    return bool(found) and all(
        each.verdict == PASS and each.properties.get("header.from", "").lower() == domain
        for each in found
    )


def _results(mail: Mail, host: str) -> list[Result]:
    found: list[Result] = []
    for value in mail.values("authentication-results")[:MOST]:
        name, _, rest = _plain(value).partition(";")
        if _named(name) == host.lower():
            found += filter(None, map(_result, rest.split(";")[:MOST]))
    return found


def _named(text: str) -> str:
    """Return the name in "mx.example.org 1"."""
    words = text.lower().split()
    return words[0] if words else ""


def _plain(value: str) -> str:
    """Take out comments, which may hold anything; they may stand within each other."""
    for _ in range(5):
        value, count = _COMMENT.subn(" ", value)
        if not count:
            break
    return value


def _result(text: str) -> Result | None:
    found = _RESULT.match(text.strip())
    if found is None:
        return None
    properties = {key.lower(): value for key, value in _PROPERTY.findall(found[3])}
    return Result(found[1].lower(), found[2].lower(), properties)
