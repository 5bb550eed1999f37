"""The till at work: it answers at its counter, and does by itself what is due.

* Every minute: refunds that were written down, what is to be ended.
* Every hour: what has changed at each provider, and renewals that we bill.
* Every night: all payments of the last weeks.

One till to a newsroom. A provider that does not answer is said once an hour by name, and asked
again; the others go on.
"""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db import DatabaseError, close_old_connections

from tamizdat.contributions.money import reconciling, renewing
from tamizdat.contributions.money.errors import MoneyError
from tamizdat.contributions.money.till import Till

NIGHT = 2  # hour of the newsroom's clock
EVERY = {"finish": timedelta(minutes=1), "hourly": timedelta(hours=1)}


class AlreadyThere(Exception):
    """Another till is at work on this newsroom."""


@dataclass
class Rounds:
    """What the till does by itself, and when it did it last."""

    till: Till
    say: Callable[[str], object]
    done_at: dict[str, datetime] = field(default_factory=dict)

    def look(self) -> None:
        """Do what is due. Nothing is raised."""
        now = self.till.clock()
        if self._is_due("hourly", now):
            self._each(reconciling.hourly)
            self._try("renewals", lambda: renewing.daily(self.till))
        if self._is_night(now):
            self._each(reconciling.nightly)
            self.done_at["nightly"] = now
        if self._is_due("finish", now):
            self._each(reconciling.finish)

    def _is_due(self, name: str, now: datetime) -> bool:
        last = self.done_at.get(name)
        if last is not None and now - last < EVERY[name]:
            return False
        self.done_at[name] = now
        return True

    def _is_night(self, now: datetime) -> bool:
        here = now.astimezone(self.till.zone)
        last = self.done_at.get("nightly")
        is_new = last is None or here.date() > last.astimezone(self.till.zone).date()
        return here.hour >= NIGHT and is_new

    def _each(self, deed: Callable[[Till, str], object]) -> None:
        for name in self.till.providers:
            self._try(name, lambda name=name: deed(self.till, name))  # type: ignore[misc]  # a lambda's default

    def _try(self, name: str, deed: Callable[[], object]) -> None:
        try:
            deed()
        except (MoneyError, DatabaseError) as error:
            self.say(f"till: {name}: {type(error).__name__}")


def keep_looking(rounds: Rounds, stopped: threading.Event, every: float = 5.0) -> None:
    """Look again and again until told to stop."""
    while not stopped.wait(every):
        close_old_connections()
        rounds.look()


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the newsroom's till. Raises AlreadyThere."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyThere("a till is at work on this newsroom already") from None
        yield
