"""The SQLite that we trust: put in Python's place before anything opens a database.

SQLite 3.7.0 to 3.51.2 can lose a committed transaction in WAL mode (the WAL-reset race, fixed in
3.51.3), and Debian 12 ships 3.40. ``pysqlite3`` carries its own newer SQLite; Django finds it
under the standard library's name.
"""

from __future__ import annotations

import sys
from types import ModuleType

OLDEST = (3, 51, 3)

# Run on every new connection. secure_delete overwrites what was deleted, so that a seized file
# holds no erased row; the journal's size is capped so that old frames do not linger in the WAL.
PRAGMAS = (
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA secure_delete=ON;"
    "PRAGMA journal_size_limit=8388608;"
    "PRAGMA cache_size=-32768;"
    "PRAGMA mmap_size=268435456;"
    "PRAGMA temp_store=MEMORY;"
)


class UnsafeSqlite(RuntimeError):
    """The SQLite at hand can lose commits; the newsroom must not start on it."""


def use_recent_sqlite() -> None:
    """Let ``import sqlite3`` mean ``pysqlite3`` in this process.

    Raises UnsafeSqlite where the version is older than 3.51.3.
    """
    try:
        import pysqlite3
    except ImportError:
        import sqlite3

        check(sqlite3.sqlite_version_info)
        return
    check(pysqlite3.sqlite_version_info)
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def library() -> ModuleType:
    """Return the SQLite that we trust, for connections that are not Django's."""
    use_recent_sqlite()
    import sqlite3

    return sqlite3


def check(version: tuple[int, ...]) -> None:
    """Refuse a SQLite that can lose commits in WAL mode."""
    if version < OLDEST:
        found = ".".join(map(str, version))
        wanted = ".".join(map(str, OLDEST))
        raise UnsafeSqlite(
            f"SQLite {found} can lose commits in WAL mode; {wanted} or newer is needed. "
            "Install it with: pip install 'pysqlite3>=0.6.1'"
        )
