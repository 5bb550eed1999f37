"""What providers reported is carried out, in the back room.

Rules:

* An event and what it comes to are one transaction; afterwards the row says only that it came.
* The mail's own mark decides (``sender.outcomes``). Where a provider gives mails ids of its own,
  the address's index does, and only for an address that we know: a list of strangers that
  somebody sends us suppresses nobody.
* A soft bounce without a mark is nothing: it cannot be told which letter it was.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.inbox.models import Event
from tamizdat.newsletters.sender import outcomes
from tamizdat.newsletters.subscribers import leaving
from tamizdat.vault.models import Address, Suppression

AT_ONCE = 200
Kind = Event.Kind


def carry_out(now: datetime) -> int:
    """Carry out what waits; return how many events there were."""
    waiting = list(Event.objects.waiting()[:AT_ONCE])
    for event in waiting:
        with transaction.atomic(using=PEOPLE):
            ours = Event.objects.filter(pk=event.pk).exclude(kind="")
            if ours.update(kind="", mark="", index=b""):
                _do(event, now)
    return len(waiting)


def _do(event: Event, now: datetime) -> None:
    if event.kind == Kind.LEFT:
        _leave(bytes(event.index), now)
    elif event.kind == Kind.COMPLAINED:
        if not (event.mark and outcomes.complained(event.mark, now)):
            _suppress(bytes(event.index), Suppression.Reason.COMPLAINED, now)
    elif event.kind == Kind.HARD:
        if not (event.mark and outcomes.bounced(event.mark, outcomes.HARD, now)):
            _suppress(bytes(event.index), Suppression.Reason.BOUNCED, now)
    elif event.mark:
        outcomes.bounced(event.mark, outcomes.SOFT_KIND, now)


def _suppress(index: bytes, reason: Suppression.Reason, now: datetime) -> None:
    if index and Address.objects.of_index(index) is not None:
        Suppression.objects.note(index, reason, now)


def _leave(index: bytes, now: datetime) -> None:
    address = Address.objects.of_index(index) if index else None
    if address is not None:
        for each in address.subscriptions.values_list("pk", flat=True):
            leaving.leave(each, now)
