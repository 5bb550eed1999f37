"""Movements of money: payments, refunds, disputes, payouts. None is ever deleted."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.models.contributions import Contribution
from tamizdat.contributions.money.states import Stated, StatedQuerySet, moves

UNDER_WAY = ("created", "pending", "unknown")


class Payment(Stated):
    """One movement of money from a supporter: of a contribution's period, or a surplus."""

    class State(models.TextChoices):
        CREATED = "created", "written down"
        PENDING = "pending", "under way at the provider"
        UNKNOWN = "unknown", "asked for, and no answer came"
        CONFIRMED = "confirmed", "the money came"
        FAILED = "failed", "was refused"
        CANCELED = "canceled", "was given up"

    # What the provider shows to have come is recorded, whatever we thought before; and nothing
    # leads away from there: what goes back is a refund or a dispute.
    MOVES = moves(
        created="pending unknown confirmed failed canceled",
        pending="unknown confirmed failed canceled",
        unknown="pending confirmed failed canceled",
        failed="confirmed canceled",
        canceled="confirmed",
        confirmed="",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    contribution = models.ForeignKey(
        Contribution, on_delete=models.PROTECT, related_name="payments"
    )
    period = models.PositiveIntegerField(null=True, blank=True)  # None: one too many
    provider = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.CREATED)
    day = models.DateField()  # when it was written down, then when it was decided
    returned = models.BigIntegerField(default=0)  # what is given back, or promised to be
    reason = models.CharField(max_length=24, blank=True)  # why it was refused

    objects: ClassVar[StatedQuerySet[Payment]] = StatedQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contribution", "period"],
                condition=models.Q(state__in=[*UNDER_WAY, "confirmed"]),
                name="one_payment_of_a_period",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, returned__gte=0)
                & models.Q(returned__lte=models.F("amount")),
                name="payment_returns_no_more_than_came",
            ),
        ]
        indexes = [
            models.Index(
                fields=["day"],
                condition=models.Q(state__in=UNDER_WAY),
                name="payments_under_way",
            )
        ]

    def __str__(self) -> str:
        return f"payment of period {self.period}, {self.state}"

    @property
    def money(self) -> Money:
        return Money(self.currency, self.amount)


class Refund(Stated):
    """Money that goes back to a supporter, whole or in part."""

    class State(models.TextChoices):
        CREATED = "created", "written down"
        PENDING = "pending", "under way at the provider"
        UNKNOWN = "unknown", "asked for, and no answer came"
        DONE = "done", "the money went back"
        FAILED = "failed", "was refused"

    # A provider may take back that it gave back (a closed account): Stripe says failed after done.
    MOVES = moves(
        created="pending unknown done failed",
        pending="unknown done failed",
        unknown="pending done failed",
        done="failed",
        failed="done",
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.CREATED)
    day = models.DateField()
    is_ours = models.BooleanField(default=True)  # False: made at the provider, past us
    reason = models.CharField(max_length=16, blank=True)

    objects: ClassVar[StatedQuerySet[Refund]] = StatedQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_is_something")
        ]

    def __str__(self) -> str:
        return f"refund, {self.state}"


class Dispute(Stated):
    """A bank takes a payment back because its customer says so."""

    class State(models.TextChoices):
        OPEN = "open", "the money was taken; it is being decided"
        WON = "won", "the money came back"
        LOST = "lost", "the money is gone"

    MOVES = moves(open="won lost", won="", lost="won")  # an appeal may turn it

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    amount = models.BigIntegerField()
    state = models.CharField(max_length=4, choices=State.choices, default=State.OPEN)
    opened_on = models.DateField()
    closed_on = models.DateField(null=True, blank=True)

    objects: ClassVar[StatedQuerySet[Dispute]] = StatedQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="dispute_is_something")
        ]

    def __str__(self) -> str:
        return f"dispute, {self.state}"


class Payout(Stated):
    """What a provider sends to the newsroom's bank."""

    class State(models.TextChoices):
        PENDING = "pending", "on its way"
        PAID = "paid", "arrived"
        FAILED = "failed", "came back"

    MOVES = moves(pending="paid failed", paid="failed", failed="paid")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.PENDING)
    day = models.DateField()

    objects: ClassVar[StatedQuerySet[Payout]] = StatedQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payout_is_something")
        ]

    def __str__(self) -> str:
        return f"payout, {self.state}"
