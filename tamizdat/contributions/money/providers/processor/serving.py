"""The processor at work: its server, and the thread that sends its messages and lets its time go
by."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tamizdat.contributions.money.providers.processor import billing, messages
from tamizdat.contributions.money.providers.processor.answering import Processor
from tamizdat.contributions.money.providers.processor.loopback import Loopback, Request, Response
from tamizdat.contributions.money.providers.processor.store import Store

EVERY = 0.05  # seconds between looks at what is to be sent
AT_ONCE = 4  # messages
PATIENCE = 20.0  # seconds for the newsroom to take a message


class Server(Loopback):
    """The processor's server."""

    def __init__(self, port: int, store: Store, key: str) -> None:
        super().__init__(port)
        self.processor = Processor(store, key, self.base)

    def answer(self, request: Request) -> Response:
        return self.processor.answer(request)


class Messenger:
    """Sends what is waiting, and lets what is due happen, until it is told to stop."""

    def __init__(self, store: Store, secret: str, to: str) -> None:
        self.store, self.secret, self.to = store, secret, urlsplit(to)
        self.stopped = threading.Event()
        self._own = threading.local()  # each thread's connection
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
        """Send one message; return whether it was taken. A thread keeps its connection; one that
        was closed meanwhile is opened anew, once: who gets a message twice knows it."""
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is not None:
            status = self._post(kept, body, headers)
            if status is not None:
                return status < 300
        fresh = http.client.HTTPConnection(
            self.to.hostname or "127.0.0.1", self.to.port, timeout=PATIENCE
        )
        status = self._post(fresh, body, headers)
        return status is not None and status < 300

    def _post(
        self, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]
    ) -> int | None:
        """Send over a connection, and keep it if it stays open; None where no answer came."""
        self._own.connection = None
        try:
            connection.request("POST", self.to.path, body, headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            return None
        if response.will_close:
            connection.close()
        else:
            self._own.connection = connection
        return response.status


@contextmanager
def served(file: Path | str, key: str, port: int = 0) -> Iterator[Server]:
    """Serve from a thread of this process."""
    store = Store(file)
    server = Server(port, store, key)
    with closing(store), server.at_work():
        yield server
