"""What the processor keeps: things as JSON in one SQLite file of its own.

A request is one transaction under one lock; so each is whole, or never was.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tamizdat.sqlite import library

TABLES = """
CREATE TABLE IF NOT EXISTS thing (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, made REAL NOT NULL, changed REAL NOT NULL,
    number INTEGER NOT NULL, reference TEXT NOT NULL, due REAL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_number ON thing (kind, number);
CREATE INDEX IF NOT EXISTS by_change ON thing (changed);
CREATE INDEX IF NOT EXISTS by_due ON thing (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS used (
    key TEXT PRIMARY KEY, at REAL NOT NULL, said TEXT NOT NULL, status INTEGER NOT NULL,
    answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS message (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at REAL NOT NULL, next REAL,
    tries INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS to_send ON message (next) WHERE next IS NOT NULL;
CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
Thing = dict[str, Any]


class Store:
    """The processor's file, and its clock, which can be moved forwards."""

    def __init__(self, file: Path | str) -> None:
        sqlite = library()
        self.connection = sqlite.connect(str(file), check_same_thread=False, isolation_level=None)
        self.connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self.connection.executescript(TABLES)
        self.lock = threading.RLock()
        self._number = self.connection.execute("SELECT MAX(number) FROM thing").fetchone()[0] or 0
        self._ahead = float(self.fact("ahead", "0"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of it or nothing."""
        with self.lock:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")

    def close(self) -> None:
        with self.lock:
            self.connection.close()

    # The clock

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._ahead)

    def move_clock(self, to: datetime) -> None:
        self._ahead = (to - datetime.now(UTC)).total_seconds()
        self.set_fact("ahead", str(self._ahead))

    # Facts

    def fact(self, name: str, usual: str = "") -> str:
        row = self.connection.execute("SELECT value FROM fact WHERE name = ?", [name]).fetchone()
        return usual if row is None else str(row[0])

    def set_fact(self, name: str, value: str) -> None:
        self.connection.execute(
            "INSERT OR REPLACE INTO fact VALUES (?, ?)",
            [name, value],
        )

    # Things

    def make(self, kind: str, **body: Any) -> Thing:
        """Make a thing; its name begins with its kind."""
        now = self.now()
        name = f"{kind[:3]}_{secrets.token_hex(12)}"
        thing = {"id": name, "kind": kind, "at": now.isoformat(), **body}
        self._number += 1
        self.connection.execute(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(name, kind, now.timestamp(), now.timestamp(), self._number),
                *(body.get("reference", ""), body.get("due"), json.dumps(thing)),
            ],
        )
        return thing

    def save(self, thing: Thing) -> None:
        self.connection.execute(
            "UPDATE thing SET changed = ?, due = ?, body = ? WHERE id = ?",
            [self.now().timestamp(), thing.get("due"), json.dumps(thing), thing["id"]],
        )

    def get(self, name: str, kind: str | None = None) -> Thing | None:
        row = self.connection.execute("SELECT body FROM thing WHERE id = ?", [name]).fetchone()
        thing = None if row is None else json.loads(row[0])
        return thing if thing is None or kind in (None, thing["kind"]) else None

    def due(self, until: datetime) -> Thing | None:
        """Return what is due first, until then."""
        row = self.connection.execute(
            "SELECT body FROM thing WHERE due <= ? ORDER BY due, number LIMIT 1",
            [until.timestamp()],
        ).fetchone()
        return None if row is None else json.loads(row[0])

    def page(self, kind: str, since: float, until: float, after: int, size: int) -> list[Thing]:
        """Return a page of the things of a kind that were made in a time, each with its number."""
        rows = self.connection.execute(
            "SELECT number, body FROM thing WHERE kind = ? AND number > ? "
            "AND made >= ? AND made <= ? ORDER BY number LIMIT ?",
            [kind, after, since, until, size],
        )
        return [{**json.loads(body), "number": number} for number, body in rows]

    def changed(self, since: float, after: int, size: int) -> list[Thing]:
        """Return a page of the names of what has changed since then."""
        rows = self.connection.execute(
            "SELECT number, id, kind FROM thing WHERE changed >= ? AND number > ? "
            "AND kind <> 'event' ORDER BY number LIMIT ?",
            [since, after, size],
        )
        return [{"number": number, "id": name, "kind": kind} for number, name, kind in rows]
