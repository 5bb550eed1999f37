"""Leaving: by the link in a letter, by the page of choices, by mail.

Rules:

1. Leaving is idempotent. A link of somebody who is gone already does nothing, and says the same.
2. Nothing says afterwards that she was here. Where she keeps no other newsletter, and no other part
   has a reason to keep the address (``vault.holdings``), the address goes as well.
3. Who pressed the button on a page can take it back while that page is open (``come_back``): for
   BACK, and only with what the page was given, so that nobody else can sign her up again. A mail
   program that leaves for her (RFC 8058) gets nothing to take back.
4. That a subscription ended is noted by its random id, for a restore of a backup of before.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.subscribers.models import (
    BACK,
    Left,
    SignUp,
    Subscription,
    SubscriptionQuerySet,
    Tally,
)
from tamizdat.vault import holdings
from tamizdat.vault.models import UNCONFIRMED, Address, Retraction

LEFT = "left"  # the deed that is noted (vault.redoing)
AT_ONCE = timedelta(0)
_FIELDS = "newsletter language variant paused_until consent consented_at joined_on".split()


def leave(subscription_id: UUID, now: datetime) -> bool:
    """End a subscription for good; return False where there is none."""
    return bool(_end(Subscription.objects.filter(pk=subscription_id), now, AT_ONCE))


def leave_by_press(
    subscription_ids: Iterable[UUID], now: datetime, unseen: Collection[UUID] = ()
) -> UUID | None:
    """End subscriptions so that they can be had back for a while; return what names them together,
    None where there are none. ``unseen``: newsletters that whoever pressed is not shown."""
    with transaction.atomic(using=PEOPLE):
        ended = _end(Subscription.objects.filter(pk__in=list(subscription_ids)), now, BACK)
        if not ended:
            return None
        together = uuid.uuid4()
        left = [_left(each, together, each.newsletter not in unseen, now) for each in ended]
        Left.objects.bulk_create(left)
    return together


def come_back(together: UUID, now: datetime) -> list[Subscription]:
    """Take a leaving back; none where it is too late. Returns what whoever pressed may be shown."""
    with transaction.atomic(using=PEOPLE):
        found = list(Left.objects.filter(together=together, gone_at__gt=now))
        deleted, _ = Left.objects.filter(pk__in=[each.pk for each in found]).delete()
        if not deleted or not Address.objects.confirm(found[0].address_id):
            return []
        back = [_back(each) for each in found]
        noted = [each.pk.bytes for each in back]
        Retraction.objects.filter(deed=LEFT, thing__in=noted).delete()
        # Who signed up again meanwhile keeps that.
        Subscription.objects.bulk_create(back, ignore_conflicts=True)
        Tally.objects.note([each.newsletter for each in back], now, joined=1)
        shown = [each.pk for each in found if each.is_shown]
        return list(Subscription.objects.filter(pk__in=shown))


def _end(found: SubscriptionQuerySet, now: datetime, after: timedelta) -> list[Subscription]:
    with transaction.atomic(using=PEOPLE):
        rows = list(found.select_for_update())
        # Of two who come at once, each row is deleted, and counted, by one.
        ended = [each for each in rows if Subscription.objects.filter(pk=each.pk).delete()[0]]
        Tally.objects.note([each.newsletter for each in ended], now, left=1)
        for each in ended:
            Retraction.objects.note(LEFT, each.pk.bytes, now)
        for address_id in {each.address_id for each in ended}:
            _let_go(address_id, now + after)
    return ended


def _let_go(address_id: UUID, at: datetime) -> None:
    """Let an address go, where nothing is a reason to keep it.

    Whoever confirms something for it at the same time holds its row, and comes first or waits.
    """
    Address.objects.select_for_update().filter(pk=address_id).first()
    if holdings.is_kept(address_id):
        return
    if SignUp.objects.filter(address_id=address_id).exists():
        at += UNCONFIRMED
    Address.objects.filter(pk=address_id).update(gone_at=at)


def _left(subscription: Subscription, together: UUID, is_shown: bool, now: datetime) -> Left:
    kept = {name: getattr(subscription, name) for name in _FIELDS}
    end = now + BACK
    return Left(
        pk=subscription.pk,
        together=together,
        is_shown=is_shown,
        address_id=subscription.address_id,
        gone_at=end,
        **kept,
    )


def _back(left: Left) -> Subscription:
    kept = {name: getattr(left, name) for name in _FIELDS}
    return Subscription(pk=left.pk, address_id=left.address_id, **kept)
