"""What may not stay goes by itself: rows bear the moment at which they are gone.

Rules:

* How long a thing stays is said once, in ``PERIODS``; docs/operating.md repeats it to people.
* A row's end is written when the row is (``gone_at = now + period``), so a later change of a period
  lengthens nothing that was promised.
* ``sweep`` deletes what is due, in slices with pauses, so that nobody waits long to write; then the
  journal is cut (``erasing.checkpoint``).
* What stays of a row that goes (a count) is written in the same transaction, by ``let_go``.
* An address that nobody confirmed is erased with all that hangs on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.apps import apps

from tamizdat.databases import PEOPLE
from tamizdat.turns import Pause, turn
from tamizdat.vault.erasing import checkpoint, erase_unconfirmed
from tamizdat.vault.models import RETRACTION, UNCONFIRMED, Address, Perishable

DELIVERY = timedelta(days=7)  # one issue to one subscriber, once it is settled; then counts alone
UNDECIDED = timedelta(days=30)  # that an editor has to decide about one of which nobody knows
BOUNCE = timedelta(days=30)  # that a mail came back
LINK = timedelta(hours=1)  # a link in a mail
PERIODS = {
    "unconfirmed": UNCONFIRMED,
    "delivery": DELIVERY,
    "undecided delivery": UNDECIDED,
    "bounce": BOUNCE,
    "link": LINK,
    "retraction": RETRACTION,  # at the latest; it goes when it is written beside the backups
}

SLICE = 500  # rows that go in one turn
ERASED_AT_ONCE = 20  # addresses, with all that hangs on them
AT_A_LOOK = 5.0  # seconds of sweeping before the worker does something else


def sweep(
    now: datetime,
    pause: Pause = time.sleep,
    timer: Callable[[], float] = time.monotonic,
) -> int:
    """Delete what is due, for some seconds; return how many rows went."""
    began = timer()
    count = 0
    for gone in _going(now, pause):
        count += gone
        if timer() - began >= AT_A_LOOK:
            break
    if count:
        checkpoint()
    return count


def perishable() -> list[type[Perishable]]:
    """Return the models whose rows go by themselves."""
    return [model for model in apps.get_models() if issubclass(model, Perishable)]


def _going(now: datetime, pause: Pause) -> Iterator[int]:
    for model in perishable():
        while gone := _slice(model, now, pause):
            yield gone
    yield from _unconfirmed(now, pause)


def _slice(model: type[Perishable], now: datetime, pause: Pause) -> int:
    due = model._default_manager.filter(gone_at__lte=now).order_by("gone_at")
    with turn(pause, using=PEOPLE):
        rows = list(due[:SLICE])
        if rows:
            model.let_go(rows)
            model._default_manager.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _unconfirmed(now: datetime, pause: Pause) -> Iterator[int]:
    due = Address.objects.filter(gone_at__lte=now).order_by("gone_at")
    while keys := list(due.values_list("pk", flat=True)[:ERASED_AT_ONCE]):
        with turn(pause, using=PEOPLE):
            yield sum(erase_unconfirmed(key, now) for key in keys)
