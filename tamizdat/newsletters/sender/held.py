"""What the sender holds about a person, for who asks to see it or to have it erased."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from tamizdat.newsletters.sender.models import Delivery, Sending, SoftBounce
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.vault.holdings import Holder, Holding


def holds(address_id: UUID) -> list[Holding]:
    """Return the deliveries of a person's subscriptions, and how often mail came back."""
    deliveries = _deliveries(address_id).order_by("pk")
    rows = [{"state": each.state, "until": f"{each.gone_at:%Y-%m-%d}"} for each in deliveries]
    bounces = SoftBounce.objects.filter(address_id=address_id)
    back = [{"until": f"{each.gone_at:%Y-%m-%d}"} for each in bounces.order_by("pk")]
    return [Holding("deliveries", rows), Holding("bounces", back)]


def erase(address_id: UUID) -> int:
    """Delete them; return how many rows went. Subscriptions are still there when this is called."""
    bounces, _ = SoftBounce.objects.filter(address_id=address_id).delete()
    deliveries, _ = _deliveries(address_id).delete()
    return bounces + deliveries


def _deliveries(address_id: UUID) -> QuerySet[Delivery]:
    mine = list(Subscription.objects.filter(address_id=address_id).values_list("pk", flat=True))
    # By both columns of the unique index: a million rows are not looked through.
    return Delivery.objects.filter(sending__in=Sending.objects.all(), subscription__in=mine)


HOLDER = Holder(
    (Delivery._meta.db_table, SoftBounce._meta.db_table), holds, erase, keeps=lambda _: False
)
