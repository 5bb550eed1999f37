"""The sender's loop: claims, opens, fills in, hands over and books, on several lines at once.

One process, one thread, no waiting but for sockets. All that it holds is a batch or so: memory does
not grow with the audience.

Rules:

1. Nothing is written to a server that the journal does not know of before.
2. What was answered is booked within a second, or when BATCH answers have come.
3. While the database does not take what is to be booked, nothing more is claimed.
4. An address lives from the opening of its box until its mail is answered, in this process alone.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from django.db import DatabaseError, connections

from tamizdat.databases import PEOPLE
from tamizdat.desk.post.folder import Folder
from tamizdat.newsletters.sender import booking, claims, laying
from tamizdat.newsletters.sender.booking import Result
from tamizdat.newsletters.sender.claims import Claimed
from tamizdat.newsletters.sender.journal import Journal, State
from tamizdat.newsletters.sender.letterheads import Letterhead, Paper
from tamizdat.newsletters.sender.lines import Lines
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.sender.relays import Ways
from tamizdat.newsletters.sender.smtp import NO_UTF8, Answer, Kind, Line, Mail
from tamizdat.newsletters.sender.stencil import StencilError
from tamizdat.newsletters.sender.throttling import SOON, Throttles
from tamizdat.vault.errors import CannotOpen, NoSuchKey
from tamizdat.vault.sealing import Sealed

BATCH = 500
LOW = 50  # so few are left when more are claimed
BOOKED_EVERY = 1.0  # seconds
LOOKED_EVERY = 1.0
LEARNED_EVERY = 10.0
WAITING = 300  # mails that may wait here for their domain's moment
GRACE = 6.0  # seconds to finish what is being handed over
UNTOUCHED = 3  # a mail that no relay wants to hear of is put off after so many
STATES = {
    Kind.TAKEN: State.TAKEN,
    Kind.LATER: State.LATER,
    Kind.REFUSED: State.REFUSED,
    Kind.NO_SUCH: State.REFUSED,
    Kind.UNSURE: State.UNSURE,
}

Deliveries = Delivery.State


class Opener(Protocol):
    """Opens boxes; the back room's alone."""

    def open(self, sealed: Sealed) -> str:
        """Return the address. Raises NoSuchKey, CannotOpen."""


@dataclass
class Clocks:
    """What time it is: ``now`` for what is written down, ``steady`` for waiting (seconds)."""

    now: Callable[[], datetime]
    steady: Callable[[], float]
    chance: Callable[[], float]


@dataclass(frozen=True)
class Setup:
    """What a loop works with."""

    ways: Ways
    opener: Opener
    paper: Paper
    processes: int = 1


@dataclass
class Loop:
    """One of the sender's processes. ``say`` complains; ``lays_out`` is the task of one of them."""

    setup: Setup
    journal: Journal
    clocks: Clocks
    say: Callable[[str], object]
    lays_out: bool = True
    is_ending: bool = False

    _ready: deque[Claimed] = field(default_factory=deque)
    _waiting: list[tuple[float, int, Claimed]] = field(default_factory=list)  # for a moment
    _come: set[int] = field(default_factory=set)  # whose moment has come
    _under_way: dict[int, Claimed] = field(default_factory=dict)
    _results: list[Result] = field(default_factory=list)
    _lost: int | None = None  # a claim of which nobody knows whether it was committed
    _abroad: set[int] = field(default_factory=set)  # who needs SMTPUTF8
    _untouched: Counter[int] = field(default_factory=Counter)
    _letterheads: dict[int, Letterhead] = field(default_factory=dict)
    _hashes: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ways, marks = self.setup.ways, self.setup.paper.marks
        share = 1 / max(1, self.setup.processes)
        limits = {marks.domain(name): rate * share for name, rate in ways.limits.items()}
        self._throttles = Throttles(limits, self.clocks.chance)
        self._lines = Lines(ways.relays, self, self.clocks.steady, self.say)
        self._booked_at = self._looked_at = self._learned_at = self._asked_at = float("-inf")

    # The loop

    def run(self, told: Callable[[], bool]) -> None:
        """Work until told to end; then finish what is being handed over, and book it."""
        while not told():
            self.turn()
        self.end()

    def turn(self) -> None:
        """Go round once; wait a moment where there is nothing to do."""
        try:
            self._look()
            self._claim()
        except DatabaseError as error:
            self._complain(error)
        if self.setup.ways.folder is None:
            self._lines.reach_out(has_work=bool(self._ready or self._under_way))
            self._lines.kick()
        else:
            self._lay_into_folder(self.setup.ways.folder)
        self._listen(self._patience())
        self._book_what_is_due()

    def end(self) -> None:
        """Take no more mails; wait some seconds for answers, book them, give the rest back."""
        self.is_ending = True
        until = self.clocks.steady() + GRACE
        while self._lines.hold_mails and self.clocks.steady() < until:
            self._listen(0.1)
        self._lines.end()
        self._believe(self._lines.settled())
        self._give_back()
        self._book()

    def _patience(self) -> float:
        if self._ready or self._under_way:
            return 0.2
        if not self._waiting:
            return 1.0
        return min(1.0, max(0.0, self._waiting[0][0] - self.clocks.now().timestamp()))

    def _listen(self, patience: float) -> None:
        self._lines.listen(patience)
        if not self._ready and len(self._under_way) == self._lines.suspects:
            self._believe(self._lines.settled())

    # Claiming

    def _look(self) -> None:
        """Once a second: what was stopped, what is done, what has to be laid out."""
        steady = self.clocks.steady()
        if steady < self._looked_at + LOOKED_EVERY:
            return
        self._looked_at = steady
        now = self.clocks.now()
        if self.lays_out:
            for sending in Sending.objects.filter(state=Sending.State.LAYING_OUT):
                laying.lay_out(sending, now, goes_on=lambda: not self.is_ending)
            booking.measure(now)
        booking.finish(now)
        self._let_go_of_stopped()
        if steady >= self._learned_at + LEARNED_EVERY:
            self._learned_at = steady
            for key, failures, until in booking.domains():
                self._throttles.recall(key, failures, until)

    def _let_go_of_stopped(self) -> None:
        mine = {each.sending for each in self._ready} | {row[2].sending for row in self._waiting}
        stopped = mine - claims.still_going(mine) if mine else set()
        for key in stopped:
            self._letterheads.pop(key, None)
        if stopped:
            self._give_back(stopped)

    def _claim(self) -> None:
        now = self.clocks.now()
        self._wake(now.timestamp())
        steady = self.clocks.steady()
        is_full = len(self._results) >= 2 * BATCH or len(self._waiting) >= WAITING
        if self.is_ending or is_full or len(self._ready) > LOW or steady < self._asked_at:
            return
        has_way = self.setup.ways.folder is not None or self._lines.are_well
        if not has_way or self.journal.room < 2 * BATCH:
            return
        found = self._claimed(now)
        if not found:
            self._asked_at = steady + LOOKED_EVERY
        self._ready.extend(each for each in found if each.sealed is not None)
        left = (each for each in found if each.sealed is None)
        self._results += [_result(each, Deliveries.LEFT, is_try=False) for each in left]

    def _claimed(self, now: datetime) -> list[Claimed]:
        if self._lost is not None:
            claims.release(self._lost)
        self._lost = self.journal.next_claim()
        found = claims.claim(self._lost, BATCH, now, self.setup.ways.warm_up)
        self._lost = None
        return found

    def _wake(self, epoch: float) -> None:
        """Take up what waited for its domain's moment."""
        while self._waiting and self._waiting[0][0] <= epoch:
            claimed = heapq.heappop(self._waiting)[2]
            self._come.add(claimed.number)
            self._ready.appendleft(claimed)

    def _give_back(self, sendings: set[int] | None = None) -> None:
        """Let others have what was claimed and not begun: of these sendings, or all of it."""
        held = [*self._ready, *(row[2] for row in self._waiting)]
        gone = [each for each in held if sendings is None or each.sending in sendings]
        names = {each.number for each in gone}
        self._come -= names
        self._abroad -= names
        self._ready = deque(each for each in self._ready if each.number not in names)
        self._waiting = [row for row in self._waiting if row[2].number not in names]
        heapq.heapify(self._waiting)
        self._results += [_result(each, Deliveries.READY, is_try=False) for each in gone]

    # Filling in (for lines: smtp.Desk)

    def next_mail(self, line: Line | None) -> Mail | None:
        """Return the next mail that may go out now."""
        if line is not None and not self._lines.may_take(line):
            return None
        while not self.is_ending and (claimed := self._next(line)) is not None:
            mail = self._fill(claimed)
            if mail is not None:
                return mail
        return None

    def _next(self, line: Line | None) -> Claimed | None:
        """Return whose turn it is that a line can take."""
        for _ in range(len(self._ready)):
            claimed = self._ready.popleft()
            if line is None or line.is_international or claimed.number not in self._abroad:
                return claimed
            self._leave_to_others(line, claimed)
        return None

    def _leave_to_others(self, line: Line, claimed: Claimed) -> None:
        """Keep what needs SMTPUTF8 for another relay than this line's; fail it if none has it."""
        self._lines.lacks(line)
        self._abroad.add(claimed.number)
        if self._lines.may_be_international:
            self._ready.append(claimed)
        elif self._lines.are_plain:
            self._results.append(_result(claimed, Deliveries.FAILED, NO_UTF8, is_try=False))
        else:
            self._put_off(claimed, NO_UTF8)

    def _fill(self, claimed: Claimed) -> Mail | None:
        try:
            assert claimed.sealed is not None  # noqa: S101 - the others were never ready
            to = self.setup.opener.open(claimed.sealed)
            domain = self._hash(to.rpartition("@")[2])
            if not self._may_go(claimed, domain):
                return None
            mail = self._letterhead(claimed).mail(claimed, to, domain)
        except NoSuchKey:
            self._put_off(claimed, "no key")
        except CannotOpen:
            self._results.append(_result(claimed, Deliveries.FAILED, "no address"))
        except StencilError as error:
            self.say(f"send: a mail cannot be made: {error}")
            self._results.append(_result(claimed, Deliveries.FAILED, "cannot be made"))
        else:
            self._under_way[claimed.number] = claimed
            return mail
        return None

    def _may_go(self, claimed: Claimed, domain: bytes) -> bool:
        """Say whether a mail may go to a domain now; where not, see to it that it goes later."""
        epoch = self.clocks.now().timestamp()
        if claimed.number in self._come:
            self._come.discard(claimed.number)
            if self._throttles.is_open(domain, epoch):
                return True
        moment = self._throttles.when(domain, epoch)
        if moment <= epoch:
            return True
        if self._throttles.is_dead(domain) and claimed.began + booking.GIVEN_UP < self.clocks.now():
            result = _result(claimed, Deliveries.FAILED, "given up: domain", is_try=False)
            self._results.append(result)
        elif moment - epoch <= SOON and len(self._waiting) < WAITING:
            heapq.heappush(self._waiting, (moment, claimed.number, claimed))
        else:
            due_at = booking.stepped(datetime.fromtimestamp(moment, UTC))
            result = _result(claimed, Deliveries.DEFERRED, "domain", due_at=due_at, is_try=False)
            self._results.append(result)
        return False

    def _hash(self, domain: str) -> bytes:
        found = self._hashes.get(domain)
        if found is None:
            if len(self._hashes) > 10_000:
                self._hashes.clear()
            found = self._hashes[domain] = self.setup.paper.marks.domain(domain)
        return found

    def _letterhead(self, claimed: Claimed) -> Letterhead:
        key = claimed.sending
        found = self._letterheads.get(key)
        if found is None or (found.began or claimed.began) < claimed.began:
            if len(self._letterheads) > 20:
                self._letterheads.clear()
            sending = Sending.objects.get(pk=key)
            found = self._letterheads[key] = Letterhead(sending, self.setup.paper)
        return found

    # Answers (for lines: smtp.Desk)

    def handing(self, mail: Mail) -> None:
        self.journal.handing(mail.number)

    def answered(self, line: Line | None, answer: Answer) -> None:
        mail, kind = answer.mail, answer.kind
        claimed = self._under_way.pop(mail.number)
        if line is not None and answer.reason == NO_UTF8:
            self._leave_to_others(line, claimed)
            return
        if kind is Kind.UNTOUCHED:
            self._note(claimed, answer)
            return
        self.journal.note(mail.number, STATES[kind])
        if kind is Kind.TAKEN:
            self._throttles.took(mail.domain)
        if kind is Kind.LATER and answer.is_of_domain:
            self._throttles.refused(mail.domain, answer.reason, self.clocks.now().timestamp())
        if line is not None and kind is Kind.TAKEN:
            self._believe(self._lines.took(line))
        if line is not None and kind in (Kind.REFUSED, Kind.NO_SUCH):
            self._under_way[mail.number] = claimed
            self._believe(self._lines.refused(line, answer))
            return
        self._note(claimed, answer)

    def broke(self, line: Line, reason: str) -> None:
        self._lines.broke(line, reason)

    def _note(self, claimed: Claimed, answer: Answer) -> None:
        kind, reason = answer.kind, answer.reason
        if kind is Kind.UNTOUCHED:
            self._try_another_way(claimed, reason)
            return
        self._untouched.pop(claimed.number, None)
        if kind is Kind.LATER:
            self._put_off(claimed, reason)
        elif kind is Kind.UNSURE:
            self._results.append(_result(claimed, Deliveries.UNCERTAIN, reason[:40]))
        elif kind is Kind.TAKEN:
            self._results.append(_result(claimed, Deliveries.SENT))
        else:
            suppress = claimed.sealed.index if kind is Kind.NO_SUCH and claimed.sealed else None
            self._results.append(_result(claimed, Deliveries.FAILED, reason, suppress=suppress))

    def _put_off(self, claimed: Claimed, reason: str) -> None:
        """Try a delivery again later, or give it up."""
        now = self.clocks.now()
        due_at = booking.again_at(claimed.tries, now, self.clocks.chance())
        if (claimed.tried_at or now) + booking.GIVEN_UP < due_at:
            self._results.append(_result(claimed, Deliveries.FAILED, f"given up: {reason}"[:40]))
            return
        self._results.append(_result(claimed, Deliveries.DEFERRED, reason[:40], due_at=due_at))

    def _try_another_way(self, claimed: Claimed, reason: str) -> None:
        self.journal.settle(claimed.number)
        self._untouched[claimed.number] += 1
        if self._untouched[claimed.number] < UNTOUCHED:
            self._ready.appendleft(claimed)
            return
        del self._untouched[claimed.number]
        self._put_off(claimed, reason)

    def _believe(self, answers: list[Answer]) -> None:
        """Take refusals for what they are held to be."""
        for answer in answers:
            self._note(self._under_way.pop(answer.mail.number), answer)

    def _lay_into_folder(self, place: Path) -> None:
        """The demo's way: files, of which nothing leaves the machine."""
        folder = Folder(place)
        folder.announce("", "")
        while (mail := self.next_mail(None)) is not None:
            self.handing(mail)
            folder.hand_over(mail.data)
            self.answered(None, Answer(mail, Kind.TAKEN))

    # Booking

    def _book_what_is_due(self) -> None:
        steady = self.clocks.steady()
        is_time = steady >= self._booked_at + BOOKED_EVERY
        if self._results and (is_time or len(self._results) >= BATCH):
            self._book()

    def _book(self) -> None:
        try:
            now = self.clocks.now()
            booking.book(self._results, now)
        except DatabaseError as error:  # tried again; the journal knows all of it
            self._complain(error)
            return
        self._booked_at = self.clocks.steady()
        for each in self._results:
            self.journal.settle(each.number)
        self._results.clear()
        self._keep_domains(now)

    def _keep_domains(self, now: datetime) -> None:
        changed = {key: self._throttles.kept(key) for key in self._throttles.changed}
        if not changed:
            return
        try:
            booking.keep_domains(changed, now)
        except DatabaseError as error:  # kept with the next results
            self._complain(error)
            return
        self._throttles.changed.clear()

    def _complain(self, error: DatabaseError) -> None:
        self.say(f"send: the database did not answer: {type(error).__name__}")
        connections[PEOPLE].close()
        self._looked_at = self._booked_at = self.clocks.steady()
        self._asked_at = self.clocks.steady() + LOOKED_EVERY


def _result(
    claimed: Claimed,
    state: Delivery.State,
    reason: str = "",
    *,
    is_try: bool = True,
    due_at: datetime | None = None,
    suppress: bytes | None = None,
) -> Result:
    number, sending, claim = claimed.number, claimed.sending, claimed.claim
    return Result(number, sending, claim, state, reason, due_at, is_try, suppress)
