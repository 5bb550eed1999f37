"""What the doctor finds, and what a check is told before it looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from tamizdat.serving.folder import Folder


class Severity(IntEnum):
    """How bad it is. The worst one makes the exit code."""

    UNSEEN = 0  # it was not looked at, and why
    WARNING = 1  # nothing is lost yet
    ERROR = 2  # something is lost, open or at a standstill


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, and the mend."""

    severity: Severity
    thing: str  # a few words: what it is about
    found: str  # what was expected where that is not plain, and what was found
    mend: str  # what to do


@dataclass(frozen=True)
class Visit:
    """What every check is told: which newsroom, when, and whether it may ask over a network."""

    folder: Folder
    now: datetime
    is_offline: bool = False
    patience: float = 5.0  # seconds for each question to another program or machine


Findings = Iterator[Finding]
Check = Callable[[Visit], Findings]


def error(thing: str, found: str, mend: str) -> Finding:
    return Finding(Severity.ERROR, thing, found, mend)


def warning(thing: str, found: str, mend: str) -> Finding:
    return Finding(Severity.WARNING, thing, found, mend)


def unseen(thing: str, why: str, mend: str) -> Finding:
    return Finding(Severity.UNSEEN, thing, f"not looked at: {why}", mend)
