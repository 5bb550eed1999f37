"""What is kept beside contributions and books: a provider's names of things, events, rates."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models

from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Boxed, Perishable

EVENT_STAYS = timedelta(days=35)  # Stripe resends for 3 days and lists events for 30


class Handle(Boxed):
    """What a provider calls a thing of ours: sealed, and found by a keyed hash (``handles``)."""

    class Kind(models.TextChoices):
        VISIT = "visit", "the page on which a supporter pays"
        STANDING = "standing", "an agreement to pay regularly"
        PAYMENT = "payment", "a payment"
        REFUND = "refund", "a refund"
        DISPUTE = "dispute", "a dispute"
        PAYOUT = "payout", "a payout"

    provider = models.CharField(max_length=16)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    index = models.BinaryField(max_length=16)
    owner = models.UUIDField(db_index=True, default=uuid.uuid4)  # the id of our row of that kind

    objects: ClassVar[models.Manager[Handle]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "kind", "index"], name="one_owner_of_a_handle"
            )
        ]

    def __str__(self) -> str:
        return f"a {self.provider} {self.kind}"


class Event(Perishable):
    """A message of a provider that was dealt with. Nothing of its body is kept."""

    provider = models.CharField(max_length=16)
    account = models.CharField(max_length=32)
    index = models.BinaryField(max_length=16)  # a keyed hash of the event's own name

    objects: ClassVar[models.Manager[Event]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "account", "index"], name="one_event")
        ]

    def __str__(self) -> str:
        return f"an event of {self.provider}"


class Finding(models.Model):
    """Something that does not fit, for people to look at. ``reconciling`` and ``settling`` find."""

    lives_in = PEOPLE

    class Kind(models.TextChoices):
        SURPLUS = "surplus", "a period was paid twice: give one back"
        FOREIGN = "foreign", "a payment at the provider that names no contribution of ours"
        RESTORED = "restored", "a payment whose contribution was missing here"
        MISSING = "missing", "a payment of ours that the provider does not list"
        DIFFERS = "differs", "a payment whose amount is another at the provider"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    provider = models.CharField(max_length=16)
    index = models.BinaryField(max_length=16)  # of what it is about, so that it is found once
    payment = models.UUIDField(null=True, blank=True)
    day = models.DateField()
    is_open = models.BooleanField(default=True)

    objects: ClassVar[models.Manager[Finding]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "provider", "index"], name="found_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.provider}"


class Switch(models.Model):
    """A provider's kill switch, where it has ever been thrown."""

    lives_in = PEOPLE

    provider = models.CharField(max_length=16, unique=True)
    is_off = models.BooleanField(default=False)
    since = models.DateField()

    objects: ClassVar[models.Manager[Switch]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.provider} is {'off' if self.is_off else 'on'}"


class Watch(models.Model):
    """Until when a provider's own list was compared with ours."""

    lives_in = PEOPLE

    provider = models.CharField(max_length=16, unique=True)
    seen_until = models.DateTimeField()

    objects: ClassVar[models.Manager[Watch]] = models.Manager()

    def __str__(self) -> str:
        return self.provider


class Rate(models.Model):
    """So many units of a currency were worth one euro on a day."""

    lives_in = PEOPLE

    day = models.DateField()
    currency = models.CharField(max_length=3)
    per_euro = models.DecimalField(max_digits=20, decimal_places=8)

    objects: ClassVar[models.Manager[Rate]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "day"], name="one_rate_a_day"),
            models.CheckConstraint(condition=models.Q(per_euro__gt=0), name="rate_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} of {self.day}"
