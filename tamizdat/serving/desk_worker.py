"""A worker of the desk: takes whole requests only, and does not live long.

gunicorn's worker with threads gives a thread to each connection and lets it wait there for what a
slow client sends; a few dozen of those would close the desk. And a worker that has handled an
address has it somewhere in its memory, freed but not wiped.

Rules:

1. A connection gets a thread when its request has come whole. Until then it is a buffer of at most
   LONGEST bytes in the loop, for DEADLINE seconds; where there are too many, the oldest gives way.
   A provider's report may be longer, on few connections at once (MOST_REPORTS).
2. One request for each connection.
3. A worker that handled a form, or any request with a query, ends itself after RETIRE_AFTER
   seconds, or after RETIRE_AT such requests. The arbiter, which reads no request, starts another;
   meanwhile its siblings answer, and the socket keeps who comes waiting.
4. What gunicorn itself says of a request that is no HTTP is a fixed sentence, and goes to no log.
"""

from __future__ import annotations

import contextlib
import random
import re
import selectors
import threading
import time
from functools import partial
from socket import SHUT_WR, socket
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

DEADLINE = 10.0  # seconds for a request to come
SENDING = 10.0  # seconds in which a client must take what it is sent
HEAD_END = b"\r\n\r\n"
LONGEST_HEAD = 8_192
LONGEST_FORM = 8_192
LONGEST_REPORT = 262_144  # as tamizdat.desk.doorway has it
MOST_REPORTS = 16  # that are coming at once, of more than a form's length
REPORTS = b"POST /hooks/"
LONGEST = LONGEST_HEAD + LONGEST_FORM
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)

RETIRE_AFTER = (15.0, 30.0)  # seconds; by chance, so that siblings do not go together
RETIRE_AT = (150, 300)  # requests with something typed in them; likewise
NOT_HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Arriving(TConn):  # type: ignore[misc] # gunicorn ships no types
    """A connection whose request is still coming."""

    def __init__(self, cfg: Any, sock: socket, client: Any, server: Any) -> None:
        super().__init__(cfg, sock, client, server)
        self.buffer = bytearray()
        self.timeout = time.monotonic() + DEADLINE
        self.data_ready = True  # it is handed on only then

    def init(self) -> None:
        """Give the parser what has come."""
        is_first = not self.initialized
        super().init()
        if is_first:
            self.sock.settimeout(SENDING)
            self.parser.unreader.unread(bytes(self.buffer))
            self.buffer.clear()

    def take(self) -> bool:
        """Take what has come; return whether a thread can go on with it. Raises OSError."""
        data = self.sock.recv(LONGEST)
        self.buffer += data
        return not data or is_whole(self.buffer)

    @property
    def is_long(self) -> bool:
        return len(self.buffer) > LONGEST

    def close(self, graceful: bool = False) -> None:
        """Close without waiting: this runs in the loop, and gunicorn would wait two seconds for a
        client that does not hang up. What came unasked is thrown away, so that no reset overtakes
        the answer."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(SHUT_WR)
            self.sock.setblocking(False)
            while self.sock.recv(LONGEST):
                pass
        self.sock.close()


def is_whole(buffer: bytes | bytearray) -> bool:
    """Say whether a request is there to its end, or as much of it as it takes to refuse it."""
    end = buffer.find(HEAD_END)
    if end < 0:
        return len(buffer) > LONGEST_HEAD
    found = _LENGTH.search(buffer, 0, end + len(HEAD_END))
    length = int(found[1]) if found else 0
    longest = LONGEST_REPORT if buffer.startswith(REPORTS) else LONGEST_FORM
    return length > longest or len(buffer) >= end + len(HEAD_END) + length


class DeskWorker(ThreadWorker):  # type: ignore[misc] # gunicorn ships no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.handled = 0  # requests with something typed in them
        self._most = random.SystemRandom().randint(*RETIRE_AT)

    # Arriving

    def accept(self, listener: socket) -> None:
        with contextlib.suppress(OSError):
            client, address = listener.accept()
            self.nr_conns += 1
            conn = Arriving(self.cfg, client, address, listener.getsockname())
            if len(self.pending_conns) >= self.worker_connections - self.cfg.threads:
                self._drop(self.pending_conns[0])
            self.pending_conns.append(conn)
            read = partial(self.on_pending_socket_readable, conn)
            self.poller.register(client, selectors.EVENT_READ, read)

    def on_pending_socket_readable(self, conn: Arriving, client: socket) -> None:
        try:
            has_come = conn.take()
        except OSError:
            return self._drop(conn)
        if conn.is_long and not has_come:
            self._keep_few_long()
        if has_come:
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self.enqueue_req(conn)

    def _keep_few_long(self) -> None:
        long = [each for each in self.pending_conns if each.is_long]
        if len(long) > MOST_REPORTS:
            self._drop(long[0])

    def _drop(self, conn: Arriving) -> None:
        self.pending_conns.remove(conn)
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    # Ending

    def note(self) -> None:
        """Note that something typed went through this process. Called from its threads."""
        self.handled += 1
        if self.handled == 1:
            later = random.SystemRandom().uniform(*RETIRE_AFTER)
            threading.Thread(target=self._retire_after, args=(later,), daemon=True).start()
        if self.handled >= self._most:
            self.handle_exit(0, None)

    def _retire_after(self, seconds: float) -> None:
        time.sleep(seconds)
        self.handle_exit(0, None)

    def handle_error(self, req: Any, client: socket, addr: Any, exc: BaseException) -> None:
        with contextlib.suppress(OSError):
            util.write(client, NOT_HTTP)
