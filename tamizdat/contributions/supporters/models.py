"""What is kept beside money for supporters, in the people's database, for as short as it can.

Rules:

* No row holds an address, sealed or not, or a name. Who asks to be let in is an index of the
  vault's, for the seconds until the post takes it up.
* Tokens of links, sessions and browsers are kept as hashes.
* One letter of a kind to an address a day is a unique row (``desk.Letter``). Which notices a letter
  tells of stands in ``Told``, written in the transaction that takes them up.
* A row that goes with its address cascades; the others go by themselves.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from tamizdat.contributions.money.models import Contribution, Notice
from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Address, Perishable
from tamizdat.vault.sealing import INDEX_BYTES
from tamizdat.vault.tokens import HASH_BYTES, hash_of

KNOCK_HOLDS = timedelta(hours=1)  # as long as the post may have to wait; then she asks again
LINK_WORKS = timedelta(minutes=10)
SESSION_LASTS = timedelta(minutes=30)


class Knock(Perishable):
    """Somebody asks to be let in, with an address that we may or may not know."""

    index = models.BinaryField(max_length=INDEX_BYTES)
    browser = models.BinaryField(max_length=HASH_BYTES)  # the hash of what its cookie holds
    language = models.CharField(max_length=12)

    objects: ClassVar[models.Manager[Knock]] = models.Manager()

    def __str__(self) -> str:
        return "somebody asks to be let in"


class WayInQuerySet(models.QuerySet["WayIn"]):
    def of(self, token: str, now: datetime) -> WayIn | None:
        """Return the way in that a link opens, while it works."""
        return self.filter(hash=hash_of(token), gone_at__gt=now).first()


class WayIn(Perishable):
    """A link that lets a supporter in, once, in the browser that asked."""

    letter = models.UUIDField(unique=True)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="ways_in")
    browser = models.BinaryField(max_length=HASH_BYTES)
    hash = models.BinaryField(max_length=HASH_BYTES, unique=True, null=True)  # when it is sent

    objects = WayInQuerySet.as_manager()

    def __str__(self) -> str:
        return "a way in"


class SessionQuerySet(models.QuerySet["Session"]):
    def of(self, token: str, now: datetime) -> Session | None:
        """Return the session of a browser, while it lasts."""
        found = self.filter(hash=hash_of(token), gone_at__gt=now)
        return found.select_related("address").first()


class Session(Perishable):
    """A supporter is in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    hash = models.BinaryField(max_length=HASH_BYTES, unique=True)
    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="sessions")

    objects = SessionQuerySet.as_manager()

    def __str__(self) -> str:
        return "a session"


class Told(Perishable):
    """A letter tells of a notice."""

    letter = models.UUIDField(db_index=True)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[Told]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice"], name="told_in_one_letter")]

    def __str__(self) -> str:
        return "what a letter tells"


class Silence(models.Model):
    """A supporter wants no letters but those that must be."""

    lives_in = PEOPLE

    address = models.OneToOneField(Address, on_delete=models.CASCADE, related_name="silence")

    objects: ClassVar[models.Manager[Silence]] = models.Manager()

    def __str__(self) -> str:
        return "no thanks"


class Yearly(models.Model):
    """The letter with a year's sum was made for an address."""

    lives_in = PEOPLE

    address = models.ForeignKey(Address, on_delete=models.CASCADE, related_name="yearly_letters")
    year = models.PositiveSmallIntegerField()
    letter = models.UUIDField(null=True)

    objects: ClassVar[models.Manager[Yearly]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address", "year"], name="one_letter_a_year")
        ]

    def __str__(self) -> str:
        return f"the letter of {self.year}"


class Switching(models.Model):
    """A contribution with another rhythm takes the place of one, as soon as it is paid."""

    lives_in = PEOPLE

    old = models.OneToOneField(Contribution, on_delete=models.PROTECT, related_name="switching")
    new = models.OneToOneField(Contribution, on_delete=models.PROTECT, related_name="replaces")

    objects: ClassVar[models.Manager[Switching]] = models.Manager()

    def __str__(self) -> str:
        return "a change of rhythm"


class Wording(models.Model):
    """What receipts say, from a day on: who gives them out, or what a country's tax law makes of a
    gift. Never changed: the next one takes its place from a day on, or with the next number of the
    same day (``receipts.wording``); the older ones stay, for older receipts. An empty text: none
    any more."""

    lives_in = PEOPLE

    class Part(models.TextChoices):
        ISSUER = "issuer", "who gives the receipt out"
        TAX = "tax", "what tax law makes of it"

    part = models.CharField(max_length=6, choices=Part.choices)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166; empty: everywhere else
    language = models.CharField(max_length=12)
    since = models.DateField()
    number = models.PositiveSmallIntegerField(default=0)  # of those of one day; the last one stands
    text = models.TextField(blank=True)
    written_on = models.DateField(null=True, blank=True)

    objects: ClassVar[models.Manager[Wording]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["part", "country", "language", "since", "number"],
                name="one_wording_of_a_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.part} {self.country} {self.language} since {self.since}"
