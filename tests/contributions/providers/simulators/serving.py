"""What every simulator has: a clock that is moved, a server, bad luck, and what came to it."""

from __future__ import annotations

import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BEGIN = datetime(2027, 1, 31, 10, tzinfo=UTC)


class LostReply(Exception):
    """It was done, and nobody hears of it."""


@dataclass(frozen=True)
class Request:
    """A request as it came; names of headers in small letters."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Response:
    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Simulator(ABC):
    """A processor. ``base`` is set when it is served."""

    def __init__(self, begin: datetime = BEGIN) -> None:
        self.base = ""
        self.lock = threading.RLock()
        self.clock = begin
        self.lose_replies = 0  # so many deeds are done and not answered
        self.fail = 0  # so many requests are answered with an error of the server's
        self.came: list[Request] = []

    def now(self) -> datetime:
        return self.clock

    @property
    def seconds(self) -> int:
        return int(self.clock.timestamp())

    def tick(self, seconds: float = 1) -> None:
        self.clock += timedelta(seconds=seconds)

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """Answer one request."""

    def handle(self, request: Request) -> Response:
        with self.lock:
            self.came.append(request)
            found = self.answer(request)
            if request.method == "POST" and self.lose_replies:
                self.lose_replies -= 1
                raise LostReply
            return found

    def posts(self, path: str) -> int:
        """Count the deeds that were asked for at an address, repeated ones too."""
        return sum(each.method == "POST" and each.path == path for each in self.came)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024
    server: Server
    timeout = 60

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            found = self.server.simulator.handle(Request(self.command, path, query, headers, body))
        except LostReply:
            self.close_connection = True
            return
        self.send_response(found.status)
        self.send_header("Content-Type", found.kind)
        self.send_header("Content-Length", str(len(found.body)))
        for name, value in found.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(found.body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.simulator = simulator
        simulator.base = f"http://127.0.0.1:{self.server_port}"


@contextmanager
def served(simulator: Simulator) -> Iterator[Server]:
    server = Server(simulator)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Outbox:
    """Messages that are to be sent: in order, and again until they are taken."""

    waiting: list[dict[str, Any]] = field(default_factory=list)

    def take_all(self) -> list[dict[str, Any]]:
        found, self.waiting = self.waiting, []
        return found
