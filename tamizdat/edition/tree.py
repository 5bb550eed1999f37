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
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import brotli

from tamizdat.edition.paths import BadPath, check

COMPRESSED = frozenset({".html", ".css", ".js", ".json", ".xml", ".txt", ".svg", ".vtt"})
# Brotli at 9 takes eighteen times as long on our pages for half a per cent (docs/performance.md).
BROTLI_QUALITY = 5
GZIP_LEVEL = 6
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
        self._real = root.resolve()

    def place(self, path: str) -> Path:
        """Return where a path lies on disk; raises BadPath if that is outside of the tree."""
        place = self.root / check(path)
        if not place.parent.resolve().is_relative_to(self._real):
            raise BadPath(f"{path!r} leads out of the edition")
        return place

    def write(self, path: str, data: bytes) -> Entry:
        """Put a whole file, and its compressed siblings, in place."""
        place = self.place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        files = [(place, data)]
        if place.suffix in COMPRESSED:
            files = [
                (sibling(place, ".br"), brotli.compress(data, quality=BROTLI_QUALITY)),
                (sibling(place, ".gz"), gzip.compress(data, GZIP_LEVEL, mtime=0)),
                (place, data),
            ]
        aside = [_write_aside(target, content) for target, content in files]
        moment = aside[-1].stat().st_mtime_ns
        for part in aside:
            os.utime(part, ns=(moment, moment))
        for part, (target, _) in zip(aside, files, strict=True):
            part.replace(target)
        return entry(path, data)

    def remove(self, path: str) -> None:
        """Take a file and its siblings away, and the folders that this leaves empty."""
        place = self.place(path)
        for target in (place, *(sibling(place, ending) for ending in SIBLINGS)):
            with suppress(FileNotFoundError):
                target.unlink()
        folder = place.parent
        while folder != self.root:
            try:
                folder.rmdir()
            except OSError:  # it holds something, or is gone
                return
            folder = folder.parent

    def has(self, path: str) -> bool:
        return self.place(path).is_file()

    def paths(self) -> set[str]:
        """Return the path of every file, compressed siblings left out."""
        found = set()
        for folder, _, names in os.walk(self.root):
            above = os.path.relpath(folder, self.root)
            for name in names:
                if _is_part(name):
                    continue
                found.add(name if above == "." else f"{above}/{name}")
        return {path for path in found if not _is_sibling(path, found)}

    def clear_parts(self) -> None:
        """Take away what a writer that was killed left beside the files."""
        for folder, _, names in os.walk(self.root):
            for name in filter(_is_part, names):
                (Path(folder) / name).unlink(missing_ok=True)

    def sync(self) -> None:
        """Make all that was written durable (one syncfs for the whole file system)."""
        folder = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            if _libc.syncfs(folder) != 0:
                raise OSError(ctypes.get_errno(), "syncfs failed", str(self.root))
        finally:
            os.close(folder)


_libc = ctypes.CDLL(None, use_errno=True)


def sibling(place: Path, ending: str) -> Path:
    return place.with_name(place.name + ending)


def _is_sibling(path: str, all_paths: set[str]) -> bool:
    stem, dot, ending = path.rpartition(".")
    return f"{dot}{ending}" in SIBLINGS and stem in all_paths


def _is_part(name: str) -> bool:
    return name.startswith(".") and name.endswith(".part")


def _write_aside(target: Path, data: bytes) -> Path:
    aside = target.with_name(f".{secrets.token_hex(8)}.part")
    with aside.open("wb") as file:
        file.write(data)
    return aside
