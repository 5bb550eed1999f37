"""What a person sees of what we hold on them, its erasing, and what the desk itself holds.

Each part of the newsroom that holds something on an address says so itself (``vault.holdings``), by
one word for each kind; here they get their names in the reader's language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tamizdat.desk.models import Letter, Link, Wish
from tamizdat.vault import holdings
from tamizdat.vault.erasing import erase as erase_all
from tamizdat.vault.models import Address


@dataclass(frozen=True)
class Holding:
    """One part of what we hold: rows of names and plain values."""

    label: str
    rows: tuple[tuple[tuple[str, str], ...], ...]


def holdings_of(address: Address, words: Mapping[str, Any]) -> list[Holding]:
    """Return everything that is held on an address, named in the words of a language."""
    known: Mapping[str, str] = words["holdings"]
    return [
        Holding(
            known.get(part.label, part.label),
            tuple(
                tuple(_named(name, value, known) for name, value in row.items())
                for row in part.rows
            ),
        )
        for part in holdings.held(address.pk)
    ]


def erase(address: Address, now: datetime) -> None:
    """Erase everything that is held on an address, at once.

    Only who said before that nothing may ever be written to this address leaves a mark of it.
    """
    erase_all(address.pk, now, suppress=None)


def holder() -> holdings.Holder:
    """Return what the desk says of itself: letters and links. Wishes name no address by its id, but
    are found by its index."""
    tables = (Letter._meta.db_table, Link._meta.db_table)
    return holdings.Holder(tables, _holds, _erase, keeps=lambda _: False)


def _holds(address_id: UUID) -> Sequence[holdings.Holding]:
    letters = Letter.objects.filter(address_id=address_id).order_by("day")
    links = Link.objects.filter(address_id=address_id).order_by("gone_at")
    return [
        holdings.Holding(
            "letters", [{"day": f"{each.day}", "state": each.state} for each in letters]
        ),
        holdings.Holding(
            "links", [{"until": f"{each.gone_at:%Y-%m-%d %H:%M} UTC"} for each in links]
        ),
    ]


def _erase(address_id: UUID) -> int:
    index = Address.objects.filter(pk=address_id).values_list("index", flat=True).first()
    count = Wish.objects.filter(index=bytes(index)).delete()[0] if index is not None else 0
    for model in (Letter, Link):
        count += model._default_manager.filter(address_id=address_id).delete()[0]
    return count


def _named(name: str, value: holdings.Value, known: Mapping[str, str]) -> tuple[str, str]:
    text = "" if value is None else f"{value}"
    return known.get(name, name), known.get(text, text)
