"""Making a backup of a newsroom at work.

The databases come first and uploads after them: a row's upload is written before the row, so what
a copied row names lies there when uploads are read. One that an editor deletes in between is gone
from the backup as well.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tamizdat.serving.backups import copies, names, signing
from tamizdat.serving.backups.catalogue import Catalogue, Stamp, catalogue
from tamizdat.serving.backups.errors import BackupError
from tamizdat.serving.backups.names import Name
from tamizdat.serving.backups.recipients import Recipient
from tamizdat.serving.backups.sealed import PIECE, Writer, sealing
from tamizdat.serving.folder import KEY, SETTINGS, Folder, read

FORMAT = 1
WHOLE_EVERY = timedelta(days=7)
ROOM = "backup"  # a folder in run/, for copies while they are being sealed
CATALOGUES = "catalogue"
DATABASES = {"default": "newsroom", "people": "people"}
ABOUT, MANIFEST, SIGNATURE, UPLOADS = "about.json", "manifest.json", "signature.json", "uploads"
LIST = "uploads.jsonl.gz"

Progress = Callable[[int, int], None]  # bytes done, bytes known


@dataclass
class Made:
    """What a backup holds."""

    file: Path
    is_whole: bool
    size: int = 0
    uploads: int = 0  # files
    fresh: int = 0  # of them, those whose bytes are in this file


@dataclass
class _Work:
    """A backup that is being made."""

    home: Folder
    name: Name
    writer: Writer
    books: Catalogue
    progress: Progress | None
    known: int = 0  # bytes
    done: int = 0
    parts: dict[str, dict[str, object]] = field(default_factory=dict)
    needs: set[str] = field(default_factory=set)
    uploads: int = 0
    fresh: int = 0

    def put(self, part: str, blocks: Iterable[bytes]) -> None:
        """Put a part in, and its length and hash into the manifest."""
        digest, size = hashlib.sha256(), 0

        def watched() -> Iterator[bytes]:
            nonlocal size
            for block in blocks:
                digest.update(block)
                size += len(block)
                self.tell(len(block))
                yield block

        is_plain = not part.endswith(".gz")
        pieces = self.writer.pour(part, watched() if is_plain else copies.squeeze(watched()))
        self.parts[part] = {"sha256": digest.hexdigest(), "size": size, "pieces": pieces}

    def tell(self, length: int) -> None:
        self.done += length
        if self.progress:
            self.progress(self.done, max(self.done, self.known))


def make(
    home: Folder,
    to: Path,
    recipients: Sequence[Recipient],
    databases: Mapping[str, Mapping[str, Any]],
    now: datetime,
    *,
    is_whole: bool = False,
    progress: Progress | None = None,
) -> Made:
    """Make a backup in the folder ``to``. Raises BackupError.

    ``databases`` are Django's, by alias. A whole one is made where none stands that can be gone
    on from, or the last is older than WHOLE_EVERY.
    """
    to.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(home.run), _room(home.run) as room:
        _sweep(to)
        with catalogue(home.path / "backups" / CATALOGUES, to) as books:
            name = names.new(now, None if is_whole else _generation(books, to, now))
            if name.is_whole:
                books.begin_generation()
            with sealing(to / str(name), recipients) as writer:
                work = _Work(home, name, writer, books, progress)
                _fill(work, room, databases, now)
            made = Made(to / str(name), name.is_whole, uploads=work.uploads, fresh=work.fresh)
            made.size = made.file.stat().st_size
            books.note_backup(name, made.size)
            books.keep()
            return made


def _generation(books: Catalogue, to: Path, now: datetime) -> str | None:
    """Return the generation that this backup goes on; None for a new one."""
    going = books.generation(to)
    whole = [each for each in names.standing(to) if each.is_whole and each.id == going]
    return going if whole and now - whole[0].made < WHOLE_EVERY else None


def _fill(
    work: _Work, room: Path, databases: Mapping[str, Mapping[str, Any]], now: datetime
) -> None:
    about = {"format": FORMAT, "id": work.name.id, "made": now.astimezone(UTC).isoformat()}
    work.writer.add(ABOUT, _json(about))
    work.known = _length(work.home, databases)
    versions = _versions()
    for alias, name in DATABASES.items():
        _put_database(work, name, databases[alias], room)
    _put_settings(work)
    with (room / LIST).open("w", encoding="utf-8") as listed:
        for line in _put_uploads(work):
            listed.write(line)
    work.put(LIST, copies.read_blocks(room / LIST))
    manifest = _json(
        {
            **about,
            "name": str(work.name),
            "engines": {
                name: copies.engine_of(databases[alias]) for alias, name in DATABASES.items()
            },
            "parts": work.parts,
            "uploads": work.uploads,
            "needs": sorted(work.needs),
            "versions": {**versions, **_later(versions, _versions())},
        }
    )
    work.writer.add(MANIFEST, manifest)
    work.writer.add(SIGNATURE, _json(signing.sign(manifest, work.home.keys)))


# Databases


def _put_database(work: _Work, name: str, database: Mapping[str, Any], room: Path) -> None:
    if copies.engine_of(database) == copies.POSTGRES:
        work.put(f"databases/{name}.dump", copies.dump_postgres(database))
        return
    copy = room / f"{name}.sqlite3"
    copies.copy_sqlite(Path(database["NAME"]), copy)
    work.put(f"databases/{name}.sqlite3.gz", copies.read_blocks(copy))
    copy.unlink()


def _versions() -> dict[str, int]:
    """Return the versions of signed metadata that were given out."""
    from tamizdat.bake import journal

    return journal.versions()


def _later(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    return {role: max(version, before.get(role, 0)) for role, version in after.items()}


def _length(home: Folder, databases: Mapping[str, Mapping[str, Any]]) -> int:
    """Return about how many bytes there are to read."""
    files = [Path(each["NAME"]) for each in databases.values()]
    length = sum(file.stat().st_size for file in files if file.is_file())
    return length + sum(state.st_size for _, state in _walk(home.path / UPLOADS))


# Settings and keys


def _put_settings(work: _Work) -> None:
    """Put in the settings, what they name in the folder, and all keys but root's."""
    home = work.home.path
    found = {home / SETTINGS, home / KEY}
    if work.home.is_newsroom():
        for name, value in read(work.home.settings).items():
            if name.endswith("_FILE") and not Path(value).is_absolute():
                found.add(home / value)
    found |= {file for file in work.home.keys.rglob("*") if not file.name.startswith(".")}
    for file in sorted(found):
        if file.is_file() and not file.is_symlink():
            work.put(f"home/{file.relative_to(home)}", [file.read_bytes()])


# Uploads


def _put_uploads(work: _Work) -> Iterator[str]:
    """Put in the uploads that no backup of this generation holds; yield a line for each."""
    root = work.home.path / UPLOADS
    for path, state in _walk(root):
        try:
            sha256, size = _put_upload(work, root, path, state)
        except FileNotFoundError:  # an editor deleted it meanwhile
            continue
        holder = work.books.holder(sha256) or work.name.id
        if holder != work.name.id:
            work.needs.add(holder)
        work.uploads += 1
        row = {"path": path, "sha256": sha256, "size": size, "in": holder}
        yield json.dumps(row, ensure_ascii=False) + "\n"


def _put_upload(work: _Work, root: Path, path: str, state: os.stat_result) -> tuple[str, int]:
    """Return an upload's hash and length, having seen to it that some backup holds it."""
    stamp, file = Stamp.of(state), root / path
    sha256 = work.books.known(path, stamp)
    if sha256 is not None and work.books.holder(sha256):
        work.tell(state.st_size)
        return sha256, state.st_size
    sha256, size = _hash(file)
    if work.books.holder(sha256) is None:
        _pour_upload(work, file, sha256, size)
        work.books.note_held(sha256, work.name.id)
    if size == state.st_size:  # else it is still being written
        work.books.note_read(path, stamp, sha256)
    work.tell(size)
    return sha256, size


def _hash(file: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for block in copies.read_blocks(file):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def _pour_upload(work: _Work, file: Path, sha256: str, size: int) -> None:
    """Put in just the bytes that were hashed; what is appended meanwhile is of a later backup."""
    digest, left = hashlib.sha256(), size

    def blocks() -> Iterator[bytes]:
        nonlocal left
        for block in copies.read_blocks(file):
            part = block[:left]
            left -= len(part)
            digest.update(part)
            yield part

    if size <= PIECE:
        work.writer.add(f"media/{sha256}", b"".join(blocks()))
    else:
        work.writer.pour(f"media/{sha256}", blocks())
    if digest.hexdigest() != sha256:
        raise BackupError(f"{file.name} in uploads/ changed while it was read; run it again")
    work.fresh += 1


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the path below ``root`` and the state of each plain file, folder by folder."""
    waiting = [root] if root.is_dir() else []
    while waiting:
        with os.scandir(waiting.pop()) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    path = str(Path(entry.path).relative_to(root))
                    yield path, entry.stat(follow_symlinks=False)


# One at a time, and nothing left behind


@contextmanager
def _alone(run: Path) -> Iterator[None]:
    run.mkdir(parents=True, exist_ok=True)
    with (run / "backup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError("another backup of this newsroom is being made") from None
        yield


@contextmanager
def _room(run: Path) -> Iterator[Path]:
    """Yield an empty folder for our eyes, which goes; one that a killed run left goes first."""
    room = run / ROOM
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(mode=0o700)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _sweep(to: Path) -> None:
    """Take away what killed runs have begun."""
    for file in to.glob(".backup-*.part"):
        file.unlink()


def sweep_room(run: Path) -> None:
    """Take away copies that a killed run left, where no backup is being made."""
    if (run / ROOM).exists():
        with suppress(BackupError), _alone(run):
            shutil.rmtree(run / ROOM, ignore_errors=True)


def prune(to: Path, kept: timedelta, now: datetime) -> list[Name]:
    """Take away generations that are older than that; return what went."""
    gone = names.spent(names.standing(to), now - kept)
    for name in sorted(gone, reverse=True):  # what needs others before what is needed
        (to / str(name)).unlink()
    return gone


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode()
