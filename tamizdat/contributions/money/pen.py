"""One pen: one thread of one process writes at a time, where SQLite is the database.

SQLite has one writer. Who waits for it asks again after ever longer pauses, while the database lies
idle, and among many some wait until their patience is over. Locks wake the next one at once: one of
the process for its threads, and one of the database's folder for all processes, whichever user's
they are. Whoever writes without the pen still waits as SQLite does; nothing rests on it but how
long it takes.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections, transaction

from tamizdat.databases import PEOPLE

_PEN = threading.RLock()


@contextmanager
def writing() -> Iterator[None]:
    """Do all of it in one transaction of the people's database, or nothing."""
    database = connections[PEOPLE]
    if database.vendor != "sqlite" or database.in_atomic_block:
        with transaction.atomic(using=PEOPLE):
            yield
        return
    with (
        _PEN,
        _alone(Path(database.settings_dict["NAME"]).parent),
        transaction.atomic(using=PEOPLE),
    ):
        yield


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes waiting. Opened each time: a lock goes along with a fork."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
