"""How much all people together may ask of one form, and how hard we make it under attack.

The counts are in memory that all workers of the desk share; they reach no disk, and hold nothing
about who asked: no address, no network, no browser. A restart forgets them.

Rules:

1. A *bucket* holds so many acts and fills up again evenly. An empty bucket refuses everybody alike.
2. The *level* rises with the share of posts that failed lately, as the bucket empties, and as what
   all forms share is used up: forms of which each is asked little can together ask too much.
   Failures are forgotten by half every HALF_LIFE.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

HALF_LIFE = 60.0  # seconds
FEW = 20.0  # failures in the memory below which nobody is troubled
HARDEST = 4
_COUNTS = struct.Struct("=dddd")  # acts left, failures, successes, when (seconds)


@dataclass(frozen=True)
class Limit:
    """So many acts a minute, and as many at once as the bucket holds."""

    name: str
    a_minute: float
    at_once: float


@dataclass
class _Counts:
    left: float
    failed: float
    passed: float
    at: float


class Limits:
    """The counts of some limits, shared with every process that is forked from this one."""

    def __init__(self, *limits: Limit) -> None:
        self._places = {each.name: (number, each) for number, each in enumerate(limits)}
        self._memory = mmap.mmap(-1, _COUNTS.size * len(limits))
        # A record lock belongs to a process and goes with it, whatever becomes of the process.
        self._lock = os.memfd_create("desk-limits", os.MFD_CLOEXEC)
        self._thread = threading.Lock()
        for number, each in enumerate(limits):
            self._write(number, _Counts(each.at_once, 0.0, 0.0, 0.0))

    def take(self, name: str, now: float) -> bool:
        """Take one act out of a bucket; return False where it is empty."""
        with self._counts(name, now) as counts:
            if counts.left < 1:
                return False
            counts.left -= 1
            return True

    def note(self, name: str, now: float, *, failed: bool) -> None:
        """Note how a post ended."""
        with self._counts(name, now) as counts:
            counts.failed += failed
            counts.passed += not failed

    def level(self, name: str, now: float, shared: float = 0.0) -> int:
        """Return how hard the work shall be, from 0 to HARDEST. ``shared`` is how much of what all
        forms share is used, from 0 to 1."""
        limit = self._places[name][1]
        with self._counts(name, now) as counts:
            taken = max(shared, 1 - counts.left / limit.at_once)
            return max(_of_failures(counts), int(taken * (HARDEST + 0.99)))

    @contextmanager
    def _counts(self, name: str, now: float) -> Iterator[_Counts]:
        number, limit = self._places[name]
        with self._thread:
            fcntl.lockf(self._lock, fcntl.LOCK_EX)
            try:
                counts = self._read(number)
                _pass_time(counts, limit, now)
                yield counts
                self._write(number, counts)
            finally:
                fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def _read(self, number: int) -> _Counts:
        return _Counts(*_COUNTS.unpack_from(self._memory, number * _COUNTS.size))

    def _write(self, number: int, counts: _Counts) -> None:
        place = number * _COUNTS.size
        _COUNTS.pack_into(self._memory, place, counts.left, counts.failed, counts.passed, counts.at)


def _pass_time(counts: _Counts, limit: Limit, now: float) -> None:
    passed = max(0.0, now - counts.at) if counts.at else 0.0
    counts.left = min(limit.at_once, counts.left + passed * limit.a_minute / 60)
    counts.failed *= 0.5 ** (passed / HALF_LIFE)
    counts.passed *= 0.5 ** (passed / HALF_LIFE)
    counts.at = now


def _of_failures(counts: _Counts) -> int:
    if counts.failed < FEW:
        return 0
    share = counts.failed / (counts.failed + counts.passed)
    return min(HARDEST, int(share * (HARDEST + 0.99)))
