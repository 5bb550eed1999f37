"""What the desk keeps, for as short as it can; all of it in the people's database.

Rules:

* No row holds an address, sealed or not: a wish has the index that the vault gave, and what is
  known of an address is known to ``vault.Address``.
* A ticket counts once: ``Used.number`` is unique, and a wish is written in the same transaction.
* One letter of a kind to one address a day: that, too, is a unique row, so that no number of
  wishes, posts or restarts makes it two.
* A link is kept as a hash. Who reads the database cannot open one.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from tamizdat.desk.tickets import LIFETIME, Ticket
from tamizdat.vault.models import Address, Perishable
from tamizdat.vault.sealing import INDEX_BYTES
from tamizdat.vault.tokens import HASH_BYTES, hash_of

HELD = "held"  # the kind of letter that leads to what we hold; others: post.kinds
WISH_HOLDS = timedelta(hours=24)  # as long as the post may have to wait for the passphrase
LETTER_STAYS = timedelta(days=2)  # from the beginning of its day: until the day is over everywhere


class Used(Perishable):
    """A ticket that was accepted."""

    number = models.BinaryField(max_length=16, unique=True)

    objects: ClassVar[models.Manager[Used]] = models.Manager()

    def __str__(self) -> str:
        return "a used ticket"

    @classmethod
    def of(cls, ticket: Ticket, now: datetime) -> Used:
        """Return an unsaved row, which stays as long as the ticket could be shown again."""
        return cls(number=ticket.number, gone_at=now + timedelta(seconds=2 * LIFETIME))


class Wish(Perishable):
    """Somebody asked for a letter to an address that we may or may not know."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.BinaryField(max_length=INDEX_BYTES)
    kind = models.CharField(max_length=12)
    language = models.CharField(max_length=12)

    objects: ClassVar[models.Manager[Wish]] = models.Manager()

    def __str__(self) -> str:
        return f"a wish: {self.kind}"


class Letter(Perishable):
    """A letter to an address that we know: ready, then claimed just before it is handed over."""

    class State(models.TextChoices):
        READY = "ready", "to be sent"
        CLAIMED = "claimed", "being handed over"  # whoever died here may have sent it: never again
        GONE = "gone", "sent"
        FAILED = "failed", "refused for good"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=12)
    day = models.DateField()
    language = models.CharField(max_length=12)
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar[models.Manager[Letter]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "kind", "day"], name="one_letter_a_day")
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="letters_to_send")]

    def __str__(self) -> str:
        return f"a letter: {self.kind}, {self.state}"


class LinkQuerySet(models.QuerySet["Link"]):
    def of(self, token: str, now: datetime) -> Link | None:
        """Return the link that a token opens, while it holds."""
        found = self.filter(hash=hash_of(token), gone_at__gt=now)
        return found.select_related("address").first()


class Link(Perishable):
    """A link that was sent to somebody, as the hash of its token."""

    hash = models.BinaryField(max_length=HASH_BYTES, unique=True)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="links")

    objects = LinkQuerySet.as_manager()

    def __str__(self) -> str:
        return "a link"
