"""Mails that go to a few at a time and never end: a welcome to whoever came lately.

Each mail of a series has one sending, to which deliveries are added day by day. A subscription gets
it once: the constraint of deliveries holds as long as a delivery is kept, which is seven days at
least, so nobody may be chosen who was chosen longer ago (``LONGEST``).

With the stencils the moment changes at which the sending began: by it a loop that has read the old
ones knows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from tamizdat.databases import PEOPLE
from tamizdat.newsletters.sender.laying import insert
from tamizdat.newsletters.sender.models import Sending
from tamizdat.newsletters.sender.models import Stencil as Kept
from tamizdat.newsletters.sender.sendings import Plan
from tamizdat.newsletters.sender.stencil import Stencil
from tamizdat.newsletters.subscribers.models import SubscriptionQuerySet
from tamizdat.vault.retention import DELIVERY

State = Sending.State
LONGEST = DELIVERY - timedelta(days=1)  # how far back somebody may have been chosen first


def trickle(
    plan: Plan, stencils: Mapping[str, Stencil], chosen: SubscriptionQuerySet, now: datetime
) -> int:
    """Lay out a delivery for each of the chosen who has none; return how many are new.

    Nothing is added to a sending that an editor stopped.
    """
    with transaction.atomic(using=PEOPLE):
        _there(plan, now)
        sending = Sending.objects.select_for_update().get(issue=plan.issue)
        if sending.state == State.STOPPED:
            return 0
        Sending.objects.filter(pk=sending.pk).update(begun_at=now)
        for variant, each in stencils.items():
            values = {"packed": each.pack()}
            Kept.objects.update_or_create(sending=sending, variant=variant, defaults=values)
        count = insert(sending, chosen)
        if count:
            Sending.objects.filter(pk=sending.pk).update(
                laid=F("laid") + count, state=State.SENDING, ended_at=None
            )
        return count


def _there(plan: Plan, now: datetime) -> None:
    new = Sending(
        issue=plan.issue,
        newsletter=plan.newsletter,
        language=plan.language,
        due_at=plan.due_at,
        begun_at=now,
        state=State.SENT,
    )
    Sending.objects.bulk_create([new], ignore_conflicts=True)
