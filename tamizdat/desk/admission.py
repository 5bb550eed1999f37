"""Who is let in: what a form must bring before the desk acts for it.

The way of a post:

1. It brings a ticket of this form, from a page of ours. A form on a page of the edition has none:
   its first post gets one, on a page that asks for *one more step*.
2. It brings the work that the ticket asked for, or its ticket is WAIT old. Who runs no scripts
   waits; there are few such places a minute (PLAIN), for all people together, so that a machine
   which waits gets little for holding so many tickets, and costs us next to nothing.
3. The ticket has not been used: looked up first, so that one ticket that is shown again and again
   takes nobody's place.
4. There is room in the form's bucket.
5. The ticket is used up by a unique row, written with the act. Of many who come at once with one
   ticket, one gets through.

Whatever fails is noted (``limits``), and the more fails the more work is asked for; likewise the
more of what the vault answers in a day (``vault.rates``) is used up, by whichever forms.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from django.db import IntegrityError, transaction

from tamizdat.databases import PEOPLE
from tamizdat.desk.limits import Limit, Limits
from tamizdat.desk.models import Used
from tamizdat.desk.tickets import NoTicket, Ticket, Tickets
from tamizdat.desk.turns import Turns
from tamizdat.desk.work import NoWork, Workshop

WAIT = 20.0  # seconds
ME = Limit("me", a_minute=60, at_once=120)
SUBSCRIBE = Limit("subscribe", a_minute=60, at_once=240)  # a newsletter is read out on the radio
SUPPORTERS = Limit("supporters", a_minute=60, at_once=120)
PLAIN = Limit("plain", a_minute=10, at_once=20)
GIVE = Limit("give", a_minute=120, at_once=240)
# Ways to a processor's page for who did less than the hardest work, or none but waiting. Once these
# few are taken everybody does the hardest: a machine that tries stolen cards does it for each.
CALM = Limit("give-calm", a_minute=3, at_once=12)
PLAIN_GIVE = Limit("give-plain", a_minute=1, at_once=3)
REMIND = Limit("remind", a_minute=60, at_once=120)
ALL = (ME, SUBSCRIBE, SUPPORTERS, PLAIN, GIVE, CALM, PLAIN_GIVE, REMIND)
# Shared by all workers: made once, in the process from which they are forked.
LIMITS = Limits(*ALL)
TURNS = Turns()


class OneMoreStep(Exception):
    """Something is missing that the person's browser, or a little waiting, can still bring."""

    def __init__(self, ticket: Ticket, *, must_wait: bool) -> None:
        super().__init__("one more step")
        self.ticket = ticket
        self.must_wait = must_wait


class TooMany(Exception):
    """All people together ask more of this form than it gives; later it will be possible."""


@dataclass(frozen=True)
class Posted:
    """What came with a form, besides what it is about."""

    ticket: str
    answer: str
    is_ours: bool  # sent from a page of this desk, as far as the browser says


@dataclass(frozen=True)
class Entry:
    """A post that brought what it must."""

    form: str
    ticket: Ticket
    is_plain: bool  # it waited, and did no work
    level: int = 0  # of the work that it did


@dataclass(frozen=True)
class Gate:
    """Lets posts in. One for each desk; ``random`` gives bytes that nobody can guess, ``used`` says
    how much of the vault's day is used, from 0 to 1."""

    key: bytes
    limits: Limits = LIMITS
    turns: Turns = TURNS
    random: Callable[[int], bytes] = secrets.token_bytes
    used: Callable[[], float] = float

    def give(self, form: str, now: datetime) -> Ticket:
        """Give a ticket for a form that is to be shown."""
        return self._tickets.give(form, now.timestamp())

    def challenge(self, form: str, ticket: Ticket, now: datetime) -> str:
        """Return the work that a ticket costs now, as JSON."""
        return self.work(ticket, (form,), now)

    def work(self, ticket: Ticket, limits: Iterable[str], now: datetime) -> str:
        """Return the work for a ticket, as hard as the hardest pressed of these limits asks."""
        moment, shared = now.timestamp(), self.used()
        level = max(self.limits.level(each, moment, shared) for each in limits)
        return Workshop(self.key).set(ticket, level, moment)

    def admit(self, form: str, posted: Posted, now: datetime) -> Entry:
        """Check what a post brings. Raises OneMoreStep."""
        ticket = self._ticket_of(form, posted, now)
        level = 0
        if posted.answer:
            level = self._check_work(form, ticket, posted.answer, now)
        elif ticket.age(now.timestamp()) < WAIT:
            raise OneMoreStep(ticket, must_wait=True)
        if Used.objects.filter(number=ticket.number).exists():
            self._refuse(form, now)
        return Entry(form, ticket, is_plain=not posted.answer, level=level)

    def known(self, form: str, posted: Posted, now: datetime, lifetime: float) -> Ticket | None:
        """Return the ticket of this form that a post brings, however often it was shown before;
        None where it brings none of ours, or is another site's."""
        try:
            return self._tickets.read(form, posted.ticket, now.timestamp(), lifetime)
        except NoTicket:
            return None

    def make_room(self, entry: Entry, now: datetime) -> None:
        """Take one of the places that all people share. Raises TooMany."""
        if entry.is_plain and not self.limits.take(PLAIN.name, now.timestamp()):
            raise TooMany
        if not self.limits.take(entry.form, now.timestamp()):
            raise TooMany

    def use(self, entry: Entry, act: Callable[[], object], now: datetime) -> None:
        """Do what the ticket was given for, once. Raises OneMoreStep where it was used before."""
        try:
            with transaction.atomic(using=PEOPLE):
                Used.of(entry.ticket, now).save(force_insert=True)
                act()
        except IntegrityError:
            self._refuse(entry.form, now)
        self.limits.note(entry.form, now.timestamp(), failed=False)

    @property
    def _tickets(self) -> Tickets:
        return Tickets(self.key, self.random)

    def _ticket_of(self, form: str, posted: Posted, now: datetime) -> Ticket:
        if not posted.ticket or not posted.is_ours:
            raise OneMoreStep(self.give(form, now), must_wait=False)
        try:
            return self._tickets.read(form, posted.ticket, now.timestamp())
        except NoTicket:
            self._refuse(form, now)

    def _check_work(self, form: str, ticket: Ticket, answer: str, now: datetime) -> int:
        try:
            return Workshop(self.key).check(ticket, answer)
        except NoWork:
            self._refuse(form, now)

    def _refuse(self, form: str, now: datetime) -> NoReturn:
        """Note a failure and begin anew, with another ticket."""
        self.limits.note(form, now.timestamp(), failed=True)
        raise OneMoreStep(self.give(form, now), must_wait=False) from None
