"""What giving holds about a person: for who asks to see it, and to have it erased."""

from __future__ import annotations

from uuid import UUID

from tamizdat.contributions.giving.models import Enclosure, GivenAddress, Reminder
from tamizdat.vault.holdings import Holder, Holding
from tamizdat.vault.models import Address


def holder() -> Holder:
    """Return what this part says of itself. Notes hang on contributions, which are a
    reason of their own to keep the address; reminders are one as well."""
    tables = tuple(model._meta.db_table for model in (Reminder, Enclosure, GivenAddress))
    return Holder(tables, _holds, _erase, keeps=_keeps)


def _holds(address_id: UUID) -> list[Holding]:
    reminders = Reminder.objects.filter(address_id=address_id).order_by("month")
    enclosed = Enclosure.objects.filter(contribution__address_id=address_id).order_by("pk")
    return [
        Holding("reminders", [{"month": f"{each.month:%Y-%m}"} for each in reminders]),
        Holding(
            "enclosures",
            [{"enclosure": each.kind, "until": f"{each.gone_at:%Y-%m-%d}"} for each in enclosed],
        ),
    ]


def _keeps(address_id: UUID) -> bool:
    return Reminder.objects.filter(address_id=address_id).exists()


def _erase(address_id: UUID) -> int:
    """Erase all. Called before money takes the address off its contributions, or after: what was
    typed with a contribution is found by its index as well."""
    index = Address.objects.filter(pk=address_id).values_list("index", flat=True).first()
    count = Enclosure.objects.filter(contribution__address_id=address_id).delete()[0]
    if index is not None:
        count += GivenAddress.objects.filter(index=bytes(index)).delete()[0]
        count += Reminder.objects.filter(index=bytes(index)).delete()[0]
    return count
