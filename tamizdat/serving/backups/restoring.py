"""Restoring a newsroom on an empty machine.

Rules:

* Everything is read and found right (``checking``) before anything is laid in place.
* ``newsroom.env`` is put in place last: a restore that is cut off leaves a folder that is no
  newsroom, and can be begun again. MARK stands there from the first step to the last and says what
  was laid, so that nothing else is ever taken away.
* No version of signed metadata is given out that may have been given out since the backup was
  made: all are counted on by more than anybody can have signed in that time.
* Everybody signs in anew, everything is baked anew, and no letter that waited is sent.
* What was taken back since (``retractions``) is done again before anything else is done.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tamizdat.serving.backups import checking, copies
from tamizdat.serving.backups.checking import Contents, Progress
from tamizdat.serving.backups.errors import BackupError, CannotOpen
from tamizdat.serving.backups.making import DATABASES, UPLOADS
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.backups.retractions import Retracted
from tamizdat.serving.folder import SETTINGS, Folder, read

ROOM = "restoring"
MARK = "restoring.laid"  # the names in the folder that a restore has laid, one a line
BEGUN = "restoring.postgres"  # the databases, which were empty, may hold a part of this by now
# What a restore lays in a folder beside what MARK names, and takes away when it is begun again.
OURS = (ROOM, UPLOADS, "keys", "run", "secret.key", "newsroom.sqlite3", "people", "edition")
SYSTEMS = ("lost+found",)
PACE = 10  # versions a second that a baker cannot reach: each needs several syncs of the disk
SLACK = 1000

# What other parts must not do twice after a restore (mails that were sent since), called with now.
AFTERWARDS: list[Callable[[datetime], object]] = []


@dataclass(frozen=True)
class Unpacked:
    """A backup that was found right and lies in the room, its settings beside it."""

    contents: Contents
    room: Path
    settings: dict[str, str]
    is_begun: bool  # databases of PostgreSQL may hold a part of it


def unpack(
    home: Folder,
    files: Sequence[Path],
    identities: Sequence[Identity],
    *,
    takes_unsigned: bool = False,
    progress: Progress | None = None,
) -> Unpacked:
    """Read backups into a folder that is free, and check all. Raises BackupError."""
    is_begun = _clear(home)
    room = home.path / ROOM
    _mark(home, ())
    room.mkdir(mode=0o700)
    try:
        contents = checking.check(files, identities, room, progress)
        if contents.signer is None and not takes_unsigned:
            raise CannotOpen(
                "no newsroom has signed this backup, so anybody may have made it; if you know "
                "where it comes from: --unsigned"
            )
        settings = read(room / "home" / SETTINGS)
        _gather_uploads(room)
    except BaseException:
        shutil.rmtree(room, ignore_errors=True)
        (home.path / MARK).unlink(missing_ok=True)
        raise
    return Unpacked(contents, room, settings, is_begun)


def _clear(home: Folder) -> bool:
    """Make a folder free that is empty, or in which a restore was cut off. Raises BackupError."""
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    there = {each.name for each in home.path.iterdir()} - set(SYSTEMS)
    is_begun = BEGUN in there
    if home.is_newsroom() and MARK in there:
        tidy(home)
        raise BackupError(f"{home.path} was restored already; now: tamizdat serve")
    if home.is_newsroom() or (there and not there & {ROOM, MARK, BEGUN}):
        raise BackupError(f"{home.path} is not empty; a newsroom is restored into an empty folder")
    home.path.chmod(0o700)
    laid = _laid(home)
    others = {name for name in there if not name.startswith((*OURS, BEGUN)) and name not in laid}
    if others:
        raise BackupError(f"{home.path} holds {min(others)!r}, which no restore has put there")
    for name in there - {BEGUN, MARK}:
        place = home.path / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    return is_begun


def _mark(home: Folder, names: Iterable[str]) -> None:
    """Say what will be laid, before it is."""
    with (home.path / MARK).open("w", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in sorted(names))
        file.flush()
        os.fsync(file.fileno())


def _laid(home: Folder) -> set[str]:
    try:
        return set((home.path / MARK).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return set()


def tidy(home: Folder) -> None:
    """Take away what a restore needed while it was at work; the mark last."""
    (home.path / BEGUN).unlink(missing_ok=True)
    shutil.rmtree(home.path / ROOM, ignore_errors=True)
    (home.path / MARK).unlink(missing_ok=True)


def _gather_uploads(room: Path) -> None:
    """Give the uploads their names."""
    (room / UPLOADS).mkdir(mode=0o700)
    with (room / "uploads.jsonl").open(encoding="utf-8") as listed:
        for line in listed:
            row = json.loads(line)
            place = room / UPLOADS / row["path"]
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            source = checking.media_file(room, row["sha256"])
            if source.stat().st_nlink == 1:
                place.hardlink_to(source)
            else:  # the same bytes under another name
                shutil.copyfile(source, place)
    shutil.rmtree(room / "media", ignore_errors=True)


def lay(home: Folder, unpacked: Unpacked) -> None:
    """Lay uploads and keys in place; what needs Django follows."""
    room = unpacked.room
    wanted = [each for each in sorted((room / "home").iterdir()) if each.name != SETTINGS]
    _mark(home, (each.name for each in wanted))
    (room / UPLOADS).rename(home.path / UPLOADS)
    for each in wanted:
        each.rename(home.path / each.name)
    for folder in (home.run, home.edition):
        folder.mkdir(mode=0o700, exist_ok=True)
    home.keys.mkdir(mode=0o700, exist_ok=True)


def fill_databases(home: Folder, unpacked: Unpacked, databases: dict[str, dict[str, Any]]) -> None:
    """Bring both databases back. Raises BackupError."""
    for alias, name in DATABASES.items():
        engine = copies.engine_of(databases[alias])
        if engine != unpacked.contents.engines[name]:
            raise BackupError(
                f"the backup holds {unpacked.contents.engines[name]} and the settings name "
                f"{engine} for {name}; see TAMIZDAT_{name.upper()}_DATABASE"
            )
    for alias, name in DATABASES.items():
        source = unpacked.room / "databases" / name
        if copies.engine_of(databases[alias]) == copies.SQLITE:
            place = Path(databases[alias]["NAME"])
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            source.with_name(f"{name}.sqlite3").rename(place)
            continue
        if not unpacked.is_begun:
            _expect_empty(alias, name)
    for alias, name in DATABASES.items():
        dump = unpacked.room / "databases" / f"{name}.dump"
        if dump.exists():
            (home.path / BEGUN).touch()
            copies.restore_postgres(dump, databases[alias], is_begun=unpacked.is_begun)
            dump.unlink()


def _expect_empty(alias: str, name: str) -> None:
    from django.db import connections

    with connections[alias].cursor() as cursor:
        tables = connections[alias].introspection.table_names(cursor)
    connections[alias].close()
    if tables:
        raise BackupError(
            f"the PostgreSQL database for {name} is not empty; make another, and name it with "
            f"TAMIZDAT_{name.upper()}_DATABASE"
        )


def take_up(
    home: Folder, unpacked: Unpacked, now: datetime, retracted: Sequence[Retracted] = ()
) -> Counter[str]:
    """Bring the tables up to date and let nothing happen twice; count what had been taken back
    since. Raises UnknownDeed."""
    from tamizdat.accounts.models import Session
    from tamizdat.bake import duty, journal
    from tamizdat.desk.models import Wish
    from tamizdat.serving import opening
    from tamizdat.vault import redoing

    opening.migrate()
    again = redoing.redo(retracted, now)
    leap = versions_since(unpacked.contents.made, now)
    journal.take_over(
        {role: version + leap for role, version in unpacked.contents.versions.items()}
    )
    _step_over(home, now)
    Session.objects.all().delete()
    Wish.objects.all().delete()  # its letter may have been sent since; who wants it asks again
    duty.ask_for_all(home.run)
    for deed in AFTERWARDS:
        deed(now)
    return again


def versions_since(made: datetime, now: datetime) -> int:
    """Return by how many versions to count on: more than can have been signed since."""
    return SLACK + PACE * max(0, math.ceil((now - made).total_seconds()))


def _step_over(home: Folder, now: datetime) -> None:
    """Count on what the ceremony's keys sign: targets, pages and media."""
    from tamizdat.edition import ceremony
    from tamizdat.edition.keys import Keyring, alone
    from tamizdat.serving.keyroom import has_keys

    if has_keys(home):
        with alone(home.keys):
            ceremony.step_over(Keyring.load(home.keys), SLACK, now).tidy()


def finish(home: Folder, unpacked: Unpacked, environment: dict[str, str]) -> None:
    """Make the folder a newsroom. ``environment``: what was said of databases stays with it."""
    said: dict[str, str] = {
        name: environment[name]
        for name in ("TAMIZDAT_NEWSROOM_DATABASE", "TAMIZDAT_PEOPLE_DATABASE")
        if name in environment
    }
    home.write_settings({**unpacked.settings, **said})
    tidy(home)
