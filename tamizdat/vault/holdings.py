"""What is held about a person, and by whom: so that she can see all of it, and have it erased.

Each part of the system that keeps rows about an address id puts a ``Holder`` into HOLDERS, through
``tamizdat.wiring``. ``held`` asks them all; ``erasing.erase`` has them all erase. A table that
names an address id and has no holder would outlive the person's wish: a test looks for tables with
a field ``address`` or ``address_id``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tamizdat.vault.models import Address, Suppression

Value = str | int | None


@dataclass(frozen=True)
class Holding:
    """Rows of one kind about one person, as plain values that can be shown and downloaded.

    ``label`` names the kind in one word (``address``, ``links``); who shows it translates it.
    """

    label: str
    rows: Sequence[Mapping[str, Value]]


@dataclass(frozen=True)
class Holder:
    """A part that keeps rows about address ids.

    ``tables`` names them in the database. ``holds`` reads them; ``erase`` deletes them and returns
    how many, inside a transaction of the people's database. ``keeps`` says whether they are a
    reason to keep the address; without it, whatever is held is one.
    """

    tables: tuple[str, ...]
    holds: Callable[[UUID], Sequence[Holding]]
    erase: Callable[[UUID], int]
    keeps: Callable[[UUID], bool] | None = None


HOLDERS: list[Holder] = []


def held(address_id: UUID) -> list[Holding]:
    """Return everything that is held about an address id, the vault's own rows first."""
    found = _own(address_id)
    for holder in HOLDERS:
        found += [holding for holding in holder.holds(address_id) if holding.rows]
    return found


def is_kept(address_id: UUID) -> bool:
    """Say whether any part has a reason to keep an address."""
    return any(
        holder.keeps(address_id)
        if holder.keeps is not None
        else any(holding.rows for holding in holder.holds(address_id))
        for holder in HOLDERS
    )


def _own(address_id: UUID) -> list[Holding]:
    address = Address.objects.filter(pk=address_id).first()
    if address is None:
        return []
    found = [Holding("address", [{"kept": "sealed", "since": address.month}])]
    never = Suppression.objects.filter(index=bytes(address.index)).first()
    if never is not None:
        found.append(Holding("suppression", [{"reason": never.reason, "since": never.month}]))
    return found
