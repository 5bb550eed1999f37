"""Reading a backup and those that it needs: all of it, before anything is made of it.

What is read goes to a *room*: a folder in which a restore finds each part by its name and each
upload by its hash. Without a room it is read and held against the manifest, and goes nowhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tamizdat import sqlite
from tamizdat.serving.backups import names, signing
from tamizdat.serving.backups.copies import Unsqueeze
from tamizdat.serving.backups.errors import BackupError, Damaged, Missing
from tamizdat.serving.backups.making import ABOUT, FORMAT, LIST, MANIFEST, SIGNATURE
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.backups.sealed import Member, unsealing

MEDIA = "media/"
PART = re.compile(r"(home|databases)/.+|" + re.escape(LIST))
LONGEST_LINE = 1 << 16  # of the list of uploads
BATCH = 1000

Progress = Callable[[int, int], None]  # bytes of the sealed files read, and in all


@dataclass(frozen=True)
class Contents:
    """What a backup says of itself, all of it read and found right."""

    id: str
    made: datetime
    engines: dict[str, str]
    versions: dict[str, int]
    uploads: int
    signer: str | None  # the fingerprint of the newsroom's first root
    files: tuple[Path, ...]  # the backup, and those it needs


def media_file(room: Path, sha256: str) -> Path:
    return room / "media" / sha256[:2] / sha256


def check(
    given: Sequence[Path],
    identities: Sequence[Identity],
    room: Path | None = None,
    progress: Progress | None = None,
) -> Contents:
    """Read the newest of these files and all that it needs, there or beside it.

    Raises CannotOpen, Damaged, Missing.
    """
    with ExitStack() as held:
        aside = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="tamizdat-")))
        wanted = held.enter_context(_wanted(room or aside))
        reading = _Reading(identities, room, aside, wanted, progress, _newest(given))
        contents = reading.read()
        others = _others(given, reading.file, wanted.holders())
        for file in others:
            reading.read_other(file)
        if missing := wanted.count():
            raise Damaged(f"{missing} uploads are in none of the backups that should hold them")
    files = (reading.file, *others)
    return Contents(**contents, files=files)


def _newest(given: Sequence[Path]) -> Path:
    """Return the one that is restored: by its name the newest, else the first."""
    named = {name: file for file in given if (name := names.read(file.name))}
    return named[max(named)] if named else given[0]


def _others(given: Sequence[Path], newest: Path, holders: Iterable[str]) -> list[Path]:
    """Return the files with these ids. Raises Missing, with all that are not there."""
    beside = [newest.parent / str(each) for each in names.standing(newest.parent)]
    known = {name.id: file for file in (*beside, *given) if (name := names.read(file.name))}
    lacking = [each for each in holders if each not in known]
    if lacking:
        raise Missing(
            f"{newest.name} needs the backup {' and '.join(f'…-{each}*.age' for each in lacking)}"
            f" too: put it into {newest.parent}, or name it as well"
        )
    return [known[each] for each in holders]


@dataclass
class _Reading:
    """A backup that is being read."""

    identities: Sequence[Identity]
    room: Path | None
    aside: Path
    wanted: Wanted
    progress: Progress | None
    file: Path

    def read(self) -> dict[str, Any]:
        """Read the backup itself; return what it says."""
        found: dict[str, dict[str, Any]] = {}
        small: dict[str, bytes] = {}
        with unsealing(self.file, self.identities, self.progress) as members:
            for name, blocks in _parts(members):
                if name in (ABOUT, MANIFEST, SIGNATURE):
                    small[name] = b"".join(blocks)
                elif name.startswith(MEDIA):
                    self._take_media(name, blocks)
                elif PART.fullmatch(name) and name not in found:
                    found[name] = self._take(name, blocks)
                else:
                    raise Damaged(f"{self.file} holds {name!r}, which no backup of ours does")
        self.wanted.settle()
        return self._say(small, found)

    def read_other(self, file: Path) -> None:
        """Take the uploads that are still wanted out of an earlier backup."""
        with unsealing(file, self.identities, self.progress) as members:
            for name, blocks in _parts(members):
                if name.startswith(MEDIA) and self.wanted.has(name.removeprefix(MEDIA)):
                    self._take_media(name, blocks)
                else:
                    _exhaust(blocks)
        self.wanted.settle()

    def _take_media(self, name: str, blocks: Iterator[bytes]) -> None:
        sha256 = name.removeprefix(MEDIA)
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise Damaged(f"{self.file} holds {name!r}, which is no hash")
        place = media_file(self.room, sha256) if self.room else None
        if _write(blocks, place)["sha256"] != sha256:
            raise Damaged(f"an upload in {self.file} is not what its name says")
        self.wanted.note_seen(sha256)

    def _take(self, name: str, blocks: Iterator[bytes]) -> dict[str, Any]:
        plain = _plain(blocks) if name.endswith(".gz") else blocks
        if name == LIST:
            plain = self._noting(plain)
        # The keys are needed to check who signed.
        room = self.room or (self.aside if name.startswith("home/keys/signed/") else None)
        return _write(plain, room / _safe(name.removesuffix(".gz")) if room else None)

    def _noting(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """Note what the list of uploads names, as it passes."""
        waiting = b""
        for block in blocks:
            *lines, waiting = (waiting + block).split(b"\n")
            for line in lines:
                row = json.loads(line)
                _safe(row["path"])
                self.wanted.note(row["sha256"], row["in"])
            if len(waiting) > LONGEST_LINE:
                raise Damaged(f"{self.file}: a line of the list of uploads has no end")
            yield block

    def _say(self, small: dict[str, bytes], found: dict[str, dict[str, Any]]) -> dict[str, Any]:
        try:
            about, manifest = json.loads(small[ABOUT]), json.loads(small[MANIFEST])
        except (KeyError, ValueError):
            raise Damaged(f"{self.file} has no manifest; it is no backup of ours") from None
        if about.get("format") != FORMAT:
            raise BackupError(f"{self.file} was made by another version; update tamizdat first")
        parts = {name: dict(part) for name, part in manifest["parts"].items()}
        for part in parts.values():
            part.pop("pieces", None)
        if parts != found or about["id"] != manifest["id"]:
            raise Damaged(f"{self.file} does not hold what its manifest says")
        keys = (self.room or self.aside) / "home" / "keys"
        return {
            "id": manifest["id"],
            "made": datetime.fromisoformat(manifest["made"]),
            "engines": manifest["engines"],
            "versions": manifest["versions"],
            "uploads": manifest["uploads"],
            "signer": signing.signer_of(small[MANIFEST], small.get(SIGNATURE, b"{}"), keys),
        }


# Parts


def _parts(members: Iterator[Member]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield each part with its bytes, its pieces put together."""
    for name, pieces in groupby(members, key=lambda member: member.name):
        yield name, _joined(name, pieces)


def _joined(name: str, pieces: Iterator[Member]) -> Iterator[bytes]:
    for number, piece in enumerate(pieces):
        if piece.piece != number:
            raise Damaged(f"{name}: piece {number} is missing")
        yield from piece.blocks()


def _plain(blocks: Iterable[bytes]) -> Iterator[bytes]:
    unsqueeze = Unsqueeze()
    for block in blocks:
        yield unsqueeze(block)
    if not unsqueeze.is_whole:
        raise Damaged("a compressed part of the backup has no end")


def _write(blocks: Iterable[bytes], place: Path | None) -> dict[str, Any]:
    """Write a part, if there is a place for it; return its length and hash."""
    digest, size = hashlib.sha256(), 0
    with ExitStack() as held:
        opened = held.enter_context(_new(place)) if place else None
        for block in blocks:
            digest.update(block)
            size += len(block)
            if opened:
                opened.write(block)
    return {"sha256": digest.hexdigest(), "size": size}


def _new(place: Path) -> IO[bytes]:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "wb")


def _exhaust(blocks: Iterable[bytes]) -> None:
    for _ in blocks:
        pass


def _safe(name: str) -> str:
    """Return a path that stays below where it is put. Raises Damaged."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or "\0" in name:
        raise Damaged(f"{name!r} is no path of a backup")
    return name


# Which uploads are wanted, on disk: there may be a million


@contextmanager
def _wanted(place: Path) -> Iterator[Wanted]:
    file = place / "wanted.sqlite3"
    file.touch(mode=0o600)
    connection = sqlite.library().connect(file)
    try:
        yield Wanted(connection)
    finally:
        connection.close()


class Wanted:
    """The hashes that the list names and those that were read."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.executescript(
            "PRAGMA synchronous=OFF;"
            "CREATE TABLE wanted (sha256 TEXT PRIMARY KEY, backup TEXT) WITHOUT ROWID;"
            "CREATE TABLE seen (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;"
        )

    def note(self, sha256: str, backup: str) -> None:
        self._connection.execute("INSERT OR IGNORE INTO wanted VALUES (?, ?)", (sha256, backup))

    def note_seen(self, sha256: str) -> None:
        self._connection.execute("INSERT OR IGNORE INTO seen VALUES (?)", (sha256,))

    def settle(self) -> None:
        """Want no more what was read."""
        self._connection.execute("DELETE FROM wanted WHERE sha256 IN (SELECT sha256 FROM seen)")
        self._connection.commit()

    def has(self, sha256: str) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM wanted WHERE sha256 = ?", (sha256,)
        ).fetchone()
        return row is not None

    def holders(self) -> list[str]:
        rows = self._connection.execute("SELECT DISTINCT backup FROM wanted ORDER BY 1")
        return [row[0] for row in rows.fetchall()]

    def count(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM wanted").fetchone()[0])
