"""How fast a domain takes our mail, and when it is asked again.

Rules:

1. A domain that asks for patience gets it: nothing goes there for a minute, then two, four … an
   hour. So its mails never stand before those of others.
2. A mailbox that is full says nothing about its domain; a server that hangs up, stalls or says that
   we send too much does at once, other troubles when MANY came in a row. What befell a line of ours
   is never told here (``smtp.Answer.is_of_domain``).
3. After a pause one mail goes first; the others follow when it was taken.
4. A domain may have a rate of its own, in mails a second. Mails get their moments in turn.
5. One that took nothing for about three days, asked every hour, is dead.
6. A new newsroom's domain is warmed up by a plan: so many mails on the first day, on the second …

Domains come as keyed hashes (``marks``). Moments are seconds since the epoch. Pure: chance and time
are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

FIRST, LONGEST = 60.0, 3600.0  # seconds of pause
JITTER = 0.25  # of a pause, so that not everything comes back at once
SOON = 30.0  # seconds for which moments of a rate are given out ahead
DEAD = 70  # pauses in a row; nearly all of them are the longest
MANY = 3  # troubles in a row that are not grave
WHILE_IN_DOUBT = 30.0  # seconds until somebody asks again whether the first one was taken
GRAVE = ("4.3", "4.4", "4.7")  # the system, the network, policy (RFC 3463, section 3)
MAILBOX = ("4.1", "4.2")  # this address, this mailbox


@dataclass
class Throttle:
    """What is known of one domain."""

    failures: int = 0  # pauses that it asked for since it last took a mail
    troubles: int = 0  # in a row, while there is no pause
    until: float = 0.0  # nothing goes there before
    asked: float = 0.0  # when the mail went out that tells whether the pause is over
    next: float = 0.0  # the next moment of its rate that is free
    later: float = 0.0  # up to where mails were sent away to ask again


@dataclass
class Throttles:
    """All domains of one loop. ``limits`` holds rates by domain; ``chance`` gives 0 to 1."""

    limits: Mapping[bytes, float]
    chance: Callable[[], float]
    changed: set[bytes] = field(default_factory=set)  # what is to be kept
    _known: dict[bytes, Throttle] = field(default_factory=dict)

    def when(self, domain: bytes, now: float) -> float:
        """Return the moment at which a mail may go there; ``now`` for at once.

        A moment within SOON is taken when it is given out: ask once for each mail. After a later
        one ask again.
        """
        found = self._known.get(domain)
        rate = self.limits.get(domain)
        if found is None and rate is None:
            return now
        found = self._known.setdefault(domain, Throttle())
        if found.until > now:
            return found.until + self.chance() * JITTER * (found.until - now)
        if found.failures:
            if now < found.asked + WHILE_IN_DOUBT:
                return found.asked + WHILE_IN_DOUBT * (1 + self.chance())
            found.asked = now
        if rate is None:
            return now
        moment = max(now, found.next)
        if moment <= now + SOON:
            found.next = moment + 1 / rate
            return moment
        # Too many wait already: these ask again, spread over time, and hold no moment until then.
        found.later = max(found.later, now + SOON) + 1 / rate
        return found.later

    def is_open(self, domain: bytes, now: float) -> bool:
        """Say whether a mail whose moment has come may go: whether no pause began meanwhile."""
        found = self._known.get(domain)
        return found is None or (found.until <= now and not found.failures)

    def is_dead(self, domain: bytes) -> bool:
        """Say whether a domain has taken nothing for about three days."""
        return self.kept(domain).failures >= DEAD

    def took(self, domain: bytes) -> None:
        """Hear that a domain took a mail."""
        found = self._known.get(domain)
        if found is None:
            return
        if found.failures:
            self.changed.add(domain)
        found.failures = found.troubles = 0
        found.until = found.asked = 0.0

    def refused(self, domain: bytes, reason: str, now: float) -> None:
        """Hear that a mail has to wait; ``reason`` is the server's numbers, or a word of ours."""
        code, _, enhanced = reason.partition(" ")
        if enhanced.startswith(MAILBOX):
            return
        found = self._known.setdefault(domain, Throttle())
        found.troubles += 1
        is_grave = not code.isdigit() or code == "421" or enhanced.startswith(GRAVE)
        if is_grave or found.troubles >= MANY or found.failures:
            self._pause(domain, found, now)

    def _pause(self, domain: bytes, found: Throttle, now: float) -> None:
        if found.until > now:  # others were under way when it began
            return
        found.failures, found.troubles = found.failures + 1, 0
        pause = min(LONGEST, FIRST * 2 ** min(found.failures - 1, 10))
        found.until = now + pause * (1 + JITTER * self.chance())
        self.changed.add(domain)

    def recall(self, domain: bytes, failures: int, until: float) -> None:
        """Take up what was kept, or what another loop has learned."""
        found = self._known.setdefault(domain, Throttle())
        if until > found.until or failures > found.failures:
            found.failures, found.until = max(failures, found.failures), max(until, found.until)

    def kept(self, domain: bytes) -> Throttle:
        return self._known.get(domain) or Throttle()


@dataclass(frozen=True)
class WarmUp:
    """A plan: how many mails may go out on each day from ``began`` on; after its end, all."""

    began: date
    plan: tuple[int, ...]

    def allowance(self, day: date) -> int | None:
        """Return how many mails may go out on a day; None for as many as there are."""
        number = (day - self.began).days
        if number >= len(self.plan):
            return None
        return self.plan[max(0, number)]
