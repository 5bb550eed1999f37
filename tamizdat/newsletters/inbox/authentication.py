"""Who wrote a mail, and to whom, as far as our host has checked it (RFC 8601, RFC 7489).

Rules:

1. Only results that bear our own host's name (``authserv-id``) count. Anybody can write others.
2. Our host puts its results on top, and takes away what pretends to be its own (RFC 8601, section
   5). Where it did not, there are several results for DMARC: all of them must have passed. Where
   there are more than we look at, or longer ones, nobody is known: the true one may be among them.
3. DMARC has passed, for the domain that stands in From. A domain that publishes no policy of DMARC
   is not enough: a signature alone is easier to pretend where our host takes nothing away.
4. Without the name of our host nobody is known.
5. That somebody wrote a mail does not say that she wrote it to us: whoever has a signed mail can
   hand it in again, to whom he likes, with fields above it that nobody signed (RFC 6376, sections
   8.6 and 8.15). To whom she wrote stands in To and Cc; such a field counts where it is there once
   and every signature (DKIM) names it among what it signs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tamizdat.newsletters.inbox.letters import NAMED, Mail, domain_of, mailboxes

_COMMENT = re.compile(r"\([^()]{0,500}\)")
_RESULT = re.compile(r"([a-z0-9-]{1,30})\s*(?:/\s*\d+)?\s*=\s*([a-z]{1,20})\b(.*)", re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z]{1,20}\.[a-z0-9-]{1,30})\s*=\s*\"?([^\s;\"]{1,300})", re.IGNORECASE)
_SIGNED = re.compile(r"(?:^|;)\s*h\s*=([^;]*)", re.IGNORECASE)
PASS = "pass"  # noqa: S105 - a result's name
MOST = 20  # results and signatures that are looked at


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


def addressees(mail: Mail) -> list[str]:
    """Return whom the writer of a mail named in it, and nobody else can have named."""
    signatures = _all(mail, "dkim-signature")
    if signatures is None:
        return []
    signed = [_signed(each) for each in signatures]
    names = [name for name in NAMED if all(name in each for each in signed)]
    fields = [_all(mail, name) or [] for name in names]
    return [each for values in fields if len(values) == 1 for each in mailboxes(values[0])]


def _signed(signature: str) -> set[str]:
    """Return the names of the fields that a signature covers (RFC 6376, section 3.5)."""
    return {name.strip().lower() for each in _SIGNED.findall(signature) for name in each.split(":")}


def _all(mail: Mail, name: str) -> list[str] | None:
    """Return a field's values; None where some of them may not have been looked at."""
    values = mail.values(name)
    came = sum(key.lower() == name for key, _ in mail.message.raw_items())
    return None if came > min(MOST, len(values)) else values


def _results(mail: Mail, host: str) -> list[Result]:
    """Return our host's results; none where some of them may not have been looked at."""
    values = _all(mail, "authentication-results")
    if values is None:
        return []
    found: list[Result] = []
    for value in values:
        who, _, rest = _plain(value).partition(";")
        if _named(who) == host.lower():
            results = rest.split(";")
            if len(results) > MOST:
                return []
            found += filter(None, map(_result, results))
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
