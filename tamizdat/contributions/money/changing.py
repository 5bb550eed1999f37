"""Changing a regular contribution: amount, pause, resume, end, the way to pay.

Each is asked of the provider with a key that the form was born with, so a click that comes twice
does it once; what the provider then shows is settled.
"""

from __future__ import annotations

import contextlib
from datetime import date

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.errors import NotPossible, NotThere
from tamizdat.contributions.money.models import Contribution, Handle, Notice
from tamizdat.contributions.money.periods import day_in, due_on, period_at
from tamizdat.contributions.money.providers import Change
from tamizdat.contributions.money.settling import tell
from tamizdat.contributions.money.till import Till


def change_amount(till: Till, row: Contribution, ticket: str, money: Money, cover: int = 0) -> None:
    """Take another amount from the next period on. ``ticket`` is the form's own number: the same
    one does it once. Raises as the provider does, and Closed, NotPossible."""
    if money.currency != row.currency:
        raise NotPossible("a contribution stays in its currency; end it and begin another")
    _ask(till, row, Change.AMOUNT, ticket, money)
    Contribution.objects.filter(pk=row.pk).update(cover=cover)


def pause(till: Till, row: Contribution, ticket: str, until: date | None = None) -> None:
    """Take nothing for a while; it goes on by itself on a day, where one is given."""
    _ask(till, row, Change.PAUSE, ticket)
    Contribution.objects.filter(pk=row.pk).update(resumes_on=until)


def resume(till: Till, row: Contribution, ticket: str) -> None:
    """Go on after a pause. Periods that have passed are not taken."""
    _ask(till, row, Change.RESUME, ticket)
    if row.anchor is not None:
        today = day_in(till.clock(), till.zone)
        coming = period_at(row.anchor, row.rhythm, today) + 1
        next_on = due_on(row.anchor, row.rhythm, coming)
        Contribution.objects.filter(pk=row.pk).update(next_on=next_on, resumes_on=None)


def end(till: Till, row: Contribution) -> None:
    """End a contribution, at the provider first. Done again, it changes nothing."""
    if row.state not in Contribution.GIVING:
        return
    with contextlib.suppress(NotThere):  # what the provider has forgotten charges nobody
        _ask(till, row, Change.CANCEL, row.pk.hex)
    today = day_in(till.clock(), till.zone)
    if Contribution.objects.move(row.pk, Contribution.State.ENDED, next_on=None, ended_on=today):
        tell(row, Notice.Kind.ENDED, row.period, today)


def end_and_forget(till: Till, row: Contribution) -> None:
    """End what was erased, and let go the last handle that leads to it."""
    end(till, row)
    till.keyring.forget([row.pk])
    Contribution.objects.filter(pk=row.pk).update(is_ending=False)


def method_page(till: Till, row: Contribution, return_url: str) -> str:
    """Return the provider's page on which the supporter changes the way to pay."""
    if row.state not in Contribution.GIVING:
        raise NotPossible("only a regular contribution has a way to pay that can be changed")
    return till.provider(row.provider).method_page(_name(till, row), return_url, row.language)


def _ask(
    till: Till, row: Contribution, change: Change, ticket: str, money: Money | None = None
) -> None:
    if row.state not in Contribution.GIVING:
        raise NotPossible("only a regular contribution can be changed")
    provider = till.provider(row.provider)
    seen = provider.change(_name(till, row), change, f"{change}-{ticket}", money)
    till.settling(row.provider).settle(seen)
    row.refresh_from_db()


def _name(till: Till, row: Contribution) -> str:
    names = till.keyring.names(Handle.Kind.STANDING, row.pk)
    if not names:
        raise NotPossible("the provider has no agreement for this contribution yet")
    return names[0]
