"""Somebody asks what we hold on an address: the deed behind the first form.

The desk learns nothing here about the address: the vault's process gives its index, and the index
goes into a wish. Whether anybody is behind it, the back room finds out. So there is one way for all
addresses, and it takes the same time for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tamizdat.desk.admission import ME, Gate, Posted
from tamizdat.desk.models import HELD, WISH_HOLDS, Wish
from tamizdat.vault.addressing import normalise
from tamizdat.vault.client import Vault


@dataclass(frozen=True)
class Asked:
    """What a person sent with the form."""

    address: str
    language: str
    posted: Posted


def ask(gate: Gate, vault: Vault, asked: Asked, now: datetime) -> None:
    """Write down the wish for a link.

    Raises OneMoreStep, TooMany; BadAddress, VaultBusy, VaultGone.
    """
    entry = gate.admit(ME.name, asked.posted, now)
    normalise(asked.address)  # refused before it takes a place or the vault's time
    gate.make_room(entry, now)
    index = vault.index(asked.address)  # before the write lock: nobody waits for another process
    wish = Wish(index=index, kind=HELD, language=asked.language, gone_at=now + WISH_HOLDS)
    gate.use(entry, lambda: wish.save(force_insert=True), now)
