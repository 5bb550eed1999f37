"""The names of backup files: when each was made, which it is, and to which generation it belongs.

``backup-20261129T020000Z-6f3a91c2.age`` is whole;
``backup-20261130T020000Z-b07d44e1-of-6f3a91c2.age`` needs it, and all made between them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_NAME = re.compile(r"backup-(\d{8}T\d{6}Z)-([0-9a-f]{8})(?:-of-([0-9a-f]{8}))?\.age")
_TIME = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, order=True)
class Name:
    """What a backup file's name says."""

    made: datetime
    id: str
    generation: str  # the id of its whole backup: its own, where it is whole

    @property
    def is_whole(self) -> bool:
        return self.id == self.generation

    def __str__(self) -> str:
        of = "" if self.is_whole else f"-of-{self.generation}"
        return f"backup-{self.made:{_TIME}}-{self.id}{of}.age"


def new(now: datetime, generation: str | None) -> Name:
    """Name a backup that is made now; one without a generation begins its own."""
    own = secrets.token_hex(4)
    return Name(now.astimezone(UTC).replace(microsecond=0), own, generation or own)


def read(text: str) -> Name | None:
    """Read a file's name; None where it is no backup's."""
    fitting = _NAME.fullmatch(text)
    if fitting is None:
        return None
    made = datetime.strptime(fitting[1], _TIME).replace(tzinfo=UTC)
    return Name(made, fitting[2], fitting[3] or fitting[2])


def standing(folder: Path) -> list[Name]:
    """Return the backups that lie in a folder, the oldest first."""
    if not folder.is_dir():
        return []
    return sorted(name for each in folder.iterdir() if (name := read(each.name)) is not None)


def spent(names: Iterable[Name], before: datetime) -> list[Name]:
    """Return those that no backup made since needs. The newest generation always stays."""
    all_names = list(names)
    if not all_names:
        return []
    kept = {each.generation for each in all_names if each.made >= before}
    kept.add(max(all_names).generation)
    return [each for each in all_names if each.generation not in kept]


def period(text: str) -> timedelta:
    """Read a period, as 30d or 12h. Raises ValueError."""
    fitting = re.fullmatch(r"([1-9][0-9]{0,4})([dh])", text.strip())
    if fitting is None:
        raise ValueError(f"a period is a number and d or h, as 30d; found {text!r}")
    number = int(fitting[1])
    return timedelta(days=number) if fitting[2] == "d" else timedelta(hours=number)
