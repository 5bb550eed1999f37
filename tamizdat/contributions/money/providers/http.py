"""HTTP to a provider: connections that are kept open, and errors that say what is known.

* No connection: nothing was sent (``Unreachable``).
* Anything after that without a whole answer: it may have been done (``Unsure``).
* A connection that the provider has closed meanwhile is opened anew, once. That is safe for what
  bears a key, and for what only reads. A deed without a key gets a connection of its own, and is
  sent once. Where it cannot be opened anew, the first may have been heard all the same.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tamizdat.contributions.money.errors import NotThere, Refused, Unreachable, Unsure

CONNECTING, ANSWERING = 5.0, 30.0  # seconds
LONGEST = 8 << 20  # bytes of an answer


@dataclass
class Line:
    """A provider's API at an address, in JSON. ``headers`` go with every request."""

    base: str
    headers: Mapping[str, str] = field(repr=False)
    answering: float = ANSWERING
    _free: list[http.client.HTTPConnection] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, path: str, **query: Any) -> Any:
        """Read. Raises Unreachable, Unsure, Refused, NotThere."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self._ask(
            "GET", f"{path}?{urlencode(asked, doseq=True)}" if asked else path, None, {}
        )

    def post(self, path: str, body: Mapping[str, Any], key: str) -> Any:
        """Do something once. Raises Unreachable, Unsure, Refused, NotThere."""
        return self._ask("POST", path, json.dumps(body).encode(), {"Idempotency-Key": key})

    def post_once(self, path: str, body: Mapping[str, Any]) -> Any:
        """Do something that bears no key. Raises Unreachable, Unsure, Refused, NotThere."""
        return self._ask("POST", path, json.dumps(body).encode(), {}, once=True)

    def close(self) -> None:
        """Close the connections that wait for the next question."""
        with self._lock:
            free, self._free[:] = list(self._free), []
        for connection in free:
            connection.close()

    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        once: bool = False,
    ) -> tuple[int, bytes]:
        """Ask, and return the status and the bytes of the answer. Raises Unreachable, Unsure."""
        with self._lock:
            waiting = self._free.pop() if self._free and not once else None
        if waiting is not None:
            try:
                return self._send(waiting, method, path, body, headers)
            except Unsure:  # closed meanwhile, most likely
                pass
        try:
            fresh = self._connected()
        except Unreachable:
            if waiting is None:
                raise
            raise Unsure("the provider was asked and did not answer") from None
        return self._send(fresh, method, path, body, headers)

    def _ask(
        self,
        method: str,
        path: str,
        body: bytes | None,
        more: dict[str, str],
        *,
        once: bool = False,
    ) -> Any:
        headers = {**self.headers, **more}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return read_json(*self.exchange(method, path, body, headers, once=once))

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> tuple[int, bytes]:
        """Ask over a connection and keep it for the next; closed, where no whole answer came."""
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            answer = response.read(LONGEST)
        except (OSError, http.client.HTTPException):
            connection.close()
            raise Unsure("the provider was asked and did not answer") from None
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._free.append(connection)
        return response.status, answer

    def _connected(self) -> http.client.HTTPConnection:
        """Return a new connection. Raises Unreachable."""
        parts = urlsplit(self.base)
        host, port = parts.hostname or "", parts.port
        found: http.client.HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            found = http.client.HTTPSConnection(host, port, timeout=CONNECTING, context=context)
        else:
            found = http.client.HTTPConnection(host, port, timeout=CONNECTING)
        try:
            found.connect()
        except OSError:
            found.close()
            raise Unreachable("the provider cannot be reached; nothing was sent") from None
        found.sock.settimeout(self.answering)
        found.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found


def read_json(status: int, answer: bytes) -> Any:
    """Return what an answer holds. Raises Unsure, Refused, NotThere."""
    try:
        found = json.loads(answer)
    except ValueError:
        raise Unsure("the provider's answer is no JSON") from None
    if status == 404:
        raise NotThere("the provider knows no such thing")
    if status >= 500 or status == 429:
        raise Unsure("the provider failed; it may have done what was asked")
    if status >= 400:
        raise Refused(str(found.get("error", status)) if isinstance(found, dict) else str(status))
    return found
