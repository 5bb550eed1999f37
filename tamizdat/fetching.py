"""The one way in which the newsroom fetches what an outsider may have had a say in.

Whoever can make us fetch an address of his choosing sees what we see from here: the database's
port, the cloud's metadata, the printer, the newsroom's own admin; and learns when we looked. So:

1. ``http`` and ``https`` on their own ports, ASCII host names with a dot, no user, no password. An
   address of numbers is written in the one plain way or refused ("127.1", "0x7f.1", "2130706433").
2. The name is resolved once, and **every** answer must be a public address: not private, loopback,
   link-local, shared (RFC 6598), multicast, reserved, nor an IPv4 address in IPv6's clothes
   (mapped, compatible, NAT64, 6to4, Teredo). One that is not, among many, refuses all.
3. We connect to the very address that was checked; a name that changes its mind (DNS rebinding) is
   not asked again. TLS checks the certificate for the name.
4. A redirect is an address like any other: all of this again, ``HOPS`` times at most, and never
   from https to http.
5. No cookies, no proxy from the environment, no referrer, no compression (a small answer cannot
   unfold into a large one); at most so many bytes, all within so many seconds.

Nothing in the newsroom fetches an address that an outsider chose; whoever writes what must, comes
here. ``tests/test_outbound.py`` counts who else may open a connection, and why.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

HOPS = 3
PORTS = {"http": 80, "https": 443}
MOVED = (301, 302, 303, 307, 308)
LONGEST = 2_000  # characters of an address
PIECE = 65_536  # bytes
HEADERS = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "Mozilla/5.0",
}

Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# Names that lead to this machine or this network wherever they are resolved (RFC 6761, 6762, 8375).
_HERE = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "arpa",
    "onion",
    "i2p",
)
_NAME = re.compile(
    r"(?i)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])"
)
# What Python's is_global lets through, in whole or in some versions.
_NOT_PUBLIC = tuple(
    map(
        ipaddress.ip_network,
        "100.64.0.0/10 192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4 "
        "::/96 ::ffff:0:0/96 ::ffff:0:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 "
        "2001::/23 2001:db8::/32 2002::/16 3fff::/20 5f00::/16 fc00::/7 fe80::/9 ff00::/8".split(),
    )
)


class FetchError(Exception):
    """Nothing was fetched; the message says why, and never the address."""


class Refused(FetchError):
    """The address is none that we go to."""


class Unfit(FetchError):
    """What came is not what may come: too long, too late, packed, or not there."""


class Unreachable(FetchError):
    """Nobody answers there."""


@dataclass(frozen=True)
class Fetched:
    """What was fetched: its bytes, and what the server calls it."""

    data: bytes
    kind: str


@dataclass(frozen=True)
class Place:
    """An address taken apart, found sound as far as its letters go."""

    parts: SplitResult
    host: str
    port: int

    @property
    def target(self) -> str:
        path = self.parts.path or "/"
        return f"{path}?{self.parts.query}" if self.parts.query else path


def is_public(address: Ip) -> bool:
    """Say whether an address is one of the open internet, in its own clothes."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in each for each in _NOT_PUBLIC if each.version == address.version)


def resolved(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(frozen=True)
class Fetcher:
    """How to fetch. What stands here by itself is the rule; tests put in servers of their own."""

    resolve: Resolve = resolved
    may_reach: Callable[[Ip], bool] = is_public
    ports: Callable[[str, int], bool] = lambda scheme, port: PORTS[scheme] == port

    def fetch(self, address: str, *, most: int, seconds: float) -> Fetched:
        """Fetch at most ``most`` bytes in at most ``seconds`` for each hop.

        Raises Refused, Unfit or Unreachable.
        """
        place = self.place(address)
        for _ in range(HOPS + 1):
            found = self._ask(place, most, seconds)
            if isinstance(found, Fetched):
                return found
            there = self.place(urljoin(place.parts.geturl(), found))
            if place.parts.scheme == "https" and there.parts.scheme == "http":
                raise Refused("a redirect leads from https to http")
            place = there
        raise Refused(f"there were more than {HOPS} redirects")

    def place(self, address: str) -> Place:
        """Take an address apart. Raises Refused."""
        if len(address) > LONGEST or not re.fullmatch(r"[!-~]+", address) or "\\" in address:
            raise Refused("the address has signs that none has")
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise Refused("this is no address") from None
        if parts.scheme not in PORTS or not parts.hostname:
            raise Refused("expected an address that begins with https:// or http://")
        if "@" in parts.netloc:
            raise Refused("an address with a user's name is not fetched")
        port = PORTS[parts.scheme] if port is None else port
        if not self.ports(parts.scheme, port):
            raise Refused("expected the usual port")
        return Place(parts, _host(parts.hostname), port)

    def _reachable(self, place: Place) -> str:
        """Return the address to connect to. Raises Refused, Unreachable."""
        try:
            found = self.resolve(place.host, place.port)
            addresses = [ipaddress.ip_address(each) for each in found]
        except (OSError, UnicodeError):
            raise Unreachable("the host's name leads nowhere") from None
        except ValueError:  # an address with a zone is one of this network
            raise Refused("the host is none of the open internet") from None
        if not addresses:
            raise Unreachable("the host's name leads nowhere")
        if not all(map(self.may_reach, addresses)):
            raise Refused("the host is none of the open internet")
        return str(addresses[0])

    def _ask(self, place: Place, most: int, seconds: float) -> Fetched | str:
        """Ask one server; return what it sent, or where it points to."""
        address = self._reachable(place)
        try:
            bare = socket.create_connection((address, place.port), timeout=seconds)
        except OSError:
            raise Unreachable("the host does not answer") from None
        with closing(_secured(bare, place)) as connected, _Bell(connected, seconds) as bell:
            try:
                if isinstance(connected, ssl.SSLSocket):
                    connected.do_handshake()
                found = _answer(connected, place, most)
            except (OSError, http.client.HTTPException, ValueError):
                why = "it took too long" if bell.has_rung else "the host does not answer as one"
                raise Unreachable(why) from None
            if bell.has_rung:  # what was cut off by us looks whole where no length was promised
                raise Unreachable("it took too long")
            return found


def fetch(address: str, *, most: int, seconds: float) -> Fetched:
    """Fetch an address, or refuse it; see the rules above."""
    return Fetcher().fetch(address, most=most, seconds=seconds)


def _host(name: str) -> str:
    """Return a host's name or number as it is asked for. Raises Refused."""
    name = name.lower()
    with suppress(ValueError):
        return str(ipaddress.ip_address(name))
    labels = name.split(".")
    if not _NAME.fullmatch(name) or len(name) > 253 or labels[-1] in _HERE:
        raise Refused("the host is none of the open internet")
    return name


def _secured(bare: socket.socket, place: Place) -> socket.socket:
    if place.parts.scheme == "http":
        return bare
    safe = ssl.create_default_context()
    return safe.wrap_socket(bare, server_hostname=place.host, do_handshake_on_connect=False)


class _Bell:
    """Cuts a connection when its time is over, however slowly the other side drips."""

    def __init__(self, connected: socket.socket, seconds: float) -> None:
        self.has_rung = False
        self._connected = connected
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def _ring(self) -> None:
        self.has_rung = True
        with suppress(OSError):
            self._connected.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> _Bell:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def _answer(connected: socket.socket, place: Place, most: int) -> Fetched | str:
    asking = http.client.HTTPConnection(place.host, place.port)
    asking.sock = connected
    asking.request("GET", place.target, headers={**HEADERS, "Host": _named(place)})
    with asking.getresponse() as answer:
        if answer.status in MOVED:
            return answer.getheader("Location") or ""
        if answer.status != 200:
            raise Unfit(f"the host answers {answer.status}; expected 200")
        if answer.getheader("Content-Encoding", "identity") != "identity":
            raise Unfit("it came packed, though asked not to")
        if answer.length is not None and answer.length > most:
            raise Unfit(f"it is longer than {most} bytes")
        return Fetched(_body(answer, most), answer.getheader("Content-Type") or "")


def _named(place: Place) -> str:
    host = f"[{place.host}]" if ":" in place.host else place.host
    return host if place.port == PORTS[place.parts.scheme] else f"{host}:{place.port}"


def _body(answer: http.client.HTTPResponse, most: int) -> bytes:
    promised = answer.length
    found = bytearray()
    while piece := answer.read1(PIECE):
        found += piece
        if len(found) > most:
            raise Unfit(f"it is longer than {most} bytes")
    if promised is not None and len(found) != promised:
        raise Unfit("it broke off")
    return bytes(found)
