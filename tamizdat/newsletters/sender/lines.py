"""A loop's lines to its relays: begun where there is work, watched, ended where there is none.

Rules:

1. The relay that is furthest below its share gets the next line; one that broke gets none for a
   while, and its share goes to the others at once.
2. A relay that refuses one mail after the other, and takes none, is not believed: it is left alone
   too, its lines take no more mails, and those that it refused go by another relay at once, or are
   tried again where no other is well.
3. That an address does not exist is believed only of a relay that takes mails: one that took none
   after it, nor lately, takes nobody off the list. Where there is another relay, no refusal of such
   a one is believed, and the other one gets its mails.
4. What needs SMTPUTF8 waits for a relay that may offer it. Who offers it is known of lines that
   stand, until others say otherwise.
5. A server that offers BDAT and does not know it is sent DATA from then on.
"""

from __future__ import annotations

import selectors
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from tamizdat.newsletters.sender.relays import Health, Relay, choose
from tamizdat.newsletters.sender.smtp import Answer, Desk, Kind, Line

IDLE = 10.0  # seconds after which lines are ended that have nothing to do
ENDED = "sender ended"


class Lines:
    """All lines of one loop, which is their ``desk``. ``clock`` counts seconds."""

    def __init__(
        self,
        relays: tuple[Relay, ...],
        desk: Desk,
        clock: Callable[[], float],
        say: Callable[[str], object],
    ) -> None:
        self._relays, self._desk, self._clock, self._say = relays, desk, clock, say
        self._health = {relay.name: Health() for relay in relays}
        self._may_chunk = dict.fromkeys(self._health, True)
        self._lines: dict[Line, Relay] = {}
        self._suspect: dict[str, list[Answer]] = {name: [] for name in self._health}
        self._plain: set[str] = set()  # relays that offer no SMTPUTF8
        self._selector = selectors.DefaultSelector()
        self._events: dict[Line, tuple[int, int]] = {}
        self._busy_at = clock()

    @property
    def are_well(self) -> bool:
        """Say whether some relay takes mails, as far as we know."""
        now = self._clock()
        return any(health.is_well(now) for health in self._health.values())

    @property
    def hold_mails(self) -> bool:
        return any(line.holds for line in self._lines)

    @property
    def suspects(self) -> int:
        """How many mails were refused and wait to be believed."""
        return sum(map(len, self._suspect.values()))

    @property
    def are_plain(self) -> bool:
        """Say whether no relay offers SMTPUTF8."""
        return self._plain == set(self._health)

    @property
    def may_be_international(self) -> bool:
        """Say whether some relay takes mails that offers SMTPUTF8, or has not been asked yet."""
        now = self._clock()
        others = (health for name, health in self._health.items() if name not in self._plain)
        return any(health.is_well(now) for health in others)

    # Once a turn

    def reach_out(self, *, has_work: bool) -> None:
        """Begin lines while there is work for them, and end them when there is none."""
        now = self._clock()
        if has_work:
            self._busy_at = now
            while (relay := self._next(now)) is not None:
                self._call(relay)
        elif now > self._busy_at + IDLE:
            for line in [each for each in self._lines if each.is_idle]:
                self._leave(line)

    def _next(self, now: float) -> Relay | None:
        counts = Counter(relay.name for relay in self._lines.values())
        return choose(self._relays, counts, self._health, now)

    def kick(self) -> None:
        """Let idle lines take mails."""
        for line in [each for each in self._lines if each.is_idle]:
            if line.is_worn or not self.may_take(line):
                self._leave(line)
            else:
                line.kick()
                self._follow(line)

    def listen(self, patience: float) -> None:
        """Read and write where that is possible, and end what has been silent for too long."""
        for key, _ in self._selector.select(patience):
            line: Line = key.data
            if not line.is_over:
                line.advance()
                self._follow(line)
        now = self._clock()
        for line in list(self._lines):
            line.look_at(now)

    def end(self) -> None:
        for line in list(self._lines):
            self._leave(line)
        self._selector.close()

    # What the desk hears, it tells us

    def may_take(self, line: Line) -> bool:
        """Say whether a line may take a mail: not while its relay is left alone."""
        return self._health[self._lines[line].name].is_well(self._clock())

    def took(self, line: Line) -> list[Answer]:
        """A relay takes mails. Return what it refused before: that had a reason."""
        name = self._lines[line].name
        self._health[name].took(self._clock())
        if line.is_international:
            self._plain.discard(name)
        found, self._suspect[name] = self._suspect[name], []
        return found

    def lacks(self, line: Line) -> None:
        """A relay offers no SMTPUTF8."""
        self._plain.add(self._lines[line].name)

    def refused(self, line: Line, answer: Answer) -> list[Answer]:
        """Set a refusal aside. Return those of a relay that is not to be believed."""
        name = self._lines[line].name
        self._suspect[name].append(answer)
        if not self._health[name].refused():
            return []
        why = f"{name} refuses one mail after the other; it is left alone for a while"
        self._leave_alone(name, why)
        suspect, self._suspect[name] = self._suspect[name], []
        for each in [each for each, relay in self._lines.items() if relay.name == name]:
            if each is not line and not each.is_handing:
                self._leave(each)
        return [self._doubted(name, each) for each in suspect]

    def settled(self) -> list[Answer]:
        """Return all refusals that were set aside: nothing more will speak for their relays."""
        suspect, self._suspect = self._suspect, {name: [] for name in self._suspect}
        return [each for name, answers in suspect.items() for each in self._judged(name, answers)]

    def _judged(self, name: str, answers: list[Answer]) -> list[Answer]:
        """Doubt what a relay refused that took nothing: where there is another one, all of it."""
        if self._health[name].has_taken(self._clock()):
            return answers
        is_alone = len(self._health) == 1
        found = [
            each if is_alone and each.kind is Kind.REFUSED else self._doubted(name, each)
            for each in answers
        ]
        doubted = sum(each.kind in (Kind.LATER, Kind.UNTOUCHED) for each in found)
        why = f"{name} refused {doubted} mails and took none; they are tried again"
        if doubted and is_alone:
            self._say(f"send: {why}")
        elif doubted:
            self._leave_alone(name, why)
        return found

    def _doubted(self, name: str, answer: Answer) -> Answer:
        """Let a mail go by another relay, where one is well; later, where none is."""
        now = self._clock()
        others = (health for other, health in self._health.items() if other != name)
        is_other_way = any(health.is_well(now) for health in others)
        return replace(answer, kind=Kind.UNTOUCHED if is_other_way else Kind.LATER)

    def broke(self, line: Line, reason: str) -> None:
        """A line has ended."""
        self._forget(line)
        relay = self._lines.pop(line)
        if line.cannot_chunk:
            self._may_chunk[relay.name] = False
        elif not line.was_idle and reason != ENDED:
            self._leave_alone(relay.name, f"a line to {relay.name} ended: {reason}")

    def _leave_alone(self, name: str, why: str) -> None:
        """Leave a relay alone for a while, and say so once."""
        if self._health[name].broke(self._clock()):
            self._say(f"send: {why}")

    # One line

    def _call(self, relay: Relay) -> None:
        try:
            line = Line(relay.place, self._desk, self._clock, may_chunk=self._may_chunk[relay.name])
        except OSError as error:
            why = f"{relay.name} cannot be reached: {type(error).__name__}"
            self._leave_alone(relay.name, why)
            return
        self._lines[line] = relay
        self._follow(line)

    def _leave(self, line: Line) -> None:
        """End a line; politely, if nothing is under way on it."""
        if not line.is_idle:
            line.end(ENDED)
            return
        self._forget(line)
        del self._lines[line]
        line.quit()

    def _follow(self, line: Line) -> None:
        """Let the selector wait for what the line waits for."""
        if line.is_over:
            return
        mask = selectors.EVENT_READ
        if line.wants_to_write:
            mask |= selectors.EVENT_WRITE
        known = self._events.get(line)
        if known is None:
            number = line.fileno()
            self._selector.register(number, mask, line)
            self._events[line] = number, mask
        elif known[1] != mask:
            self._selector.modify(known[0], mask, line)
            self._events[line] = known[0], mask

    def _forget(self, line: Line) -> None:
        known = self._events.pop(line, None)
        if known is not None:
            self._selector.unregister(known[0])
