"""Reminders: one mail, in a month that somebody chose. Setting one, and taking it back.

The country question comes first here, too: a mail that asks for support is found in a mailbox.
Nothing is looked up at the desk: setting one is the same for every address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from tamizdat.contributions.giving.forgetting import forget
from tamizdat.contributions.giving.models import Reminder
from tamizdat.contributions.giving.months import after
from tamizdat.databases import PEOPLE
from tamizdat.desk.admission import REMIND, Gate, Posted
from tamizdat.vault.client import Vault


@dataclass(frozen=True)
class Asked:
    """What somebody sent with the form."""

    address: str = field(repr=False)
    month: date
    language: str
    posted: Posted


def remind(gate: Gate, vault: Vault, asked: Asked, now: datetime, today: date) -> UUID:
    """Write a reminder down; return its id. Of one address and month there is one, the latest.

    Raises OneMoreStep, TooMany; BadAddress, VaultBusy, VaultGone.
    """
    entry = gate.admit(REMIND.name, asked.posted, now)
    gate.make_room(entry, now)
    sealed = vault.seal(asked.address)
    row = Reminder(
        key_id=sealed.key_id,
        box=sealed.box,
        index=sealed.index,
        month=asked.month,
        language=asked.language,
        set_on=today,
        gone_at=_end(asked.month, now),
    )
    gate.use(entry, lambda: _write(row), now)
    return row.id


def _write(row: Reminder) -> None:
    """Put a reminder in the place of what stood for its month; the same statements for all."""
    Reminder.objects.filter(index=row.index, month=row.month).delete()
    row.save(force_insert=True)


def stop(reminder: UUID, now: datetime) -> int:
    """Take back every reminder of the person who set this one; return how many there were."""
    found = Reminder.objects.filter(pk=reminder).first()
    if found is None:
        return 0
    with transaction.atomic(using=PEOPLE):
        count = Reminder.objects.filter(index=bytes(found.index)).delete()[0]
        if found.address_id is not None:
            forget(found.address_id, now)
    return count


def _end(month: date, now: datetime) -> datetime:
    """Return when a reminder goes, whatever became of it: a month after its own is over."""
    return datetime(*after(month, 2).timetuple()[:3], tzinfo=now.tzinfo)
