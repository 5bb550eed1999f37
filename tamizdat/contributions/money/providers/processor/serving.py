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
    with closing(store), server.at_work():
        yield server
