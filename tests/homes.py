"""Newsrooms in folders of their own, and the real command run on them."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATIENCE = 600.0  # seconds; a test machine may be busy, and this is only a bound


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a person who has set nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAMIZDAT_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "tamizdat.cli", *map(str, words)]


def tamizdat(*words: object, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess:
    """Run the command to its end."""
    return subprocess.run(
        command(*words),
        env=environment(**more),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def start(*words: object) -> subprocess.Popen:
    """Start the command; its output and errors come through one pipe."""
    return subprocess.Popen(
        command(*words),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen, sign: str) -> str:
    """Read what a program says up to the line that holds the sign."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if sign in line:
            return said
    raise AssertionError(f"it ended without {sign!r}: {said}")


def end(process: subprocess.Popen) -> None:
    """Make sure that a process is gone and its pipe closed."""
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def until(question: Callable[[], bool]) -> None:
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + PATIENCE
    while not question():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)  # another process's doing cannot be waited for otherwise


def free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in taken]
    for each in taken:
        each.close()
    return ports


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Make a folder once for all test processes of this run; the first to come makes it."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    base = factory.getbasetemp().parent if is_worker else factory.getbasetemp()
    folder = base / f"shared-{name}"
    with (base / f"shared-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            aside = base / f"making-{name}"
            make(aside)
            aside.rename(folder)
    return folder


def copy(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.lock", "*.sock"))
    target.chmod(0o700)
    return target
