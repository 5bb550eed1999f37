"""What the people's database keeps of the vault.

Rules:

* An address is a box and an index (``tamizdat.vault.sealing``), never letters.
* Two rows of one address cannot be: the index is unique, and ``keep`` leans on that alone.
* Of the sign-up nothing is kept but its month.
* Whatever holds a box inherits ``Boxed``: it is sealed again when the key is rotated, and no
  private key is destroyed while a row names it.
* Whatever may not stay inherits ``Perishable``: it goes at ``gone_at`` (``retention``).
* A suppression is an index alone. It survives erasing: else whoever asked to be forgotten would be
  written to again.
* What a person took back is noted in the transaction that did it (``Retraction``), until it is
  sealed beside the backups: else a restore would bring her back.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction

from tamizdat.databases import PEOPLE
from tamizdat.vault.sealing import INDEX_BYTES, KEY_ID_DIGITS, LONGEST_BOX, Sealed

UNCONFIRMED = timedelta(hours=48)  # how long an address stays that nobody confirms
RETRACTION = timedelta(days=90)  # how long a retraction waits to be written beside the backups


def month_of(now: datetime) -> str:
    """Return what is kept of a moment: its year and month, as ``2026-11``."""
    return f"{now:%Y-%m}"


class Boxed(models.Model):
    """A row that holds a sealed address."""

    lives_in = PEOPLE

    key_id = models.CharField(max_length=KEY_ID_DIGITS)
    box = models.BinaryField(max_length=LONGEST_BOX)

    class Meta:
        abstract = True


class Perishable(models.Model):
    """A row that goes at a moment that it bears."""

    lives_in = PEOPLE

    gone_at = models.DateTimeField(db_index=True)

    class Meta:
        abstract = True

    @classmethod
    def let_go(cls, rows: Sequence[Any]) -> None:
        """Note what stays of rows that are about to go, in the transaction that deletes them."""


class AddressQuerySet(models.QuerySet["Address"]):
    def keep(self, sealed: Sealed, now: datetime) -> Address:
        """Return the row of this address, which is made where there is none. A new one goes after
        48 hours, unless it is confirmed.

        Of two who come at once, one makes it and both get it. The box of a row that stands is left
        as it is: mail goes to what was kept, not to what somebody typed later.
        """
        while True:
            found = self.filter(index=sealed.index).first()
            if found is not None:
                return found
            # Asks the unique index, not the row that was just looked for; who loses reads again.
            new = Address.of(sealed, now)
            new.gone_at = now + UNCONFIRMED
            self.bulk_create([new], ignore_conflicts=True)

    def confirm(self, address_id: uuid.UUID) -> bool:
        """Let an address stay; return False where it is gone already."""
        return self.filter(pk=address_id).update(gone_at=None) == 1

    def of_index(self, index: bytes) -> Address | None:
        """Return the row of an address, by what it is looked up by."""
        return self.filter(index=index).first()

    def boxes(self) -> Iterator[tuple[uuid.UUID, Sealed]]:
        """Yield key and box of each row, and hold no more of them than a batch."""
        rows = self.values_list("pk", "key_id", "box", "index").iterator(chunk_size=2000)
        for pk, key_id, box, index in rows:
            yield pk, Sealed(key_id, bytes(box), bytes(index))


class Address(Boxed):
    """A person's e-mail address, as far as it is kept: sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.BinaryField(max_length=INDEX_BYTES, unique=True)
    month = models.CharField(max_length=7)
    gone_at = models.DateTimeField(null=True, blank=True)  # while nobody has confirmed it

    objects = AddressQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["gone_at"],
                condition=models.Q(gone_at__isnull=False),
                name="addresses_to_confirm",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def of(cls, sealed: Sealed, now: datetime) -> Address:
        """Return an unsaved row."""
        return cls(key_id=sealed.key_id, box=sealed.box, index=sealed.index, month=month_of(now))

    @property
    def sealed(self) -> Sealed:
        return Sealed(self.key_id, bytes(self.box), bytes(self.index))


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def note(self, index: bytes, reason: Suppression.Reason, now: datetime) -> None:
        """Never write to this address again. The first reason stands."""
        row = Suppression(index=index, reason=reason, month=month_of(now))
        with transaction.atomic(using=PEOPLE):
            self.bulk_create([row], ignore_conflicts=True)
            Retraction.objects.note("suppressed", index, now, reason)

    def holds(self, index: bytes) -> bool:
        return self.filter(index=index).exists()

    def lift(self, index: bytes) -> None:
        """Forget it: the person has confirmed a new sign-up herself."""
        self.filter(index=index).delete()


class Suppression(models.Model):
    """An address that is never written to again. Nothing but its index, why, and the month."""

    lives_in = PEOPLE

    class Reason(models.TextChoices):
        ERASED = "erased", "erased on request"
        REFUSED = "refused", "does not want our mail"
        BOUNCED = "bounced", "does not take our mail"
        COMPLAINED = "complained", "was called unwanted"
        ELSEWHERE = "elsewhere", "left a list that was brought in"

    index = models.BinaryField(max_length=INDEX_BYTES, unique=True)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    month = models.CharField(max_length=7)

    objects = SuppressionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.reason


class RetractionQuerySet(models.QuerySet["Retraction"]):
    def note(self, deed: str, thing: bytes, now: datetime, reason: str = "") -> None:
        """Note what was taken back, in the transaction of the deed (one of ``redoing.REDO``)."""
        end = (now + RETRACTION).replace(hour=0, minute=0, second=0, microsecond=0)
        self.create(deed=deed, thing=thing, reason=reason, gone_at=end)


class Retraction(Perishable):
    """What a person took back, to be done again after a restore of a backup from before.

    ``thing`` is 16 bytes: of an erasing the address's own id, which is chance and names nothing
    once the address is gone; of a suppression its index. Its end bears a day and no hour.
    """

    deed = models.CharField(max_length=12)
    thing = models.BinaryField(max_length=16)
    reason = models.CharField(max_length=12, blank=True)

    objects = RetractionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.deed


class VaultKey(models.Model):
    """A sender's key as the recovery key needs it: its private half and the index key, sealed."""

    lives_in = PEOPLE

    key_id = models.CharField(max_length=KEY_ID_DIGITS, unique=True)
    recovery_id = models.CharField(max_length=KEY_ID_DIGITS)
    for_recovery = models.BinaryField(max_length=200)
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)  # since when nothing is sealed to it

    def __str__(self) -> str:
        return self.key_id
