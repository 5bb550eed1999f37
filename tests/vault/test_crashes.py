"""Rotations and restores that are killed: nothing is lost, and the next run comes to the end.

``bench/crash_vault.py`` does it more often.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import homes

BENCH = homes.ROOT / "bench" / "crash_vault.py"


@pytest.mark.heavy
def test_rotations_and_restores_that_are_killed_lose_nobody(own_newsroom: Path) -> None:
    words = [sys.executable, BENCH, "--home", own_newsroom, "--kills", "3", "--addresses", "1000"]
    done = subprocess.run(
        [*words, "--seed", "5"], env=homes.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name in ("rotation", "restore"):
        assert found[name]["broken"] == []
        assert found[name]["kills"] == 3
