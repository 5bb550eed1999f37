"""Beginning: from a form that was read to the address of the processor's page.

1. The ticket of our first dynamic page is the contribution's key. Who comes with one whose
   contribution is written down goes on with that one: no work, no place, no second row.
2. Else work or waiting is asked for, and a place (``desk.admission``). While many come that do not
   the hardest work, it is asked of everybody: who tries stolen cards pays for each one.
3. What she told us is sealed, then contribution, payment and what is sealed are written together.
4. Only then is the till asked for the page. Whatever it says, the row stands, and the same form
   goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tamizdat.contributions.giving.models import (
    GIVEN_STAYS,
    Enclosure,
    GivenAddress,
    enclosed,
)
from tamizdat.contributions.giving.reading import Wanted
from tamizdat.contributions.money.errors import AlreadyBegun
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.pen import writing
from tamizdat.contributions.money.pledging import Pledge, pledge
from tamizdat.desk.admission import (
    CALM,
    GIVE,
    PLAIN_GIVE,
    Entry,
    Gate,
    OneMoreStep,
    Posted,
    TooMany,
)
from tamizdat.desk.limits import HARDEST
from tamizdat.desk.tickets import Ticket
from tamizdat.vault.client import Sealed, Vault

KEPT = timedelta(days=7).total_seconds()  # for so long a form leads back to what came of it
UNPAID = (Contribution.State.BEGUN, Contribution.State.WAITING)


class Over(Exception):
    """What this form began has been paid or given up: ``contribution`` says which."""

    def __init__(self, contribution: Contribution) -> None:
        super().__init__("this form is over")
        self.contribution = contribution


class Changed(Exception):
    """This form began something else, which is not paid yet: a new form is needed."""


@dataclass(frozen=True)
class Form:
    """A form as it came: what is wanted, in which language, and with what it was let in."""

    wanted: Wanted
    language: str
    posted: Posted


def begun(gate: Gate, vault: Vault, form: Form, now: datetime, today: date) -> Contribution:
    """Return the contribution of a form, which is written down now if it is not yet.

    Raises Over, Changed; OneMoreStep, TooMany; BadAddress, VaultBusy, VaultGone; ProviderOff.
    """
    found = known(gate, form.posted, now)
    if found is None:
        with gate.turns.of(form.posted.ticket):  # of many clicks at once one takes a place
            found = known(gate, form.posted, now) or _let_in(gate, vault, form, now, today)
    if found.state not in UNPAID:
        raise Over(found)
    if _values(found) != _values_wanted(form.wanted):
        raise Changed
    return found


def _let_in(gate: Gate, vault: Vault, form: Form, now: datetime, today: date) -> Contribution:
    entry = gate.admit(GIVE.name, form.posted, now)
    make_room(gate, entry, now)
    found = _written(vault, form, entry.ticket, now, today)
    gate.limits.note(GIVE.name, now.timestamp(), failed=False)
    return found


def known(gate: Gate, posted: Posted, now: datetime) -> Contribution | None:
    """Return what a form's ticket began before, None where it began nothing."""
    ticket = gate.known(GIVE.name, posted, now, KEPT) if posted.is_ours else None
    return Contribution.objects.filter(key=ticket.number).first() if ticket else None


def make_room(gate: Gate, entry: Entry, now: datetime) -> None:
    """Take a place on the way to a processor. Raises TooMany, OneMoreStep."""
    limits, moment = gate.limits, now.timestamp()
    if entry.is_plain and not limits.take(PLAIN_GIVE.name, moment):
        raise TooMany
    if not entry.is_plain and entry.level < HARDEST and not limits.take(CALM.name, moment):
        raise OneMoreStep(entry.ticket, must_wait=False)
    if not limits.take(GIVE.name, moment):
        raise TooMany


def challenge(gate: Gate, ticket: Ticket, now: datetime) -> str:
    """Return the work that a ticket of this form costs now, as JSON."""
    return gate.work(ticket, (GIVE.name, CALM.name), now)


def _written(vault: Vault, form: Form, ticket: Ticket, now: datetime, today: date) -> Contribution:
    wanted = form.wanted
    address = vault.seal(wanted.address) if wanted.address else None
    note = vault.seal_text(wanted.note) if wanted.note else None
    asked = Pledge(
        key=ticket.number,
        provider=wanted.way.provider,
        method=wanted.way.method,
        rhythm=wanted.rhythm,
        money=wanted.money,
        language=form.language,
        cover=wanted.cover,
    )
    try:
        with writing():
            found = pledge(asked, today)
            _enclose(found, address, note, now)
    except AlreadyBegun:
        raise Changed from None
    return found


def _enclose(
    contribution: Contribution, address: Sealed | None, note: Sealed | None, now: datetime
) -> None:
    """Write down what was sealed; of many posts of one form the first one's stands."""
    if note is not None:
        row = enclosed(contribution, Enclosure.Kind.NOTE, note, now)
        Enclosure.objects.bulk_create([row], ignore_conflicts=True)
    if address is not None:
        given = GivenAddress(
            contribution=contribution,
            key_id=address.key_id,
            box=address.box,
            index=address.index,
            gone_at=now + GIVEN_STAYS,
        )
        GivenAddress.objects.bulk_create([given], ignore_conflicts=True)


def _values(found: Contribution) -> tuple[object, ...]:
    return found.provider, found.method, found.rhythm, found.money, found.cover


def _values_wanted(wanted: Wanted) -> tuple[object, ...]:
    way = wanted.way
    return way.provider, way.method, wanted.rhythm, wanted.money, wanted.cover
