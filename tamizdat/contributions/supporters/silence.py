"""Stopping letters of thanks, and having them again.

Only what is courtesy can be stopped. What touches a supporter's money (a payment that failed, that
must be confirmed, that went back, an end, a card that ends) is said to her in any case.
A stop is noted, for a restore of a backup of before (``vault.redoing``).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from tamizdat.contributions.money.models import Contribution
from tamizdat.contributions.supporters.models import Silence
from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Retraction

SILENCED = "silenced"  # the deed that is noted


def stop(contribution: UUID, now: datetime) -> bool:
    """Send no letters of thanks to who gives this; return False where nobody is behind it."""
    row = Contribution.objects.filter(pk=contribution).exclude(address=None).first()
    if row is None or row.address_id is None:
        return False
    with transaction.atomic(using=PEOPLE):
        new = Silence(address_id=row.address_id)
        if not Silence.objects.filter(address_id=row.address_id).exists():
            Silence.objects.bulk_create([new], ignore_conflicts=True)
            Retraction.objects.note(SILENCED, contribution.bytes, now)
    return True


def start(contribution: UUID) -> bool:
    """Send letters of thanks again; return False where nobody is behind it."""
    row = Contribution.objects.filter(pk=contribution).exclude(address=None).first()
    if row is None:
        return False
    mine = Contribution.objects.filter(address=row.address_id).values_list("pk", flat=True)
    with transaction.atomic(using=PEOPLE):
        Silence.objects.filter(address=row.address_id).delete()
        noted = [pk.bytes for pk in mine]
        Retraction.objects.filter(deed=SILENCED, thing__in=noted).delete()
    return True


def stop_again(thing: bytes, reason: str, now: datetime) -> bool:
    """After a restore: stop what had been stopped."""
    return stop(UUID(bytes=thing), now)
