"""Mozilla's HTTP Observatory, as a judge of answers that we have at hand.

Its rules and points are published ("Tests and scoring" at MDN, and the tables of its scanner,
mdn-http-observatory 1.4): 100 to begin with, less for what is missing or unsafe, and more for what
goes beyond, where at least 90 are left. From 100 on the grade is A+. What it asks of the way (TLS,
a redirect to https) is taken for granted here: an answer is judged as if a proxy that ends TLS as
``docs/operating.md`` says stood before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tests.homes import ROOT

SIX_MONTHS = 15_768_000  # seconds
PRIVATE = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
BROAD = {"*", "http:", "https:", "data:", "'unsafe-inline'", "'unsafe-eval'", "blob:"}

Fields = Mapping[str, str]


def proxy() -> dict[str, str]:
    """Return what the proxy of ``docs/operating.md`` adds to every answer."""
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    found = re.search(r'add_header Strict-Transport-Security "([^"]+)" always;', text)
    return {"strict-transport-security": found[1]} if found else {}


def score(fields: Fields, cookies: Sequence[str] = (), body: str = "") -> int:
    """Return the points of an answer; ``cookies`` are the values of Set-Cookie."""
    head = {name.lower(): value for name, value in fields.items()}
    points = [
        *(_policy(head), _hsts(head), _referrer(head), _frames(head), _sniffing(head)),
        *(_sharing(head), _resource_policy(head), _cookies(cookies), _scripts(body)),
    ]
    base = 100 + sum(each for each in points if each < 0)
    return base + sum(each for each in points if each > 0) if base >= 90 else max(base, 0)


def _directives(head: Fields) -> dict[str, set[str]]:
    text = head.get("content-security-policy", "")
    words = [part.split() for part in text.split(";") if part.strip()]
    return {each[0].lower(): set(each[1:]) for each in words}


def _policy(head: Fields) -> int:
    said = _directives(head)
    if not said:
        return -25
    usual = said.get("default-src", {"*"})
    script, thing = said.get("script-src", usual), said.get("object-src", usual)
    if script & (BROAD - {"blob:", "'unsafe-eval'"}) or thing & BROAD:
        return -20
    if "'unsafe-eval'" in script:
        return -10
    if any("http:" in each for each in said.values()):
        return -20
    if said.get("style-src", usual) & BROAD:
        return 0
    return 10 if usual == {"'none'"} else 5


def _hsts(head: Fields) -> int:
    found = re.search(r"max-age=(\d+)", head.get("strict-transport-security", ""))
    if found is None:
        return -20
    return 0 if int(found[1]) >= SIX_MONTHS else -10


def _referrer(head: Fields) -> int:
    said = head.get("referrer-policy", "").lower()
    return 5 if said in PRIVATE else -5 if said else 0


def _frames(head: Fields) -> int:
    if "frame-ancestors" in _directives(head):
        return 5
    return 0 if head.get("x-frame-options", "").upper() in ("DENY", "SAMEORIGIN") else -20


def _sniffing(head: Fields) -> int:
    return 0 if head.get("x-content-type-options", "").lower() == "nosniff" else -5


def _sharing(head: Fields) -> int:
    """Judge CORS: open to all is a fault only where it comes with credentials."""
    return -50 if head.get("access-control-allow-credentials") else 0


def _resource_policy(head: Fields) -> int:
    said = head.get("cross-origin-resource-policy", "cross-origin").lower()
    return {"same-origin": 10, "same-site": 10, "cross-origin": 0}.get(said, -5)


def _cookies(cookies: Sequence[str]) -> int:
    if not cookies:
        return 0
    low = [each.lower() for each in cookies]
    if not all("secure" in each for each in low):
        return -40
    if not all("httponly" in each for each in low if "csrf" not in each.partition("=")[0]):
        return -30
    return 5 if all(re.search(r"samesite=(strict|lax)", each) for each in low) else -20


def _scripts(body: str) -> int:
    """Judge subresource integrity, which is asked of scripts from other hosts."""
    return -50 if re.search(r"<script[^>]+src=[\"']?(?:https?:)?//", body) else 0
