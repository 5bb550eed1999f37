"""The people's database at its place of before: ``people.sqlite3`` beside the newsroom's own.

It has a folder of its own now, which is all that the desk may open. An earlier version left the
file behind: empty, or with people in it. Neither may lie there unseen.

Rules:

* A file with rows is never removed: it moves where nothing but an empty one would be in its way,
  and else it is named and stays.
* The newsroom is held meanwhile (``serve.lock``), so nobody has it open.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tamizdat import sqlite
from tamizdat.serving.folder import Folder

ENDINGS = ("", "-wal", "-shm", "-journal")
BOOKS = "django_migrations"  # the one table that has rows in a database that nobody has used


def settle(folder: Folder, say: Callable[[str], object]) -> None:
    """Move or remove what lies at the old place, and say so in one line."""
    old, new = folder.path / "people.sqlite3", folder.path / "people" / "people.sqlite3"
    if not old.exists():
        return
    if new.exists() and is_empty(old):
        _remove(old)
        say(f"Removed: {old}, which was empty. The people's database is {new}.")
    elif not new.exists() or is_empty(new):
        _move(old, new)
        say(f"Moved: the people's database, from {old} to {new}.")
    else:
        say(
            f"There are two databases of people, {old} and {new}, and both have rows. The second "
            "is used. Find out which is right, and carry the other away."
        )


def is_empty(file: Path) -> bool:
    """Say whether no table has a row. A file that is no database is not called empty."""
    library = sqlite.library()
    connection = library.connect(file)
    try:
        named = "SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite_%'"
        tables = [row[0] for row in connection.execute(named) if row[0] != BOOKS]
        return not any(_has_rows(connection, table) for table in tables)
    except library.DatabaseError:
        return False
    finally:
        connection.close()


def _has_rows(connection: Any, table: str) -> bool:
    quoted = table.replace('"', '""')
    found = connection.execute(f'SELECT EXISTS (SELECT 1 FROM "{quoted}")')  # noqa: S608 - quoted
    return bool(found.fetchone()[0])


def _move(old: Path, new: Path) -> None:
    connection = sqlite.library().connect(old)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # all of it is in the one file then
    connection.close()
    new.parent.mkdir(mode=0o700, exist_ok=True)
    for ending in ENDINGS[1:]:
        new.with_name(new.name + ending).unlink(missing_ok=True)
    old.replace(new)
    _remove(old)


def _remove(file: Path) -> None:
    for ending in ENDINGS:
        file.with_name(file.name + ending).unlink(missing_ok=True)
