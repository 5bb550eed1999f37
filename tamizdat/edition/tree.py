"""The files of an edition on disk.

Rules:

* A file appears whole or not at all: written beside its place, then renamed over it.
* Text has its ``.br`` and ``.gz`` beside it, which decode to just its bytes. All three bear one
  modification time, by which a server knows that they belong together. They are put in place
  before the plain file.
* The same bytes make the same files: gzip without a clock, one fixed quality.
* A name that leaves the tree is refused, and so is a link that leads out of it.
* ``sync`` makes everything that was written durable; nothing counts as baked before it.
"""

from __future__ import annotations

import ctypes
import gzip
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from pathlib import Path

import brotli

from tamizdat.edition.paths import BadPath, check

COMPRESSED = frozenset({".html", ".css", ".js", ".json", ".xml", ".txt", ".svg", ".vtt"})
# Brotli at 9 takes eighteen times as long on our pages for half a per cent (docs/performance.md).
BROTLI_QUALITY = 5
# Level 6 takes a quarter longer for two per cent, and most readers get brotli.
GZIP_LEVEL = 4
SIBLINGS = (".br", ".gz")


@dataclass(frozen=True)
class Entry:
    """A file of the edition: its path, and the SHA-256 (hex) and length of its plain bytes."""

    path: str
    sha256: str
    length: int


def entry(path: str, data: bytes) -> Entry:
    return Entry(check(path), hashlib.sha256(data).hexdigest(), len(data))


class Tree:
    """A folder that holds an edition."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self._real = os.path.realpath(root)
        self._folders = {self._real}  # those known to be there, and inside
        self._count = count()

    def place(self, path: str) -> Path:
        """Return where a path lies on disk; raises BadPath if that is outside of the tree."""
        return Path(self._place(path))

    def _place(self, path: str) -> str:
        folder, _, name = check(path).rpartition("/")
        above = os.path.join(self._real, folder) if folder else self._real  # noqa: PTH118 - below
        if above not in self._folders and os.path.realpath(above) != above:
            raise BadPath(f"{path!r} leads out of the edition")
        return f"{above}/{name}"

    def write(self, path: str, data: bytes, *, is_plain: bool = False) -> Entry:
        """Put a whole file, and its compressed siblings, in place. ``is_plain``: no siblings."""
        folder, _, name = check(path).rpartition("/")
        place = f"{self._have_folder(folder)}/{name}"
        files = [(place, data)]
        if not is_plain and os.path.splitext(place)[1] in COMPRESSED:  # noqa: PTH122 - as in _place
            files = [
                (f"{place}.br", compressed(data)),
                (f"{place}.gz", gzip.compress(data, GZIP_LEVEL, mtime=0)),
                (place, data),
            ]
        moment = time.time_ns()
        aside = [self._write_aside(target, content, moment) for target, content in files]
        for part, (target, _) in zip(aside, files, strict=True):
            os.replace(part, target)  # noqa: PTH105 - a Path costs as much as the renaming
        return entry(path, data)

    def _have_folder(self, folder: str) -> str:
        """Have a folder, and return where it lies. Raises BadPath where a link leads elsewhere."""
        place = f"{self._real}/{folder}" if folder else self._real
        if place in self._folders:
            return place
        self._have_folder(folder.rpartition("/")[0])
        try:
            os.mkdir(place)  # noqa: PTH102 - as in _place
        except FileExistsError:
            if os.path.islink(place):  # noqa: PTH114 - as in _place
                raise BadPath(f"{folder!r} leads out of the edition") from None
        self._folders.add(place)
        return place

    def _write_aside(self, target: str, data: bytes, moment: int) -> str:
        """Write a file beside its place; return where. ``moment``: its time of change in ns."""
        folder = os.path.dirname(target)  # noqa: PTH120 - as in _place
        aside = f"{folder}/.{os.getpid()}-{next(self._count)}.part"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.utime(descriptor, ns=(moment, moment))
        finally:
            os.close(descriptor)
        return aside

    def remove(self, path: str) -> None:
        """Take a file and its siblings away, and the folders that this leaves empty."""
        place = self.place(path)
        self._folders = {self._real}
        for target in (place, *(sibling(place, ending) for ending in SIBLINGS)):
            with suppress(FileNotFoundError):
                target.unlink()
        folder = place.parent
        while folder != Path(self._real):
            try:
                folder.rmdir()
            except OSError:  # it holds something, or is gone
                return
            folder = folder.parent

    def has(self, path: str) -> bool:
        return self.place(path).is_file()

    def holds(self, path: str, data: bytes) -> bool:
        """Say whether a file has these bytes, and its siblings were written with it."""
        if self.read(path) != data:
            return False
        place = self.place(path)
        if place.suffix not in COMPRESSED:
            return True
        try:
            moments = {sibling(place, each).stat().st_mtime_ns for each in SIBLINGS}
        except FileNotFoundError:
            return False
        return moments == {place.stat().st_mtime_ns}

    def length(self, path: str) -> int | None:
        """Return a file's length in bytes; None where there is none."""
        try:
            return self.place(path).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes; None where there is none."""
        try:
            return self.place(path).read_bytes()
        except FileNotFoundError:
            return None

    def changed_at(self, path: str) -> datetime:
        """Return when a file was last written. Raises FileNotFoundError."""
        return datetime.fromtimestamp(self.place(path).stat().st_mtime, UTC)

    def names(self, folder: str) -> list[str]:
        """Return the names of the files of one folder, in order; none where it is not there."""
        try:
            with os.scandir(self.place(folder)) as found:
                return sorted(
                    each.name for each in found if each.is_file() and not _is_part(each.name)
                )
        except FileNotFoundError:
            return []

    def paths(self, below: str = "", *, clears_parts: bool = False) -> set[str]:
        """Return the path of every file, or those below a folder; compressed siblings left out.

        ``clears_parts``: take away what a writer that was killed left beside the files.
        """
        return set(self.walk(below, clears_parts=clears_parts))

    def walk(
        self, below: str = "", *, clears_parts: bool = False, passes_by: str = ""
    ) -> Iterator[str]:
        """Yield the same, a folder at a time; a folder at the top may be passed by."""
        for folder, folders, names in os.walk(self._place(below) if below else self._real):
            above = f"{folder[len(self._real) + 1 :]}/" if folder != self._real else ""
            if not above and passes_by in folders:
                folders.remove(passes_by)
            there = set(names)
            for name in names:
                if not _is_part(name):
                    if not _is_sibling(name, there):
                        yield f"{above}{name}"
                elif clears_parts:
                    Path(folder, name).unlink(missing_ok=True)

    def sync(self) -> None:
        """Make all that was written durable (one syncfs for the whole file system)."""
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if _libc.syncfs(folder) != 0:
                raise OSError(ctypes.get_errno(), "syncfs failed", str(self.root))
        finally:
            os.close(folder)


_libc = ctypes.CDLL(None, use_errno=True)


@lru_cache(maxsize=4)
def compressed(data: bytes) -> bytes:
    """Compress a file as most readers get it. Whoever has just weighed one packs it only once.

    A window no larger than the file needs spares a fifth of the time.
    """
    window = 16 if len(data) <= 1 << 16 else 22
    packed: bytes = brotli.compress(data, quality=BROTLI_QUALITY, lgwin=window)
    return packed


def sibling(place: Path, ending: str) -> Path:
    return place.with_name(place.name + ending)


def _is_sibling(name: str, all_names: set[str]) -> bool:
    return name.endswith(SIBLINGS) and name.rpartition(".")[0] in all_names


def _is_part(name: str) -> bool:
    return name.startswith(".") and name.endswith(".part")
