"""What was typed becomes letters that ask for a confirmation; the post calls it in each round.

Rules:

1. An address gets at most one such letter a day, whoever types it in and how often: today's letter
   is a unique row (``desk.Letter``).
2. All addresses together get at most so many a day (TAMIZDAT_CONFIRMATIONS_A_DAY): a flood of
   addresses that nobody has costs us a day's letters and not our good name with all mail servers.
3. What has to wait for tomorrow waits: the newest sign-up of an address, and no other.
4. Who complained, or asked never to be written to, gets nothing.
5. Until a letter is handed over its sign-up can grow; from then on its link confirms just what it
   says.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from tamizdat.databases import PEOPLE
from tamizdat.desk.models import Letter
from tamizdat.desk.post.office import BATCH, letter_to
from tamizdat.newsletters.subscribers.joining import FOREVER
from tamizdat.newsletters.subscribers.letters import CONFIRM
from tamizdat.newsletters.subscribers.models import PENDING, SignUp, Typed
from tamizdat.vault.models import UNCONFIRMED, Address, Suppression


def take_up(now: datetime, at_most: int) -> int:
    """Make letters of what is due; return how many rows there were. ``at_most``: letters a day."""
    rows = list(Typed.objects.filter(due_at__lte=now, gone_at__gt=now).order_by("due_at")[:BATCH])
    if not rows:
        return 0
    with transaction.atomic(using=PEOPLE):
        room = at_most - Letter.objects.filter(kind=CONFIRM, day=_today(now)).count()
        for row in rows:
            room -= _take(row, now, has_room=room > 0)
    return len(rows)


def _take(row: Typed, now: datetime, *, has_room: bool) -> bool:
    """Deal with one row; return whether it made a letter."""
    never = Suppression.objects.filter(index=bytes(row.index), reason__in=FOREVER)
    if never.exists():
        row.delete()
        return False
    address = Address.objects.of_index(bytes(row.index))
    if address is not None and _joins_todays(address, row, now):
        row.delete()
        return False
    if not has_room or (address is not None and _todays(address, now) is not None):
        _postpone(row, now)
        return False
    _write(_kept(row, now), row, now)
    row.delete()
    return True


def _joins_todays(address: Address, row: Typed, now: datetime) -> bool:
    """Let today's letter, while it waits to be sent, ask for this as well."""
    letter = _todays(address, now)
    if letter is None or letter.state != Letter.State.READY:
        return False
    found = SignUp.objects.filter(letter=letter.pk, hash=None).first()
    if found is None:
        return False
    found.newsletters = list(dict.fromkeys([*found.newsletters, *row.newsletters]))
    found.language, found.variant, found.consent = row.language, row.variant, row.consent
    found.save(update_fields=["newsletters", "language", "variant", "consent"])
    Letter.objects.filter(pk=letter.pk).update(language=row.language)
    return True


def _kept(row: Typed, now: datetime) -> Address:
    """Return the address's row, which stays at least as long as this sign-up."""
    address = Address.objects.keep(row.sealed, now)
    waiting = Address.objects.filter(pk=address.pk, gone_at__isnull=False)
    waiting.update(gone_at=now + UNCONFIRMED)
    return address


def _write(address: Address, row: Typed, now: datetime) -> None:
    letter = letter_to(address, CONFIRM, row.language, now)
    letter.save(force_insert=True)
    SignUp.objects.create(
        address=address,
        letter=letter.pk,
        newsletters=row.newsletters,
        language=row.language,
        variant=row.variant,
        consent=row.consent,
        gone_at=now + PENDING,
    )


def _postpone(row: Typed, now: datetime) -> None:
    """Let it wait for tomorrow, in the place of what waited there before."""
    Typed.objects.filter(index=bytes(row.index), due_at__gt=now).exclude(pk=row.pk).delete()
    tomorrow = datetime.combine(_today(now) + timedelta(days=1), time(), UTC)
    Typed.objects.filter(pk=row.pk).update(due_at=tomorrow)


def _todays(address: Address, now: datetime) -> Letter | None:
    return Letter.objects.filter(address=address, kind=CONFIRM, day=_today(now)).first()


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()
