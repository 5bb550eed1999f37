"""Whose the newsroom's files are, and who else may open them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tamizdat.serving.doctor.findings import Findings, Visit, error, warning
from tamizdat.serving.folder import KEY, SETTINGS, Folder

OTHERS = 0o077
# What is public or says nothing may be read by a web server of another user.
PUBLIC = ("edition",)


def owner(visit: Visit) -> Findings:
    """Find files that belong to another user than the folder: a program cannot write them."""
    home = visit.folder.path
    user = home.stat().st_uid
    if user != os.geteuid():
        yield warning(
            "owner", f"{home} is another user's than the doctor's", "run the doctor as that user"
        )
    for file in _own(visit.folder):
        if file.lstat().st_uid != user:
            yield error(
                "owner",
                f"{file} belongs to another user than {home}",
                f"chown -R --reference={home} {file}",
            )


def modes(visit: Visit) -> Findings:
    """Find what others on this machine may open."""
    for file in _own(visit.folder):
        if file.is_symlink() or file.name in PUBLIC:
            continue
        if file.lstat().st_mode & OTHERS:
            mode = 700 if file.is_dir() else 600
            # Inside a closed folder nobody comes to it; but copies keep their own mode.
            found = error if _is_secret(file, visit.folder) else warning
            yield found("modes", f"others may open {file}", f"chmod {mode} {file}")


def _own(folder: Folder) -> Iterator[Path]:
    """Yield the folder, what lies in it, and its keys."""
    yield folder.path
    yield from sorted(folder.path.iterdir())
    people = folder.path / "people"
    for place in (people, folder.keys, folder.keys / "vault", folder.root_keys):
        if place.is_dir():
            yield from sorted(place.iterdir())


def _is_secret(file: Path, folder: Folder) -> bool:
    return (
        file in (folder.path, folder.keys)
        or file.name in (KEY, SETTINGS)
        or file.suffix in (".pem", ".age", ".sqlite3")
    )
