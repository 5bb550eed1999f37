"""What every simulator has: a clock that is moved, a server, bad luck, and what came to it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tamizdat.contributions.money.providers.processor.loopback import (
    Loopback,
    LostReply,
    Request,
    Response,
)

__all__ = ["BEGIN", "Outbox", "Request", "Response", "Simulator", "served"]

BEGIN = datetime(2027, 1, 31, 10, tzinfo=UTC)


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


class Server(Loopback):
    def __init__(self, simulator: Simulator) -> None:
        super().__init__(0)
        self.simulator = simulator
        simulator.base = self.base

    def answer(self, request: Request) -> Response:
        return self.simulator.handle(request)


@contextmanager
def served(simulator: Simulator) -> Iterator[Server]:
    server = Server(simulator)
    with server.at_work():
        yield server


@dataclass
class Outbox:
    """Messages that are to be sent: in order, and again until they are taken."""

    waiting: list[dict[str, Any]] = field(default_factory=list)

    def take_all(self) -> list[dict[str, Any]]:
        found, self.waiting = self.waiting, []
        return found
