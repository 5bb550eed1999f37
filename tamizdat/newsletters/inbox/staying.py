"""The inbox at work: it carries out what providers reported and what lies in the box, and waits.

Rules:

1. One at a time (a lock): two would do no harm, but ask the server twice as often.
2. A mail is carried out, and that commits; then it is taken out of the box. Who dies between finds
   it there again, and it changes nothing (``taking``).
3. What cannot be done now stays in the box. Where the vault is away, the other mails are not tried
   either. An answer that nobody takes now keeps no other mail waiting: who asked may be the one who
   refuses it. After a day it is given up.
4. A mail at which we ourselves fail stays, too, and is not tried again by this process: somebody
   has to look at it. It is told by the class of the error.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db import DatabaseError, connections

from tamizdat.databases import PEOPLE
from tamizdat.desk.post.staying import IsAtWork, alone
from tamizdat.newsletters.inbox.boxes import Box, BoxAway
from tamizdat.newsletters.inbox.errors import AnswerWaits, InboxError, NotNow
from tamizdat.newsletters.inbox.hooks.carrying_out import carry_out
from tamizdat.newsletters.inbox.taking import Taker
from tamizdat.vault.errors import VaultError

EVERY = 20.0  # seconds between looks
AWAY = 60.0  # seconds to the next try where the box cannot be reached
ANSWER_WAITS = timedelta(days=1)


@dataclass
class Staying:
    """Keeps an inbox going. ``open_box`` raises BoxAway."""

    lock: Path
    taker: Taker
    open_box: Callable[[], Box] | None  # None: there is no box, only what providers report
    now: Callable[[], datetime]
    say: Callable[[str], object]
    told: threading.Event = field(default_factory=threading.Event)
    _stuck: set[str] = field(default_factory=set)
    _unanswered: dict[str, datetime] = field(default_factory=dict)  # since when, by its name
    _has_said: str = ""

    def stay(self) -> None:
        """Work until SIGTERM or SIGINT. Raises InboxError."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.told.set())
        try:
            with alone(self.lock):
                while not self.told.is_set():
                    self.told.wait(EVERY if self.look() else AWAY)
        except IsAtWork:
            raise InboxError("the inbox of this newsroom is at work already") from None

    def look(self) -> bool:
        """Carry out what is there; return False where that was not possible."""
        try:
            while carry_out(self.now()):
                pass
            if self.open_box is not None:
                self._look_into(self.open_box())
        except (BoxAway, NotNow) as error:
            return self._wait(str(error))
        except (DatabaseError, VaultError) as error:
            connections[PEOPLE].close()
            return self._wait(type(error).__name__)
        self._has_said = ""
        return True

    def _look_into(self, box: Box) -> None:
        try:
            self._empty(box)
        finally:
            box.close()

    def _wait(self, why: str) -> bool:
        if why != self._has_said:
            self._has_said = why
            self.say(f"inbox: mails wait: {why}")
        return False

    def _empty(self, box: Box) -> None:
        waits: AnswerWaits | None = None
        for name, raw in box.mails(without=self._stuck, last=self._unanswered):
            if self.told.is_set():
                return
            try:
                self.taker.take(raw, self.now())
            except AnswerWaits as error:
                waits = error
                if self.now() - self._unanswered.setdefault(name, self.now()) < ANSWER_WAITS:
                    continue
                self.taker.give_up(raw, self.now())
            except NotNow:
                raise
            except Exception as error:
                self._stuck.add(name)
                self.say(f"inbox: a mail stays in the box: {type(error).__name__}")
                continue
            box.take_away(name)
            self._unanswered.pop(name, None)
        if waits is not None:
            raise waits
