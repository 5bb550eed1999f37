"""Claiming: a loop takes deliveries in batches, so that nobody else has them.

Rules:

1. A claim is one conditional update. On PostgreSQL rows that another loop is about to take are
   passed over (SKIP LOCKED); SQLite has one writer at a time.
2. Whoever is no longer in the audience (left, paused, suppressed) gets nothing: that is asked anew
   for every claim.
3. Who does not know whether a claim was committed releases it, before the next.
4. On days of a warm-up plan no more is claimed than the plan allows, by all loops together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from tamizdat.databases import PEOPLE, by_index
from tamizdat.newsletters.sender.models import Day, Delivery, Sending
from tamizdat.newsletters.sender.throttling import WarmUp
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.vault.sealing import Sealed

READY, DEFERRED = Delivery.State.READY, Delivery.State.DEFERRED
CLAIMED = Delivery.State.CLAIMED
DAY_STAYS = timedelta(days=40)


@dataclass(frozen=True)
class Claimed:
    """A delivery that is ours to send; ``sealed`` is None where there is nobody to send it to.

    ``began`` is when its issue did, ``tried_at`` when it was put off first.
    """

    number: int
    claim: int
    sending: int
    subscription: UUID
    variant: str
    tries: int
    tried_at: datetime | None
    began: datetime
    sealed: Sealed | None


def claim(number: int, limit: int, now: datetime, warm_up: WarmUp | None = None) -> list[Claimed]:
    """Claim up to so many deliveries under a number that nobody had before."""
    with transaction.atomic(using=PEOPLE):
        limit = _allowed(limit, now, warm_up)
        count = 0
        for sending in Sending.objects.filter(state=Sending.State.SENDING).order_by("due_at", "pk"):
            if count < limit:
                count += _take(sending, number, limit - count, now)
        _note(count, now, warm_up)
        # Within: what could not be read is not claimed either.
        return _read(number, now) if count else []


def release(number: int) -> int:
    """Give back all rows of a claim of which nothing is held; return how many there were."""
    lost = Delivery.objects.filter(claim=number, state=CLAIMED)
    return lost.update(state=READY, claim=None, due_at=None)


def _take(sending: Sending, number: int, limit: int, now: datetime) -> int:
    """Claim of one sending: some that wait for another try, then those that had none."""
    mine = Delivery.objects.filter(sending=sending)
    ready = mine.filter(state=READY).order_by("pk")
    due = mine.filter(state=DEFERRED, due_at__lte=now).order_by("due_at")
    count = 0
    for rows, most in ((due, limit // 4), (ready, limit), (due, limit)):
        wanted = min(most, limit - count)
        if wanted > 0:
            locked = rows.select_for_update(skip_locked=True)
            # Read before the update: as a part of it PostgreSQL may choose more than once.
            chosen = list(locked.values_list("pk", flat=True)[:wanted])
            free = Delivery.objects.filter(pk__in=chosen, state__in=(READY, DEFERRED))
            count += free.update(state=CLAIMED, claim=number)
    return count


def _read(number: int, now: datetime) -> list[Claimed]:
    mine = Delivery.objects.filter(claim=number, state=CLAIMED).order_by("pk")
    rows = list(
        mine.values_list("pk", "sending_id", "subscription", "variant", "tries", "tried_at")
    )
    sendings = Sending.objects.in_bulk({row[1] for row in rows})
    people: dict[tuple[int, UUID], Sealed] = {}
    for key, sending in sendings.items():
        chosen = [row[2] for row in rows if row[1] == key]
        people |= {(key, who): sealed for who, sealed in _audience(sending, chosen, now)}
    began = {key: sending.begun_at or now for key, sending in sendings.items()}
    return [
        Claimed(pk, number, key, who, variant, tries, tried_at, began[key], people.get((key, who)))
        for pk, key, who, variant, tries, tried_at in rows
    ]


def _audience(sending: Sending, chosen: list[UUID], now: datetime) -> Iterable[tuple[UUID, Sealed]]:
    audience = Subscription.objects.audience(sending.newsletter, sending.language, now)
    columns = ("pk", "address__key_id", "address__box", "address__index")
    rows = audience.filter(pk__in=chosen).order_by().values_list(*columns)
    with by_index(PEOPLE):
        found = list(rows)
    for pk, key_id, box, index in found:
        yield pk, Sealed(key_id, bytes(box), bytes(index))


def still_going(sendings: Iterable[int]) -> set[int]:
    """Return which of these sendings are on their way, and were not stopped."""
    found = Sending.objects.filter(pk__in=list(sendings), state=Sending.State.SENDING)
    return set(found.values_list("pk", flat=True))


# Warm-up


def _allowed(limit: int, now: datetime, warm_up: WarmUp | None) -> int:
    """Return how many may be claimed, holding the day's row until the transaction ends."""
    day = now.astimezone(UTC).date()
    allowance = warm_up.allowance(day) if warm_up else None
    if allowance is None:
        return limit
    Day.objects.bulk_create([Day(day=day, gone_at=now + DAY_STAYS)], ignore_conflicts=True)
    found = Day.objects.select_for_update().get(day=day)
    return max(0, min(limit, allowance - found.claimed))


def _note(count: int, now: datetime, warm_up: WarmUp | None) -> None:
    day = now.astimezone(UTC).date()
    if count and warm_up and warm_up.allowance(day) is not None:
        Day.objects.filter(day=day).update(claimed=F("claimed") + count)
