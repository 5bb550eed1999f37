"""How far an issue is, in numbers and in words that a person reads at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.sender.models import Sending

State = Sending.State
UNDER_WAY = (State.LAYING_OUT, State.SENDING, State.STOPPED, State.SENT)
WORDS = {
    State.LAYING_OUT: "Begins: the list of readers is being laid out",
    State.SENDING: "On its way",
    State.STOPPED: "Stopped",
    State.SENT: "Sent",
}


@dataclass(frozen=True)
class Shown:
    """A sending that has begun."""

    progress: sendings.Progress

    @property
    def words(self) -> str:
        return WORDS[State(self.progress.state)]

    @property
    def is_moving(self) -> bool:
        return self.progress.state in (State.LAYING_OUT, State.SENDING)

    @property
    def is_stopped(self) -> bool:
        return self.progress.state == State.STOPPED

    @property
    def done(self) -> int:
        """Deliveries of which nothing more is to be done."""
        p = self.progress
        return p.sent + p.failed + p.uncertain + p.left

    @property
    def percent(self) -> int:
        return self.done * 100 // self.progress.laid if self.progress.laid else 0

    @property
    def time_left(self) -> str:
        """Say how long it will take, roughly; "" where nobody can tell."""
        seconds = self.progress.seconds_left
        return "" if seconds is None else roughly(seconds)

    @property
    def rate(self) -> int:
        """Mails a minute."""
        return round(self.progress.rate * 60)


def shown(issue: Issue, now: datetime) -> Shown | None:
    """Return how far an issue is; None where it has not begun."""
    sending = Sending.objects.of(issue.uuid)
    if sending is None or sending.state not in UNDER_WAY:
        return None
    return Shown(sendings.progress(issue.uuid, now))


def roughly(seconds: float) -> str:
    """Write a length of time as people say it."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min"
