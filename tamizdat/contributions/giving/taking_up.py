"""Addresses that were typed with contributions are given to them; the post calls it in each round.

The desk looks no address up, so it writes down what was typed, sealed. Here the back room makes the
address's row, or finds it, and lets the contribution bear it: before any letter about it is due.
Once it is paid the row goes, and the address stays with it. Where it was never paid the address is
taken off it, and goes as well if nothing else is a reason to keep it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tamizdat.contributions.giving.forgetting import forget
from tamizdat.contributions.giving.models import GivenAddress
from tamizdat.contributions.money.models import Contribution
from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Address

BATCH = 200
OPEN = (Contribution.State.BEGUN, Contribution.State.WAITING)


def take_up(now: datetime) -> int:
    """Deal with what waits; return how many rows there were."""
    waiting = GivenAddress.objects.filter(is_taken_up=False, gone_at__gt=now).order_by("pk")
    rows = list(waiting[:BATCH])
    for row in rows:
        _give(row, now)
    decided = GivenAddress.objects.filter(is_taken_up=True).exclude(contribution__state__in=OPEN)
    done = list(decided.select_related("contribution").order_by("pk")[:BATCH])
    for row in done:
        _settle(row, now)
    return len(rows) + len(done)


def _give(row: GivenAddress, now: datetime) -> None:
    with transaction.atomic(using=PEOPLE):
        waiting = GivenAddress.objects.filter(pk=row.pk, is_taken_up=False)
        if waiting.update(is_taken_up=True):
            address = Address.objects.keep(row.sealed, now)
            Address.objects.confirm(address.pk)
            Contribution.objects.filter(pk=row.contribution_id).update(address=address)


def _settle(row: GivenAddress, now: datetime) -> None:
    contribution = row.contribution
    with transaction.atomic(using=PEOPLE):
        GivenAddress.objects.filter(pk=row.pk).delete()
        if contribution.state == Contribution.State.LAPSED and contribution.address_id:
            Contribution.objects.filter(pk=contribution.pk).update(address=None)
            forget(contribution.address_id, now)
