"""What supporters' rows hold about a person: for who asks to see it, and to have it erased."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tamizdat.contributions.supporters.models import Knock, Session, Silence, WayIn, Yearly
from tamizdat.vault.holdings import Holder, Holding
from tamizdat.vault.models import Address


def holder() -> Holder:
    """Return what this part says of itself. None of it is a reason to keep an address."""
    tables = tuple(each._meta.db_table for each in (WayIn, Session, Silence, Yearly, Knock))
    return Holder(tables, _holds, _erase, keeps=lambda _: False)


def _holds(address_id: UUID) -> Sequence[Holding]:
    works = [
        *WayIn.objects.filter(address_id=address_id).order_by("gone_at"),
        *Session.objects.filter(address_id=address_id).order_by("gone_at"),
    ]
    silent = Silence.objects.filter(address_id=address_id).exists()
    return [
        Holding("portal", [{"until": f"{each.gone_at:%Y-%m-%d %H:%M} UTC"} for each in works]),
        Holding("silence", [{"state": "not_wanted"}] if silent else []),
    ]


def _erase(address_id: UUID) -> int:
    """Erase all; who asked to be let in a moment ago is found by the index."""
    index = Address.objects.filter(pk=address_id).values_list("index", flat=True).first()
    count = Knock.objects.filter(index=bytes(index)).delete()[0] if index is not None else 0
    for model in (WayIn, Session, Silence, Yearly):
        count += model._default_manager.filter(address_id=address_id).delete()[0]
    return count
