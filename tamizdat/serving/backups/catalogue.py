"""What the backups in one folder already hold of the uploads, by SHA-256; and each upload's hash.

It is a help and no truth: where it is lost the next backup is whole. It lies in the newsroom, not
beside the backups: names of uploads are in the open here.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tamizdat import sqlite
from tamizdat.serving.backups.names import Name

_TABLES = """
CREATE TABLE IF NOT EXISTS backups (id TEXT PRIMARY KEY, name TEXT, generation TEXT, size INTEGER);
CREATE TABLE IF NOT EXISTS holdings (sha256 TEXT PRIMARY KEY, backup TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
    path TEXT PRIMARY KEY, size INTEGER, changed INTEGER, inode INTEGER, sha256 TEXT
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Stamp:
    """By what an upload is known again without reading it: size, time of change, inode."""

    size: int
    changed: int
    inode: int

    @classmethod
    def of(cls, state: os.stat_result) -> Stamp:
        return cls(state.st_size, state.st_mtime_ns, state.st_ino)


class Catalogue:
    """The books on one folder of backups. Changes count when ``keep`` is called."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.executescript(_TABLES)

    # The generation

    def generation(self, folder: Path) -> str | None:
        """Return the generation that can go on: all of its files lie there as they were made."""
        rows = self._connection.execute("SELECT name, generation, size FROM backups").fetchall()
        for name, _, size in rows:
            file = folder / name
            if not file.is_file() or file.stat().st_size != size:
                return None
        return rows[-1][1] if rows else None

    def begin_generation(self) -> None:
        self._connection.execute("DELETE FROM backups")
        self._connection.execute("DELETE FROM holdings")

    def note_backup(self, name: Name, size: int) -> None:
        self._connection.execute(
            "INSERT INTO backups VALUES (?, ?, ?, ?)", (name.id, str(name), name.generation, size)
        )

    # Uploads

    def holder(self, sha256: str) -> str | None:
        """Return the id of the backup that holds these bytes."""
        row = self._connection.execute(
            "SELECT backup FROM holdings WHERE sha256 = ?", (sha256,)
        ).fetchone()
        return row[0] if row else None

    def note_held(self, sha256: str, backup: str) -> None:
        self._connection.execute("INSERT INTO holdings VALUES (?, ?)", (sha256, backup))

    def known(self, path: str, stamp: Stamp) -> str | None:
        """Return the SHA-256 of an upload that has not changed since it was read."""
        row = self._connection.execute(
            "SELECT sha256 FROM uploads WHERE path = ? AND size = ? AND changed = ? AND inode = ?",
            (path, stamp.size, stamp.changed, stamp.inode),
        ).fetchone()
        return row[0] if row else None

    def note_read(self, path: str, stamp: Stamp, sha256: str) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO uploads VALUES (?, ?, ?, ?, ?)",
            (path, stamp.size, stamp.changed, stamp.inode, sha256),
        )

    def keep(self) -> None:
        self._connection.commit()


@contextmanager
def catalogue(place: Path, folder: Path) -> Iterator[Catalogue]:
    """Open the catalogue of a folder; ``place`` is where catalogues lie."""
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    file = place / f"{name}.sqlite3"
    connection = _open(sqlite.library(), file)
    try:
        yield Catalogue(connection)
    finally:
        connection.close()


def _open(library: Any, file: Path) -> Any:
    """Open it; one that is damaged is begun anew."""
    connection = library.connect(file, timeout=20)
    try:
        connection.execute("PRAGMA quick_check(1)").fetchone()
        connection.executescript(_TABLES)
    except library.DatabaseError:
        connection.close()
        file.unlink()
        connection = library.connect(file, timeout=20)
    return connection
