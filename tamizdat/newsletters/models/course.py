"""What happens to issues besides what editors write in them: drafted, skipped, sent, asked about.

Rules:

* A day of a newsletter has one occasion: two workers that look at once draft one issue (``claim``
  in ``tamizdat.newsletters.drafting`` rests on the constraint).
* What a newsletter carried is kept by the stories' translation keys, written before a sending
  begins, and outlives issues and stories: nothing is repeated because a page was deleted.
* A question is asked once, and stays until an editor has answered it on the send page.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.fields import RichTextField
from wagtail.models import Orderable

from tamizdat.newsletters import panels
from tamizdat.newsletters.models.issues import Issue
from tamizdat.newsletters.models.newsletters import Newsletter
from tamizdat.newsletters.rendering import placeholders
from tamizdat.stories.blocks import RICH
from tamizdat.stories.models import Story

LONGEST_SERIES = 90  # days


class Occasion(models.Model):
    """A day on which a newsletter was to go, and what came of it; no issue: it was skipped."""

    newsletter = models.ForeignKey(Newsletter, models.CASCADE, related_name="occasions")
    day = models.DateField()  # in the newsletter's zone
    due_at = models.DateTimeField()
    issue = models.ForeignKey(
        Issue, models.SET_NULL, null=True, blank=True, related_name="occasions"
    )
    count = models.PositiveSmallIntegerField(default=0)  # stories that were found

    objects: ClassVar[models.Manager[Occasion]] = models.Manager()

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["newsletter", "day"], name="one_occasion_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.count}"

    @property
    def is_skipped(self) -> bool:
        return self.count == 0


class Carried(models.Model):
    """A story that an issue took to its subscribers."""

    newsletter = models.UUIDField()  # translation keys, both
    story = models.UUIDField()
    language = models.CharField(max_length=12)
    issue = models.UUIDField()  # ``Issue.uuid``

    objects: ClassVar[models.Manager[Carried]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "story"], name="carried_once_by_an_issue")
        ]
        indexes = [models.Index(fields=["newsletter", "language"], name="carried_by_newsletter")]

    def __str__(self) -> str:
        return f"{self.story} ({self.language})"


class Highlight(models.Model):
    """A story that an editor wants in a newsletter's next issue."""

    newsletter = models.ForeignKey(Newsletter, models.CASCADE, related_name="highlights")
    story = models.ForeignKey(Story, models.CASCADE, related_name="highlights")

    objects: ClassVar[models.Manager[Highlight]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["newsletter", "story"], name="highlighted_once_for_a_newsletter"
            )
        ]

    def __str__(self) -> str:
        return f"{self.story} for {self.newsletter}"


class WelcomeMail(Orderable):
    """A mail that everybody gets so many days after having subscribed, once."""

    newsletter = ParentalKey(Newsletter, related_name="welcome", on_delete=models.CASCADE)
    # Its id in the people's database; it belongs to the mail and to none of its revisions.
    uuid = models.UUIDField(default=uuid4, editable=False)
    after_days = models.PositiveSmallIntegerField(
        default=1,
        verbose_name="days after subscribing",
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SERIES)],
        help_text="1: on the next day.",
    )
    subject = models.CharField(max_length=150)
    quiet_subject = models.CharField(
        max_length=100,
        blank=True,
        help_text="The subject where mails are quiet. Empty: the newsletter's quiet name.",
    )
    text = RichTextField(features=RICH, max_length=5000)

    panels = panels.WELCOME

    def __str__(self) -> str:
        return self.subject

    def clean(self) -> None:
        super().clean()
        for name, where in (("subject", "subject"), ("text", "text")):
            allowed = placeholders.PERSONAL if name == "text" else frozenset()
            try:
                placeholders.check(where, getattr(self, name) or "", allowed)
            except placeholders.Unknown as error:
                raise ValidationError({name: f"{error}"}) from None


class NoticeQuerySet(models.QuerySet["Notice"]):
    def questions(self) -> NoticeQuerySet:
        """Keep what holds an issue back until somebody answers."""
        return self.exclude(kind=Notice.Kind.DROPPED).filter(is_answered=False)


class Notice(models.Model):
    """Something about an issue that editors are told. A question holds the issue back."""

    class Kind(models.TextChoices):
        LATE = "late", "Its time has passed"
        EMPTY = "empty", "Nothing is left to read in it"
        BROKEN = "broken", "It cannot be made into mail"
        HELD = "held", "It is no longer approved"
        CHANGED = "changed", "It is another than was confirmed"
        DROPPED = "dropped", "It went without a story"

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=8, choices=Kind)
    text = models.TextField()
    at = models.DateTimeField()
    is_answered = models.BooleanField(default=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(fields=["issue", "kind"], name="noticed_once_of_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"

    @property
    def is_question(self) -> bool:
        return self.kind != self.Kind.DROPPED and not self.is_answered
