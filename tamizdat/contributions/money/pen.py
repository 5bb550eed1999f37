"""One pen: in one process one thread writes at a time, where SQLite is the database.

SQLite has one writer. Who waits for it asks again after ever longer pauses, and among many threads
some wait until their patience is over. A lock of this process wakes the next one at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections, transaction

from tamizdat.databases import PEOPLE

_PEN = threading.RLock()


@contextmanager
def writing() -> Iterator[None]:
    """Do all of it in one transaction of the people's database, or nothing."""
    if connections[PEOPLE].vendor != "sqlite" or connections[PEOPLE].in_atomic_block:
        with transaction.atomic(using=PEOPLE):
            yield
        return
    with _PEN, transaction.atomic(using=PEOPLE):
        yield
