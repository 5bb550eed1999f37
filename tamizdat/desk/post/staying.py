"""The post at work: one round a second, until it is told to end.

It waits, and says so once, while nobody has given the passphrase of the sender's key, or while no
mail server is named. What people wished meanwhile stays for a day.
"""

from __future__ import annotations

import fcntl
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.db import DatabaseError, connections

from tamizdat.databases import PEOPLE
from tamizdat.desk.post.office import Office, leave_claimed
from tamizdat.vault.errors import VaultError

EVERY = 1.0  # seconds
WAITING = 5.0  # seconds between looks for a passphrase


class IsAtWork(Exception):
    """Another post of this newsroom is at work."""


@dataclass
class Staying:
    """Keeps an office going. ``open_office`` raises VaultError while it cannot be opened."""

    lock: Path
    open_office: Callable[[], Office]
    keys: Callable[[], object]  # what changes when another key is put in force
    now: Callable[[], datetime]
    say: Callable[[str], object]
    told: threading.Event = field(default_factory=threading.Event)

    def stay(self) -> None:
        """Work until SIGTERM or SIGINT. Raises IsAtWork."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.told.set())
        with alone(self.lock):
            leave_claimed()
            while office := self._opened():
                self._rounds(office, self.keys())
                office.way.close()

    def _opened(self) -> Office | None:
        has_said = ""
        while not self.told.is_set():
            try:
                return self.open_office()
            except VaultError as error:
                if f"{error}" != has_said:
                    has_said = f"{error}"
                    self.say(f"post: letters wait: {error}")
            self.told.wait(WAITING)
        return None

    def _rounds(self, office: Office, keys: object) -> None:
        """Work until told to end, or until the keys are other ones."""
        while not self.told.is_set() and self.keys() == keys:
            self._round(office)
            self.told.wait(EVERY)

    def _round(self, office: Office) -> None:
        try:
            office.round(self.now())
        except DatabaseError as error:  # it comes back, or serve says why not
            self.say(f"post: the database did not answer: {type(error).__name__}")
            connections[PEOPLE].close()


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold the post's lock. Raises IsAtWork."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IsAtWork("the post of this newsroom is at work already") from None
        yield
