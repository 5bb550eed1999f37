"""A till in a process of its own, which is killed (SIGKILL) and started again."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connections

from tamizdat.contributions.money import staying
from tamizdat.contributions.money.counter import Counter, Listening
from tamizdat.contributions.money.till import Till

ONE_SECOND = 0.05  # between looks of a till's own rounds


@dataclass
class TillProcess:
    """Starts, kills and starts again. ``make`` gives the till, in the new process."""

    place: Path
    make: Callable[[], Till]
    pid: int = 0
    kills: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        """Fork a till from this process, which has loaded everything; return when it listens."""
        self.place.unlink(missing_ok=True)
        ready, tell = os.pipe()
        connections.close_all()
        child = os.fork()
        if child == 0:
            self._be_one(tell)
        os.close(tell)
        self.pid = child
        told = os.read(ready, 1)
        os.close(ready)
        if told != b"y":
            raise RuntimeError("the till did not start")

    def _be_one(self, tell: int) -> None:
        """Answer and do rounds until killed; nothing of the parent's is cleaned up."""
        try:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG, prctl(2)
            till = self.make()
            users = frozenset({os.geteuid()})
            listening = Listening(self.place, Counter(till, lambda words: None), users)
            rounds = staying.Rounds(till, lambda words: None)
            looking = (rounds, threading.Event(), ONE_SECOND)
            threading.Thread(target=staying.keep_looking, args=looking, daemon=True).start()
            os.write(tell, b"y")
            listening.serve()
        finally:
            os._exit(1)

    def kill(self) -> None:
        with self._lock:
            if self.pid:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                self.pid, self.kills = 0, self.kills + 1

    @property
    def is_alive(self) -> bool:
        return self.pid != 0


@dataclass
class Killer:
    """Stands before a processor's answers, and kills the till at one of them: before it is done,
    or when it is done and not answered."""

    inner: Any
    till: TillProcess
    at: int
    when: str
    asked: int = 0
    has_killed: threading.Event = field(default_factory=threading.Event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def answer(self, request: Any) -> Any:
        if not request.path.startswith("/v1/"):
            return self.inner.answer(request)
        self.asked += 1
        is_now = self.asked == self.at
        if is_now and self.when == "before":
            self._kill()
        found = self.inner.answer(request)
        if is_now and self.when == "after":
            self._kill()
        return found

    def _kill(self) -> None:
        self.till.kill()
        self.has_killed.set()
