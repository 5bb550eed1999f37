"""A few mails for somebody who waits for them: an editor's test. Or none: the doctor's look.

They go the way that issues go: by the same relays and their weights, by another one where one
breaks, encrypted and signed alike. Throttles and the warm-up plan are not asked, nothing is written
down, and nothing is tried again later: who waits is told what became of each.
"""

from __future__ import annotations

import select
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from tamizdat.desk.post.folder import Folder
from tamizdat.newsletters.sender.lines import Lines
from tamizdat.newsletters.sender.relays import Relay, Ways
from tamizdat.newsletters.sender.smtp import Answer, Kind, Line, Mail

PATIENCE = 25.0  # seconds for all of them
COMMAND, END = 10.0, 20.0  # seconds for one answer; for that to a mail's end
TURN = 0.2  # seconds
UNTOUCHED = 3  # so often a mail is offered that no relay wants to hear of


def hand_over(
    mails: Sequence[Mail], ways: Ways, clock: Callable[[], float] = time.monotonic
) -> list[Answer]:
    """Hand mails over; return what became of each, in their order. ``clock`` counts seconds."""
    if ways.folder is not None:
        return [_laid(Folder(ways.folder), mail) for mail in mails]
    few = _Few(mails, ways.relays, clock)
    few.run(clock() + PATIENCE)
    return [few.answers[mail.number] for mail in mails]


def _laid(folder: Folder, mail: Mail) -> Answer:
    folder.announce(mail.sender, mail.to)
    folder.hand_over(mail.data)
    return Answer(mail, Kind.TAKEN)


def look_at(relay: Relay, patience: float, clock: Callable[[], float] = time.monotonic) -> str:
    """Find out whether a relay greets, encrypts and lets us sign in, and hand it nothing; return
    what went wrong, or "". ``patience``: seconds for all of it."""
    nobody = _Nobody()
    try:
        line = Line(relay.place, nobody, clock)
    except OSError as problem:
        return f"it cannot be reached: {type(problem).__name__}"
    until = clock() + patience
    while not (line.is_over or line.is_ready):
        events = select.POLLIN | (select.POLLOUT if line.wants_to_write else 0)
        waiting = select.poll()
        waiting.register(line.fileno(), events)
        waiting.poll(TURN * 1000)
        line.advance()
        if clock() > until and not line.is_over:
            line.end("no answer in time")
    if line.is_ready:
        line.quit()
        return ""
    return nobody.reason


class _Nobody:
    """Has no mail for a line, and hears why it ended (smtp.Desk)."""

    reason = ""

    def next_mail(self, line: Line) -> Mail | None:
        return None

    def handing(self, mail: Mail) -> None:
        """There is none."""

    def answered(self, line: Line, answer: Answer) -> None:
        """Nothing was asked."""

    def broke(self, line: Line, reason: str) -> None:
        self.reason = reason


class _Few:
    """Drives lines for a handful of mails (smtp.Desk)."""

    def __init__(
        self, mails: Sequence[Mail], relays: Sequence[Relay], clock: Callable[[], float]
    ) -> None:
        self.answers: dict[int, Answer] = {}
        self._ready, self._clock = deque(mails), clock
        self._untouched: Counter[int] = Counter()
        self._reason = "no mail server took it in time"
        self._lines = Lines(tuple(map(_quick, relays)), self, clock, self._hear)

    def run(self, until: float) -> None:
        while self._is_at_work and self._clock() < until:
            self._lines.reach_out(has_work=True)
            self._lines.kick()
            self._lines.listen(TURN)
        self._lines.end()
        for mail in self._ready:
            self.answers[mail.number] = Answer(mail, Kind.LATER, self._reason)

    @property
    def _is_at_work(self) -> bool:
        return self._lines.hold_mails or (bool(self._ready) and self._lines.are_well)

    def _hear(self, words: str) -> None:
        self._reason = words.removeprefix("send: ")

    # For lines

    def next_mail(self, line: Line) -> Mail | None:
        return self._ready.popleft() if self._ready else None

    def handing(self, mail: Mail) -> None:
        """Nothing is written down."""

    def answered(self, line: Line, answer: Answer) -> None:
        mail = answer.mail
        self._untouched[mail.number] += answer.kind is Kind.UNTOUCHED
        if answer.kind is Kind.UNTOUCHED and self._untouched[mail.number] < UNTOUCHED:
            self._ready.append(mail)
        else:
            self.answers[mail.number] = answer

    def broke(self, line: Line, reason: str) -> None:
        self._lines.broke(line, reason)


def _quick(relay: Relay) -> Relay:
    place = relay.place
    quick = replace(place, command=min(place.command, COMMAND), end=min(place.end, END))
    return replace(relay, place=quick, lines=1)
