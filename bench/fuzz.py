"""Strangers' bytes for every parser and every form of the desk: what breaks, and how.

    python bench/fuzz.py [--target NAME …] [--minutes 10] [--jobs 2] [--out FILE]
    python bench/fuzz.py --list

Each target (``fuzzing/``) runs in a process of its own with at most 2 GB, for as many minutes as
are asked for. Inputs are good ones, mutilated, and some made of nothing; Hypothesis chooses. A
*finding* is an error that the target does not promise, an answer 5xx, a promise that did not hold,
more than five seconds of the processor for one input, or the end of the process. Of findings that
come from one place the shortest input is kept, in base64.

Prints one JSON object; ``executions`` counts inputs. Exit code 1 where something was found.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from fuzzing import Target, names, target  # noqa: E402 - after the way to our source
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402 - likewise

MEMORY = 2 * 1024**3  # bytes
SLOW = 5.0  # seconds of the processor for one input
LEAST = 20  # inputs that are tried however short the time is
ROUND = 200  # inputs, after which Hypothesis begins anew
KEPT = 4_000  # characters of an input that is shown


class Slow(Exception):
    """One input cost more of the processor than any may."""


class Hunt:
    """One target under fire: what was tried, what was found."""

    def __init__(self, aim: Target, seconds: float, timer: Callable[[], float] = time.monotonic):
        self.aim = aim
        self.timer = timer
        self.began = timer()
        self.ends = self.began + seconds
        self.executions = 0
        self.refused = 0
        self.findings: dict[str, str] = {}

    def run(self) -> dict[str, Any]:
        rounds = 0
        while self._goes_on():
            rounds += 1
            self._round(rounds)
        return {
            "target": self.aim.name,
            "minutes": round((self.timer() - self.began) / 60, 2),
            "executions": self.executions,
            "refused": self.refused,
            "findings": [{"what": what, "input": data} for what, data in self.findings.items()],
        }

    def _goes_on(self) -> bool:
        return self.executions < LEAST or self.timer() < self.ends

    def _round(self, number: int) -> None:
        @seed(number)
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(self.aim.inputs)
        def shoot(value: Any) -> None:
            if self._goes_on():
                self._try(value)

        shoot()

    def _try(self, value: Any) -> None:
        self.executions += 1
        spent = time.process_time()
        try:
            self.aim.run(value)
        except self.aim.refusals:
            self.refused += 1
        except Exception as error:
            self._note(error, value)
        if time.process_time() - spent > SLOW:
            self._note(Slow(), value)

    def _note(self, error: Exception, value: Any) -> None:
        data = value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass")
        shown = base64.b64encode(data).decode()[:KEPT]
        what = f"{type(error).__name__} at {_place(error)}"
        if len(shown) < len(self.findings.get(what, "x" * (KEPT + 1))):
            self.findings[what] = shown


def _place(error: Exception) -> str:
    """Return where our code, or what it called last, raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/tamizdat/" in frame.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "the input as a whole"


def _in_child(name: str, seconds: float) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="tamizdat-fuzz-") as folder:
        os.environ.update(TAMIZDAT_HOME=folder, HOME=folder)
        print(json.dumps(Hunt(target(name), seconds).run()))
    return 0


def _start(name: str, seconds: float) -> dict[str, Any]:
    words = [sys.executable, __file__, "--in-child", name, "--minutes", str(seconds / 60)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    if done.returncode == 0:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    what = f"the process ended with {done.returncode}"
    finding = {"what": what, "input": "", "said": done.stderr[-2000:]}
    return {"target": name, "minutes": 0, "executions": 0, "refused": 0, "findings": [finding]}


def main() -> int:
    asked = _parser().parse_args()
    if asked.list:
        print("\n".join(names()))
        return 0
    seconds = asked.minutes * 60
    if asked.in_child:
        return _in_child(asked.in_child, seconds)
    with ThreadPoolExecutor(asked.jobs) as pool:
        done = list(pool.map(lambda name: _start(name, seconds), asked.target or names()))
    text = json.dumps({"targets": done, "findings": sum(len(each["findings"]) for each in done)})
    if asked.out:
        asked.out.write_text(text, encoding="utf-8")
    print(text)
    return int(any(each["findings"] for each in done))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--target", nargs="*", metavar="NAME", help="these alone (all of them)")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="targets at once (%(default)s)")
    parser.add_argument("--out", type=Path, help="write the figures here too")
    parser.add_argument("--list", action="store_true", help="name the targets")
    parser.add_argument("--in-child", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
