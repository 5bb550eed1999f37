"""Somebody asks to be let in: the deed behind the portal's first form.

As with every form of the desk: the vault's process gives the address's index, one row is written,
and nothing is looked up. The post finds out whether there is anybody (``taking_up``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tamizdat.contributions.supporters.models import KNOCK_HOLDS, Knock
from tamizdat.desk.admission import SUPPORTERS, Gate, Posted
from tamizdat.vault.addressing import normalise
from tamizdat.vault.client import Vault
from tamizdat.vault.tokens import hash_of


@dataclass(frozen=True)
class Asked:
    """What a person sent with the form, and the token that her browser will show again."""

    address: str
    language: str
    posted: Posted
    browser: str = field(repr=False)


def knock(gate: Gate, vault: Vault, asked: Asked, now: datetime) -> None:
    """Write down that somebody asks to be let in.

    Raises OneMoreStep, TooMany; BadAddress, VaultBusy, VaultGone.
    """
    entry = gate.admit(SUPPORTERS.name, asked.posted, now)
    normalise(asked.address)  # refused before it takes a place or the vault's time
    gate.make_room(entry, now)
    index = vault.index(asked.address)  # before the write lock: nobody waits for another process
    row = Knock(
        index=index,
        browser=hash_of(asked.browser),
        language=asked.language,
        gone_at=now + KNOCK_HOLDS,
    )
    gate.use(entry, lambda: row.save(force_insert=True), now)
