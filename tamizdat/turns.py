"""Long jobs write in turns, so that nobody waits long for the newsroom's write lock.

SQLite has one writer. Whoever waits for it asks again after 1, 2, 5 … 100 ms, and would find the
lock taken over and over by a job that takes it back at once. So a turn is short (aim at 50 ms),
and after each the job stays away for three times as long as it has held the lock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction

AWAY = 3.0

Pause = Callable[[float], object]


@contextmanager
def turn(pause: Pause = time.sleep, using: str | None = None) -> Iterator[None]:
    """Write in one transaction, then let the others write. ``using`` names another database."""
    with transaction.atomic(using=using):
        began = time.monotonic()
        yield
    pause(AWAY * (time.monotonic() - began))


def no_pause(seconds: float) -> None:
    """Stay in: for jobs that run where nobody else writes."""
