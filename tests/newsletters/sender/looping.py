"""A loop under test, with a server that it sends to and a clock that jumps."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from tamizdat.newsletters.sender.journal import Journal
from tamizdat.newsletters.sender.letterheads import Paper
from tamizdat.newsletters.sender.loop import Clocks, Loop, Setup
from tamizdat.newsletters.sender.marks import Marks
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.sender.relays import Relay, Ways
from tamizdat.newsletters.sender.talking import Place
from tamizdat.newsletters.subscribers.links import Links, Places
from tamizdat.vault.opening import Opener
from tests.newsletters.sender.people import NOW
from tests.newsletters.sender.servers import Server
from tests.vault.boxes import INDEX_KEY, PAIR

MARKS = Marks(INDEX_KEY)
BOOT = "b" * 36
OPENER = Opener({PAIR.key_id: PAIR}, INDEX_KEY)
PAPER = Paper(MARKS, Links(b"k" * 48), Places("https://desk.example", "en"), "lantern.example")
owners = count(1)


class Time:
    """A clock that goes on by itself and can be moved; ``now`` stands at NOW but for moves."""

    def __init__(self) -> None:
        self.moved = 0.0
        self.began = time.monotonic()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.steady() - self.began)

    def steady(self) -> float:
        return time.monotonic() + self.moved


class Still(Time):
    """A clock that only moves when it is moved."""

    def steady(self) -> float:
        return self.began + self.moved


def relay(server: Server, lines: int = 2, **changes: float) -> Relay:
    patience = {"command": 20.0, "end": 20.0, **changes}
    return Relay(Place("127.0.0.1", server.port, must_start=False, **patience), lines=lines)


def loop_for(
    folder: Path,
    *relays: Relay,
    clock: Time | None = None,
    say: Callable[[str], object] = lambda words: None,
    ways: Ways | None = None,
    paper: Paper = PAPER,
) -> Loop:
    clock = clock or Time()
    clocks = Clocks(clock.now, clock.steady, lambda: 0.5)
    number = next(owners)
    journal = Journal(folder / f"{number}.journal", number, BOOT)
    return Loop(Setup(ways or Ways(relays), OPENER, paper), journal, clocks, say)


def work(loop: Loop, is_done: Callable[[], bool], seconds: float = 60) -> None:
    """Let a loop go round until something is so."""
    deadline = time.monotonic() + seconds
    while not is_done():
        assert time.monotonic() < deadline, "it did not happen"
        loop.turn()
        loop._looked_at = loop._asked_at = loop._booked_at = float("-inf")  # no need to wait


def is_sent(sending: Sending) -> Callable[[], bool]:
    return lambda: Sending.objects.filter(pk=sending.pk, state="sent").exists()


def states(sending: Sending) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Delivery.objects.filter(sending=sending).values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def unsettled(sending: Sending) -> int:
    return Delivery.objects.filter(sending=sending, state__in=("ready", "claimed")).count()
