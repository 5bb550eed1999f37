"""Settling: rows and books are brought to what a provider shows of a thing now.

Whoever hears of a thing (a message, a list, our own question) fetches it and comes here. Rules:

1. Done twice, it changes nothing the second time. Done by many at once, it is done once: handles,
   payments of a period and posted deeds are unique; states change by conditional UPDATEs. Who
   collides begins again, and finds what the other has done.
2. What has moved is recorded, even where we know of no reason: a contribution that is missing
   here is written down again, a second payment of a period becomes a *surplus*; people are told
   (``Finding``).
3. A contribution's state follows from its payments and its agreement, not from the order in which
   we heard of them.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError
from django.db.models import F

from tamizdat.contributions.money import entries, ledger, rows
from tamizdat.contributions.money.matching import LIVE, PLACES, Collision, Matching
from tamizdat.contributions.money.models import (
    Contribution,
    Dispute,
    Event,
    Finding,
    Handle,
    Notice,
    Payment,
    Payout,
    Refund,
    Renewal,
)
from tamizdat.contributions.money.models.keeping import EVENT_STAYS
from tamizdat.contributions.money.pen import writing
from tamizdat.contributions.money.periods import day_in, due_on
from tamizdat.contributions.money.providers import (
    Charge,
    Disputed,
    PaidOut,
    Refunded,
    Seen,
    Standing,
    Trigger,
    Visit,
)

COLLISIONS = 5  # a collision means that another one has done it; one more look is enough
TOLD_WITHIN = timedelta(days=7)  # nobody is thanked for what a late comparison finds


@dataclass(frozen=True)
class Settling(Matching):
    """Settles what one provider shows."""

    def settle(self, seen: Seen, trigger: Trigger | None = None) -> None:
        """Bring rows and books to what is seen, and note the message that led to it."""
        for turn in range(COLLISIONS):
            try:
                with writing():
                    self._settle(seen)
                    self.note(trigger)
                return
            except (IntegrityError, Collision):
                if turn == COLLISIONS - 1:
                    raise

    def settle_refund(self, payment: Payment, seen: Refunded) -> None:
        """Record what went back, where the payment itself cannot be asked for."""
        with writing():
            ledger.post(*self._refund(payment, seen))

    def note(self, trigger: Trigger | None) -> None:
        """Note that a message was dealt with; of its body nothing."""
        if trigger is not None:
            row = Event(
                provider=self.provider,
                account=trigger.account,
                index=self.keyring.index(self.provider, "event", trigger.event),
                gone_at=self.now + EVENT_STAYS,
            )
            rows.insert(row, once=True)

    def _settle(self, seen: Seen) -> None:
        if isinstance(seen, Charge):
            self._charge(seen)
        elif isinstance(seen, Standing):
            self._standing(seen)
        elif isinstance(seen, Visit):
            self._visit(seen)
        else:
            self._payout(seen)

    # Payments

    def _charge(self, seen: Charge) -> None:
        payment = self._payment_of(seen)
        if payment is None:
            if seen.state == Payment.State.CONFIRMED:
                self._find(Finding.Kind.FOREIGN, seen.name, seen.at)
            return
        contribution = payment.contribution
        if seen.standing and contribution.state != Contribution.State.ENDED:
            self._own(Handle.Kind.STANDING, seen.standing, contribution.pk)
        moved = self._decide(payment, seen)
        deeds: list[ledger.Deed] = []
        if seen.state == Payment.State.CONFIRMED:
            deeds += entries.of_payment(payment.pk, self.provider, seen, self.zone)
        for refund in seen.refunds:
            deeds += self._refund(payment, refund)
        for dispute in seen.disputes:
            deeds += self._dispute(payment, dispute)
        if moved:
            self._stand(contribution, payment)
            self._renew(contribution, payment)
            self._tell(contribution, payment, seen)
        ledger.post(*deeds)

    def _decide(self, payment: Payment, seen: Charge) -> bool:
        """Bring a payment into the provider's state; return False where it was in it."""
        if seen.state == payment.state:
            return False
        values = {
            "day": day_in(seen.at, self.zone),
            "currency": seen.money.currency,
            "amount": seen.money.minor,
            "reason": seen.reason[:24],
        }
        if seen.state == Payment.State.CONFIRMED and self._is_paid_twice(payment):
            values["period"] = None
        if not Payment.objects.move(payment.pk, seen.state, **values):
            return False
        if payment.money != seen.money:
            self._find(Finding.Kind.DIFFERS, seen.name, seen.at, payment)
        for name, value in {**values, "state": seen.state}.items():
            setattr(payment, name, value)
        if payment.period is None:
            self._find(Finding.Kind.SURPLUS, seen.name, seen.at, payment)
        return True

    def _is_paid_twice(self, payment: Payment) -> bool:
        if payment.period is None:
            return True
        if payment.state in LIVE:  # of these there is one (one_payment_of_a_period)
            return False
        return rows.there_is(
            Payment,
            f"contribution_id = %s AND period = %s AND id <> %s AND state IN ({PLACES})",
            payment.contribution_id,
            payment.period,
            payment.pk,
            *LIVE,
        )

    # What a contribution's state follows from

    def _stand(self, contribution: Contribution, payment: Payment) -> None:
        """Bring a contribution to what its payments say."""
        if not contribution.is_regular:
            if payment.state == Payment.State.CONFIRMED:
                Contribution.objects.move(contribution.pk, Contribution.State.GIVEN)
            return
        pk, confirmed = contribution.pk, "contribution_id = %s AND state = 'confirmed'"
        last = rows.first(Payment, f"{confirmed} AND period >= 0 ORDER BY period DESC", pk)
        if last is None or last.period is None:
            return
        paid, failed = last.period, "contribution_id = %s AND state = 'failed' AND period > %s"
        unpaid = rows.first(Payment, f"{failed} ORDER BY period", pk, paid)
        first_failed = unpaid.day if unpaid else None
        # The first payment's day, even where a later one was heard of before it.
        first = rows.first(Payment, f"{confirmed} AND period = 0", pk)
        anchor = (
            (first and first.day)
            or contribution.anchor
            or due_on(payment.day, contribution.rhythm, -(payment.period or 0))
        )
        values = {
            "anchor": anchor,
            "period": paid,
            "next_on": due_on(anchor, contribution.rhythm, paid + 1),
            "past_due_on": first_failed,
        }
        state = Contribution.State.PAST_DUE if first_failed else Contribution.State.ACTIVE
        if not Contribution.objects.move(contribution.pk, state, **values):
            Contribution.objects.filter(pk=contribution.pk).exclude(
                state=Contribution.State.ENDED
            ).update(**values)

    def _renew(self, contribution: Contribution, payment: Payment) -> None:
        """Note that a renewal is paid, if it was one."""
        period, is_paid = payment.period, payment.state == Payment.State.CONFIRMED
        if not contribution.is_regular or not is_paid or period is None:
            return
        condition = "contribution_id = %s AND period = %s"
        for renewal in rows.find(Renewal, condition, contribution.pk, period):
            Renewal.objects.move(renewal.pk, Renewal.State.PAID)

    def _tell(self, contribution: Contribution, payment: Payment, seen: Charge) -> None:
        """Note what the supporter is to be told of a payment."""
        if payment.period is None or self.now - seen.at > TOLD_WITHIN:
            return
        kind = None
        if payment.state == Payment.State.CONFIRMED:
            has_failed = payment.period > 0 and rows.there_is(
                Notice,
                "contribution_id = %s AND kind = %s AND period = %s",
                contribution.pk,
                Notice.Kind.FAILED,
                payment.period,
            )
            kind = Notice.Kind.RECOVERED if has_failed else Notice.Kind.THANKS
        elif payment.period > 0 and payment.state in ("failed", "pending"):
            kind = Notice.Kind.FAILED if payment.state == "failed" else None
            kind = Notice.Kind.CONFIRM if seen.needs_confirming else kind
        if kind is not None:
            tell(contribution, kind, payment.period, day_in(self.now, self.zone))

    # What goes back

    def _refund(self, payment: Payment, seen: Refunded) -> list[ledger.Deed]:
        row = self._refund_of(payment, seen)
        self._own(Handle.Kind.REFUND, seen.name, row.pk)
        was_failed = row.state == Refund.State.FAILED
        if seen.state != row.state and Refund.objects.move(
            row.pk, seen.state, day=day_in(seen.at, self.zone)
        ):
            if seen.state == Refund.State.FAILED:
                give_back(payment, -row.amount)
            elif was_failed:
                give_back(payment, row.amount)
            if seen.state == Refund.State.DONE and self.now - seen.at <= TOLD_WITHIN:
                tell(
                    payment.contribution,
                    Notice.Kind.REFUNDED,
                    payment.period or 0,
                    day_in(self.now, self.zone),
                )
        return entries.of_refund(row.pk, self.provider, payment.currency, seen, self.zone)

    def _refund_of(self, payment: Payment, seen: Refunded) -> Refund:
        owner = self.keyring.owner(self.provider, Handle.Kind.REFUND, seen.name)
        with contextlib.suppress(ValueError):
            owner = owner or UUID(seen.reference)
        found = Refund.objects.filter(pk=owner, payment=payment).first() if owner else None
        if found is not None:
            return found
        if not give_back(payment, seen.amount):
            raise Collision
        return Refund.objects.create(
            payment=payment,
            amount=seen.amount,
            day=day_in(seen.at, self.zone),
            is_ours=False,
        )

    def _dispute(self, payment: Payment, seen: Disputed) -> list[ledger.Deed]:
        owner = self.keyring.owner(self.provider, Handle.Kind.DISPUTE, seen.name)
        row = Dispute.objects.filter(pk=owner).first() if owner else None
        if row is None:
            row = Dispute.objects.create(
                payment=payment,
                amount=seen.amount,
                opened_on=day_in(seen.taken_at, self.zone),
            )
            if self.now - seen.taken_at <= TOLD_WITHIN:
                today = day_in(self.now, self.zone)
                kind = Notice.Kind.DISPUTED
                tell(payment.contribution, kind, payment.period or 0, today)
        self._own(Handle.Kind.DISPUTE, seen.name, row.pk)
        if seen.state != row.state and seen.state != Dispute.State.OPEN:
            closed = day_in(seen.closed_at or seen.taken_at, self.zone)
            Dispute.objects.move(row.pk, seen.state, closed_on=closed)
        return entries.of_dispute(row.pk, self.provider, payment.currency, seen, self.zone)

    # Agreements, visits, payouts

    def _standing(self, seen: Standing) -> None:
        contribution = self._contribution_of(seen)
        if contribution is None:
            return
        if contribution.state != Contribution.State.ENDED:  # may be forgotten already
            self._own(Handle.Kind.STANDING, seen.name, contribution.pk)
        values = {"rhythm": seen.rhythm, "amount": seen.money.minor}
        values |= {"method_ends": seen.method_ends} if seen.method_ends else {}
        if seen.money.minor != contribution.amount:
            values["cover"] = 0
        if any(getattr(contribution, name) != value for name, value in values.items()):
            rows.change(Contribution, values, "id = %s", contribution.pk)
        state = Contribution.State
        if seen.state == state.ENDED:
            today = day_in(self.now, self.zone)
            if Contribution.objects.move(
                contribution.pk, state.ENDED, next_on=None, ended_on=today
            ):
                tell(contribution, Notice.Kind.ENDED, contribution.period, today)
        elif seen.state == state.PAUSED:
            Contribution.objects.move(contribution.pk, state.PAUSED)
        elif contribution.state == state.PAUSED:
            Contribution.objects.move(contribution.pk, state.ACTIVE, resumes_on=None)

    def _visit(self, seen: Visit) -> None:
        if seen.charge or seen.standing:  # what came of it was looked at
            return
        contribution = self._contribution_of(seen)
        if contribution is None:
            return
        self._own(Handle.Kind.VISIT, seen.name, contribution.pk)
        first = Payment.objects.filter(contribution=contribution, period=0).first()
        if first is None:
            return
        if seen.state == "expired":
            Payment.objects.move(first.pk, Payment.State.CANCELED)
            Contribution.objects.move(contribution.pk, Contribution.State.LAPSED)
        elif first.state == Payment.State.UNKNOWN:
            Payment.objects.move(first.pk, Payment.State.PENDING)

    def _payout(self, seen: PaidOut) -> None:
        owner = self.keyring.owner(self.provider, Handle.Kind.PAYOUT, seen.name)
        row = Payout.objects.filter(pk=owner).first() if owner else None
        if row is None:
            row = Payout.objects.create(
                provider=self.provider,
                currency=seen.money.currency,
                amount=seen.money.minor,
                day=day_in(seen.at, self.zone),
            )
        self._own(Handle.Kind.PAYOUT, seen.name, row.pk)
        if seen.state != row.state and seen.state != Payout.State.PENDING:
            Payout.objects.move(row.pk, seen.state)
        ledger.post(*entries.of_payout(row.pk, self.provider, seen, self.zone))


def give_back(payment: Payment, amount: int) -> bool:
    """Take an amount of a payment for a refund; return False where less is left. A negative one is
    put back. The condition is the UPDATE's own, so that two at once do not take the same."""
    left = Payment.objects.filter(pk=payment.pk, returned__lte=F("amount") - amount)
    return left.update(returned=F("returned") + amount) == 1


def tell(contribution: Contribution, kind: Notice.Kind, period: int, day: date) -> None:
    """Note once that a supporter is to be told something."""
    row = Notice(contribution_id=contribution.pk, kind=kind, period=period, day=day)
    rows.insert(row, once=True)
