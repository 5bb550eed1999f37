"""The doors as the world finds them: encryption, certificates, header fields.

Each address of ours is asked for its first page, once, and nothing else. What stands before a door
(nginx, an onion service) is looked at with it, since that is what a reader meets.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from tamizdat.serving.doctor.findings import Finding, Findings, Visit, error, unseen, warning

LOCAL = ("localhost", "127.0.0.1", "::1")
SOON, VERY_SOON = timedelta(days=21), timedelta(days=7)
HSTS = timedelta(days=180).total_seconds()
# Asked for, so that no door takes it for a person.
AGENT = "tamizdat-doctor"


@dataclass(frozen=True)
class Door:
    """An address of ours, and what only it must do."""

    name: str
    setting: str
    path: str
    may_set_cookies: bool

    @property
    def address(self) -> str:
        return str(getattr(settings, self.setting, "") or "")


DOORS = [
    Door("reader site", "PUBLIC_ADDRESS", "/", may_set_cookies=False),
    Door("desk", "DESK_ADDRESS", "/", may_set_cookies=False),
    Door("newsroom", "NEWSROOM_ADDRESS", "/admin/login/", may_set_cookies=True),
]
Trusting = Callable[[], ssl.SSLContext]
# What TLS certificates are held against. Tests trust their own authority.
TRUST: list[Trusting] = [ssl.create_default_context]


@dataclass(frozen=True)
class Answer:
    """What a door said."""

    status: int
    fields: dict[str, list[str]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        return self.fields.get(name, [""])[0]


def encryption(visit: Visit) -> Findings:
    """Find addresses in the open, and certificates that are wrong or end soon."""
    for door in DOORS:
        parts = urlsplit(door.address)
        host = parts.hostname or ""
        if not host or host.endswith(".onion"):
            continue
        if parts.scheme == "http":
            if host not in LOCAL:
                yield error(
                    door.name,
                    f"{door.address} is not encrypted",
                    "put TLS before it (docs/operating.md), and name it with https://",
                )
        elif visit.is_offline:
            yield unseen(door.name, "--offline", "leave --offline out")
        else:
            yield from _certificate(door, host, parts.port or 443, visit)


def _certificate(door: Door, host: str, port: int, visit: Visit) -> Findings:
    asking = http.client.HTTPSConnection(host, port, timeout=visit.patience, context=TRUST[-1]())
    try:
        asking.connect()
        ends = _end_of(asking.sock.getpeercert() or {})
    except ssl.SSLCertVerificationError as problem:
        reason = problem.verify_message
        mend = "renew it, and serve the whole chain (nginx: fullchain.pem)"
        yield error(door.name, f"the certificate of {host} is refused: {reason}", mend)
        return
    except (OSError, http.client.HTTPException) as problem:
        yield _silent(door, problem)
        return
    finally:
        asking.close()
    left = ends - visit.now
    if left < SOON:
        found = error if left < VERY_SOON else warning
        text = f"the certificate of {host} ends on {ends:%Y-%m-%d}"
        yield found(door.name, text, "renew it: certbot renew, and look why it has not by itself")


def _end_of(certificate: object) -> datetime:
    written = str(dict(certificate)["notAfter"])  # type: ignore[call-overload]
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(written), UTC)


def headers(visit: Visit) -> Findings:
    """Find what a door says too much, or does not say."""
    for door in DOORS:
        parts = urlsplit(door.address)
        if not parts.hostname:
            continue
        if visit.is_offline or parts.hostname.endswith(".onion"):
            why = "--offline" if visit.is_offline else "it is an onion service"
            yield unseen(f"{door.name}, headers", why, "ask from outside: curl -I")
            continue
        try:
            answer = ask(door, visit.patience)
        except ssl.SSLError:
            continue  # told by the check of certificates
        except (OSError, http.client.HTTPException) as problem:
            yield _silent(door, problem)
            continue
        yield from _said(door, answer, is_encrypted=parts.scheme == "https")


def ask(door: Door, patience: float) -> Answer:
    """Ask a door for its page. Raises OSError, HTTPException."""
    parts = urlsplit(door.address)
    host = parts.hostname or ""
    asking: http.client.HTTPConnection
    if parts.scheme == "https":
        asking = http.client.HTTPSConnection(
            host, parts.port, timeout=patience, context=TRUST[-1]()
        )
    else:
        asking = http.client.HTTPConnection(host, parts.port, timeout=patience)
    try:
        asking.request("GET", door.path, headers={"User-Agent": AGENT})
        answer = asking.getresponse()
        fields: dict[str, list[str]] = {}
        for name, value in answer.getheaders():
            fields.setdefault(name.lower(), []).append(value)
        return Answer(answer.status, fields)
    finally:
        asking.close()


def _said(door: Door, answer: Answer, *, is_encrypted: bool) -> Findings:
    thing = f"{door.name}, headers"
    if answer.status >= 500:
        yield error(door.name, f"answers {answer.status}", "the journal says why (journalctl)")
        return
    if "default-src" not in answer.first("content-security-policy") and (
        "frame-ancestors" not in answer.first("content-security-policy")
    ):
        yield error(
            thing, "there is no Content-Security-Policy", "let it through as the door sends it"
        )
    for name, wanted in (
        ("x-content-type-options", ("nosniff",)),
        ("referrer-policy", ("no-referrer", "same-origin")),
    ):
        if answer.first(name).lower() not in wanted:
            yield warning(
                thing,
                f"{name}: expected {wanted[0]}, found {answer.first(name) or 'nothing'}",
                "let it through as the door sends it",
            )
    if is_encrypted and _seconds(answer.first("strict-transport-security")) < HSTS:
        mend = 'nginx: add_header Strict-Transport-Security "max-age=63072000" always;'
        yield warning(thing, "strict-transport-security: expected half a year or more", mend)
    if "set-cookie" in answer.fields and not door.may_set_cookies:
        mend = "take out what sets it; no door of ours for readers does"
        yield error(thing, "a cookie is set", mend)
    if any(letter.isdigit() for letter in answer.first("server")):
        yield warning(thing, "Server names the version of a program", "nginx: server_tokens off;")


def _seconds(policy: str) -> float:
    for part in policy.split(";"):
        name, _, value = part.strip().partition("=")
        if name.lower() == "max-age" and value.strip('"').isdigit():
            return float(value.strip('"'))
    return 0.0


def _silent(door: Door, problem: Exception) -> Finding:
    reason = "it took too long" if isinstance(problem, TimeoutError) else type(problem).__name__
    return error(
        door.name,
        f"{door.address} does not answer ({reason})",
        "tamizdat serve; and look at the web server, the name and the port before it",
    )
