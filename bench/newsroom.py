"""What the benches share: a newsroom of their own, its commands, and an eye on processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.signing_in import SECRET, code, letters  # noqa: E402, F401 - past the locks as tests go

SAMPLE_EVERY = 0.1  # seconds


def say(words: str) -> None:
    """Tell the person who waits; the JSON goes to standard output."""
    print(words, file=sys.stderr, flush=True)


# The newsroom


@contextmanager
def newsroom(keep: bool = False, address: str = "http://localhost:8000") -> Iterator[Path]:
    """Make a new, empty newsroom as an operator would; take it away at the end.

    Another address later on would have the whole edition made again.
    """
    home = Path(tempfile.mkdtemp(prefix="tamizdat-bench-"))
    try:
        run("init", "--home", home, "--address", address)
        yield home
    finally:
        if keep:
            say(f"left there: {home}")
        else:
            shutil.rmtree(home, ignore_errors=True)


def command(*words: object) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *map(str, words)]


def run(*words: object) -> str:
    """Run a command of tamizdat to its end; return what it said."""
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"tamizdat {words[0]}: {done.stderr.strip()}")
    return done.stdout


def enter(home: Path) -> None:
    """Let this process be one of the newsroom's: settings, Django, our own modules."""
    sys.path[:0] = [str(ROOT), str(ROOT / "bench")]
    from tamizdat.serving.folder import Folder

    Folder(home).load(os.environ)
    os.environ["DJANGO_SETTINGS_MODULE"] = "tamizdat.settings"
    import django

    django.setup()


def again(file: str, *words: object) -> None:
    """Run a bench's own file once more as another process, to its end."""
    subprocess.run([sys.executable, file, *map(str, words)], check=True)


def end(process: subprocess.Popen[Any], patience: float = 20) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, seconds: float = 60) -> None:
    until(lambda: _answers(port), seconds, f"nothing answers on port {port}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(question: Callable[[], bool], seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        if time.monotonic() > deadline:
            raise SystemExit(otherwise)
        time.sleep(0.05)


# Measuring


@dataclass
class Peak:
    """The most memory that a process and its children had together, in bytes.

    ``all`` counts what they share once (PSS), and the pages of mapped files with it; ``own`` is
    what they would have to be given (anonymous memory).
    """

    all: int = 0
    own: int = 0

    def note(self, process: int) -> None:
        whole, own = 0, 0
        for pid in family(process):
            found = _rollup(pid)
            whole += found.get("Pss", 0)
            own += found.get("Pss_Anon", 0)
        self.all, self.own = max(self.all, whole), max(self.own, own)


@dataclass
class Done:
    """What a command cost."""

    seconds: float
    cpu_seconds: float
    peak: Peak = field(default_factory=Peak)
    said: str = ""


def measured(words: list[str]) -> Done:
    """Run a program to its end; say how long it took and what it needed."""
    before, began, peak = os.times(), time.perf_counter(), Peak()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    over = threading.Event()

    def watch() -> None:
        pause = SAMPLE_EVERY
        while not over.wait(pause):
            began = time.perf_counter()
            peak.note(process.pid)
            # To count pages takes long where there are many, and holds up who owns them.
            pause = max(SAMPLE_EVERY, 50 * (time.perf_counter() - began))

    watcher = threading.Thread(target=watch)
    watcher.start()
    said, errors = process.communicate()
    took, after = time.perf_counter() - began, os.times()
    over.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(words)}: {errors.strip()[-2000:]}")
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return Done(took, cpu, peak, said)


def family(process: int) -> list[int]:
    """Return a process and all below it."""
    found = [process]
    for pid in found:
        for tasks in _entries(Path(f"/proc/{pid}/task")):
            found += [int(each) for each in _text(tasks / "children").split()]
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it ended meanwhile
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def _rollup(pid: int) -> dict[str, int]:
    lines = _text(Path(f"/proc/{pid}/smaps_rollup")).splitlines()[1:]
    rows = [line.split() for line in lines]
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows if len(row) >= 2}


def spread(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {
        "median": round(statistics.median(ordered), 1),
        "p95": round(p95, 1),
        "best": round(ordered[0], 1),
        "worst": round(ordered[-1], 1),
    }


def circumstances() -> dict[str, Any]:
    """Say on what machine, and how busy it is."""
    cores = len(os.sched_getaffinity(0))
    return {"cores": cores, "load": round(os.getloadavg()[0], 2)}
