"""A newsroom to be looked at, and what one check says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tamizdat.serving.doctor.findings import Check, Severity, Visit
from tamizdat.serving.folder import Folder

MARKS = {Severity.UNSEEN: "unseen", Severity.WARNING: "warning", Severity.ERROR: "error"}


@dataclass
class Looking:
    """Runs a check on a newsroom's folder."""

    folder: Folder
    is_offline: bool = False

    def __call__(self, check: Check) -> list[str]:
        visit = Visit(self.folder, timezone.now(), self.is_offline)
        return [f"{MARKS[f.severity]} {f.thing}: {f.found} | {f.mend}" for f in check(visit)]


@pytest.fixture
def looking(folders: Path) -> Looking:
    folders.chmod(0o700)
    return Looking(Folder(folders))


@pytest.fixture
def baked(newsroom: dict[str, Any], bake: Callable[..., Any], looking: Looking) -> Looking:
    """A newsroom with an edition."""
    bake(full=True)
    return looking
