"""Erasing: what a person asked to have erased goes from tables, file and journal.

Rules:

* One transaction takes the rows of every holder, and last the address itself. Whoever holds rows
  and cannot erase them keeps all of it from being erased, and says so: a half-erased person would
  believe to be erased.
* What stays is a suppression: the index alone, so that an old list that is imported next year
  does not write to her again. It is a keyed hash; without the index key it names nobody.
* What was erased is noted by the address's id, for a restore of a backup of before
  (``redoing``). What nobody confirmed goes again by itself, and is not noted.
* SQLite overwrites what it deletes (``secure_delete``, ``tamizdat.sqlite``), but the journal (WAL)
  holds the pages of before until it is checkpointed and cut: that is done after each erasing.
* PostgreSQL keeps dead rows until it vacuums, and its own journal as long as its administrator
  says (docs/operating.md).
"""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import connections, transaction

from tamizdat.databases import PEOPLE
from tamizdat.vault.holdings import HOLDERS
from tamizdat.vault.models import Address, Retraction, Suppression

log = logging.getLogger(__name__)


def erase(
    address_id: UUID,
    now: datetime,
    suppress: Suppression.Reason | None = Suppression.Reason.ERASED,
) -> bool:
    """Erase everything about an address id; return False where there is nothing.

    ``suppress`` says why it is never written to again; None leaves no new suppression.
    """
    with transaction.atomic(using=PEOPLE):
        is_gone = erase_rows(address_id, now, suppress)
        if is_gone:
            Retraction.objects.note("erased", address_id.bytes, now)
        # If this process dies before, the worker's next sweep does it.
        transaction.on_commit(checkpoint, using=PEOPLE)
    return is_gone


def erase_unconfirmed(address_id: UUID, now: datetime) -> bool:
    """Erase an address whose time to be confirmed is over; return False where it was confirmed.

    The journal is left to who erases many.
    """
    with transaction.atomic(using=PEOPLE):
        due = Address.objects.filter(pk=address_id, gone_at__lte=now).select_for_update()
        return due.first() is not None and erase_rows(address_id, now, None)


def erase_rows(address_id: UUID, now: datetime, suppress: Suppression.Reason | None) -> bool:
    """Delete the rows of all holders and the address, inside the caller's transaction."""
    for holder in HOLDERS:
        holder.erase(address_id)
    address = Address.objects.filter(pk=address_id).first()
    if address is None:
        return False
    if suppress is not None:
        Suppression.objects.note(bytes(address.index), suppress, now)
    address.delete()
    return True


def checkpoint() -> bool:
    """Write the journal of the people's SQLite into its file, and cut it to nothing.

    Returns False where somebody was reading all the while (it waits up to the busy time-out); the
    next one does it.
    """
    connection = connections[PEOPLE]
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        is_busy = bool(cursor.fetchone()[0])
    if is_busy:
        log.warning(
            "the people's journal could not be cut, somebody was reading; it is tried again"
        )
    return not is_busy
