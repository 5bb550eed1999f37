"""Who asked for which newsletter, in the people's database.

Rules:

* No row holds an address but as the vault seals it. What somebody typed stands in ``Typed`` until
  the post takes it up, seconds later; what is confirmed names a row of ``vault.Address``.
* A ``Subscription`` is somebody's own word: it is written when she presses the button of a letter
  that came to her address, and in no other way but an import that says so.
* Of the consent stay the version of the text that she saw, and the day. The hour would fit to what
  the network saw (docs/decisions/0023). Whoever consents again keeps the day on which she began.
* Whoever leaves is gone: no row says who was here. ``Tally`` counts, and names nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models.functions import TruncDate

from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Address, Boxed, Perishable, Suppression
from tamizdat.vault.sealing import INDEX_BYTES, Sealed
from tamizdat.vault.tokens import HASH_BYTES, hash_of

PENDING = timedelta(hours=48)  # how long a sign-up may wait to be confirmed
BACK = timedelta(minutes=15)  # how long who left by mistake can come back by one press


class Variant(models.TextChoices):
    DIGEST = "digest", "headlines and links"
    FULL = "full", "whole stories"


def day_of(now: datetime) -> datetime:
    """Return what is kept of a moment of consent: the beginning of its day, in UTC."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


# What there is to be had


class OfferedQuerySet(models.QuerySet["Offered"]):
    def open_in(self, language: str) -> OfferedQuerySet:
        """Narrow to what can be asked for in a language, in the editors' order."""
        return self.filter(language=language, is_open=True).order_by("position", "name")

    def shown_in(self, language: str, named: Iterable[uuid.UUID]) -> OfferedQuerySet:
        """Narrow to what a form shows: what is for everybody, and what was asked for by name."""
        shown = models.Q(for_supporters=False) | models.Q(newsletter__in=list(named))
        return self.open_in(language).filter(shown)

    def for_supporters(self) -> set[uuid.UUID]:
        """Return the newsletters that only supporters are offered."""
        return set(self.filter(for_supporters=True).values_list("newsletter", flat=True))


class Offered(models.Model):
    """A newsletter in one language, as far as the people's side must know it."""

    lives_in = PEOPLE

    newsletter = models.UUIDField()
    language = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    quiet_name = models.CharField(max_length=120, blank=True)
    sender_name = models.CharField(max_length=120, blank=True)
    quiet_sender_name = models.CharField(max_length=120, blank=True)
    is_quiet = models.BooleanField(default=False)
    description = models.TextField(blank=True)
    schedule_text = models.CharField(max_length=200, blank=True)
    path = models.CharField(max_length=255, blank=True)  # of its page in the edition
    offers_full_text = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    for_supporters = models.BooleanField(default=False)

    objects = OfferedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["newsletter", "language"], name="offered_once_in_a_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"


# Who has it


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def audience(self, newsletter: uuid.UUID, language: str, now: datetime) -> SubscriptionQuerySet:
        """Narrow to whom an issue goes now: not paused, not suppressed.

        Ordered by key, so that a million are paged through by ``filter(pk__gt=last)``.
        """
        never = Suppression.objects.filter(index=models.OuterRef("address__index"))
        today = now.astimezone(UTC).date()
        awake = models.Q(paused_until=None) | models.Q(paused_until__lte=today)
        found = self.filter(awake, newsletter=newsletter, language=language)
        return found.exclude(models.Exists(never)).order_by("pk")

    def joined(self, after: datetime, until: datetime) -> SubscriptionQuerySet:
        """Narrow to whoever began later than on one day, and on another at the latest."""
        once = models.Q(joined_on=None, consented_at__gt=after, consented_at__lte=until)
        again = models.Q(joined_on__gt=after.date(), joined_on__lte=until.date())
        return self.filter(once | again)

    def keep_beginning(self, now: datetime) -> None:
        """Keep the day on which each began, whose day of consent becomes today."""
        once = self.filter(joined_on=None, consented_at__lt=day_of(now))
        once.update(joined_on=TruncDate("consented_at", tzinfo=UTC))


class Subscription(models.Model):
    """One newsletter to one person, who confirmed it herself."""

    lives_in = PEOPLE

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="subscriptions")
    newsletter = models.UUIDField()
    language = models.CharField(max_length=12)
    variant = models.CharField(max_length=8, choices=Variant.choices, default=Variant.DIGEST)
    paused_until = models.DateField(null=True, blank=True)  # the first day that mail comes again
    consent = models.CharField(max_length=20)  # the version of the text that she saw
    consented_at = models.DateTimeField()  # its day (``day_of``)
    joined_on = models.DateField(null=True, blank=True)  # empty: the day of ``consented_at``

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "newsletter"], name="subscribed_once")
        ]
        indexes = [models.Index(fields=["newsletter", "language", "id"], name="audience")]

    def __str__(self) -> str:
        return f"a subscription: {self.language}, {self.variant}"


# On the way there


class Asked(models.Model):
    """What a person asked for with one form or mail."""

    newsletters = models.JSONField(default=list)  # of UUIDs, as hexadecimal digits
    language = models.CharField(max_length=12)
    variant = models.CharField(max_length=8, choices=Variant.choices, default=Variant.DIGEST)
    consent = models.CharField(max_length=20)

    class Meta:
        abstract = True

    @property
    def wanted(self) -> list[uuid.UUID]:
        return [uuid.UUID(hex=each) for each in self.newsletters]


class Typed(Asked, Boxed, Perishable):
    """A sign-up as it came: an address that somebody typed, sealed, whoever's it is.

    The desk writes it and reads nothing, so it takes the same time for each address. The post takes
    it up and makes a letter of it; where today's letter went already, tomorrow.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.BinaryField(max_length=INDEX_BYTES)
    due_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager[Typed]] = models.Manager()

    def __str__(self) -> str:
        return "a sign-up that was typed"

    @property
    def sealed(self) -> Sealed:
        return Sealed(self.key_id, bytes(self.box), bytes(self.index))


class SignUpQuerySet(models.QuerySet["SignUp"]):
    def of(self, token: str, now: datetime) -> SignUp | None:
        """Return the sign-up that a token confirms, while it can be."""
        found = self.filter(hash=hash_of(token), gone_at__gt=now)
        return found.select_related("address").first()


class SignUp(Asked, Perishable):
    """A sign-up whose letter is written: it waits for whoever has the mailbox to confirm it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="sign_ups")
    letter = models.UUIDField(unique=True)  # ``desk.Letter``, which goes sooner
    hash = models.BinaryField(max_length=HASH_BYTES, unique=True, null=True)  # once it is sent

    objects = SignUpQuerySet.as_manager()

    def __str__(self) -> str:
        return "a sign-up that waits to be confirmed"


# After


class Left(Perishable):
    """A subscription that ended by a press a moment ago, so that it can be had back."""

    id = models.UUIDField(primary_key=True, editable=False)  # the subscription's
    together = models.UUIDField(db_index=True)  # what ended with one press
    is_shown = models.BooleanField(default=True)  # to whoever pressed (``choosing``)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="+")
    newsletter = models.UUIDField()
    language = models.CharField(max_length=12)
    variant = models.CharField(max_length=8, choices=Variant.choices)
    paused_until = models.DateField(null=True)
    consent = models.CharField(max_length=20)
    consented_at = models.DateTimeField()
    joined_on = models.DateField(null=True)

    objects: ClassVar[models.Manager[Left]] = models.Manager()

    def __str__(self) -> str:
        return "a subscription that just ended"


class TallyQuerySet(models.QuerySet["Tally"]):
    def note(
        self, newsletters: Iterable[uuid.UUID], now: datetime, *, joined: int = 0, left: int = 0
    ) -> None:
        """Count so many for each newsletter, on today's row."""
        today = now.astimezone(UTC).date()
        for newsletter in newsletters:
            self.bulk_create([Tally(newsletter=newsletter, day=today)], ignore_conflicts=True)
            self.filter(newsletter=newsletter, day=today).update(
                joined=models.F("joined") + joined, left=models.F("left") + left
            )


class Tally(models.Model):
    """How many joined and left a newsletter on a day. It knows nobody."""

    lives_in = PEOPLE

    newsletter = models.UUIDField()
    day = models.DateField()
    joined = models.PositiveIntegerField(default=0)
    left = models.PositiveIntegerField(default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["newsletter", "day"], name="tallied_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.joined} joined, {self.left} left"
