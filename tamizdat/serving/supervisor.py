"""Keeps the programs of a newsroom alive, and ends them together.

Rules:

* A program that ends is started again, after a pause that doubles up to half a minute.
* One that ends with CANNOT has said why and is not started again: all end.
* SIGTERM, SIGINT or SIGHUP ends all: they are told, and killed if they do not go within GRACE.
* None leaves a core dump: it would hold on the disk what was only to be in memory.
* When the supervisor itself is killed the system tells each program to end (PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tamizdat.lifeline import tie_to
from tamizdat.serving.programs import Program, environment

CANNOT = 78  # EX_CONFIG in sysexits.h: the settings are wrong, trying again is no use
GRACE = 10.0  # seconds
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY = 60.0  # seconds after which a program counts as well
TRIES = 3  # at the start, before everything has answered
PATIENCE = 120.0  # seconds in which everything must have answered
LOOK_EVERY = 0.2  # seconds, while the doors are not open

ENDING = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
WATCHED = ENDING | {signal.SIGCHLD}


class CannotStart(Exception):
    """The newsroom could not be started; the message says what did not."""


@dataclass
class Child:
    """A program and the process that runs it now, if any."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    start_at: float = 0.0

    def start(self, now: float) -> None:
        parent = os.getpid()
        self.started_at = now
        self.process = subprocess.Popen(
            self.program.words,
            env=environment(self.program),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=self.program.descriptors,
            # Its own session: Ctrl+C reaches the supervisor alone, which ends all in order.
            start_new_session=True,
            # One thread here, so nothing can be locked in the child.
            preexec_fn=lambda: _tie_to(parent),
        )

    def tell(self, number: int) -> None:
        """Send a signal to the program and to what it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


def _tie_to(parent: int) -> None:
    """Let the system end this process when its parent dies. Runs between fork and exec."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tie_to(parent, signal.SIGTERM)


class Supervisor:
    """Starts programs, watches them and ends them. ``timer`` measures seconds."""

    def __init__(
        self,
        programs: Iterable[Program],
        is_up: Callable[[], bool],
        announce: Callable[[], None],
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self.children = [Child(program) for program in programs]
        self.is_up = is_up
        self.announce = announce
        self.timer = timer
        self.has_announced = False
        self._must_end = False

    def run(self) -> None:
        """Run until told to end. Raises CannotStart."""
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        began = self.timer()
        try:
            while not self._must_end:
                self._start_due()
                self._wait()
                self._reap()
                if not self.has_announced:
                    self._look(began)
        finally:
            self._end_all()
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _start_due(self) -> None:
        now = self.timer()
        for child in self.children:
            if child.process is None and child.start_at <= now:
                child.start(now)

    def _wait(self) -> None:
        """Sleep until a program ends, one is to be started, or we are told to end."""
        came = signal.sigtimedwait(WATCHED, max(0.0, self._pause()))
        if came is not None and came.si_signo in ENDING:
            self._must_end = True

    def _pause(self) -> float:
        due = [child.start_at - self.timer() for child in self.children if child.process is None]
        return min([*due, STEADY if self.has_announced else LOOK_EVERY])

    def _reap(self) -> None:
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._note_end(child, child.process.returncode)

    def _note_end(self, child: Child, code: int) -> None:
        now = self.timer()
        name = child.program.name
        if code == CANNOT:
            raise CannotStart(f"the {name} cannot run; it says why above")
        if now - child.started_at >= STEADY:
            child.failures = 0
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**child.failures)
        child.failures += 1
        if not self.has_announced and child.failures >= TRIES:
            raise CannotStart(f"the {name} does not start ({_ending(code)}); it says why above")
        child.process, child.start_at = None, now + pause
        print(
            f"The {name} ended ({_ending(code)}); starting it again in {pause:g} s.",
            file=sys.stderr,
            flush=True,
        )

    def _look(self, began: float) -> None:
        if all(child.process for child in self.children) and self.is_up():
            self.has_announced = True
            self.announce()
        elif self.timer() - began > PATIENCE:
            raise CannotStart(f"the doors did not answer within {PATIENCE:.0f} s")

    # The end

    def _end_all(self) -> None:
        for child in self.children:
            child.tell(signal.SIGTERM)
        deadline = self.timer() + GRACE
        while self._is_any_alive() and self.timer() < deadline:
            came = signal.sigtimedwait(WATCHED, LOOK_EVERY)
            if came is not None and came.si_signo in ENDING:  # told twice: at once
                break
        for child in self.children:
            child.tell(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()

    def _is_any_alive(self) -> bool:
        return any(child.process and child.process.poll() is None for child in self.children)


def _ending(code: int) -> str:
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
