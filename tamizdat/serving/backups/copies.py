"""Copies of the databases, consistent while everything runs.

SQLite: ``VACUUM INTO`` reads one moment of the file and takes no lock that a writer needs; what was
erased is not in the copy. The copy lies in ``run/`` (0600) while it is being sealed, beside the
file that it is a copy of, and goes at once; after a kill, with the next backup.

PostgreSQL: ``pg_dump`` reads one moment as well (a repeatable-read transaction) and is sealed as it
comes: no copy is made.
"""

from __future__ import annotations

import gzip
import os
import subprocess
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tamizdat import sqlite
from tamizdat.serving.backups.errors import BackupError

BLOCK = 1 << 20
LIGHT = 1  # compression: half of what the best saves, in a tenth of the time
SQLITE, POSTGRES = "sqlite", "postgresql"
BUSY = 20.0  # seconds


def engine_of(database: Mapping[str, Any]) -> str:
    return SQLITE if str(database["ENGINE"]).endswith("sqlite3") else POSTGRES


# SQLite


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that is in use, as of one moment."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    address = f"{source.absolute().as_uri()}?mode=ro"
    library = sqlite.library()
    connection = library.connect(address, uri=True, timeout=BUSY, isolation_level=None)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
    except library.Error as problem:
        raise BackupError(f"{source} cannot be copied: {problem}") from None
    finally:
        connection.close()


def read_blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while block := opened.read(BLOCK):
            yield block


def squeeze(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Compress as gzip, as it comes."""
    press = zlib.compressobj(LIGHT, zlib.DEFLATED, 31)  # 31: with gzip's frame
    for block in blocks:
        if pressed := press.compress(block):
            yield pressed
    yield press.flush()


class Unsqueeze:
    """Undoes ``squeeze``, block by block."""

    def __init__(self) -> None:
        self._press = zlib.decompressobj(31)

    def __call__(self, block: bytes) -> bytes:
        """Raises BackupError where the bytes are no gzip."""
        try:
            return self._press.decompress(block)
        except zlib.error:
            raise BackupError("a part of the backup is not compressed as it says") from None

    @property
    def is_whole(self) -> bool:
        return self._press.eof


def unsqueezed(file: Path) -> Iterator[bytes]:
    with gzip.open(file) as opened:
        yield from opened


# PostgreSQL


def dump_postgres(database: Mapping[str, Any]) -> Iterator[bytes]:
    """Yield a dump in pg_dump's custom format, as it comes. Raises BackupError."""
    words = ["pg_dump", "--format=custom", f"--compress={LIGHT}", "--no-owner", "--no-acl"]
    with subprocess.Popen(
        words,
        env=_environment(database),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            if process.stdout is None or process.stderr is None:  # both are pipes
                raise BackupError("pg_dump cannot be read")
            while block := process.stdout.read(BLOCK):
                yield block
            said = process.stderr.read().decode("utf-8", "replace")
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise BackupError(f"pg_dump failed: {_first_line(said)}")


def restore_postgres(dump: Path, database: Mapping[str, Any], *, is_begun: bool) -> None:
    """Fill an empty database with a dump, all of it or nothing. Raises BackupError.

    ``is_begun``: what stands in it is of a restore that was cut off, and is replaced.
    """
    clean = ["--clean", "--if-exists"] if is_begun else []
    words = ["pg_restore", "--single-transaction", "--no-owner", "--no-acl", "--exit-on-error"]
    done = subprocess.run(
        [*words, *clean, "--dbname", str(database["NAME"]), str(dump)],
        env=_environment(database),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace")
        raise BackupError(f"pg_restore failed: {_first_line(said)}")


def _environment(database: Mapping[str, Any]) -> dict[str, str]:
    """Say to PostgreSQL's programs which database is meant, never on a command line."""
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    said = {name: str(database.get(key) or "") for name, key in names.items()}
    options = database.get("OPTIONS") or {}
    for key in ("sslmode", "sslrootcert", "sslcert", "sslkey"):
        said[f"PG{key.upper()}"] = str(options.get(key) or "")
    said["PGDATABASE"] = str(database["NAME"])
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", **{name: text for name, text in said.items() if text}}


def _first_line(said: str) -> str:
    lines = said.strip().splitlines()
    return lines[0] if lines else "it says nothing"
