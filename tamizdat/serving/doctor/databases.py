"""The databases: the version, what is really in force on the files, and whether they are whole."""

from __future__ import annotations

import time
from pathlib import Path

from django.conf import settings
from django.db import OperationalError, connections

from tamizdat import sqlite
from tamizdat.databases import NEWSROOM, PEOPLE
from tamizdat.serving.doctor.findings import Findings, Visit, error, unseen, warning
from tamizdat.sqlite import OLDEST

ALIASES = (NEWSROOM, PEOPLE)
CHECK_FOR = 60.0  # seconds of integrity checks for each file
STEPS = 100_000  # of SQLite's machine, between two looks at the clock
LONGEST_JOURNAL = 64 << 20  # bytes of WAL; a writer starts it anew at 4 MiB
WAL_MODE = b"\x02\x02"  # bytes 18 and 19 of the file (sqlite.org/fileformat2.html)
IN_FORCE = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}
OLDEST_POSTGRES = 14


def version(visit: Visit) -> Findings:
    """Find a SQLite that can lose commits."""
    if files() and sqlite.library().sqlite_version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        yield error(
            "SQLite",
            f"{sqlite.library().sqlite_version} can lose commits; {wanted} or newer is needed",
            "pip install 'pysqlite3>=0.6.1'",
        )


def pragmas(visit: Visit) -> Findings:
    """Find settings of SQLite that are not in force on a file or on a connection of ours."""
    for alias, file in files():
        if not file.exists():
            yield error(file.name, "is not there", f"tamizdat init --home {visit.folder.path}")
            continue
        with file.open("rb") as opened:
            opened.seek(18)
            if opened.read(2) != WAL_MODE:
                yield error(
                    file.name, "has no write-ahead log", f"sqlite3 {file} 'PRAGMA journal_mode=WAL'"
                )
        with connections[alias].cursor() as cursor:
            for name, wanted in IN_FORCE.items():
                cursor.execute(f"PRAGMA {name}")
                found = cursor.fetchone()[0]
                if found != wanted:
                    yield error(
                        f"{file.name}, {name}", f"expected {wanted}, found {found}",
                        "take other settings of the database out; ours are in tamizdat/sqlite.py",
                    )  # fmt: skip


# What SQLite says where the disk is in the way: no reason to put a backup in the file's place.
NO_DAMAGE = (
    "disk I/O error",
    "database or disk is full",
    "unable to open database file",
    "database is locked",
)


def integrity(visit: Visit) -> Findings:
    """Find damaged pages and indexes, as far as a minute goes."""
    for _, file in files():
        if not file.exists():
            continue
        answer = quick_check(file)
        if answer is None:
            yield unseen(
                file.name,
                f"it is too large to be checked in {CHECK_FOR:.0f} s",
                "tamizdat restore --check looks at the newest backup, on another machine",
            )
        elif answer in NO_DAMAGE:
            yield error(
                file.name,
                f"cannot be looked at ({answer})",
                "make room on its disk; see who may write there, and what dmesg says; ask again",
            )
        elif answer != "ok":
            yield error(
                file.name,
                f"is damaged ({answer})",
                "stop the newsroom, keep a copy, and restore the newest backup",
            )


def quick_check(file: Path, seconds: float = CHECK_FOR) -> str | None:
    """Return SQLite's first words on a file: "ok" where it is whole; None where time ran out."""
    library = sqlite.library()
    until = time.monotonic() + seconds
    connection = library.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        connection.set_progress_handler(lambda: int(time.monotonic() > until), STEPS)
        return str(connection.execute("PRAGMA quick_check(1)").fetchone()[0]).splitlines()[0]
    except library.DatabaseError as problem:
        return None if time.monotonic() > until else str(problem)
    finally:
        connection.close()


def journal(visit: Visit) -> Findings:
    """Find a write-ahead log that grows because somebody reads on and on."""
    for _, file in files():
        wal = file.with_name(f"{file.name}-wal")
        size = wal.stat().st_size if wal.exists() else 0
        if size > LONGEST_JOURNAL:
            yield warning(
                wal.name,
                f"has grown to {size >> 20} MiB: some program has been reading for long",
                "end that program; the next writer empties the log",
            )


def postgres(visit: Visit) -> Findings:
    """Find a PostgreSQL that does not answer, is old, or may lose what it has confirmed."""
    for alias in ALIASES:
        if connections[alias].vendor != "postgresql":
            continue
        try:
            with connections[alias].cursor() as cursor:
                yield from _postgres(alias, cursor)
        except OperationalError:
            yield error(
                f"PostgreSQL ({alias})",
                "does not answer",
                "systemctl status postgresql; see TAMIZDAT_NEWSROOM_DATABASE",
            )


def _postgres(alias: str, cursor: object) -> Findings:
    thing = f"PostgreSQL ({alias})"
    if int(_show(cursor, "server_version_num")) // 10_000 < OLDEST_POSTGRES:
        yield warning(thing, f"is older than {OLDEST_POSTGRES}", "update it")
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        if _show(cursor, name) == "off":
            yield error(
                thing, f"{name} is off: a power cut loses stories", f"set {name} = on, and reload"
            )
    if _show(cursor, "is_superuser") == "on":
        yield warning(
            thing,
            "our role may do everything on that server",
            "give each database a role of its own that is no superuser",
        )


def _show(cursor: object, name: str) -> str:
    cursor.execute(f"SHOW {name}")  # type: ignore[attr-defined]  # Django's wrapper has no name
    return str(cursor.fetchone()[0])  # type: ignore[attr-defined]


def migrations(visit: Visit) -> Findings:
    """Find tables of an earlier version."""
    from tamizdat.serving.opening import is_migrated

    if not is_migrated():
        yield error(
            "tables",
            "are of an earlier version than the program",
            f"tamizdat init --home {visit.folder.path}",
        )


def files() -> list[tuple[str, Path]]:
    """Return the SQLite files by the name of the connection."""
    databases = {alias: settings.DATABASES[alias] for alias in ALIASES}
    return [
        (alias, Path(one["NAME"]))
        for alias, one in databases.items()
        if one["ENGINE"].endswith("sqlite3")
    ]
