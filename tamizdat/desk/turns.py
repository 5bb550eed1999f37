"""One after the other: posts that bring the same form, in all workers of the desk.

Twenty clicks at once are one wish. Without a turn each of them would find that nothing is written
down yet, and take one of the places that all people share.

Rules:

1. What brings the same text waits for its turn; so may, by chance, what shares its *stripe*.
2. A turn ends with the process that has it, whatever becomes of that process.
3. What is held is in memory that reaches no disk.
"""

from __future__ import annotations

import fcntl
import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

STRIPES = 1024


class Turns:
    """Turns among all threads here and in every process that is forked from this one."""

    def __init__(self) -> None:
        # A record lock (fcntl(2)) belongs to a process: among its threads the others are needed.
        self._lock = os.memfd_create("desk-turns", os.MFD_CLOEXEC)
        self._threads = [threading.Lock() for _ in range(STRIPES)]

    @contextmanager
    def of(self, text: str) -> Iterator[None]:
        """Wait until nobody else is at work on this text; have the turn inside the block."""
        stripe = zlib.crc32(text.encode()) % STRIPES
        with self._threads[stripe]:
            fcntl.lockf(self._lock, fcntl.LOCK_EX, 1, stripe)
            try:
                yield
            finally:
                fcntl.lockf(self._lock, fcntl.LOCK_UN, 1, stripe)
