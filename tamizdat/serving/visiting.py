"""A mirror on the web, as a source of files that nobody believes.

Rules:

* GET only, without compression (what is signed are the plain bytes), cookies, referrer or proxy.
* A redirect is followed only within the same scheme, host and port, and only between
  ``a/index.html`` and ``a/``, as static hosts do. Any other is an answer that we do not take: it
  would tell another host what is read, or read from there.
* 404 and 410 say that there is no file. So does 403 where the next root is looked for: object
  stores answer so for what is not there.
* An answer is cut off after as many bytes as the file may have, and when its time is over: all of
  it counts, what stands before the file and behind it too. One deadline holds for a whole request,
  and none is further off than LONGEST_WAIT, however long a file was signed as.
* A file comes in pieces to who can do with them, so that a long one takes no memory.
* What a mirror says is made printable before it is told: a terminal would obey it.
* As many connections as threads ask; one that failed is not used again.
"""

from __future__ import annotations

import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Self
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from tamizdat.edition.errors import Altered, EditionError, TooLong, printable

TIMEOUT = 20.0  # seconds without a byte
PATIENCE = 60.0  # seconds for a file, and one more for every SLOWEST bytes
SLOWEST = 10_000
LONGEST_WAIT = 21_600.0  # seconds that all its bytes together may add to that
PIECE = 65_536
HOPS = 2
MOVED = (301, 302, 307, 308)
GONE = (404, 410)
# What http.client raises for hostile answers, and for hosts that cannot be spelt.
_BROKEN = (OSError, http.client.HTTPException, ValueError)
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
        parts = _split(address)
        if parts is None:
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
        pieces = self.pieces(path, limit)
        return None if pieces is None else b"".join(pieces)

    def pieces(self, path: str, limit: int) -> Iterator[bytes] | None:
        """Return a file in pieces, to be read by the same thread before it asks for another."""
        target = self._base + quote(path)
        wait = self._patience + min(limit / SLOWEST, LONGEST_WAIT)
        self._own.until = self._timer() + wait
        for _ in range(HOPS + 1):
            answer = self._ask(target, path)
            if answer.status not in MOVED:
                return self._take(answer, path, limit)
            target = self._followed(target, answer.getheader("Location") or "", path)
            self._drop()
        raise Unreachable(f"{path}: the mirror redirects in a circle")

    def paths(self) -> None:
        """A mirror on the web cannot say which files it has."""

    def _take(
        self, answer: http.client.HTTPResponse, path: str, limit: int
    ) -> Iterator[bytes] | None:
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

    def _body(self, answer: http.client.HTTPResponse, path: str, limit: int) -> Iterator[bytes]:
        most = limit + 1
        promised = answer.length  # None where the mirror says none, or sends it in chunks
        found = 0
        try:
            while found < min(most, most if promised is None else promised):
                piece = answer.read1(min(PIECE, most - found))
                if not piece and promised is not None:
                    raise http.client.IncompleteRead(b"")
                if not piece:
                    break
                found += len(piece)
                yield piece
            if found == promised:
                answer.read()  # nothing is left, and http.client wants to see that
        except _BROKEN as error:
            raise _failure(error, path, f"{path}: the mirror broke off") from None
        finally:
            if not answer.isclosed():
                self._drop()

    def _ask(self, target: str, path: str) -> http.client.HTTPResponse:
        """Ask for a path. Raises Unreachable, TooLong."""
        try:
            return self._ask_again(target)
        except _BROKEN as error:
            self._drop()
            raise _failure(error, path, f"{self._origin[1]} does not answer") from None

    def _ask_again(self, target: str) -> http.client.HTTPResponse:
        """Ask; once more where the connection had been closed since it was last used."""
        is_used = getattr(self._own, "connection", None) is not None
        try:
            return self._ask_once(target)
        except _Late:
            raise
        except _BROKEN:
            if not is_used:
                raise
            self._drop()
        return self._ask_once(target)

    def _ask_once(self, target: str) -> http.client.HTTPResponse:
        connection = self._connection()
        connection.request("GET", target, headers=HEADERS)
        return connection.getresponse()

    def _left(self) -> float:
        """Return for how many seconds the next bytes may be waited for. Raises _Late."""
        left: float = self._own.until - self._timer()
        if left <= 0:
            raise _Late
        return min(left, self._timeout)

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is None:
            scheme, host = self._origin
            if scheme == "https":
                safe = ssl.create_default_context()
                kept = http.client.HTTPSConnection(host, timeout=self._left(), context=safe)
            else:
                kept = http.client.HTTPConnection(host, timeout=self._left())
            # It is only ever called, so it need not be a class.
            kept.response_class = partial(_Answer, left=self._left)  # type: ignore[assignment]
            self._own.connection = kept
            self._open.add(kept)
        elif kept.sock is not None:
            kept.sock.settimeout(self._left())
        return kept

    def _drop(self) -> None:
        kept = getattr(self._own, "connection", None)
        if kept is not None:
            kept.close()
            self._open.discard(kept)
        self._own.connection = None

    def _followed(self, target: str, location: str, path: str) -> str:
        scheme, host = self._origin
        told = f"{path}: the mirror redirects to {location[:200]!a}"
        try:
            there = urlsplit(urljoin(f"{scheme}://{host}{target}", location))
        except ValueError:
            raise Altered(told) from None
        is_slash = {target.removesuffix("index.html"), there.path.removesuffix("index.html")}
        is_same = (there.scheme, there.netloc) == self._origin and not there.query
        if not is_same or len(is_slash) != 1 or not target.endswith(("/", "/index.html")):
            raise Altered(told)
        return there.path


class _Late(TimeoutError):
    """The time for a request is over."""


class _Answer(http.client.HTTPResponse):
    """An answer whose every byte, of its head too, comes before a deadline."""

    def __init__(
        self, sock: socket.socket, *args: Any, left: Callable[[], float], **options: Any
    ) -> None:
        super().__init__(sock, *args, **options)
        bare = self.fp.detach()
        self.fp = io.BufferedReader(_Paced(bare, sock, left))


class _Paced(io.RawIOBase):
    """The bytes of a socket, each waited for no longer than is left."""

    def __init__(self, bare: io.RawIOBase, sock: socket.socket, left: Callable[[], float]) -> None:
        self._bare, self._sock, self._left_of = bare, sock, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._left_of())
        return self._bare.readinto(buffer)

    def close(self) -> None:
        self._bare.close()
        super().close()


def _split(address: str) -> SplitResult | None:
    """Return the parts of a mirror's address; None where it is none."""
    try:
        parts = urlsplit(address)
        is_port = parts.port != 0  # raises where it is no number
    except ValueError:
        return None
    odd = parts.query or parts.fragment or parts.username is not None
    is_web = parts.scheme in ("http", "https") and parts.hostname
    return parts if is_web and is_port and not odd else None


def _failure(error: Exception, path: str, said: str) -> EditionError:
    if isinstance(error, _Late):
        return TooLong(f"{path}: the mirror sends it too slowly")
    return Unreachable(f"{said} ({_told(error)})")


def _told(error: Exception) -> str:
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable(words[:200])
