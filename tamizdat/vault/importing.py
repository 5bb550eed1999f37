"""Many addresses at once: a list that the newsroom brings along is sealed and kept.

Rules:

* Several processes seal, one writes; at most so many lines are under way as keep them at work, so
  memory stays flat whatever the list's length.
* An address that is there already stays as it is, and so does its row; done again, an import adds
  nothing. One that is suppressed is not written to again, and is left out.
* A line that is no address is counted, never repeated.
* Who imports says that these people have confirmed; so the rows do not go after 48 hours.

Who writes more than addresses (subscriptions) joins ``seal_all`` and ``insert`` itself.
"""

from __future__ import annotations

import multiprocessing
import os
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.db import connections

from tamizdat.databases import PEOPLE, slices
from tamizdat.lifeline import tie_to
from tamizdat.turns import Pause, turn
from tamizdat.vault import keys
from tamizdat.vault.addressing import normalise
from tamizdat.vault.errors import BadAddress, VaultError
from tamizdat.vault.models import Address, Suppression, month_of
from tamizdat.vault.sealing import Sealed, box_of, index_of

PART = 2_000  # lines that a process seals at a time
# Rows that are written in one turn. Their keys are random, so a turn touches pages all over the
# indexes: few large turns write a third of what many small ones do (docs/performance.md).
TURN = 20_000


@dataclass
class Imported:
    """What became of the lines."""

    lines: int = 0
    kept: int = 0
    bad: int = 0  # no addresses
    suppressed: int = 0


def keep_all(
    lines: Iterable[str],
    folder: Path,
    now: datetime,
    pause: Pause = time.sleep,
    processes: int | None = None,
) -> Iterator[Imported]:
    """Keep the addresses of these lines; tells how far it is after each turn.

    Raises NoKeys, DamagedKeys.
    """
    found = Imported()
    waiting: list[Sealed] = []
    with keys.in_use(folder):
        for part in seal_all(lines, folder, processes):
            found.lines += len(part)
            good = [each for each in part if each is not None]
            found.bad += len(part) - len(good)
            waiting += good
            if len(waiting) >= TURN:
                _write(waiting, now, pause, found)
                waiting = []
                yield found
        _write(waiting, now, pause, found)
    yield found


def _write(rows: list[Sealed], now: datetime, pause: Pause, found: Imported) -> None:
    never = suppressed([row.index for row in rows])
    found.suppressed += len(never)
    wanted = [row for row in rows if row.index not in never]
    if wanted:
        with turn(pause, using=PEOPLE):
            found.kept += insert(wanted, now)


def insert(rows: Iterable[Sealed], now: datetime) -> int:
    """Insert addresses that are not there, confirmed, in the caller's transaction; return how many
    they were."""
    month, connection = month_of(now), connections[PEOPLE]
    values = [
        (_ID.get_db_prep_value(uuid.uuid4(), connection), row.key_id, row.box, row.index, month)
        # In the order of the index, which is what is looked up for each row.
        for row in sorted(rows, key=lambda row: row.index)
    ]
    if not values:
        return 0
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, values)
        return max(0, int(cursor.rowcount))


_ID = Address._meta.get_field("id")
# Both databases understand it; a row that is there already is left as it is.
_INSERT = (
    'INSERT INTO "vault_address" ("id", "key_id", "box", "index", "month") '
    "VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
)


def suppressed(indexes: list[bytes]) -> set[bytes]:
    """Return those of these indexes that are never written to again."""
    found: set[bytes] = set()
    if not Suppression.objects.exists():
        return found
    for part in slices(indexes):
        known = Suppression.objects.filter(index__in=part)
        found |= {bytes(index) for index in known.values_list("index", flat=True)}
    return found


# Sealing, in several processes

Bare = tuple[bytes, bytes]  # a box and its index, as they come through a pipe


def seal_all(
    lines: Iterable[str], folder: Path, processes: int | None = None
) -> Iterator[list[Sealed | None]]:
    """Seal the lines in parts, in their order; None stands for a line that is no address.

    Whoever calls it keeps the key until all is written (``keys.in_use``). Raises NoKeys,
    DamagedKeys.
    """
    coming, count = iter(lines), processes or os.cpu_count() or 1
    key_id = keys.current_id(folder)
    public, index = keys.public_key(folder, key_id), keys.index_key(folder)
    forking = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(count, forking, _begin, (os.getpid(), public, index)) as pool:
        waiting: deque[Future[list[Bare | None]]] = deque()
        while part := list(islice(coming, PART)):
            waiting.append(pool.submit(_seal_part, part))
            if len(waiting) > 2 * count:
                yield _sealed(key_id, waiting.popleft())
        while waiting:
            yield _sealed(key_id, waiting.popleft())


def _sealed(key_id: str, part: Future[list[Bare | None]]) -> list[Sealed | None]:
    return [each and Sealed(key_id, *each) for each in part.result()]


_held: tuple[bytes, bytes] | None = None  # what a process seals with


def _begin(parent: int, public: bytes, index: bytes) -> None:
    global _held
    tie_to(parent)
    _held = (public, index)


def _seal_part(part: list[str]) -> list[Bare | None]:
    if _held is None:
        raise VaultError("a process that seals was started without keys")
    return [_seal(line, *_held) for line in part]


def _seal(line: str, public: bytes, index: bytes) -> Bare | None:
    try:
        address = normalise(line)
    except BadAddress:
        return None
    return box_of(address, public), index_of(address, index)
