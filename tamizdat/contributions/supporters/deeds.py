"""What a supporter changes: said, confirmed, and asked of the provider once.

Rules:

1. A form's ticket belongs to one session, one contribution and one deed. It is used up by a unique
   row before the till is asked; of many posts of one form one asks.
2. The ticket's number names the question at the provider, so that even there it is one.
3. Nothing that was asked is believed to be done: the row says what the provider shows.
4. To switch the rhythm is to give anew at the provider's page. The old contribution is ended when
   the new one is paid (``finish_switches``), never before; for one old there is one new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from tamizdat.contributions.money import pledging
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.errors import (
    MoneyError,
    NotPossible,
    NotThere,
    Refused,
    Unsure,
)
from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.money.periods import due_on, period_at, plus_months
from tamizdat.contributions.supporters.models import Session, Switching
from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Used
from tamizdat.desk.tickets import NoTicket, Ticket, Tickets
from tamizdat.vault.models import Address

MONTHS = 12  # a pause ends within as many


class NotDone(Exception):
    """What was asked was not done, or not yet; ``said`` is a key of our words."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True)
class Forms:
    """Gives and uses up the tickets of one session's forms."""

    tickets: Tickets
    session: Session

    def give(self, deed: str, thing: str, now: datetime) -> str:
        """Return the ticket of a form that does this deed to this thing."""
        return self.tickets.give(self._form(deed, thing), now.timestamp()).text

    def use(self, deed: str, thing: str, text: str, now: datetime) -> Ticket:
        """Use a ticket up. Raises NotDone where it is old, another form's, or was used before."""
        try:
            ticket = self.tickets.read(self._form(deed, thing), text, now.timestamp())
        except NoTicket:
            raise NotDone("old") from None
        if not use_up(ticket, now):
            raise NotDone("already")
        return ticket

    def _form(self, deed: str, thing: str) -> str:
        return f"supporters {self.session.pk.hex} {deed} {thing}"


def use_up(ticket: Ticket, now: datetime) -> bool:
    """Write a ticket's number down; return False where it stands already."""
    try:
        with transaction.atomic(using=PEOPLE):
            Used.of(ticket, now).save(force_insert=True)
    except IntegrityError:
        return False
    return True


@contextmanager
def asking() -> Iterator[None]:
    """Say of the till's errors what a supporter should know. Raises NotDone."""
    try:
        yield
    except Unsure:
        raise NotDone("unsure") from None
    except (Refused, NotThere, NotPossible):
        raise NotDone("refused") from None
    except MoneyError:
        raise NotDone("not_now") from None


# Months


def months_from(today: date) -> list[date]:
    """Return the months until which a contribution can pause: their first days."""
    first = today.replace(day=1)
    return [plus_months(first, each) for each in range(1, MONTHS + 1)]


def month_of(text: str, today: date) -> date:
    """Read the month in which a pause ends, as 2027-03. Raises NotDone."""
    for each in months_from(today):
        if f"{each:%Y-%m}" == text:
            return each
    raise NotDone("month")


def next_after_a_pause(row: Contribution, today: date) -> date | None:
    """Return when the next payment falls if a contribution goes on now."""
    if row.anchor is None:
        return None
    return due_on(row.anchor, row.rhythm, period_at(row.anchor, row.rhythm, today) + 1)


# Another rhythm


@dataclass(frozen=True)
class Other:
    """The rhythm to which a contribution can be switched, and what it would be by that."""

    rhythm: str
    money: Money


def other_rhythm(row: Contribution) -> Other:
    """Return the other rhythm, with about the same in a year."""
    if row.rhythm == Contribution.Rhythm.MONTHLY:
        return Other(Contribution.Rhythm.ANNUAL, Money(row.currency, row.amount * 12))
    return Other(Contribution.Rhythm.MONTHLY, Money(row.currency, -(-row.amount // 12)))


def switch(row: Contribution, money: Money, key: bytes, today: date) -> Contribution:
    """Write down the contribution that is to take another one's place; return it. Pressed again
    while its page is open, the same one is returned. Raises NotDone."""
    if row.state not in Contribution.GIVING:
        raise NotDone("refused")
    wanted = pledging.Pledge(
        key=key,
        provider=row.provider,
        method=row.method,
        rhythm=str(other_rhythm(row).rhythm),
        money=money,
        language=row.language,
        address=row.address_id,
    )
    _forget_what_lapsed(row)
    try:
        with asking(), transaction.atomic(using=PEOPLE):
            new = pledging.pledge(wanted, today)
            Switching.objects.create(old=row, new=new)
            return new
    except IntegrityError:
        return _begun(row, money)


def _forget_what_lapsed(row: Contribution) -> None:
    over = (Contribution.State.LAPSED, Contribution.State.ENDED)
    Switching.objects.filter(old=row, new__state__in=over).delete()


def _begun(row: Contribution, money: Money) -> Contribution:
    found = Switching.objects.filter(old=row).select_related("new").first()
    new: Contribution | None = found.new if found is not None else None
    if new is None or new.money != money:
        raise NotDone("begun_other")
    return new


def finish_switches(till: TillClient, now: datetime) -> int:
    """End contributions whose successor has been paid; return how many. The post calls it."""
    done = 0
    for row in Switching.objects.select_related("old", "new").order_by("pk")[:100]:
        if row.new.state in (Contribution.State.LAPSED, Contribution.State.ENDED):
            row.delete()
        elif row.new.state in Contribution.GIVING:
            done += _end_old(till, row)
    return done


def _end_old(till: TillClient, row: Switching) -> bool:
    try:
        till.end(row.old_id)
    except MoneyError:
        return False  # in the next round
    row.delete()
    return True


# The end


def end_all(till: TillClient, address: Address) -> bool:
    """End whatever somebody gives regularly; return whether nothing is given any more."""
    rows = Contribution.objects.filter(address=address, state__in=Contribution.GIVING)
    for pk in rows.values_list("pk", flat=True):
        _quietly(lambda pk=pk: till.end(pk))  # type: ignore[misc]  # a lambda's default
    return not rows.exists()


def _quietly(deed: Callable[[], object]) -> None:
    try:
        deed()
    except MoneyError:
        return
