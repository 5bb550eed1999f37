"""The sender's processes: one loop for each core, and one that keeps them.

Rules:

1. One crew of a newsroom is at work at a time: it holds a lock, and so do its loops.
2. Before a loop begins, what its forerunner left is settled by that one's journal. At the start,
   when no loop lives, whatever else is claimed is settled too.
3. Loops die with who keeps them; one that dies alone is settled, and another one begins.
4. It waits, and says so once, while nobody has given the passphrase of the sender's key, or while
   no way out is named. When another key is put in force all begin anew.
"""

from __future__ import annotations

import os
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from django.db import DatabaseError, connections

from tamizdat.databases import PEOPLE
from tamizdat.desk.post.staying import alone
from tamizdat.lifeline import tie_to
from tamizdat.newsletters.sender import booking
from tamizdat.newsletters.sender.journal import InUse, Journal, Left, boot_id
from tamizdat.newsletters.sender.loop import Clocks, Loop, Setup
from tamizdat.scrubbing import told
from tamizdat.vault.errors import VaultError

WAITING = 5.0  # seconds between looks for a passphrase
LOOK_EVERY = 0.5  # seconds between looks after the loops
PAUSE = 1.0  # seconds before a loop that died is followed by another
GRACE = 9.0  # seconds; a loop finishes what it is handing over within less
POLITENESS = 5  # nice(2): editors and forms come first


@dataclass
class Crew:
    """Keeps loops at work. ``open_setup`` raises VaultError while something is missing."""

    run: Path  # the newsroom's folder for what is at work
    open_setup: Callable[[], Setup]
    keys: Callable[[], object]  # what changes when another key is put in force
    clocks: Clocks
    say: Callable[[str], object]
    is_told: bool = False
    _loops: dict[int, int] = field(default_factory=dict)  # process by number

    def stay(self) -> None:
        """Work until SIGTERM or SIGINT. Raises IsAtWork."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._tell)
        (self.run / "sending").mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self.run / "send.lock"):
            while (setup := self._opened()) is not None:
                self._work(setup, self.keys())

    def _tell(self, number: int, frame: FrameType | None) -> None:
        self.is_told = True

    def _opened(self) -> Setup | None:
        has_said = ""
        while not self.is_told:
            try:
                return self.open_setup()
            except VaultError as error:
                if f"{error}" != has_said:
                    has_said = f"{error}"
                    self.say(f"send: letters wait: {error}")
            self._wait(WAITING)
        return None

    def _work(self, setup: Setup, keys: object) -> None:
        """Keep loops at work until told to end, or until the keys are other ones."""
        if not self._settled():
            self._wait(WAITING)
            return
        try:
            for number in range(setup.processes):
                self._begin(number, setup)
            while not self.is_told and self.keys() == keys:
                self._wait(LOOK_EVERY)
                for number in self._dead():
                    self._wait(PAUSE)
                    if self._has_settled(number):
                        self._begin(number, setup)
        finally:
            self._end()

    def _wait(self, seconds: float) -> None:
        if not self.is_told:
            time.sleep(seconds)  # a signal's handler runs at once, and the sleep goes on

    # What was left

    def _settled(self) -> bool:
        """Settle whatever earlier loops have left; return whether the database let us."""
        try:
            for file in (self.run / "sending").glob("*.journal"):
                self._settle(file)
            self._tell_of(booking.settle_lost(self.clocks.now()))
        except (DatabaseError, InUse) as error:
            self.say(f"send: what was left cannot be settled yet: {type(error).__name__}")
            return False
        finally:
            connections[PEOPLE].close()  # nothing of it is inherited
        return True

    def _has_settled(self, number: int) -> bool:
        try:
            self._settle(self._journal(number))
        except (DatabaseError, InUse) as error:
            self.say(f"send: what was left cannot be settled yet: {type(error).__name__}")
            self._loops[number] = 0  # looked after again
            return False
        finally:
            connections[PEOPLE].close()
        return True

    def _settle(self, file: Path) -> None:
        with suppress(FileNotFoundError):
            left = Left(file)
            try:
                self._tell_of(booking.settle(left, boot_id(), self.clocks.now()))
                file.unlink()
            finally:
                left.close()

    def _tell_of(self, uncertain: int) -> None:
        if uncertain:
            self.say(
                f"send: of {uncertain} mails nobody knows whether they were taken; an editor can "
                "decide what becomes of them"
            )

    # Loops

    def _journal(self, number: int) -> Path:
        return self.run / "sending" / f"{number}.journal"

    def _begin(self, number: int, setup: Setup) -> None:
        parent = os.getpid()
        child = os.fork()
        if child:
            self._loops[number] = child
            return
        code = 1
        try:
            tie_to(parent)
            for each in (signal.SIGTERM, signal.SIGINT):
                signal.signal(each, self._tell)
            os.nice(POLITENESS)
            self.is_told = False
            journal = Journal(self._journal(number), secrets.randbits(40), boot_id())
            Loop(setup, journal, self.clocks, self.say, lays_out=number == 0).run(
                lambda: self.is_told
            )
            code = 0
        except BaseException as error:  # its words may hold an address: only its kind and place
            self.say(f"send: a loop ended: {told(error)}")
        finally:
            os._exit(code)

    def _dead(self) -> list[int]:
        """Return the numbers of loops that are gone."""
        return [number for number, child in self._loops.items() if not _lives(child)]

    def _end(self) -> None:
        for child in self._loops.values():
            _signal(child, signal.SIGTERM)
        until = time.monotonic() + GRACE
        while any(map(_lives, self._loops.values())) and time.monotonic() < until:
            time.sleep(0.05)
        for child in self._loops.values():
            _signal(child, signal.SIGKILL)
            _lives(child)
        self._loops.clear()


def _lives(child: int) -> bool:
    try:
        return child > 0 and os.waitpid(child, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False


def _signal(child: int, number: signal.Signals) -> None:
    if child > 0:
        with suppress(ProcessLookupError):
            os.kill(child, number)
