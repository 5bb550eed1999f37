"""The ways on which mails go out: one mail server, or several with weights, from one file.

    processes = 2
    bounces = "news.example"          # where what comes back is addressed

    [[relay]]
    server = "smtp://mail.example:587"
    user = "newsroom"
    password_file = "relay.password"
    weight = 3
    lines = 4                          # connections of each process

    [dkim]
    domain = "news.example"
    selector = "n1"
    key_file = "dkim.pem"

    [limits]                           # mails a second to one domain
    "gmail.example" = 20

    [warm_up]
    began = 2026-12-01
    plan = [200, 500, 1000, 2000, 5000, 10000, 20000, 50000]

A relay that breaks is left alone for five seconds, then ten, twenty … ten minutes; its share goes
to the others at once. One that refuses RUN mails in a row, and takes none, is broken too. That an
address does not exist is believed of one that took a mail after it said so, or lately.
"""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from tamizdat.desk.post.ways import BadWay, server_of
from tamizdat.newsletters.sender.dkim import BadKey, Signer
from tamizdat.newsletters.sender.talking import Place
from tamizdat.newsletters.sender.throttling import WarmUp

LINES = 4
RUN = 10  # refused mails in a row
LATELY = 600.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0  # seconds
_KNOWN = {
    "": {"relay", "dkim", "limits", "warm_up", "processes", "bounces"},
    "relay": {"server", "user", "password", "password_file", "weight", "lines", "ca_file"},
    "dkim": {"domain", "selector", "key_file"},
    "warm_up": {"began", "plan"},
}


class BadRelays(Exception):
    """The file of relays cannot be used; the message names the place and what was expected."""


@dataclass(frozen=True)
class Relay:
    """One mail server: its share of the mails, and how many lines each process has to it."""

    place: Place
    weight: float = 1.0
    lines: int = LINES

    @property
    def name(self) -> str:
        return f"{self.place.host}:{self.place.port}"


@dataclass(frozen=True)
class Ways:
    """All that the sender must know of how mails go out."""

    relays: tuple[Relay, ...] = ()
    folder: Path | None = None  # the demo's way: files, and nothing leaves the machine
    signer: Signer | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    warm_up: WarmUp | None = None
    processes: int = 0  # 0: one for each core
    bounces: str = ""


@dataclass
class Health:
    """How a relay does. Moments are the loop's clock, in seconds."""

    failures: int = 0
    until: float = 0.0
    run: int = 0  # mails that it refused since it took one
    took_at: float = float("-inf")

    def broke(self, now: float) -> bool:
        """Leave it alone for a while; return whether that is new."""
        if now < self.until:
            return False
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 10))
        self.failures, self.until, self.run = self.failures + 1, now + pause, 0
        self.took_at = float("-inf")
        return True

    def took(self, now: float) -> None:
        self.failures, self.until, self.run, self.took_at = 0, 0.0, 0, now

    def has_taken(self, now: float) -> bool:
        """Say whether it took a mail lately, and did not break since."""
        return now <= self.took_at + LATELY

    def refused(self) -> bool:
        """Count a mail that was refused for good; return whether that was one too many.

        Of a relay that broke and has taken none since, any is.
        """
        self.run += 1
        return self.run >= RUN or self.failures > 0

    def is_well(self, now: float) -> bool:
        return now >= self.until


def choose(
    relays: tuple[Relay, ...], lines: Mapping[str, int], health: Mapping[str, Health], now: float
) -> Relay | None:
    """Return the relay to which the next line leads: the one that is furthest below its share.

    A relay that has just come back gets one line until it takes a mail.
    """
    open_to = []
    for relay in relays:
        state, count = health[relay.name], lines.get(relay.name, 0)
        most = 1 if state.failures else relay.lines
        if state.is_well(now) and count < most:
            open_to.append((count / relay.weight, -relay.weight, relay.name, relay))
    return min(open_to, key=lambda each: each[:3])[3] if open_to else None


# Reading


def read(file: Path) -> Ways:
    """Read a file of relays; the files that it names lie beside it. Raises BadRelays."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadRelays(f"{file.name} cannot be read: {type(error).__name__}") from None
    except tomllib.TOMLDecodeError as error:
        raise BadRelays(f"{file.name} is no TOML: {error}") from None
    _expect_known(found, "")
    listed = found.get("relay", [])
    if not isinstance(listed, list) or not listed:
        raise BadRelays("expected at least one [[relay]], found none")
    relays = tuple(_relay(each, file.parent) for each in listed)
    return Ways(
        relays,
        signer=_signer(found["dkim"], file.parent) if "dkim" in found else None,
        limits=_limits(found.get("limits", {})),
        warm_up=_warm_up(found["warm_up"]) if "warm_up" in found else None,
        processes=_number(found, "processes", 0, 0, 64),
        bounces=_text(found, "bounces", ""),
    )


def place_of(url: str) -> Place:
    """Read a server's place, and who signs in there. Raises BadRelays, never repeating it."""
    try:
        server = server_of(url)
    except BadWay as problem:
        raise BadRelays(f"server: {problem}") from None
    return Place(
        server.host,
        server.port,
        is_wrapped=server.is_wrapped,
        must_start=server.must_start,
        user=server.user,
        password=server.password,
    )


def _relay(found: dict[str, Any], folder: Path) -> Relay:
    _expect_known(found, "relay")
    place = place_of(_text(found, "server"))
    password = _text(found, "password", place.password)
    if "password_file" in found:
        password = _file(folder, _text(found, "password_file")).decode().strip()
    context = None
    if "ca_file" in found:
        try:
            context = ssl.create_default_context(cafile=str(folder / _text(found, "ca_file")))
        except (OSError, ssl.SSLError):
            raise BadRelays("relay: ca_file holds no certificate that can be read") from None
    place = replace(
        place, user=_text(found, "user", place.user), password=password, context=context
    )
    weight = found.get("weight", 1)
    if not isinstance(weight, int | float) or isinstance(weight, bool) or not 0 < weight <= 1000:
        raise BadRelays("relay: weight: expected a number above 0, at most 1000")
    return Relay(place, float(weight), _number(found, "lines", LINES, 1, 64))


def _signer(found: dict[str, Any], folder: Path) -> Signer:
    _expect_known(found, "dkim")
    try:
        pem = _file(folder, _text(found, "key_file"))
        return Signer.load(pem, _text(found, "domain"), _text(found, "selector"))
    except BadKey as error:
        raise BadRelays(f"dkim: key_file: {error}") from None


def _limits(found: object) -> dict[str, float]:
    if not isinstance(found, dict):
        raise BadRelays("limits: expected a table")
    for domain, rate in found.items():
        if not isinstance(rate, int | float) or isinstance(rate, bool) or rate <= 0:
            raise BadRelays(f"limits: {domain}: expected mails a second, above 0")
    return {domain.lower(): float(rate) for domain, rate in found.items()}


def _warm_up(found: dict[str, Any]) -> WarmUp:
    _expect_known(found, "warm_up")
    began, plan = found.get("began"), found.get("plan")
    if type(began) is not date:
        raise BadRelays("warm_up: began: expected a day, as 2026-12-01")
    if not isinstance(plan, list) or not plan or not all(type(n) is int and n > 0 for n in plan):
        raise BadRelays("warm_up: plan: expected mails for each day, as [200, 500, 1000]")
    return WarmUp(began, tuple(plan))


def _expect_known(found: object, table: str) -> None:
    if not isinstance(found, dict):
        raise BadRelays(f"{table}: expected a table, found {type(found).__name__}")
    for name in found:
        if name not in _KNOWN[table]:
            where = f"[{table}]" if table else "the file"
            raise BadRelays(f"{where} knows no {name}; it knows {', '.join(sorted(_KNOWN[table]))}")


def _text(found: dict[str, Any], name: str, default: str | None = None) -> str:
    value = found.get(name, default)
    if not isinstance(value, str) or (default is None and not value):
        raise BadRelays(f"{name}: expected a text")
    return value


def _number(found: dict[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = found.get(name, default)
    if type(value) is not int or not least <= value <= most:
        raise BadRelays(f"{name}: expected a number from {least} to {most}")
    return value


def _file(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        raise BadRelays(f"{name} cannot be read ({error.strerror})") from None
