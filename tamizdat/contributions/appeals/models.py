"""What editors write: goals and appeals; and what of a goal is published.

Rules:

* An appeal is one thing in several languages, a row for each, tied as translations. Its goal is the
  same in all of them.
* ``key`` names an appeal to a reader's device, should she close it, and finds its goal's meter; it
  says nothing else.
* Whatever changes an appeal tells the bake in the same transaction, as pages do.
"""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable, Page, TranslatableMixin
from wagtail_localize.fields import SynchronizedField, TranslatableField

from tamizdat.accounts.models import TwoPersonRequest
from tamizdat.contributions.appeals import panels, telling
from tamizdat.contributions.money.amounts import OFFERED, Money, digits_of

COUNTRY = re.compile(r"[A-Z]{2}")


def new_key() -> str:
    return secrets.token_hex(3)


class GoalQuerySet(models.QuerySet["Goal"]):
    """Goals; those that the admin deletes in bulk are told of too."""

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            _go(self)
            return super().delete()


def _go(goals: GoalQuerySet) -> None:
    telling.meter_moves(is_another=True)
    rows = Appeal.objects.filter(goal__in=goals, is_on=True)
    telling.pages_change(rows.values_list("locale__language_code", flat=True))


class Goal(models.Model):
    """So much is needed, a month or in all."""

    class Period(models.TextChoices):
        MONTH = "month", "Each month"
        TOTAL = "total", "In all"

    name = models.CharField(max_length=80, help_text="For you; readers do not see it.")
    amount = models.DecimalField(
        max_digits=14, decimal_places=3, validators=[MinValueValidator(Decimal(1))]
    )
    currency = models.CharField(
        max_length=3, choices=[(each, each) for each in OFFERED], default="EUR"
    )
    period = models.CharField(max_length=5, choices=Period.choices, default=Period.MONTH)
    since = models.DateField(
        null=True, blank=True, help_text="For a goal in all: the first day that counts."
    )
    until = models.DateField(null=True, blank=True, help_text="And the last one, if there is one.")
    is_public = models.BooleanField(
        default=True,
        verbose_name="readers see how far it is reached",
        help_text="Without it, nothing is published but the goal itself.",
    )
    by_day = models.BooleanField(
        default=True,
        verbose_name="whole days alone",
        help_text="Today counts when it is over: a sum that jumps can be matched with a bank's "
        "records of one gift.",
    )
    whole_percent = models.BooleanField(
        default=True,
        verbose_name="whole percent alone",
        help_text="Without it, the sum is published too. Exact sums tell of single gifts.",
    )
    from_payments = models.PositiveIntegerField(
        default=10,
        verbose_name="from so many payments on",
        help_text="With fewer, nothing is published: the first gifts would stand out.",
    )

    panels = panels.GOAL

    objects: ClassVar[GoalQuerySet] = GoalQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            was_public = Goal.objects.filter(pk=self.pk, is_public=True).exists()
            super().save(*args, **kwargs)
            Measured.objects.filter(goal=self).delete()  # it was of the goal as it stood
            telling.meter_moves(is_another=True)
            if was_public != self.is_public:
                telling.pages_change(self.languages())

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            _go(Goal.objects.filter(pk=self.pk))
            found: tuple[int, dict[str, int]] = super().delete(*args, **kwargs)
            return found

    @property
    def money(self) -> Money:
        return Money(self.currency, int(self.amount.scaleb(digits_of(self.currency))))

    def clean(self) -> None:
        super().clean()
        if self.amount is not None and self.currency in OFFERED:
            digits = digits_of(self.currency)
            if self.amount != round(self.amount, digits):
                text = f"{self.currency} has {digits} digits behind the point at most."
                raise ValidationError({"amount": text})
        if self.period == self.Period.TOTAL and self.since is None:
            raise ValidationError({"since": "A goal in all needs the first day that counts."})
        if self.since and self.until and self.until < self.since:
            raise ValidationError({"until": "The last day lies before the first."})

    def languages(self) -> list[str]:
        """Return the languages in which an appeal shows this goal."""
        rows = Appeal.objects.filter(goal=self, is_on=True)
        return list(rows.values_list("locale__language_code", flat=True))


class Measured(models.Model):
    """What is published of a goal, as the ledger had it last. The bake reads it; the people's
    database it never opens."""

    goal = models.OneToOneField(Goal, on_delete=models.CASCADE, related_name="measured")
    percent = models.PositiveIntegerField()
    until = models.DateField()
    minor = models.BigIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager[Measured]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.percent} % on {self.until}"


class AppealQuerySet(models.QuerySet["Appeal"]):
    """Appeals; those that the admin deletes in bulk are told of too."""

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            rows = self.filter(is_on=True).order_by()
            telling.pages_change(list(rows.values_list("locale__language_code", flat=True)))
            return super().delete()


class Appeal(TranslatableMixin, ClusterableModel):
    """A message that asks for support, in one language."""

    class Kind(models.TextChoices):
        MESSAGE = "message", "A message: heading, text, button"
        LINE = "line", "The standing line, where no message stands"

    name = models.CharField(max_length=80, help_text="For you; readers do not see it.")
    is_on = models.BooleanField(default=False, verbose_name="switched on")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.MESSAGE)
    position = models.PositiveSmallIntegerField(
        default=10,
        help_text="Of several appeals that fit a place, the one with the smallest number stands "
        "there. A message always comes before the standing line.",
    )
    heading = models.CharField(max_length=120, blank=True)
    text = models.TextField(
        max_length=500,
        help_text="Two or three sentences: they stand on every page, and every byte crosses a slow "
        "line. An empty line begins a new paragraph.",
    )
    button = models.CharField(max_length=40)
    dismiss = models.CharField(
        max_length=40,
        blank=True,
        help_text="What closes it: “Not today”. “I already give” stands beside it. "
        "Empty: nothing does.",
    )
    page_text = models.TextField(
        max_length=5000,
        blank=True,
        verbose_name="text on its own page",
        help_text="Longer, as a letter to readers. Empty: the text above.",
    )
    goal = models.ForeignKey(
        Goal, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    pays_for = models.CharField(
        max_length=200, blank=True, help_text="What the goal pays for, in a few words."
    )

    at_top = models.BooleanField(default=False, verbose_name="as a notice at the top of pages")
    at_end = models.BooleanField(default=True, verbose_name="at the end of stories")
    on_page = models.BooleanField(default=True, verbose_name="on the page of its own (…/support/)")
    in_newsletter = models.BooleanField(default=False, verbose_name="in newsletters")

    begins_on = models.DateField(null=True, blank=True, verbose_name="first day")
    ends_on = models.DateField(null=True, blank=True, verbose_name="last day")
    only_for = models.CharField(
        max_length=120,
        blank=True,
        verbose_name="only in editions for",
        help_text="Countries as two letters, as “DE, LV”. An edition says for whom it is made "
        "(TAMIZDAT_AUDIENCE). Empty: in every edition.",
    )
    not_for = models.CharField(
        max_length=120, blank=True, verbose_name="not in editions for", help_text="Likewise."
    )
    key = models.CharField(max_length=8, default=new_key, editable=False)

    translatable_fields = [
        *map(TranslatableField, ["heading", "text", "button", "dismiss"]),
        *map(TranslatableField, ["page_text", "pays_for"]),
        SynchronizedField("goal"),
    ]
    panels = panels.APPEAL

    objects: ClassVar[AppealQuerySet] = AppealQuerySet.as_manager()  # type: ignore[assignment]  # a manager with the query set's methods

    class Meta(TranslatableMixin.Meta):
        ordering = ["-kind", "position", "pk"]  # "message" before "line"

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        wrong: dict[str, str] = {}
        if self.kind == self.Kind.MESSAGE and not self.heading:
            wrong["heading"] = "A message has a heading."
        for name in ("only_for", "not_for"):
            bad = [each for each in codes_in(getattr(self, name)) if not COUNTRY.fullmatch(each)]
            if bad:
                wrong[name] = f"Expected countries as two letters, as “DE, LV”; found “{bad[0]}”."
        if self.begins_on and self.ends_on and self.ends_on < self.begins_on:
            wrong["ends_on"] = "The last day lies before the first."
        if wrong:
            raise ValidationError(wrong)

    def save(self, *args: Any, **kwargs: Any) -> None:
        with transaction.atomic():
            was_on = Appeal.objects.filter(pk=self.pk, is_on=True).exists()
            super().save(*args, **kwargs)
            if was_on or self.is_on:
                telling.pages_change([self.language], self._moments())

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            if self.is_on:
                telling.pages_change([self.language])
            found: tuple[int, dict[str, int]] = super().delete(*args, **kwargs)
            return found

    @property
    def language(self) -> str:
        return str(self.locale.language_code)

    def _moments(self) -> list[datetime]:
        """Return when it begins and when it has ended, by the newsroom's clock."""
        found = []
        if self.begins_on:
            found.append(midnight(self.begins_on))
        if self.ends_on:
            found.append(midnight(date.fromordinal(self.ends_on.toordinal() + 1)))
        return found


class AppealSection(Orderable):
    """A section in which an appeal stands; chosen in one language, it holds in all."""

    appeal = ParentalKey(Appeal, on_delete=models.CASCADE, related_name="sections")
    section = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="+")

    panels = panels.SECTION

    def __str__(self) -> str:
        return str(self.section)


class RefundAsked(models.Model):
    """A refund for which two persons are needed: what the request itself may not say. It goes when
    the request is done, called off or expired."""

    request = models.OneToOneField(
        TwoPersonRequest, on_delete=models.CASCADE, related_name="refund"
    )
    payment = models.UUIDField()
    currency = models.CharField(max_length=3)
    minor = models.BigIntegerField()
    reason = models.CharField(max_length=16)

    objects: ClassVar[models.Manager[RefundAsked]] = models.Manager()

    def __str__(self) -> str:
        return f"a refund of payment {self.payment.hex[:12]}"

    @property
    def money(self) -> Money:
        return Money(self.currency, self.minor)


def codes_in(text: str) -> list[str]:
    """Return the country codes that stand in a field, in capitals."""
    return [each.strip().upper() for each in text.split(",") if each.strip()]


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins in the newsroom."""
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))
