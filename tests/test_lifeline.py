"""What a killed process has forked is gone soon after it, with the keys that it held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.homes import end, environment, until

OPENING = """
import itertools
import multiprocessing
from tamizdat.vault.opening import Closed, Opener
from tamizdat.vault.sealing import Pair, seal

pair = Pair.make()
box = Closed("1", seal("anna@example.org", pair.public, bytes(32)))
for _ in Opener({pair.key_id: pair}, bytes(32)).open_all(itertools.repeat(box), 2):
    print(*[each.pid for each in multiprocessing.active_children()], flush=True)
"""


def is_gone(process: str) -> bool:
    try:
        about = Path("/proc", process, "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return about.rpartition(")")[2].split()[0] == "Z"  # dead; nobody has asked after it yet


def test_processes_that_hold_keys_do_not_outlive_the_one_that_was_killed() -> None:
    words = [sys.executable, "-c", OPENING]
    opening = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True)
    assert opening.stdout is not None
    openers = opening.stdout.readline().split()
    assert len(openers) == 2
    end(opening)
    until(lambda: all(map(is_gone, openers)))
