"""What money holds about an address: which contributions bear its id, and how that is erased.

The ledger stays: it names no person. What goes is the address's id on a contribution, and the
handles by which a provider's own records could be found from ours. A contribution that is still
given is asked to end first (``changing.end_of``): its agreement's handle stays until the provider
has ended it, and goes then.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from tamizdat.contributions.money.models import Contribution, Dispute, Handle, Payment, Refund
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
    """Take the address off its contributions, and let go what leads to the provider."""
    held = list(Contribution.objects.filter(address_id=address_id).values_list("pk", "state"))
    for pk, state in held:
        Handle.objects.filter(
            owner__in=_owners(pk, keep_standing=state in Contribution.GIVING)
        ).delete()
    Contribution.objects.filter(pk__in=[pk for pk, _ in held]).update(address=None, is_ending=True)
    return len(held)


def _owners(contribution: UUID, *, keep_standing: bool) -> list[UUID]:
    """Return the ids of a contribution's rows; its own bears the agreement's handle."""
    payments = list(
        Payment.objects.filter(contribution_id=contribution).values_list("pk", flat=True)
    )
    found: list[UUID] = [] if keep_standing else [contribution]
    found += payments
    for model in (Refund, Dispute):
        found += list(model.objects.filter(payment__in=payments).values_list("pk", flat=True))
    return found
