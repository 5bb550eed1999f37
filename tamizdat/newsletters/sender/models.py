"""What the sender keeps, in the people's database.

Rules:

* There is one delivery for a sending and a subscription, whoever lays out and however often.
* A state changes by a conditional update alone: it names the state that it changes from.
* Counts stand on the sending and are changed in the transaction that changes the rows. Rows go
  seven days after they were settled (``vault.retention``), counts stay.
* What is still to be sent has no end: however long a sending takes or is stopped, nobody is
  skipped. A delivery of which nobody knows waits a month for an editor, and stays counted so.
* A delivery names a subscription by its id, not by a foreign key: the desk, which knows no
  sender, deletes subscriptions. Nothing leads from a row to a person who left.
* A domain is a keyed hash. So is whatever a mail shows of an id (``marks``).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models

from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Perishable

HASH_BYTES = 16


class SendingQuerySet(models.QuerySet["Sending"]):
    def of(self, issue: uuid.UUID) -> Sending | None:
        return self.filter(issue=issue).first()

    def change(self, issue: uuid.UUID, states: tuple[str, ...], **values: object) -> bool:
        """Change the sending of an issue if it is in one of these states; say whether it was."""
        return self.filter(issue=issue, state__in=states).update(**values) == 1


class Sending(models.Model):
    """One issue on its way to everybody who asked for it."""

    lives_in = PEOPLE

    class State(models.TextChoices):
        SCHEDULED = "scheduled", "waits for its time"
        LATE = "late", "its time has passed; asks whether to go on"
        LAYING_OUT = "laying", "deliveries are written"
        SENDING = "sending", "on its way"
        STOPPED = "stopped", "stopped by an editor"
        SENT = "sent", "done"
        CANCELLED = "cancelled", "called off"

    issue = models.UUIDField(unique=True)
    newsletter = models.UUIDField()
    language = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SCHEDULED)
    due_at = models.DateTimeField()
    is_late_confirmed = models.BooleanField(default=False)
    confirmed = models.JSONField(default=dict)  # as the newsroom has it (``confirming``)
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    laid_to = models.UUIDField(null=True, blank=True)  # the last subscription that has a delivery

    laid = models.PositiveIntegerField(default=0)  # deliveries; all below are some of them
    sent = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    uncertain = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)  # who left, paused or was suppressed meanwhile
    bounced = models.PositiveIntegerField(default=0)  # of those sent
    complained = models.PositiveIntegerField(default=0)  # likewise

    rate = models.FloatField(default=0.0)  # mails a second, between the last two looks
    measured_at = models.DateTimeField(null=True, blank=True)
    measured_sent = models.PositiveIntegerField(default=0)

    objects = SendingQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["state", "due_at"], name="sendings_due")]

    def __str__(self) -> str:
        return f"a sending: {self.state}"


class Stencil(models.Model):
    """What one variant of an issue looks like, cut at its placeholders (``stencil.Stencil``)."""

    lives_in = PEOPLE

    sending = models.ForeignKey(Sending, models.CASCADE, related_name="stencils")
    variant = models.CharField(max_length=8)
    packed = models.BinaryField()

    objects: ClassVar[models.Manager[Stencil]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sending", "variant"], name="one_stencil_a_variant")
        ]

    def __str__(self) -> str:
        return f"a stencil: {self.variant}"


class Delivery(Perishable):
    """One issue to one subscriber."""

    class State(models.TextChoices):
        READY = "ready", "to be sent"
        CLAIMED = "claimed", "being handed over"
        SENT = "sent", "taken by the mail server"
        DEFERRED = "deferred", "to be tried again"
        FAILED = "failed", "refused, or given up"
        UNCERTAIN = "uncertain", "nobody knows whether it was taken"
        LEFT = "left", "no longer asked for"

    id = models.BigAutoField(primary_key=True)
    # None until it is settled.
    gone_at = models.DateTimeField(null=True, blank=True)  # type: ignore[assignment]  # others' always is one
    sending = models.ForeignKey(
        Sending,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,
        db_constraint=False,
    )
    subscription = models.UUIDField()
    variant = models.CharField(max_length=8)
    state = models.CharField(max_length=9, choices=State.choices, default=State.READY)
    tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)  # when it was put off first
    due_at = models.DateTimeField(null=True, blank=True)  # while deferred
    claim = models.BigIntegerField(null=True, blank=True)  # which loop has it (``journal``)
    reason = models.CharField(max_length=40, blank=True)  # "550 5.1.1", or our own word
    outcome = models.CharField(max_length=10, blank=True)  # what came back later: bounced …

    objects: ClassVar[models.Manager[Delivery]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sending", "subscription"], name="one_delivery_a_subscriber"
            )
        ]
        indexes = [
            models.Index(
                fields=["gone_at"],
                condition=models.Q(gone_at__isnull=False),
                name="deliveries_going",
            ),
            models.Index(
                fields=["sending", "id"],
                condition=models.Q(state="ready"),
                name="deliveries_ready",
            ),
            models.Index(
                fields=["sending", "due_at"],
                condition=models.Q(state="deferred"),
                name="deliveries_deferred",
            ),
            models.Index(
                fields=["claim"], condition=models.Q(state="claimed"), name="deliveries_claimed"
            ),
            models.Index(
                fields=["sending", "id"],
                condition=models.Q(state="uncertain"),
                name="deliveries_uncertain",
            ),
        ]

    def __str__(self) -> str:
        return f"a delivery: {self.state}"


class Domain(Perishable):
    """How a domain takes our mail (``throttling.Throttle``), so that a restart does not forget."""

    hash = models.BinaryField(max_length=HASH_BYTES, unique=True)
    failures = models.PositiveSmallIntegerField(default=0)
    until = models.DateTimeField()  # nothing is tried before

    objects: ClassVar[models.Manager[Domain]] = models.Manager()

    def __str__(self) -> str:
        return "a domain that asks for patience"


class Day(Perishable):
    """How many mails were claimed on a day (UTC), as far as a warm-up plan bounds them."""

    day = models.DateField(unique=True)
    claimed = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[Day]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.day}: {self.claimed}"


class SoftBounce(Perishable):
    """A mail that came back for a reason that may pass. Too many of them suppress an address."""

    address_id = models.UUIDField(db_index=True)

    objects: ClassVar[models.Manager[SoftBounce]] = models.Manager()

    @classmethod
    def of(cls, address_id: uuid.UUID, gone_at: datetime) -> SoftBounce:
        return cls(address_id=address_id, gone_at=gone_at)

    def __str__(self) -> str:
        return "a mail that came back"
