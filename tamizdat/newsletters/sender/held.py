"""What the sender holds about a person, for who asks to see it or to have it erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.models import Delivery, Sending, SoftBounce
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.vault.holdings import Holder, Holding

State = Delivery.State
UNSETTLED = (State.READY, State.CLAIMED, State.DEFERRED)


def holds(address_id: UUID) -> list[Holding]:
    """Return the deliveries of a person's subscriptions, and how often mail came back."""
    deliveries = _deliveries(address_id).order_by("pk")
    rows = [{"state": each.state, "until": _day(each.gone_at)} for each in deliveries]
    bounces = SoftBounce.objects.filter(address_id=address_id)
    back = [{"until": _day(each.gone_at)} for each in bounces.order_by("pk")]
    return [Holding("deliveries", rows), Holding("bounces", back)]


def erase(address_id: UUID) -> int:
    """Delete them; return how many rows went. Subscriptions are still there when this is called."""
    bounces, _ = SoftBounce.objects.filter(address_id=address_id).delete()
    with transaction.atomic(using=PEOPLE):
        rows = list(_deliveries(address_id).select_for_update())
        for each in rows:
            if each.state in UNSETTLED:  # else its sending would wait for it for ever
                Sending.objects.filter(pk=each.sending_id).update(left=F("left") + 1)
        _deliveries(address_id).filter(pk__in=[each.pk for each in rows]).delete()
    return bounces + len(rows)


def _day(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d}" if moment else None


def _deliveries(address_id: UUID) -> QuerySet[Delivery]:
    mine = list(Subscription.objects.filter(address_id=address_id).values_list("pk", flat=True))
    # By both columns of the unique index: a million rows are not looked through.
    return Delivery.objects.filter(sending__in=Sending.objects.all(), subscription__in=mine)


HOLDER = Holder(
    (Delivery._meta.db_table, SoftBounce._meta.db_table), holds, erase, keeps=lambda _: False
)
