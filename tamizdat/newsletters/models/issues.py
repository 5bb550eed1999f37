"""An issue of a newsletter: what it says, which stories it shows, and since when readers have it.

Rules:

* Going live means approved. Readers have an issue, in the web archive as in their mail, from the
  moment on at which its sending begins, and never before (must never happen, 11).
* ``uuid`` is its id everywhere outside the newsroom's database. It and ``began_at`` belong to the
  issue and to none of its revisions: publishing an earlier text changes neither.
* A story that was withdrawn stands in no issue any more, whoever named it. Its place keeps the
  headline, so that editors see what went.
* An issue is a page of one language. Copied, it is another issue, which was never sent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from modelcluster.fields import ParentalKey
from wagtail.fields import RichTextField
from wagtail.models import Orderable, PageManager
from wagtail.query import PageQuerySet

from tamizdat.newsletters import panels
from tamizdat.newsletters.models.newsletters import Newsletter
from tamizdat.newsletters.permissions import IssuePermissions
from tamizdat.stories import keys
from tamizdat.stories.blocks import RICH
from tamizdat.stories.models import PublicPage, Story


class IssueQuerySet(PageQuerySet):
    def public(self) -> IssueQuerySet:
        """Keep the issues that readers may see."""
        found: IssueQuerySet = self.filter(live=True, began_at__isnull=False)
        return found

    def of(self, newsletter: Any) -> IssueQuerySet:
        """Keep the issues of one newsletter in one language."""
        found: IssueQuerySet = self.child_of(newsletter)
        return found


class Issue(PublicPage):
    """One issue, in one language."""

    uuid = models.UUIDField(unique=True, default=uuid4, editable=False)
    number = models.PositiveIntegerField(
        null=True, blank=True, help_text="Counted within its newsletter. Empty: none is shown."
    )
    subject = models.CharField(
        max_length=150, blank=True, help_text="The mail's subject. Empty: the title."
    )
    quiet_subject = models.CharField(
        max_length=100,
        blank=True,
        help_text="The subject where mails are quiet. Empty: the newsletter's quiet name.",
    )
    introduction = RichTextField(blank=True, features=RICH, max_length=5000)

    since = models.DateTimeField(null=True, blank=True, editable=False)
    until = models.DateTimeField(null=True, blank=True, editable=False)
    due_at = models.DateTimeField(
        null=True,
        blank=True,
        verbose_name="goes at",
        help_text="When the issue is to go to its subscribers, once it is approved.",
    )
    began_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PageManager.from_queryset(IssueQuerySet)()

    translatable_fields: list[object] = []
    exclude_fields_in_copy = ["uuid", "number", "began_at", "due_at", "since", "until"]
    parent_page_types = ["newsletters.Newsletter"]
    subpage_types: list[str] = []
    edit_handler = panels.ISSUE

    class Meta:
        verbose_name = "issue"
        constraints = [
            models.CheckConstraint(
                condition=Q(since__isnull=True)
                | Q(until__isnull=True)
                | Q(since__lte=models.F("until")),
                name="issue_window_runs_forward",
            )
        ]

    @property
    def subject_line(self) -> str:
        return str(self.subject or self.title)

    @property
    def newsletter(self) -> Newsletter:
        found: Newsletter = self.get_parent().specific
        return found

    @property
    def sent_at(self) -> datetime | None:
        """The moment that readers are told: when its sending began, else when it is to."""
        return self.began_at or self.due_at

    # Time

    def is_public(self) -> bool:
        """Say whether readers may see it now.

        ``began_at`` is when that happened, and never lies ahead; the moment at which a bake began
        may lie before it.
        """
        return bool(self.live) and self.began_at is not None

    def begin(self, now: datetime) -> None:
        """Note that the sending begins: from now on readers have the issue. Done again, it changes
        nothing."""
        if self.began_at is None:
            self.began_at = now
            self.save(update_fields=["began_at"])

    def permissions_for_user(self, user: Any) -> IssuePermissions:
        return IssuePermissions(user, self)

    def clean(self) -> None:
        super().clean()
        if self.slug == "page":
            raise ValidationError({"slug": "“page” is taken by the site itself; choose another."})

    # The preview

    preview_modes = [
        ("", "Mail"),
        ("phone", "Mail on a phone"),
        ("dark", "Mail at night"),
        ("bare", "Pictures off"),
        ("plain", "Plain text"),
        ("full", "Full text"),
        ("full-plain", "Full text, plain"),
        ("web", "On the web"),
    ]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show the issue as mail, from the unsaved form."""
        from tamizdat.newsletters.previewing import preview

        if mode_name == "web":
            shown: HttpResponse = super().serve_preview(request, "")
            return shown
        return preview(self, mode_name, timezone.now())

    # Revisions

    def with_content_json(self, content: dict[str, Any]) -> Issue:
        """Take up a revision's text; what the issue is and whether it went, stays."""
        found: Issue = super().with_content_json(content)
        found.uuid, found.began_at = self.uuid, self.began_at
        found.since, found.until = self.since, self.until
        return found

    # The outbox

    def keys_of_change(self, before: PublicPage | None) -> list[str]:
        found = super().keys_of_change(before)
        if found and (self.is_public() or (before is not None and before.is_public())):
            found.append(keys.stories_in(keys.shelf(self.get_parent().pk)))
        return found


class IssueStory(Orderable):
    """A story in an issue."""

    issue = ParentalKey(Issue, related_name="stories", on_delete=models.CASCADE)
    story = models.ForeignKey(Story, models.SET_NULL, null=True, related_name="+")
    # What it was called: all that editors can be told of a story that was deleted since.
    headline = models.CharField(max_length=255, blank=True, editable=False)
    blurb = models.TextField(
        max_length=600, blank=True, help_text="What the issue says of it. Empty: its standfirst."
    )
    is_highlight = models.BooleanField(
        default=False, verbose_name="highlight", help_text="Shown large, with its photo."
    )

    panels = panels.ISSUE_STORY

    def __str__(self) -> str:
        return self.headline

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.story is not None:
            self.headline = self.story.title
        super().save(*args, **kwargs)
