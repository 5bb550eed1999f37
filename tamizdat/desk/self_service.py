"""What a person sees of what we hold on them, and its erasing.

Each part of the newsroom that holds something on an address says so itself
(``vault.holdings``), by the keys of our words; here they get their names in the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tamizdat.vault.models import Address


@dataclass(frozen=True)
class Holding:
    """One part of what we hold: rows of names and plain values."""

    label: str
    rows: tuple[tuple[tuple[str, str], ...], ...]


def holdings_of(address: Address, words: dict[str, Any]) -> list[Holding]:
    return []


def erase(address: Address) -> None:
    address.delete()
