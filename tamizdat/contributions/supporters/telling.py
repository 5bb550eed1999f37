"""What money notes for supporters (``Notice``) becomes letters; the post calls it in each round.

Rules:

1. A notice is taken up once: by a conditional UPDATE, in the transaction that makes its letter. Who
   dies before has made nothing; who dies after has made one.
2. Of one kind an address gets one letter a day. What comes while today's waits stands in it; what
   comes after it went out waits for tomorrow.
3. No letter for who left no address or was erased, wants no mail at all (``Suppression``), or
   wants no letters of courtesy (``Silence``); nor for what is too old to be told.
4. The address of who has paid, or whose payment is on its way, stays (``keep_addresses``): what
   nobody confirmed would be erased after two days, and a running gift be ended by that.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from tamizdat.contributions.money.models import Notice, Payment
from tamizdat.contributions.supporters.letters import COURTESY, OF_NOTICES
from tamizdat.contributions.supporters.models import Silence, Told
from tamizdat.contributions.supporters.taking_up import PAID
from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter
from tamizdat.desk.post.office import letter_to
from tamizdat.vault.models import Address, Suppression

SLICE, SLICES = 100, 20  # notices in one transaction, and of these in one round
LATE = timedelta(days=31)  # who hears of it a month later is told nothing new


def tell(now: datetime) -> int:
    """Take up what is noted; return how many notices were taken."""
    last = taken = 0
    for _ in range(SLICES):
        rows = list(_untaken(last))
        if not rows:
            break
        last = rows[-1].pk
        with transaction.atomic(using=PEOPLE):
            taken += sum(_take(each, now) for each in rows)
    return taken


def _untaken(last: int) -> list[Notice]:
    found = Notice.objects.filter(is_taken=False, pk__gt=last).order_by("pk")
    return list(found.select_related("contribution__address")[:SLICE])


def _take(notice: Notice, now: datetime) -> bool:
    """Take one notice up; return False where it waits, or another post has it."""
    address = notice.contribution.address
    if address is None or not is_wanted(address, notice, now):
        return _claim(notice)
    kind = OF_NOTICES[Notice.Kind(notice.kind)]
    letter = todays(address, kind, now)
    if letter is not None and letter.state != Letter.State.READY:
        return False
    if not _claim(notice):
        return False
    if letter is None:
        letter = letter_to(address, kind, language_of(notice), now)
        letter.save(force_insert=True)
    Told.objects.create(letter=letter.pk, notice=notice, gone_at=letter.gone_at)
    return True


def _claim(notice: Notice) -> bool:
    return Notice.objects.filter(pk=notice.pk, is_taken=False).update(is_taken=True) == 1


def is_wanted(address: Address, notice: Notice, now: datetime) -> bool:
    """Say whether somebody is to be told."""
    if now.date() - notice.day > LATE:
        return False
    if Suppression.objects.filter(index=bytes(address.index)).exists():
        return False
    is_courtesy = OF_NOTICES[Notice.Kind(notice.kind)] in COURTESY
    return not (is_courtesy and Silence.objects.filter(address=address).exists())


def todays(address: Address, kind: str, now: datetime) -> Letter | None:
    """Return today's letter of a kind to an address, if there is one."""
    today = now.astimezone(UTC).date()
    return Letter.objects.filter(address=address, kind=kind, day=today).first()


def language_of(notice: Notice) -> str:
    """Return the language in which somebody gave; the newsroom's first where none is known."""
    known = [code for code, _ in settings.LANGUAGES]
    wanted = notice.contribution.language
    return wanted if wanted in known else str(settings.LANGUAGE_CODE)


def keep_addresses() -> int:
    """Let the addresses stay of whose money has moved or is moving; return how many."""
    moving = [Payment.State.PENDING, Payment.State.UNKNOWN]
    reason = Q(contributions__state__in=PAID) | Q(contributions__payments__state__in=moving)
    found = Address.objects.filter(reason, gone_at__isnull=False)
    keys = list(found.values_list("pk", flat=True).distinct()[:SLICE])
    return Address.objects.filter(pk__in=keys).update(gone_at=None) if keys else 0
