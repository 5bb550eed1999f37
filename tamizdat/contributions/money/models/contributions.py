"""What supporters pledged, the renewals that come of it, and what they are to be told."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.states import Stated, StatedQuerySet, moves
from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Address

KEY_BYTES = 16


class Contribution(Stated):
    """What a supporter pledged: once, monthly or annual."""

    class Rhythm(models.TextChoices):
        ONCE = "once", "once"
        MONTHLY = "monthly", "monthly"
        ANNUAL = "annual", "annual"

    class State(models.TextChoices):
        BEGUN = "begun", "written down; no provider knows of it for sure"
        WAITING = "waiting", "the supporter is at the provider's page"
        GIVEN = "given", "given once"
        ACTIVE = "active", "gives regularly, and has paid"
        PAST_DUE = "past-due", "a renewal has not been paid"
        PAUSED = "paused", "gives nothing for a while, as the supporter wished"
        ENDED = "ended", "gives no more"
        LAPSED = "lapsed", "was never paid"

    # Money that has moved is always recorded, so what had lapsed or ended can come to life.
    MOVES = {
        "begun": frozenset({"waiting", "given", "active", "lapsed"}),
        "waiting": frozenset({"given", "active", "lapsed"}),
        "lapsed": frozenset({"given", "active"}),
        **moves(
            active="past-due paused ended",
            paused="active ended",
            ended="",
            given="",
        ),
        "past-due": frozenset({"active", "paused", "ended"}),
    }
    GIVING = (State.ACTIVE, State.PAST_DUE, State.PAUSED)  # pledged still

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The desk's ticket: of many posts of one form one becomes a contribution.
    key = models.BinaryField(max_length=KEY_BYTES, unique=True)
    provider = models.CharField(max_length=16)
    method = models.CharField(max_length=16)
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()  # what is taken each time, in minor units
    cover = models.BigIntegerField(default=0)  # the part of it that covers the fee
    state = models.CharField(max_length=8, choices=State.choices, default=State.BEGUN)
    begun_on = models.DateField()
    # Who is asking the provider for a page now may do so until then; nothing stays of it.
    asking_until = models.DateTimeField(null=True, blank=True)
    anchor = models.DateField(null=True, blank=True)  # first paid: renewals fall on its day
    period = models.PositiveIntegerField(default=0)  # the last one that was paid
    next_on = models.DateField(null=True, blank=True)  # when the one after it is due
    ended_on = models.DateField(null=True, blank=True)
    past_due_on = models.DateField(null=True, blank=True)
    resumes_on = models.DateField(null=True, blank=True)  # a pause ends by itself
    is_ending = models.BooleanField(default=False)  # to be ended at the provider, then forgotten
    method_ends = models.CharField(max_length=7, blank=True)  # a card's last month: 2027-03
    language = models.CharField(max_length=12)
    address = models.ForeignKey(
        Address, null=True, blank=True, on_delete=models.SET_NULL, related_name="contributions"
    )

    objects: ClassVar[StatedQuerySet[Contribution]] = StatedQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, cover__gte=0, cover__lt=models.F("amount")),
                name="contribution_is_more_than_its_cover",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_on"],
                condition=models.Q(next_on__isnull=False),
                name="contributions_to_renew",
            ),
            models.Index(
                fields=["state", "begun_on"],
                condition=models.Q(state__in=["begun", "waiting"]),
                name="contributions_not_paid",
            ),
            models.Index(
                fields=["id"], condition=models.Q(is_ending=True), name="contributions_to_end"
            ),
            models.Index(
                fields=["state", "rhythm", "currency", "amount"],
                condition=models.Q(anchor__isnull=False),
                name="regular_contributions",
            ),
            models.Index(
                fields=["anchor"],
                condition=models.Q(anchor__isnull=False),
                name="contributions_by_start",
            ),
            models.Index(
                fields=["ended_on"],
                condition=models.Q(ended_on__isnull=False),
                name="contributions_by_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rhythm} contribution, {self.state}"

    @property
    def money(self) -> Money:
        """Return what is taken each time."""
        return Money(self.currency, self.amount)

    @property
    def is_regular(self) -> bool:
        return self.rhythm != self.Rhythm.ONCE


class Renewal(Stated):
    """One period's payment of a regular contribution, where we are the ones who bill."""

    class State(models.TextChoices):
        DUE = "due", "to be asked for"
        CLAIMED = "claimed", "being asked for, or its answer is unknown"
        PAID = "paid", "paid"
        DROPPED = "dropped", "given up"

    MOVES = moves(due="claimed paid dropped", claimed="due paid dropped", dropped="paid")

    contribution = models.ForeignKey(
        Contribution, on_delete=models.PROTECT, related_name="renewals"
    )
    period = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DUE)
    due_on = models.DateField()
    try_on = models.DateField(db_index=True)
    tries = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[StatedQuerySet[Renewal]] = StatedQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contribution", "period"], name="one_renewal_of_a_period"
            )
        ]

    def __str__(self) -> str:
        return f"renewal {self.period}, {self.state}"


class Notice(models.Model):
    """Something that a supporter is to be told once. Who writes letters takes them up."""

    lives_in = PEOPLE

    class Kind(models.TextChoices):
        THANKS = "thanks", "a payment came"
        FAILED = "failed", "a renewal was not paid"
        CONFIRM = "confirm", "the bank asks the supporter to confirm"
        ENDING = "ending", "the card ends soon"
        RECOVERED = "recovered", "a renewal was paid after all"
        ENDED = "ended", "the contribution has ended"
        REFUNDED = "refunded", "a payment was given back"
        DISPUTED = "disputed", "a bank took a payment back"

    contribution = models.ForeignKey(Contribution, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    period = models.PositiveIntegerField(default=0)
    day = models.DateField()
    is_taken = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[Notice]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contribution", "kind", "period"], name="told_once")
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(is_taken=False), name="notices_to_take_up"
            ),
            models.Index(fields=["kind", "day"], name="notices_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, period {self.period}"
