"""What money holds about an address: which contributions bear its id, and how that is erased.

The ledger stays: it names no person. What goes is the address's id on a contribution, and the
handles of visit and agreement, by which a provider's records of the person could be found from
ours. A contribution that is still given is ended first (``changing.end_and_forget``): its
agreement's handle goes when the provider has ended it. The handles of payments stay, sealed: a bank
may dispute one months later, and the books must know which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tamizdat.contributions.money.models import Contribution, Handle, Payment
from tamizdat.vault.holdings import Holder, Holding

TABLES = ("money_contribution",)


def holder() -> Holder:
    return Holder(TABLES, _holds, _erase)


def _holds(address_id: UUID) -> Sequence[Holding]:
    rows = Contribution.objects.filter(address_id=address_id).order_by("begun_on", "pk")
    payments = Payment.objects.filter(contribution__address_id=address_id).order_by("day", "pk")
    return [
        Holding(
            "contributions",
            [
                {
                    "since": f"{each.begun_on}",
                    "rhythm": each.rhythm,
                    "amount": str(each.money),
                    "provider": each.provider,
                    "state": each.state,
                }
                for each in rows
            ],
        ),
        Holding(
            "payments",
            [
                {"day": f"{each.day}", "amount": str(each.money), "state": each.state}
                for each in payments
            ],
        ),
    ]


def _erase(address_id: UUID) -> int:
    """Take the address off its contributions, and let go what leads to agreements."""
    held = list(Contribution.objects.filter(address_id=address_id).values_list("pk", "state"))
    for pk, state in held:
        handles = Handle.objects.filter(owner=pk)
        if state in Contribution.GIVING:
            handles = handles.exclude(kind=Handle.Kind.STANDING)
        handles.delete()
    Contribution.objects.filter(pk__in=[pk for pk, _ in held]).update(address=None, is_ending=True)
    return len(held)
