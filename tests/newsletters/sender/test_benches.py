"""The sender's benches at a small size: none rots, and what they promise holds here too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import homes

BENCH = homes.ROOT / "bench"


def run(name: str, *words: object) -> dict[str, Any]:
    command = [sys.executable, str(BENCH / name), *map(str, words)]
    done = subprocess.run(command, env=homes.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.long
def test_a_killed_sender_skips_nobody_and_sends_nobody_a_second_mail(own_newsroom: Path) -> None:
    words = ("--home", own_newsroom, "--kills", 8, "--subscribers", 160, "--seed", 11)
    found = run("crash_send.py", *words)
    assert (found["kills"], found["skipped"], found["twice"]) == (8, 0, 0), found["what"]
    assert found["what"] == []
    most = found["loops"] * found["lines_a_loop"]
    assert found.get("uncertain", 0) <= most * found["kills"]


@pytest.mark.long
def test_every_subscriber_of_the_bench_is_sent_to_and_the_mail_is_made_once(
    own_newsroom: Path,
) -> None:
    if not Path("/usr/sbin/smtp-sink").exists():
        pytest.skip("smtp-sink is not installed: apt-get install postfix")
    found = run("send.py", "--home", own_newsroom, "--subscribers", 300, "--signed")
    assert found["sent"] == 300
    assert found["stencils_read"] == 1
    assert 30_000 < found["mail_bytes"] < 36_000
