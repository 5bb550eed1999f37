"""Opening boxes: for the sender in the back room, and for an operator who typed the passphrase.

Rules:

* Nothing opens without the private key, and the private key lies behind the passphrase.
* A box is opened only in the row that it belongs to (``sealing.open_own``).
* Opened addresses are given out one after the other; no list of them is ever held. Many are opened
  by several processes, and at most so many boxes are under way as keep these at work.
* The processes get the keys by being forked, never through a pipe.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Protocol
from uuid import UUID

from tamizdat.vault import keys
from tamizdat.vault.errors import CannotOpen, NoSuchKey, VaultError
from tamizdat.vault.sealing import Pair, Sealed, box_of, key_id_of, open_box, open_own, reseal

PART = 2_000  # boxes that a process opens at a time
MANY = 4 * PART  # from so many on it is worth starting processes


class Box(Protocol):
    """What holds a box that nobody looks up: a note, or whatever else has these."""

    key_id: str
    box: bytes | memoryview


class Row(Protocol):
    """What holds a box: ``Address``, or whatever else has these."""

    key_id: str
    box: bytes | memoryview
    index: bytes | memoryview


@dataclass(frozen=True)
class Closed:
    """A box and whose it is, on its way to be opened."""

    owner: UUID
    sealed: Sealed


@dataclass(frozen=True)
class Opened:
    """An address, or why its box did not open."""

    owner: UUID
    address: str = field(repr=False)
    trouble: str = ""


@dataclass(frozen=True)
class Opener:
    """The private keys that are here, and the index key."""

    pairs: Mapping[str, Pair] = field(repr=False)
    index_key: bytes = field(repr=False)

    @classmethod
    def unlock(cls, folder: Path, passphrase: str) -> Opener:
        """Unlock the keys of a folder. Raises as ``keys.unlock``."""
        return cls(keys.unlock(folder, passphrase), keys.index_key(folder))

    def open(self, row: Row | Sealed) -> str:
        """Return the address in a row's box. Raises NoSuchKey, CannotOpen."""
        return open_own(_sealed(row), self._pair(row.key_id), self.index_key)

    def open_text(self, row: Box) -> str:
        """Return the text in a box that nobody looks up. Raises NoSuchKey, CannotOpen."""
        return open_box(bytes(row.box), self._pair(row.key_id))

    def reseal(self, row: Row | Sealed, public: bytes) -> Sealed:
        """Seal to another public key. Raises NoSuchKey, CannotOpen.

        A row without an index (a box of its own, that nobody looks up) gets an empty one.
        """
        pair = self._pair(row.key_id)
        if not hasattr(row, "index"):
            box = box_of(open_box(bytes(row.box), pair), public)
            return Sealed(key_id_of(public), box, b"")
        return reseal(_sealed(row), pair, self.index_key, public)

    def open_all(self, boxes: Iterable[Closed], processes: int | None = None) -> Iterator[Opened]:
        """Open many boxes, in their order, with several processes (one for each core)."""
        coming = iter(boxes)
        first = list(islice(coming, MANY))
        if len(first) < MANY or processes == 1:
            yield from map(self._try, first)
            yield from map(self._try, coming)
            return
        yield from self._open_many(first, coming, processes or os.cpu_count() or 1)

    def _open_many(
        self, first: list[Closed], coming: Iterator[Closed], count: int
    ) -> Iterator[Opened]:
        forking = multiprocessing.get_context("fork")
        with ProcessPoolExecutor(count, forking, _begin, (self,)) as pool:
            waiting: deque[Future[list[Opened]]] = deque()
            for part in _parts(first, coming):
                waiting.append(pool.submit(_open_part, part))
                if len(waiting) > 2 * count:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()

    def _try(self, closed: Closed) -> Opened:
        try:
            return Opened(closed.owner, self.open(closed.sealed))
        except (CannotOpen, NoSuchKey) as error:
            return Opened(closed.owner, "", str(error))

    def _pair(self, key_id: str) -> Pair:
        try:
            return self.pairs[key_id]
        except KeyError:
            raise NoSuchKey(
                f"the private key {key_id} is not here; put it back, or use the recovery key: "
                "tamizdat keys vault recover"
            ) from None


def _sealed(row: Row | Sealed) -> Sealed:
    return Sealed(row.key_id, bytes(row.box), bytes(row.index))


def _parts(first: list[Closed], coming: Iterator[Closed]) -> Iterator[list[Closed]]:
    yield from (first[start : start + PART] for start in range(0, len(first), PART))
    while part := list(islice(coming, PART)):
        yield part


_opener: Opener | None = None  # of a process that opens


def _begin(opener: Opener) -> None:
    global _opener
    _opener = opener


def _open_part(part: list[Closed]) -> list[Opened]:
    if _opener is None:
        raise VaultError("a process that opens was started without keys")
    return [_opener._try(each) for each in part]
