"""What keeps the baker from its work is told, also where a full disk is what keeps it."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tamizdat.bake import trouble
from tamizdat.bake.resident import Resident
from tamizdat.bake.trouble import Trouble

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
FAILS = Trouble(NOW, 1, "story:7", "the disk is full")
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own, of a few pages; skips where we may not mount."""
    place = tmp_path / "run"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system can only be mounted by root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(run: Path) -> Path:
    """Write until the disk takes no more; return what fills it."""
    ballast = run / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return ballast


def test_a_trouble_finds_room_on_a_full_disk_as_often_as_it_is_noted(run: Path) -> None:
    trouble.lay_by(run)
    ballast = fill(run)
    for tries in (1, 2, 3):
        trouble.note(run, replace(FAILS, tries=tries))
        assert trouble.standing(run) == replace(FAILS, tries=tries)
    trouble.clear(run)
    assert trouble.standing(run) is None
    ballast.unlink()
    trouble.lay_by(run)
    fill(run)
    trouble.note(run, FAILS)
    assert trouble.standing(run) == FAILS


def test_a_full_disk_does_not_end_the_baker_and_is_named(run: Path) -> None:
    resident = Resident(run, lambda: NOW)
    fill(run)
    resident._note(FULL)  # no room was laid by: it is in the log alone
    assert trouble.standing(run) is None
    (run / "ballast").unlink()
    resident._recover()
    fill(run)
    resident._note(FULL)
    noted = trouble.standing(run)
    assert noted is not None
    assert "tell the operator: the disk is full." in noted.plain
