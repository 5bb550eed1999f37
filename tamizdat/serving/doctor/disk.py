"""The disk: whether a full bake, a backup and a day of work have room."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tamizdat.serving.doctor.findings import Findings, Visit, error, warning

SLACK = 512 << 20  # bytes
LOOK_FOR = 20.0  # seconds in which files are counted; beyond that the count is a lower bound


@dataclass(frozen=True)
class Size:
    """How much lies in a folder."""

    files: int = 0
    bytes: int = 0


def space(visit: Visit) -> Findings:
    """Find a disk on which a full bake or a backup would not fit."""
    home = visit.folder.path
    free = shutil.disk_usage(home).free
    edition = _size(visit.folder.edition).bytes
    files = [*home.glob("*.sqlite3"), *home.glob("people/*.sqlite3")]
    databases = sum(file.stat().st_size for file in files if not file.is_symlink())
    # What a full bake replaces stays beside what it makes; a backup copies the databases once in
    # the open and once into its file.
    needed = edition + 2 * databases + SLACK
    if free < SLACK:
        yield error("disk", f"{_in_words(free)} are free", f"make room on the disk of {home}")
    elif free < needed:
        yield warning(
            "disk",
            f"{_in_words(free)} are free; a full bake and a backup may need {_in_words(needed)}",
            f"make room on the disk of {home}",
        )


def inodes(visit: Visit) -> Findings:
    """Find a disk that has room for bytes and none for files."""
    state = os.statvfs(visit.folder.path)
    if not state.f_files:  # a file system that counts none
        return
    files = _size(visit.folder.edition).files
    if state.f_favail < files + 10_000:
        yield warning(
            "disk",
            f"room for {state.f_favail} more files; a full bake may need {files + 10_000}",
            "a file system with more inodes (mkfs.ext4 -N), or XFS",
        )


def _size(folder: Path) -> Size:
    files = length = 0
    until = time.monotonic() + LOOK_FOR
    waiting = [folder] if folder.is_dir() else []
    while waiting and time.monotonic() < until:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    files += 1
                    length += entry.stat(follow_symlinks=False).st_size
    return Size(files, length)


def _in_words(length: int) -> str:
    return f"{length / 1e9:.1f} GB"
