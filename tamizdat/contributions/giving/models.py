"""What giving keeps, in the people's database.

Rules:

* Of the country question nothing is kept: no row has a column for it.
* What a supporter tells us besides her gift is sealed when it comes, and goes by itself.
* An address that was typed with a gift waits here until the back room gives it to its contribution:
  the desk looks no address up (``taking_up``).
* A reminder is an address and a month. It is mailed once, and then erased.
* The policy is dated, and no ruling is ever changed: a new one takes its place from a day on, or
  with the next number of the same day. What may be done instead is taken back, never deleted.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from tamizdat.contributions.giving import policy
from tamizdat.contributions.giving.forgetting import forget
from tamizdat.contributions.money.models import Contribution
from tamizdat.databases import PEOPLE
from tamizdat.vault.models import Address, Boxed, Perishable
from tamizdat.vault.sealing import INDEX_BYTES, Sealed

GIVEN_STAYS = timedelta(days=30)  # as long as the back room may have to wait for its passphrase
NOTE_STAYS = timedelta(days=366)
LONGEST_COUNSEL = 120  # characters
LONGEST_BOX = 1300  # bytes: a note of 280 letters, padded and sealed


class Enclosure(Boxed, Perishable):
    """What came with a contribution, sealed: a note to us. The name for a receipt is asked for
    where the receipt is made, and kept nowhere."""

    class Kind(models.TextChoices):
        NOTE = "note", "a note to the newsroom"

    STAYS: ClassVar[dict[str, timedelta]] = {"note": NOTE_STAYS}

    contribution = models.ForeignKey(
        Contribution, on_delete=models.CASCADE, related_name="enclosures"
    )
    kind = models.CharField(max_length=4, choices=Kind.choices)
    box = models.BinaryField(max_length=LONGEST_BOX)

    objects: ClassVar[models.Manager[Enclosure]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contribution", "kind"], name="enclosed_once")
        ]

    def __str__(self) -> str:
        return f"a {self.kind}"


class GivenAddress(Boxed, Perishable):
    """The address that was typed with a contribution, until it is decided whether it stays."""

    contribution = models.OneToOneField(
        Contribution, on_delete=models.CASCADE, related_name="given_address"
    )
    index = models.BinaryField(max_length=INDEX_BYTES)
    is_taken_up = models.BooleanField(default=False)  # the contribution bears it
    contribution_id: uuid.UUID  # Django's; the checker's plugin does not see it below two bases

    objects: ClassVar[models.Manager[GivenAddress]] = models.Manager()

    def __str__(self) -> str:
        return "an address that was given with a contribution"

    @property
    def sealed(self) -> Sealed:
        return Sealed(self.key_id, bytes(self.box), bytes(self.index))


class Reminder(Boxed, Perishable):
    """Somebody wants one mail in a month of her choice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    index = models.BinaryField(max_length=INDEX_BYTES)
    month = models.DateField(db_index=True)  # its first day
    language = models.CharField(max_length=12)
    set_on = models.DateField()
    # The back room's: whose it is, and the letter that was written.
    address = models.ForeignKey(
        Address, null=True, blank=True, on_delete=models.CASCADE, related_name="reminders"
    )
    letter = models.UUIDField(null=True, blank=True)
    address_id: uuid.UUID | None  # Django's; the checker's plugin does not see it below two bases

    objects: ClassVar[models.Manager[Reminder]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["index", "month"], name="one_reminder_a_month")
        ]

    def __str__(self) -> str:
        return f"a reminder in {self.month:%Y-%m}"

    @classmethod
    def let_go(cls, rows: Sequence[Any]) -> None:
        """Let the addresses go as well, where nothing else is a reason to keep them."""
        cls.objects.filter(pk__in=[row.pk for row in rows]).delete()
        for row in rows:
            if row.address_id is not None:
                forget(row.address_id, timezone.now())

    @property
    def sealed(self) -> Sealed:
        return Sealed(self.key_id, bytes(self.box), bytes(self.index))


# The policy


class Ruling(models.Model):
    """What was decided for a country and a method, from a day on (``policy.Ruling``)."""

    lives_in = PEOPLE

    class Verdict(models.TextChoices):
        ALLOW = "allow", "allow"
        WARN = "warn", "warn, with a text"
        REFUSE = "refuse", "refuse, with a reason"
        LIFT = "lift", "no ruling of its own any more"

    country = models.CharField(max_length=2)
    method = models.CharField(max_length=16, blank=True)  # empty: all
    is_returning = models.BooleanField(default=False)
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    since = models.DateField()
    number = models.PositiveSmallIntegerField(default=0)  # of those of one day; the last one stands
    texts = models.JSONField(default=dict, blank=True)
    counsel = models.CharField(max_length=LONGEST_COUNSEL, blank=True)  # who said so, and when
    advised_on = models.DateField(null=True, blank=True)
    written_on = models.DateField(null=True, blank=True)

    objects: ClassVar[models.Manager[Ruling]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "method", "is_returning", "since", "number"],
                name="one_ruling_of_a_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.country}: {self.verdict} since {self.since}"

    @property
    def value(self) -> policy.Ruling:
        return policy.Ruling(
            self.country,
            policy.Verdict(self.verdict),
            self.since,
            self.method,
            self.is_returning,
            self.texts,
            self.counsel,
            self.advised_on,
            self.number,
        )


class OtherWay(models.Model):
    """What who is refused may do instead: lawful there, as counsel said (``policy.OtherWay``)."""

    lives_in = PEOPLE

    country = models.CharField(max_length=2)
    lawful_on = models.DateField()
    until = models.DateField()
    texts = models.JSONField(default=dict)
    url = models.URLField(max_length=300, blank=True)
    counsel = models.CharField(max_length=LONGEST_COUNSEL, blank=True)
    written_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)  # told nobody any more

    objects: ClassVar[models.Manager[OtherWay]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.country}: dated {self.lawful_on}"

    @property
    def value(self) -> policy.OtherWay:
        return policy.OtherWay(
            self.country, self.lawful_on, self.until, self.texts, self.url, self.counsel
        )


def policy_of(home: Iterable[str], day: date) -> policy.Policy:
    """Return the policy as it stands on a day."""
    rulings = Ruling.objects.filter(since__lte=day).order_by("pk")
    ways = OtherWay.objects.filter(lawful_on__lte=day, until__gte=day, withdrawn_on=None)
    return policy.Policy(
        frozenset(home),
        [each.value for each in rulings],
        [each.value for each in ways.order_by("pk")],
    )


def enclosed(contribution: Any, kind: str, sealed: Sealed, now: Any) -> Enclosure:
    """Return an unsaved enclosure of a contribution."""
    return Enclosure(
        contribution=contribution,
        kind=kind,
        key_id=sealed.key_id,
        box=sealed.box,
        gone_at=now + Enclosure.STAYS[kind],
    )
