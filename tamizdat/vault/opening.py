"""Opening boxes: for the sender in the back room, and for an operator who typed the passphrase.

Rules:

* Nothing opens without the private key, and the private key lies behind the passphrase.
* A box is opened only in the row that it belongs to (``sealing.open_own``).
* Opened addresses are given out one after the other; no list of them is ever held. Many are opened
  by several processes, and at most so many boxes are under way as keep these at work.
* The processes get the keys by being forked, never through a pipe; through it go boxes one way
  and addresses the other, and whose they are stays here.
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

from tamizdat.lifeline import tie_to
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
        with ProcessPoolExecutor(count, forking, _begin, (os.getpid(), self)) as pool:
            waiting: deque[tuple[list[Closed], Future[list[tuple[str, str]]]]] = deque()
            for part in _parts(first, coming):
                bare = [(each.sealed.key_id, each.sealed.box, each.sealed.index) for each in part]
                waiting.append((part, pool.submit(_open_part, bare)))
                if len(waiting) > 2 * count:
                    yield from _joined(*waiting.popleft())
            while waiting:
                yield from _joined(*waiting.popleft())

    def _try(self, closed: Closed) -> Opened:
        return Opened(closed.owner, *self._tried(closed.sealed))

    def _tried(self, sealed: Sealed) -> tuple[str, str]:
        """Return an address, or "" and why its box did not open."""
        try:
            return self.open(sealed), ""
        except (CannotOpen, NoSuchKey) as error:
            return "", str(error)

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


def _joined(part: list[Closed], opened: Future[list[tuple[str, str]]]) -> Iterator[Opened]:
    """Tell whose the addresses of a part are."""
    for closed, (address, trouble) in zip(part, opened.result(), strict=True):
        yield Opened(closed.owner, address, trouble)


_opener: Opener | None = None  # of a process that opens


def _begin(parent: int, opener: Opener) -> None:
    global _opener
    tie_to(parent)  # it holds the keys
    _opener = opener


def _open_part(part: list[tuple[str, bytes, bytes]]) -> list[tuple[str, str]]:
    if _opener is None:
        raise VaultError("a process that opens was started without keys")
    return [_opener._tried(Sealed(*each)) for each in part]
