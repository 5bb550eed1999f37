"""Where a loop writes down what it is about to do: what of a dead one's mails may have been sent.

A file of slots, one for each mail under way: the delivery's number and a byte that says how far it
is. It is mapped into memory, so a mail costs two stores and no call; the system keeps what a killed
process has stored. What it cannot keep is a machine that loses its power: then the file is of
another boot, and everything that was claimed is uncertain.

Rules:

1. ``handing`` is called before the last bytes of a mail are written, never after.
2. A slot is free again when its outcome is committed.
3. The file is locked as long as its loop lives. Who gets the lock may read what is left.
4. A delivery that is claimed by this journal's owner and stands in no slot was surely not sent.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path

SLOTS = 4096
_MAGIC = b"tamizdat journal1"
_HEAD = struct.Struct("<17s36sq")  # what it is, the boot it is of, its owner
_SLOT = struct.Struct("<qB7x")
_OFFSET = 64
_SIZE = _OFFSET + SLOTS * _SLOT.size
BATCHES = 1 << 20  # claims of one owner


class State(IntEnum):
    """How far a mail is."""

    FREE = 0
    HANDING = 1  # its last bytes are, or may be, written
    TAKEN = 2
    LATER = 3
    REFUSED = 4
    UNSURE = 5


class InUse(Exception):
    """A loop that lives has this journal."""


class Journal:
    """The journal of one loop. ``owner`` is a number that nobody had before, of 40 bits."""

    def __init__(self, file: Path, owner: int, boot: str) -> None:
        """Begin an empty one; what was left in the file must have been settled. Raises InUse."""
        self.owner, self._batch = owner, 0
        self._file = _locked(file)
        os.ftruncate(self._file, 0)
        os.ftruncate(self._file, _SIZE)
        self._map = mmap.mmap(self._file, _SIZE)
        _HEAD.pack_into(self._map, 0, _MAGIC, boot.encode(), owner)
        self._free = list(range(SLOTS))
        self._slots: dict[int, int] = {}

    def next_claim(self) -> int:
        """Return a number for the next claim, by which its owner is known."""
        self._batch += 1
        return self.owner * BATCHES + self._batch

    @property
    def room(self) -> int:
        """How many more mails it can follow."""
        return len(self._free)

    def handing(self, number: int) -> None:
        """Note that a delivery's last bytes are about to be written."""
        slot = self._free.pop()
        self._slots[number] = slot
        _SLOT.pack_into(self._map, _OFFSET + slot * _SLOT.size, number, State.HANDING)

    def note(self, number: int, state: State) -> None:
        """Note what became of it."""
        slot = self._slots.get(number)
        if slot is not None:
            self._map[_OFFSET + slot * _SLOT.size + 8] = state

    def settle(self, number: int) -> None:
        """Forget a delivery whose outcome is committed."""
        slot = self._slots.pop(number, None)
        if slot is not None:
            self._map[_OFFSET + slot * _SLOT.size + 8] = State.FREE
            self._free.append(slot)

    def close(self) -> None:
        self._map.close()
        os.close(self._file)


class Left:
    """What a loop left behind."""

    def __init__(self, file: Path) -> None:
        """Open and lock a journal. Raises InUse while its loop lives, FileNotFoundError."""
        self._file = _locked(file, make=False)
        data = os.pread(self._file, _SIZE, 0)
        self.owner, self.boot = -1, ""
        self.states: dict[int, State] = {}
        if len(data) == _SIZE and data.startswith(_MAGIC):
            _, boot, self.owner = _HEAD.unpack_from(data)
            self.boot = boot.decode("ascii", "replace")
            self.states = dict(_slots(data))

    def close(self) -> None:
        os.close(self._file)


def claims_of(owner: int) -> tuple[int, int]:
    """Return the first and the last number that an owner's claims may have."""
    return owner * BATCHES, owner * BATCHES + BATCHES - 1


def boot_id() -> str:
    """Return what tells this run of the machine from every other (random(4))."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _slots(data: bytes) -> Iterator[tuple[int, State]]:
    for number, state in _SLOT.iter_unpack(data[_OFFSET:]):
        if state != State.FREE:
            yield number, State(state) if state in list(State) else State.UNSURE


def _locked(file: Path, *, make: bool = True) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if make else 0)
    opened = os.open(file, flags, 0o600)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise InUse(f"{file.name} is in use") from None
    return opened
