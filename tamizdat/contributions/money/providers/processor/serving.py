"""The processor's server: HTTP/1.1 on this machine, a thread for each connection; and the thread
that sends its messages and lets its time go by."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tamizdat.contributions.money.providers.processor import billing, messages
from tamizdat.contributions.money.providers.processor.answering import (
    LostReply,
    Processor,
    Request,
)
from tamizdat.contributions.money.providers.processor.store import Store

LONGEST = 64 * 1024
EVERY = 0.05  # seconds between looks at what is to be sent
AT_ONCE = 4  # messages
PATIENCE = 20.0  # seconds for the newsroom to take a message


class Server(ThreadingHTTPServer):
    """Listens on loopback alone."""

    daemon_threads = True
    request_queue_size = 1024
    block_on_close = False

    def __init__(self, port: int, store: Store, key: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.processor = Processor(store, key, f"http://127.0.0.1:{self.server_port}")


class Handler(BaseHTTPRequestHandler):
    """One connection; says nothing of it anywhere."""

    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024  # head and body in one packet
    server: Server
    timeout = 60

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= LONGEST:
            self.close_connection = True
            return
        self._answer(self.rfile.read(length))

    def _answer(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            answer = self.server.processor.answer(Request(self.command, path, query, headers, body))
        except LostReply:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Messenger:
    """Sends what is waiting, and lets what is due happen, until it is told to stop."""

    def __init__(self, store: Store, secret: str, to: str) -> None:
        self.store, self.secret, self.to = store, secret, urlsplit(to)
        self.stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self._thread.join()

    def _run(self) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not self.stopped.wait(EVERY):
                billing.advance(self.store, self.store.now())
                while messages.deliver(self.store, self.secret, self.send, pool.map):
                    pass

    def send(self, body: bytes, headers: dict[str, str]) -> bool:
        """Send one message; return whether it was taken."""
        connection = http.client.HTTPConnection(
            self.to.hostname or "127.0.0.1", self.to.port, timeout=PATIENCE
        )
        try:
            connection.request("POST", self.to.path, body, headers)
            return connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def served(file: Path | str, key: str, port: int = 0) -> Iterator[Server]:
    """Serve from a thread of this process."""
    store = Store(file)
    server = Server(port, store, key)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        store.close()
