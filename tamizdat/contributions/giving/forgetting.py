"""Addresses that nothing is a reason to keep any more are let go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tamizdat.vault import holdings
from tamizdat.vault.models import UNCONFIRMED, Address


def forget(address_id: UUID, now: datetime) -> None:
    """Let an address go, where nothing is a reason to keep it. Not at once: a sign-up of the same
    person may be on its way."""
    if not holdings.is_kept(address_id):
        going = Address.objects.filter(pk=address_id, gone_at=None)
        going.update(gone_at=now + UNCONFIRMED)
