"""In January everybody who gave in the year before is told where its sum is to be had; once.

The letter holds no sum: the portal makes the sheet. Which years an address was told of is a unique
row. The days from FROM to TO of January, so that what a bank was slow with is in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.supporters.letters import YEAR
from tamizdat.contributions.supporters.models import Silence, Yearly
from tamizdat.databases import PEOPLE
from tamizdat.desk.post.office import letter_to
from tamizdat.vault.models import Address, Suppression

FROM, TO = 8, 31
SLICE = 100
EVERY = timedelta(hours=1)  # when all have been told, who comes late is looked for so often


@dataclass
class Januaries:
    """Makes the letters, and remembers when it is worth looking again."""

    zone: Callable[[], ZoneInfo]
    look_at: datetime | None = None

    def tell(self, now: datetime) -> int:
        """Make letters where it is time; return how many."""
        today = day_in(now, self.zone())
        if today.month != 1 or not FROM <= today.day <= TO:
            return 0
        if self.look_at is not None and now < self.look_at:
            return 0
        found = tell(today.year - 1, now)
        self.look_at = None if found else now + EVERY
        return found


def tell(year: int, now: datetime) -> int:
    """Make the letters of a year to the next addresses; return how many were dealt with."""
    waiting = list(_waiting(year)[:SLICE])
    with transaction.atomic(using=PEOPLE):
        for address in waiting:
            _make(address, year, now)
    return len(waiting)


def _waiting(year: int) -> list[Address]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    came = Payment.objects.filter(
        contribution__address=OuterRef("pk"),
        state=Payment.State.CONFIRMED,
        day__range=(first, last),
    )
    told = Yearly.objects.filter(address=OuterRef("pk"), year=year)
    gave = Address.objects.filter(contributions__isnull=False).distinct()
    return gave.filter(Exists(came)).exclude(Exists(told)).order_by("pk")  # type: ignore[return-value]  # a query set is sliced as a list is


def _make(address: Address, year: int, now: datetime) -> None:
    """Note that an address is dealt with, and make its letter, where one is wanted."""
    letter = letter_to(address, YEAR, _language(address), now) if _is_wanted(address) else None
    row = Yearly(address=address, year=year, letter=letter.pk if letter else None)
    if letter is None:
        Yearly.objects.bulk_create([row], ignore_conflicts=True)
        return
    row.save(force_insert=True)
    letter.save(force_insert=True)


def _is_wanted(address: Address) -> bool:
    silent = Silence.objects.filter(address=address).exists()
    return not (silent or Suppression.objects.filter(index=bytes(address.index)).exists())


def _language(address: Address) -> str:
    last = Contribution.objects.filter(address=address).order_by("-begun_on", "-pk").first()
    known = [code for code, _ in settings.LANGUAGES]
    wanted = last.language if last else ""
    return wanted if wanted in known else str(settings.LANGUAGE_CODE)
