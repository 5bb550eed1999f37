"""Matching: which row of ours a provider's thing is, and what does not fit.

1. A thing whose name is known by its handle is that row, whatever it says of itself.
2. Else it is the row that it names (our contribution's id, our payment's), if no other thing of the
   provider is that row already.
3. Else it gets a row: money that has moved is recorded, even where we know of no reason.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from tamizdat.contributions.money import rows
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.models import Contribution, Finding, Handle, Payment
from tamizdat.contributions.money.models.payments import UNDER_WAY
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.money.providers import Charge, Standing, Visit

LIVE = (*UNDER_WAY, "confirmed")
PLACES = ", ".join(["%s"] * len(LIVE))
_OF_PERIOD = "contribution_id = %s AND period = %s"
_UNBOUND = (
    "NOT EXISTS (SELECT 1 FROM money_handle "
    "WHERE money_handle.owner = money_payment.id AND money_handle.kind = 'payment')"
)


class Collision(Exception):
    """Another one is settling the same thing; look again."""


@dataclass(frozen=True)
class Matching:
    """Finds the rows of one provider's things."""

    provider: str
    keyring: Keyring
    zone: ZoneInfo
    now: datetime

    def _payment_of(self, seen: Charge) -> Payment | None:
        """Return our row of a charge, and bind the charge's name to it; a charge that has none
        gets one."""
        owner = self.keyring.owner(self.provider, Handle.Kind.PAYMENT, seen.name)
        if owner is not None:
            return self._known(owner)
        contribution = self._contribution_of(seen)
        if contribution is None:
            return None
        found = self._unbound(contribution, seen)
        self.keyring.claim(self.provider, Handle.Kind.PAYMENT, seen.name, found.pk)
        return found

    def _known(self, owner: UUID) -> Payment:
        found = rows.get(Payment, owner)
        found.contribution = rows.get(Contribution, found.contribution_id)
        return found

    def _unbound(self, contribution: Contribution, seen: Charge) -> Payment:
        """Return the row of a period that no charge of the provider has yet; one is made where
        there is none."""
        own = contribution.pk, seen.period
        for row in rows.find(Payment, f"{_OF_PERIOD} AND {_UNBOUND} ORDER BY day, id", *own):
            if seen.payment in ("", row.pk.hex):
                row.contribution = contribution
                return row
        return Payment.objects.create(
            contribution=contribution,
            period=None if self._is_surplus(contribution, seen) else seen.period,
            provider=self.provider,
            currency=seen.money.currency,
            amount=seen.money.minor,
            day=day_in(seen.at, self.zone),
        )

    def _is_surplus(self, contribution: Contribution, seen: Charge) -> bool:
        condition = f"{_OF_PERIOD} AND state IN ({PLACES})"
        return seen.state in LIVE and rows.there_is(
            Payment, condition, contribution.pk, seen.period, *LIVE
        )

    def _contribution_of(self, seen: Charge | Standing | Visit) -> Contribution | None:
        with contextlib.suppress(ValueError):
            number = UUID(seen.reference)
            condition = "id = %s AND provider = %s"
            found = rows.first(Contribution, condition, number, self.provider)
            if found is None and isinstance(seen, Charge):
                return self._written_again(number, seen)
            return found
        return None

    def _written_again(self, number: UUID, seen: Charge) -> Contribution:
        """Write down a contribution that is missing here, as after an older backup came back."""
        self._find(Finding.Kind.RESTORED, seen.name, seen.at)
        return Contribution.objects.create(
            pk=number,
            key=self.keyring.index(self.provider, "written again", seen.reference),
            provider=self.provider,
            method="",
            rhythm=Contribution.Rhythm.MONTHLY if seen.standing else Contribution.Rhythm.ONCE,
            currency=seen.money.currency,
            amount=seen.money.minor,
            begun_on=day_in(seen.at, self.zone),
            language="",
        )

    def _own(self, kind: Handle.Kind, name: str, owner: UUID) -> None:
        """Note whose a provider's name is. Raises Collision where it is another row's, and
        IntegrityError where that was a moment ago."""
        known = self.keyring.owner(self.provider, kind, name)
        if known is None:
            self.keyring.claim(self.provider, kind, name, owner)
        elif known != owner:
            raise Collision

    def _find(
        self, kind: Finding.Kind, name: str, at: datetime, payment: Payment | None = None
    ) -> None:
        find(self.keyring, self.provider, kind, name, day_in(at, self.zone), payment)


def find(
    keyring: Keyring,
    provider: str,
    kind: Finding.Kind,
    name: str,
    day: date,
    payment: Payment | None = None,
) -> bool:
    """Note once something that people are to look at; return False where it was noted before."""
    index = keyring.index(provider, "finding", name)
    if Finding.objects.filter(kind=kind, provider=provider, index=index).exists():
        return False
    row = Finding(
        kind=kind, provider=provider, index=index, day=day, payment=payment.pk if payment else None
    )
    Finding.objects.bulk_create([row], ignore_conflicts=True)
    return True
