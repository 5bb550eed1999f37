"""Programs are kept alive, and end together, however the end comes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.homes import end, environment, read_until, until

# Each program writes its process id to a file and sleeps; `{folder}/quick` may make one end.
PROGRAM = "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).write_text(str(os.getpid())); "
SLEEP = PROGRAM + "time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP

SCRIPT = """
import sys
from tamizdat.serving import supervisor
from tamizdat.serving.programs import Program

supervisor.GRACE = 0.5
python, folder, *codes = sys.argv
programs = [
    Program(f"program {number}", (sys.executable, "-c", code, f"{folder}/{number}"))
    for number, code in enumerate(codes)
]
try:
    supervisor.Supervisor(
        programs, is_up=lambda: True, announce=lambda: print("open", flush=True)
    ).run()
except supervisor.CannotStart as error:
    sys.exit(str(error))
print("stopped", flush=True)
"""

Start = Callable[..., subprocess.Popen]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    begun: list[subprocess.Popen] = []

    def begin(*codes: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path), *codes],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        end(process)


def pid_of(tmp_path: Path, number: int) -> int:
    file = tmp_path / str(number)
    until(lambda: file.exists() and file.read_text() != "")
    return int(file.read_text())


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_in_good_order(number: int, start: Start, tmp_path: Path) -> None:
    process = start(SLEEP, SLEEP)
    read_until(process, "open")
    pids = [pid_of(tmp_path, 0), pid_of(tmp_path, 1)]
    process.send_signal(number)
    assert "stopped" in process.communicate()[0]
    assert process.returncode == 0
    assert not any(map(is_alive, pids))


def test_a_program_that_was_killed_is_started_again(start: Start, tmp_path: Path) -> None:
    process = start(SLEEP)
    read_until(process, "open")
    first = pid_of(tmp_path, 0)
    os.kill(first, signal.SIGKILL)
    read_until(process, "program 0 ended (killed by signal 9); starting it again in 0.5 s.")
    until(lambda: pid_of(tmp_path, 0) != first)
    assert is_alive(pid_of(tmp_path, 0))


def test_nothing_is_left_when_the_supervisor_itself_is_killed(start: Start, tmp_path: Path) -> None:
    process = start(SLEEP, SLEEP)
    read_until(process, "open")
    pids = [pid_of(tmp_path, 0), pid_of(tmp_path, 1)]
    process.kill()
    until(lambda: not any(map(is_alive, pids)))


def test_a_program_that_does_not_go_is_killed(start: Start, tmp_path: Path) -> None:
    process = start(STUBBORN)
    read_until(process, "open")
    pid = pid_of(tmp_path, 0)
    process.terminate()
    assert "stopped" in process.communicate()[0]
    assert not is_alive(pid)


def test_one_that_cannot_run_ends_all_at_once(start: Start, tmp_path: Path) -> None:
    process = start(SLEEP, "raise SystemExit(78)")
    said, _ = process.communicate()
    assert "the program 1 cannot run; it says why above" in said
    assert process.returncode == 1
    assert not (tmp_path / "0").exists() or not is_alive(pid_of(tmp_path, 0))


def test_no_program_may_leave_a_core_dump(start: Start, tmp_path: Path) -> None:
    process = start(SLEEP)
    read_until(process, "open")
    assert resource.prlimit(pid_of(tmp_path, 0), resource.RLIMIT_CORE) == (0, 0)
