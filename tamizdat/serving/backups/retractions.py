"""What was taken back since a backup, sealed beside the backups and done again by a restore.

``retracted-20261130-6f3a91c2.age`` holds some retractions of people (``tamizdat.vault.models``) or
stories that were withdrawn (``tamizdat.bake.withdrawn``), of that day or of the days before.

Rules:

* A list is sealed to those who can open the backups: this machine never reads it again. It lies on
  the disk before the rows that it was made of are deleted.
* Nothing is ever added to a list or written over. A list that is read twice does no harm, and
  neither does one of another newsroom: it names nobody here.
* Its name tells a day and no hour. It is filled up to steps of STEP bytes, so that its length does
  not tell how many left on that day.
* No list is signed. It can only take away, and only by numbers of 128 bits that nobody outside
  knows.
* One that cannot be opened stops the restore: to go on would bring people back.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyrage

from tamizdat.serving.backups import names
from tamizdat.serving.backups.errors import BackupError, CannotOpen, Damaged
from tamizdat.serving.backups.recipients import Identity, Recipient

FORMAT = 1
AT_ONCE = 5000  # retractions in a list
STEP = 4096  # bytes
LONGEST = 1 << 20  # bytes of a list
_NAME = re.compile(r"retracted-(\d{8})-[0-9a-f]{8}\.age")

Retracted = tuple[str, bytes, str]  # as ``tamizdat.vault.redoing`` takes it

# Writing


def put(to: Path, recipients: Sequence[Recipient], now: datetime) -> int:
    """Seal what waits into a folder; return how much it was. Raises BackupError."""
    from tamizdat.bake.models import Withdrawn
    from tamizdat.vault.models import Retraction

    count = 0
    for model in (Retraction, Withdrawn):
        while rows := list(model._default_manager.order_by("pk")[:AT_ONCE]):
            _write(to, _sealed([_said(row) for row in rows], recipients), now)
            model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
            count += len(rows)
    return count


def _said(row: Any) -> Retracted:
    return row.deed, bytes(row.thing), row.reason


def _sealed(said: Sequence[Retracted], recipients: Sequence[Recipient]) -> bytes:
    rows = sorted([deed, thing.hex(), reason] for deed, thing, reason in said)
    data = json.dumps({"format": FORMAT, "retracted": rows}).encode()
    sealed: bytes = pyrage.encrypt(data + b" " * (-len(data) % STEP), list(recipients))
    return sealed


def _write(to: Path, sealed: bytes, now: datetime) -> None:
    name = f"retracted-{now.astimezone(UTC):%Y%m%d}-{secrets.token_hex(4)}.age"
    aside = to / f".backup-{name}.part"  # swept with what killed backups leave
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(sealed)
            opened.flush()
            os.fsync(opened.fileno())
        aside.replace(to / name)
        _sync(to)
    except OSError as problem:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise BackupError(
            f"what was taken back cannot be written to {to} ({problem.strerror}); it waits"
        ) from None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def prune(to: Path) -> int:
    """Take away the lists that are older than every backup in the folder; return how many."""
    made = names.standing(to)
    before = made[0].made.date() if made else date.min
    gone = [file for file, day in _lists(to) if day < before]
    for file in gone:
        file.unlink()
    return len(gone)


# Reading


def read(
    places: Sequence[Path], identities: Sequence[Identity], since: datetime | None
) -> list[Retracted]:
    """Read all lists in these folders, and these files. Raises CannotOpen, Damaged.

    Lists of days before ``since`` (when the backup was made; None: all are read) are left out: it
    knows of them.
    """
    found: dict[Retracted, None] = {}
    for file in _wanted(places, since.astimezone(UTC).date() if since else date.min):
        found.update(dict.fromkeys(_read(file, identities)))
    return list(found)


def _wanted(places: Sequence[Path], since: date) -> Iterator[Path]:
    for place in places:
        if place.is_dir():
            yield from (file for file, day in _lists(place) if day >= since)
        else:
            yield place


def _lists(folder: Path) -> list[tuple[Path, date]]:
    """Return the lists in a folder and their days, by name."""
    if not folder.is_dir():
        return []
    fitting = ((file, _NAME.fullmatch(file.name)) for file in sorted(folder.iterdir()))
    return [(file, _day(name[1])) for file, name in fitting if name]


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return date.max  # no day: read it, rather than lose it


def _read(file: Path, identities: Sequence[Identity]) -> Iterator[Retracted]:
    try:
        with file.open("rb") as opened:
            sealed = opened.read(LONGEST + 1)
        if len(sealed) > LONGEST:
            raise Damaged(f"{file} is longer than a list of what was taken back can be")
        said = json.loads(pyrage.decrypt(sealed, list(identities)))
    except OSError as problem:
        raise CannotOpen(f"{file} cannot be read ({problem.strerror})") from None
    except pyrage.DecryptError:
        raise CannotOpen(
            f"{file} says what was taken back, and does not open with this identity: name the "
            "other with --identity too. Without the list it comes back; who wants that moves it "
            "away"
        ) from None
    except (ValueError, RecursionError):
        raise Damaged(f"{file} is no list of what was taken back") from None
    yield from _rows(file, said)


def _rows(file: Path, said: Any) -> Iterator[Retracted]:
    try:
        if said["format"] != FORMAT:
            raise Damaged(f"{file} is of form {said['format']!a}; this version knows {FORMAT}")
        for deed, thing, reason in said["retracted"]:
            yield str(deed), bytes.fromhex(thing), str(reason)
    except (ValueError, TypeError, KeyError):
        raise Damaged(f"{file} is no list of what was taken back") from None
