"""Another sender's key: what is sealed from now on is sealed to it, and what stood is sealed again.

Rules:

* A new key's files come first, then its row for the recovery key, and last ``keys.CURRENT`` names
  it. Cut off before, it is a key that nothing is sealed to.
* Rows are sealed again in batches, while everything goes on. A row says by its ``key_id`` what is
  still to be done, so whoever is killed goes on where it stopped, and two may do it at once.
* A row is changed only if it still holds the box that was opened. What was erased meanwhile stays
  erased.
* A private key is destroyed when it is not in force, has been out of force for AFTER, and no row
  in any table names it: not before, and never the one in force. While somebody seals at length (a
  list that is brought in, rows that are sealed again) none is: rows may come that name it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps

from tamizdat.databases import PEOPLE
from tamizdat.turns import Pause, turn
from tamizdat.vault import keys
from tamizdat.vault.errors import CannotOpen, NoSuchKey
from tamizdat.vault.models import Boxed, VaultKey
from tamizdat.vault.opening import Opener
from tamizdat.vault.sealing import Pair, Sealed, key_id_of

BATCH = 200  # rows that are sealed again in one turn
# What was sealed just before the change may be written just after it.
AFTER = timedelta(minutes=10)


@dataclass
class Progress:
    """How far the sealing again has come."""

    done: int = 0
    stuck: int = 0  # boxes that do not open; they stay as they are, and so does their key


def add_key(
    folder: Path, passphrase: str, now: datetime, stretch: keys.Stretch = keys.MODERATE
) -> Pair:
    """Make a sender's key and put it in force. Raises DamagedKeys."""
    recovery, index = keys.recovery_key(folder), keys.index_key(folder)
    pair = Pair.make()
    keys.keep(folder, pair, passphrase, stretch)
    note(pair, index, recovery, now)
    keys.put_in_force(folder, pair.key_id)
    retire(folder, now)
    return pair


def note(pair: Pair, index: bytes, recovery: bytes, now: datetime) -> None:
    """Let the recovery key open what is sealed to this key."""
    VaultKey.objects.update_or_create(
        key_id=pair.key_id,
        defaults={
            "recovery_id": key_id_of(recovery),
            "for_recovery": keys.for_recovery(pair, index, recovery),
            "made_at": now,
        },
    )


def retire(folder: Path, now: datetime) -> None:
    """Note since when keys are out of force."""
    current = keys.current_id(folder)
    back = VaultKey.objects.filter(key_id=current).exclude(retired_at=None)
    out = VaultKey.objects.filter(retired_at=None).exclude(key_id=current)
    for rows, moment in ((back, None), (out, now)):
        if rows.exists():  # most often none: the write lock is not taken to learn that
            rows.update(retired_at=moment)


def boxed() -> list[type[Boxed]]:
    """Return the models whose rows hold boxes."""
    return [model for model in apps.get_models() if issubclass(model, Boxed)]


def rows_of(key_id: str) -> int:
    """Count the rows that name a key."""
    return sum(model._default_manager.filter(key_id=key_id).count() for model in boxed())


def waiting(folder: Path) -> int:
    """Count the rows that are sealed to a key that is not in force."""
    current = keys.current_id(folder)
    return sum(model._default_manager.exclude(key_id=current).count() for model in boxed())


def is_waiting(folder: Path) -> bool:
    """Say whether any row is sealed to a key that is not in force."""
    current = keys.current_id(folder)
    return any(model._default_manager.exclude(key_id=current).exists() for model in boxed())


def reseal(folder: Path, opener: Opener, pause: Pause = time.sleep) -> Iterator[Progress]:
    """Seal again what is sealed to keys that are out of force; says after a batch how far it is."""
    with keys.in_use(folder):
        current = keys.current_id(folder)
        public = keys.public_key(folder, current)
        progress = Progress()
        for model in boxed():
            for batch in _batches(model, current):
                _reseal_batch(model, batch, opener, public, pause, progress)
                yield progress


def _batches(model: type[Boxed], current: str) -> Iterator[list[Any]]:
    """Go once through the rows of other keys, by their primary key."""
    rows = model._default_manager.exclude(key_id=current).order_by("pk")
    batch = list(rows[:BATCH])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1].pk)[:BATCH])


def _reseal_batch(
    model: type[Boxed],
    batch: list[Any],
    opener: Opener,
    public: bytes,
    pause: Pause,
    progress: Progress,
) -> None:
    new = []
    for row in batch:
        try:
            new.append((row, opener.reseal(row, public)))
        except (CannotOpen, NoSuchKey):
            progress.stuck += 1
    with turn(pause, using=PEOPLE):
        progress.done += sum(_put(model, row, sealed) for row, sealed in new)


def _put(model: type[Boxed], row: Any, sealed: Sealed) -> int:
    same = model._default_manager.filter(pk=row.pk, key_id=row.key_id, box=bytes(row.box))
    return int(same.update(key_id=sealed.key_id, box=sealed.box))


def old_keys(folder: Path) -> list[str]:
    """Return the ids of private keys that are here and out of force."""
    current = keys.current_id(folder)
    return [key_id for key_id in keys.key_ids(folder) if key_id != current]


def unused(folder: Path, now: datetime) -> list[str]:
    """Return the keys that can be destroyed: out of force long enough, and named by no row.

    A file that no row knows is left of a change that was cut off before its key was in force.
    """
    known = {key.key_id: key.retired_at for key in VaultKey.objects.all()}
    left_over = [key_id for key_id in old_keys(folder) if key_id not in known]
    since = {key_id: moment for key_id, moment in known.items() if moment is not None}
    since |= {key_id: keys.written_at(folder, key_id) for key_id in left_over}
    since.pop(keys.current_id(folder), None)
    long_enough = sorted(key_id for key_id, moment in since.items() if moment <= now - AFTER)
    return [key_id for key_id in long_enough if not rows_of(key_id)]


def destroy_unused(folder: Path, now: datetime) -> list[str]:
    """Destroy the private keys that no row needs any more; return their ids."""
    with keys.out_of_use(folder) as nobody_seals:
        gone = unused(folder, now) if nobody_seals else []
        for key_id in gone:
            keys.destroy(folder, key_id)
            VaultKey.objects.filter(key_id=key_id).delete()
    return gone
