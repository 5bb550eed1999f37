"""Who asked to be let in gets a letter, if she gives; the post calls it in each round.

Rules:

1. Only whose money has moved, or is under way, has a portal. An address that somebody typed into a
   form and never paid for has none, and gets nothing.
2. An address gets at most A_DAY such letters a day, whoever asks: each is a unique row.
3. A link that waits to be sent is for whoever asked last.
4. Whoever complained of our mail, or wants none, gets no letter; but while she still gives
   regularly she can always be let in, to end it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.supporters.models import Knock, WayIn
from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter
from tamizdat.desk.post.office import BATCH, letter_to
from tamizdat.vault.models import Address, Suppression

A_DAY = 5
KINDS = tuple(f"portal-{number}" for number in range(1, A_DAY + 1))  # of a day's letters
PAID = ("given", "active", "past-due", "paused", "ended")  # states to which a payment has led


def contributions_of(address: Address) -> QuerySet[Contribution]:
    """Return the contributions of an address that money has moved for, or is moving."""
    moving = Q(payments__state__in=[Payment.State.PENDING, Payment.State.UNKNOWN])
    found = Contribution.objects.filter(Q(state__in=PAID) | moving, address=address)
    return found.distinct().order_by("begun_on", "pk")


def take_up(now: datetime) -> int:
    """Make letters of who asked; return how many rows there were."""
    knocks = list(Knock.objects.filter(gone_at__gt=now).order_by("pk")[:BATCH])
    with transaction.atomic(using=PEOPLE):
        for each in knocks:
            address = Address.objects.of_index(bytes(each.index))
            if address is not None and may_enter(address):
                _write(address, each, now)
        Knock.objects.filter(pk__in=[each.pk for each in knocks]).delete()
    return len(knocks)


def may_enter(address: Address) -> bool:
    """Say whether an address has a portal."""
    mine = contributions_of(address)
    if Suppression.objects.filter(index=bytes(address.index)).exists():
        return mine.filter(state__in=Contribution.GIVING).exists()
    return mine.exists()


def _write(address: Address, knock: Knock, now: datetime) -> None:
    today = now.astimezone(UTC).date()
    letters = list(Letter.objects.filter(address=address, kind__in=KINDS, day=today))
    for letter in letters:
        waiting = WayIn.objects.filter(letter=letter.pk, hash=None)
        if letter.state == Letter.State.READY and waiting.update(browser=bytes(knock.browser)):
            Letter.objects.filter(pk=letter.pk).update(language=knock.language)
            return
    free = [kind for kind in KINDS if kind not in {each.kind for each in letters}]
    if not free:
        return
    letter = letter_to(address, free[0], knock.language, now)
    letter.save(force_insert=True)
    WayIn.objects.create(
        letter=letter.pk,
        address=address,
        browser=bytes(knock.browser),
        gone_at=letter.gone_at,  # until it is sent; then LINK_WORKS
    )
