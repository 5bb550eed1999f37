"""A throw-away PostgreSQL for one command: two databases, two roles, no port, nothing left behind.

    python -m tests.postgres COMMAND …

The command finds the databases in TAMIZDAT_NEWSROOM_DATABASE and TAMIZDAT_PEOPLE_DATABASE. The
cluster listens on a Unix socket in its own folder; it forgets durability for speed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

POSTGRES = Path("/usr/lib/postgresql")  # where Debian keeps it, by version
NAMES = ("newsroom", "people")
# Its autovacuum belongs to another role, which may not be thrown out of a database that is dropped.
SPEED = (
    "fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60",
    "autovacuum=off",
)  # fmt: skip


@contextmanager
def cluster() -> Iterator[dict[str, str]]:
    """Run a cluster; yields the settings that lead to its databases."""
    folder = Path(tempfile.mkdtemp(prefix="tamizdat-pg-"))
    rights = _without_root(folder)
    data, log = folder / "data", folder / "log"
    try:
        _run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", rights=rights)
        options = " ".join(["-c listen_addresses=", f"-k {folder}", *(f"-c {s}" for s in SPEED)])
        _run("pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start", rights=rights)
        try:
            for name in NAMES:
                _ask(folder, f"CREATE ROLE {name} LOGIN CREATEDB")
                _ask(folder, f"CREATE DATABASE {name} OWNER {name}")
            yield {
                f"TAMIZDAT_{name.upper()}_DATABASE": _address(name, folder, name) for name in NAMES
            }
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop", rights=rights)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def beside(alias: str, name: str, template: str = "template1") -> Iterator[str]:
    """Make a database beside the tests' own, of the same role; yields what the settings take."""
    from django.db import connections

    settings = connections[alias].settings_dict
    with connections[alias]._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield _address(settings["USER"], Path(settings["HOST"]), name)
    finally:
        with connections[alias]._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _address(role: str, folder: Path, name: str) -> str:
    return f"postgres://{role}@{quote(str(folder), safe='')}/{name}"


def _without_root(folder: Path) -> dict[str, Any]:
    """Return how to start a program that refuses to run as root; gives it the folder."""
    if os.geteuid() != 0:
        return {}
    person = next(each for each in pwd.getpwall() if each.pw_name in ("postgres", "nobody"))
    os.chown(folder, person.pw_uid, person.pw_gid)
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def _program(name: str) -> str:
    found = sorted(POSTGRES.glob(f"*/bin/{name}"))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        raise SystemExit(f"missing: {name} of PostgreSQL; install it: apt-get install postgresql")
    return program


def _run(name: str, *words: object, rights: dict[str, Any]) -> None:
    """Run one of PostgreSQL's programs. Raises SystemExit with what it said."""
    done = subprocess.run(
        [_program(name), *map(str, words)],
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, "LC_ALL": "C.UTF-8"},
        **rights,
    )
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr or done.stdout}")


def _ask(folder: Path, statement: str) -> None:
    import psycopg

    where = f"host={folder} user=postgres dbname=postgres"
    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute(statement.encode())


def main(words: list[str]) -> int:
    if not words:
        raise SystemExit("expected a command to run")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave nothing behind then either
    with cluster() as settings:
        return subprocess.run(words, env={**os.environ, **settings}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
