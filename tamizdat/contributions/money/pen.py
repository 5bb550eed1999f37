"""One pen: one thread of one process writes at a time, where SQLite is the database.

SQLite has one writer. Who waits for it asks again after ever longer pauses, while the database lies
idle, and among many some wait until their patience is over. Locks wake the next one at once: one of
the process for its threads, and one of the database's folder for all processes, whichever user's
they are. Whoever writes without the pen still waits as SQLite does; nothing rests on it but how
long it takes.

What was written is on the disk when ``writing`` returns. The disk takes longer for that than all
the rest, so nobody holds the pen meanwhile, and one word to the disk does for all who have written
until then. SQLite is told not to wait at the commit (``synchronous=NORMAL``, with which a file in
WAL mode stays whole and loses at most its last commits: sqlite.org/pragma.html#pragma_synchronous);
the wait comes after it. So for some milliseconds others may read what a loss of power would still
undo. Who answers for what another one wrote waits as well (``kept``); and whatever is committed
without the pen takes what stands before it in the journal to the disk.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

from tamizdat.databases import PEOPLE

FULL = 2  # PRAGMA synchronous, in SQLite's numbers
_PEN = threading.RLock()


@contextmanager
def writing(*, for_good: bool = True) -> Iterator[None]:
    """Do all of it in one transaction of the people's database, or nothing.

    ``for_good``: return when it is on the disk. What holds for a minute only need not wait.
    """
    database = connections[PEOPLE]
    if database.vendor != "sqlite" or database.in_atomic_block:
        with transaction.atomic(using=PEOPLE):
            yield
        return
    file = str(database.settings_dict["NAME"])
    with _PEN, _alone(os.path.dirname(file) or "."):  # noqa: PTH120 - a Path costs more than the lock
        with _not_waiting(database) as would_wait, transaction.atomic(using=PEOPLE):
            before = database.connection.total_changes
            yield
        has_changed = database.connection.total_changes > before
        turn = _DISK.turn(has_written=would_wait and has_changed)
    if for_good:
        _DISK.wait(file, turn)


def kept() -> None:
    """Return when what others have written until now is on the disk. Raises OSError."""
    database = connections[PEOPLE]
    if database.vendor == "sqlite" and not database.in_atomic_block:
        _DISK.wait(str(database.settings_dict["NAME"]), _DISK.turn())


@contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Keep other processes waiting. Opened each time: a lock goes along with a fork."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _not_waiting(database: Any) -> Iterator[bool]:
    """Let this connection's next commit not wait for the disk; whoever lets it waits afterwards.
    Gives whether the connection would have waited: tests have theirs not do so."""
    database.ensure_connection()
    execute = database.connection.execute  # Django's cursor would count these as questions
    (usual,) = execute("PRAGMA synchronous").fetchone()
    execute("PRAGMA synchronous=NORMAL")
    try:
        yield usual >= FULL
    finally:
        execute(f"PRAGMA synchronous={usual}")


class Disk:
    """Waits until the disk has what was written: one word to it does for all who came before."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._asking = threading.Lock()
        self._came = 0  # who wants what they wrote to be on the disk
        self._kept = 0  # for how many of them it is

    def turn(self, *, has_written: bool = True) -> int:
        """Return the turn of who has committed something. Who has not, and saw what others have,
        gets the last one's."""
        with self._counting:
            self._came += has_written
            return self._came

    def wait(self, file: str, turn: int) -> None:
        """Return when everything up to a turn is on the disk. Raises OSError where the disk does
        not take it: then nobody knows."""
        if self._kept >= turn:
            return
        with self._asking:
            if self._kept >= turn:
                return
            with self._counting:
                until = self._came
            self.sync(file)
            self._kept = until

    def sync(self, file: str) -> None:
        """Have the journal written; it is there as long as a connection is open. It is the one
        file of SQLite's that may be opened past it: closing another would drop SQLite's own locks
        (sqlite.org/howtocorrupt.html, 2.2)."""
        descriptor = os.open(f"{file}-wal", os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)


_DISK = Disk()
