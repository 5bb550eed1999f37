"""A configuration for Litestream, which follows SQLite's write-ahead log continuously.

Litestream (https://litestream.io, 0.5) is a program of its own and no part of this one. It keeps a
copy of both databases that is seconds old, where a backup is a day old; it does not take uploads,
keys or settings, and what it writes is not sealed: its copies belong on a disk of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tamizdat.serving.backups import copies
from tamizdat.serving.backups.errors import BackupError
from tamizdat.serving.backups.making import DATABASES

_OPENING = """\
# Litestream's configuration for this newsroom, made by: tamizdat backup --litestream
# Change the paths of the replicas to a disk that is not this one, encrypted as this one is:
# nothing of ours seals what Litestream writes.
dbs:"""
_ONE = """\
  - path: {path}
    # Ours empty the log by themselves at 4 MiB; Litestream takes that over while it runs.
    monitor-interval: 1s
    checkpoint-interval: 1m
    busy-timeout: 20s
    replica:
      type: file
      path: {replica}
      sync-interval: 1s"""


def configuration(
    databases: Mapping[str, Mapping[str, Any]], to: Path = Path("/mnt/followers")
) -> str:
    """Return litestream.yml for these databases (Django's). Raises BackupError."""
    lines = [_OPENING]
    for alias, name in DATABASES.items():
        if copies.engine_of(databases[alias]) != copies.SQLITE:
            raise BackupError(
                "Litestream follows SQLite; for PostgreSQL set up a standby, or WAL archiving"
            )
        lines.append(
            _ONE.format(
                path=_quoted(str(databases[alias]["NAME"])), replica=_quoted(str(to / name))
            )
        )
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Write a string as YAML's single-quoted scalar (YAML 1.2, 7.3.2)."""
    return "'" + text.replace("'", "''") + "'"
