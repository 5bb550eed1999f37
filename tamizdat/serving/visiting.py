"""A mirror on the web, as a source of files that nobody believes.

Rules:

* GET only, without compression (what is signed are the plain bytes), cookies, referrer or proxy.
* A redirect is followed only within the same scheme, host and port, and only between
  ``a/index.html`` and ``a/``, as static hosts do. Any other is an answer that we do not take: it
  would tell another host what is read, or read from there.
* 404 and 410 say that there is no file. So does 403 where the next root is looked for: object
  stores answer so for what is not there.
* An answer is cut off after as many bytes as the file may have, or when it comes too slowly.
* As many connections as threads ask; one that failed is not used again.
"""

from __future__ import annotations

import http.client
import re
import ssl
import threading
import time
from collections.abc import Callable
from typing import Self
from urllib.parse import quote, urljoin, urlsplit

from tamizdat.edition.errors import Altered, EditionError, TooLong

TIMEOUT = 20.0  # seconds without a byte
PATIENCE = 60.0  # seconds for a file, and one more for every SLOWEST bytes
SLOWEST = 10_000
PIECE = 65_536
HOPS = 2
MOVED = (301, 302, 307, 308)
GONE = (404, 410)
# A host that treats those who check otherwise than readers must not know us.
HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "Mozilla/5.0"}
_NEXT_ROOT = re.compile(r"signed/[0-9]+\.root\.json")


class Unreachable(EditionError):
    """The mirror does not answer as one; try again, or another mirror."""


class BadAddress(EditionError):
    """This is no address of a mirror; expected https://host/ or http://host/."""


class Mirror:
    """The files below an address."""

    def __init__(
        self,
        address: str,
        *,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises BadAddress."""
        parts = urlsplit(address)
        odd = parts.query or parts.fragment or parts.username is not None
        if parts.scheme not in ("http", "https") or not parts.hostname or odd:
            raise BadAddress(f"expected an address like https://host/, found {address!r}")
        self._origin = (parts.scheme, parts.netloc)
        self._base = parts.path.rstrip("/") + "/"
        self._timeout, self._patience, self._timer = timeout, patience, timer
        self._own = threading.local()
        self._open: set[http.client.HTTPConnection] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close every thread's connection."""
        for connection in tuple(self._open):
            connection.close()
        self._open.clear()

    def read(self, path: str, limit: int) -> bytes | None:
        target = self._base + quote(path)
        for _ in range(HOPS + 1):
            answer = self._ask(target)
            if answer.status not in MOVED:
                return self._take(answer, path, limit)
            target = self._followed(target, answer.getheader("Location") or "", path)
            self._drop()
        raise Unreachable(f"{path}: the mirror redirects in a circle")

    def paths(self) -> None:
        """A mirror on the web cannot say which files it has."""

    def _take(self, answer: http.client.HTTPResponse, path: str, limit: int) -> bytes | None:
        is_gone = answer.status in GONE
        if is_gone or (answer.status == 403 and _NEXT_ROOT.fullmatch(path)):
            self._drop()
            return None
        if answer.status != 200:
            self._drop()
            raise Unreachable(f"{path}: the mirror answers {answer.status}; expected 200")
        if answer.getheader("Content-Encoding", "identity") != "identity":
            self._drop()
            raise Altered(f"{path}: the mirror sends it compressed, though asked not to")
        return self._body(answer, path, limit)

    def _body(self, answer: http.client.HTTPResponse, path: str, limit: int) -> bytes:
        until = self._timer() + self._patience + limit / SLOWEST
        most = limit + 1
        promised = answer.length  # None where the mirror says none, or sends it in chunks
        found = bytearray()
        try:
            while len(found) < min(most, most if promised is None else promised):
                piece = answer.read1(min(PIECE, most - len(found)))
                if not piece and promised is not None:
                    raise http.client.IncompleteRead(bytes(found))
                if not piece:
                    break
                found += piece
                if self._timer() > until:
                    raise TooLong(f"{path}: the mirror sends it too slowly")
        except (OSError, http.client.HTTPException, TooLong) as error:
            self._drop()
            if isinstance(error, TooLong):
                raise
            raise Unreachable(f"{path}: the mirror broke off ({_told(error)})") from None
        if len(found) == promised:
            answer.read()  # nothing is left, and http.client wants to see that
        if not answer.isclosed():
            self._drop()
        return bytes(found)

    def _ask(self, target: str) -> http.client.HTTPResponse:
        """Ask for a path; once more where a connection had been closed meanwhile."""
        is_used = getattr(self._own, "connection", None) is not None
        for is_last in (False, True) if is_used else (True,):
            connection = self._connection()
            try:
                connection.request("GET", target, headers=HEADERS)
                return connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                if is_last:
                    told = f"{self._origin[1]} does not answer ({_told(error)})"
                    raise Unreachable(told) from None
        raise AssertionError  # pragma: no cover - the last turn returns or raises

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is None:
            scheme, host = self._origin
            if scheme == "https":
                safe = ssl.create_default_context()
                kept = http.client.HTTPSConnection(host, timeout=self._timeout, context=safe)
            else:
                kept = http.client.HTTPConnection(host, timeout=self._timeout)
            self._own.connection = kept
            self._open.add(kept)
        return kept

    def _drop(self) -> None:
        kept = getattr(self._own, "connection", None)
        if kept is not None:
            kept.close()
            self._open.discard(kept)
        self._own.connection = None

    def _followed(self, target: str, location: str, path: str) -> str:
        scheme, host = self._origin
        there = urlsplit(urljoin(f"{scheme}://{host}{target}", location))
        is_slash = {target.removesuffix("index.html"), there.path.removesuffix("index.html")}
        is_same = (there.scheme, there.netloc) == self._origin and not there.query
        if not is_same or len(is_slash) != 1 or not target.endswith(("/", "/index.html")):
            raise Altered(f"{path}: the mirror redirects to {location[:200]!r}")
        return there.path


def _told(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
