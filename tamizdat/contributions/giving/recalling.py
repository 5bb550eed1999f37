"""Reminders become letters when their month comes; the post calls it in each round.

Rules:

1. One letter to a reminder: its row is claimed by a conditional UPDATE, in the transaction that
   writes the letter.
2. Who has given since she set it, or gives regularly, is not reminded; who never wants mail is not.
3. When the letter is gone the reminder is erased, and the address where nothing else keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from tamizdat.contributions.giving.forgetting import forget
from tamizdat.contributions.giving.letters import REMIND
from tamizdat.contributions.giving.models import Reminder
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.periods import day_in
from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter
from tamizdat.desk.post.office import letter_to
from tamizdat.vault.models import Address, Suppression

BATCH = 200
HOUR = 9  # of the newsroom's clock: before it no reminder goes
OVER = (Letter.State.GONE, Letter.State.FAILED)


def take_up(now: datetime) -> int:
    """Take up what is new, due or done; return how many reminders there were."""
    new = list(Reminder.objects.filter(address=None).order_by("set_on")[:BATCH])
    for row in new:
        _own(row, now)
    zone = ZoneInfo(settings.TIME_ZONE)
    is_early = now.astimezone(zone).hour < HOUR
    due = [] if is_early else _due(day_in(now, zone))
    for row in due:
        _write(row, now)
    done = [*_done(), *_missed(day_in(now, zone))]
    for row in done:
        _erase(row, now)
    return len(new) + len(due) + len(done)


def _own(row: Reminder, now: datetime) -> None:
    """Let the address be kept for it, so that its owner finds it among what we hold."""
    with transaction.atomic(using=PEOPLE):
        address = Address.objects.keep(row.sealed, now)
        if Reminder.objects.filter(pk=row.pk).update(address=address):
            Address.objects.confirm(address.pk)


def _due(today: date) -> list[Reminder]:
    due = Reminder.objects.filter(month=today.replace(day=1), letter=None, address__isnull=False)
    return list(due.select_related("address").order_by("month", "pk")[:BATCH])


def _write(row: Reminder, now: datetime) -> None:
    if row.address is None or not is_wanted(row):
        return _erase(row, now)
    letter = letter_to(row.address, REMIND, row.language, now)
    with transaction.atomic(using=PEOPLE):
        if Reminder.objects.filter(pk=row.pk, letter=None).update(letter=letter.pk):
            Letter.objects.bulk_create([letter], ignore_conflicts=True)


def is_wanted(row: Reminder) -> bool:
    """Say whether somebody is still to be reminded."""
    if Suppression.objects.holds(bytes(row.index)):
        return False
    mine = Contribution.objects.filter(address=row.address)
    if mine.filter(state__in=Contribution.GIVING).exists():
        return False
    paid = Payment.objects.filter(contribution__in=mine, state=Payment.State.CONFIRMED)
    return not paid.filter(day__gte=row.set_on).exists()


def _done() -> Iterable[Reminder]:
    """Return the reminders whose letter went, was given up, or is there no more."""
    rows = list(Reminder.objects.filter(letter__isnull=False).order_by("pk")[:BATCH])
    letters = Letter.objects.filter(pk__in=[each.letter for each in rows])
    waiting = set(letters.exclude(state__in=OVER).values_list("pk", flat=True))
    return (each for each in rows if each.letter not in waiting)


def _missed(today: date) -> list[Reminder]:
    """Return the reminders whose month went by without a post."""
    return list(Reminder.objects.filter(month__lt=today.replace(day=1), letter=None)[:BATCH])


def _erase(row: Reminder, now: datetime) -> None:
    with transaction.atomic(using=PEOPLE):
        Reminder.objects.filter(pk=row.pk).delete()
        if row.address_id is not None:
            forget(row.address_id, now)
