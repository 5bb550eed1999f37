"""Laying out: one delivery for each of an issue's audience, in slices.

A slice and the mark of how far it reached are one transaction; rows that stand are left as they
are. So it may be cut off anywhere, and two may do it at once.

PostgreSQL measures the tables when all is laid out. By itself it would a minute later, and until
then take each claim's rows by way of the whole audience.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import connections, models, transaction
from django.db.models import F, Value
from django.db.models.expressions import Combinable

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.sender.models import Stencil as Kept
from tamizdat.newsletters.subscribers.models import Subscription, SubscriptionQuerySet
from tamizdat.turns import Pause
from tamizdat.vault.models import Address

SLICE = 5_000
LAYING, SENDING = Sending.State.LAYING_OUT, Sending.State.SENDING


def lay_out(
    sending: Sending,
    now: datetime,
    pause: Pause = time.sleep,
    goes_on: Callable[[], bool] = lambda: True,
) -> None:
    """Lay out the deliveries of a sending and let it go, unless it is stopped meanwhile."""
    while goes_on() and _lay_slice(sending.pk, now):
        pause(0.005)  # others write too
    _measure()


def _measure() -> None:
    connection = connections[PEOPLE]
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in (Delivery, Subscription, Address):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _lay_slice(number: int, now: datetime) -> bool:
    """Lay out the next slice; return False when that was the last one."""
    with transaction.atomic(using=PEOPLE):
        sending = Sending.objects.select_for_update().get(pk=number)
        if sending.state != LAYING:
            return False
        rest = _rest(sending, now)
        last = rest.values_list("pk", flat=True)[SLICE - 1 : SLICE].first()
        laid = insert(sending, rest.filter(pk__lte=last) if last else rest)
        values: dict[str, object] = {"laid": F("laid") + laid, "laid_to": last or sending.laid_to}
        if last is None:
            values["state"] = SENDING
        Sending.objects.filter(pk=number).update(**values)
    return last is not None


def _rest(sending: Sending, now: datetime) -> SubscriptionQuerySet:
    audience = Subscription.objects.audience(sending.newsletter, sending.language, now)
    return audience.filter(pk__gt=sending.laid_to or UUID(int=0)).order_by("pk")


def insert(sending: Sending, chosen: SubscriptionQuerySet) -> int:
    """Write deliveries by one statement that reads what it writes; return how many were new."""
    variants = set(Kept.objects.filter(sending=sending).values_list("variant", flat=True))
    row: dict[str, Combinable] = {
        "sending_id": Value(sending.pk),
        "subscription": F("pk"),
        "variant": models.Case(
            models.When(variant__in=variants, then=F("variant")),
            default=Value("digest"),
        ),
        "state": Value("ready"),
        "tries": Value(0),
        "reason": Value(""),
        "outcome": Value(""),
    }
    query = chosen.values_list(*row.values())
    connection = connections[PEOPLE]
    selected, values = query.query.get_compiler(using=PEOPLE).as_sql()
    columns = ", ".join(connection.ops.quote_name(name) for name in row)
    table = connection.ops.quote_name(Delivery._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) {selected} ON CONFLICT DO NOTHING",
            values,
        )
        return int(cursor.rowcount)
