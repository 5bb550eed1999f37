"""What the inbox keeps: that a mail was carried out, how often somebody asked, which events came.

Rules:

* No row holds an address, a subject or a word of a mail, nor anything that can be put beside the
  rows of a person: whatever names a mail or an asker is a hash under a key of the inbox's own, and
  an asker's, as a domain's, is another one every day.
* A mail and an event are carried out in the transaction that writes their row; the row is unique.
* All of it goes by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F

from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Perishable
from tamizdat.vault.sealing import INDEX_BYTES

DIGEST_BYTES = 32
LONGEST_MARK = 200  # characters of a Message-ID that may bear a mark of ours
REMEMBERED = timedelta(
    days=7
)  # that a mail was carried out: a box that was cut off is back by then
EVENTS_STAY = timedelta(days=8)  # longer than any provider repeats an event


class Taken(Perishable):
    """A mail that was carried out."""

    digest = models.BinaryField(max_length=DIGEST_BYTES, unique=True)

    objects: ClassVar[models.Manager[Taken]] = models.Manager()

    def __str__(self) -> str:
        return "a mail that was taken"

    @classmethod
    def of(cls, digest: bytes, now: datetime) -> Taken:
        return cls(digest=digest, gone_at=now + REMEMBERED)


class AskedQuerySet(models.QuerySet["Asked"]):
    def times(self, digest: bytes) -> int:
        return self.filter(digest=digest).values_list("times", flat=True).first() or 0

    def once_more(self, digest: bytes, most: int, until: datetime) -> bool:
        """Count one more asking; return False where there were that many already."""
        self.bulk_create([Asked(digest=digest, gone_at=until)], ignore_conflicts=True)
        return self.filter(digest=digest, times__lt=most).update(times=F("times") + 1) == 1


class Asked(Perishable):
    """How often somebody, all of a domain, or all together asked for stories on one day."""

    digest = models.BinaryField(max_length=DIGEST_BYTES, unique=True)
    times = models.PositiveIntegerField(default=0)

    objects = AskedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"asked {self.times} times"


class EventQuerySet(models.QuerySet["Event"]):
    def waiting(self) -> EventQuerySet:
        return self.exclude(kind="").order_by("pk")


class Event(Perishable):
    """An event that a provider reported: at first what is to be done, then only that it came.

    ``mark`` is the Message-ID, which names a delivery to the back room alone; ``index`` is what the
    vault looks the address up by. Both are emptied when the event is carried out.
    """

    class Kind(models.TextChoices):
        HARD = "hard", "came back for good"
        SOFT = "soft", "came back this time"
        COMPLAINED = "complained", "was called unwanted"
        LEFT = "left", "wants no more"

    digest = models.BinaryField(max_length=DIGEST_BYTES, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)
    mark = models.CharField(max_length=LONGEST_MARK, blank=True)
    index = models.BinaryField(max_length=INDEX_BYTES, default=b"")

    objects = EventQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["id"], condition=~models.Q(kind=""), name="events_waiting")]

    def __str__(self) -> str:
        return f"an event: {self.kind or 'taken'}"


class Closed(models.Model):
    """A provider whose events nobody takes just now."""

    lives_in = PEOPLE

    provider = models.CharField(max_length=20, unique=True)

    objects: ClassVar[models.Manager[Closed]] = models.Manager()

    def __str__(self) -> str:
        return self.provider
