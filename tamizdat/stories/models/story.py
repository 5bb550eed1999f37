"""A story: what is written, who signed it, what was corrected, and when it may be read.

Rules:

* A story is public when it is live and its embargo, if any, is over. No byte of it is rendered
  before (must never happen, 11).
* Its address is the month of its first publication and its slug, never its section.
* Standfirst, byline, section, photo and date may be absent. A date is never guessed.
* What a story names (authors, section, topics) is in the story's own language.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone
from modelcluster.fields import ParentalKey, ParentalManyToManyField
from wagtail.fields import StreamField
from wagtail.locks import BaseLock, BasicLock
from wagtail.models import Orderable, PageManager
from wagtail.query import PageQuerySet
from wagtail.search import index

from tamizdat.accounts.models import User
from tamizdat.stories import changes, deadlines, keys, panels, publishing
from tamizdat.stories.blocks import BodyBlock
from tamizdat.stories.forms import StoryForm
from tamizdat.stories.languages import speak_own_language, taken_over, translatable
from tamizdat.stories.models.pages import Author, Section, Topic
from tamizdat.stories.models.public import PublicPage
from tamizdat.stories.permissions import StoryPermissions

PHOTO = "stories.Photo"


class StoryQuerySet(PageQuerySet):
    def public(self, now: datetime) -> StoryQuerySet:
        """Keep the stories that readers may see at this moment.

        One that was never published is not among them: Wagtail lays a new page into the tree as
        live, and publishes it two transactions later.
        """
        over = Q(embargo_until__isnull=True) | Q(embargo_until__lte=now)
        found: StoryQuerySet = self.filter(over, live=True, first_published_at__isnull=False)
        return found


class NewsroomLock(BasicLock):
    """A lock on a story whose work is booked to the shared account."""

    def for_user(self, user: Any) -> bool:
        return True


class Story(PublicPage):
    """A piece of journalism (schema.org NewsArticle and its kin)."""

    class Kind(models.TextChoices):
        NEWS = "news", "News"
        FEATURE = "feature", "Feature"
        ANALYSIS = "analysis", "Analysis"
        OPINION = "opinion", "Opinion"
        INTERVIEW = "interview", "Interview"
        INVESTIGATION = "investigation", "Investigation"
        EXPLAINER = "explainer", "Explainer"
        REVIEW = "review", "Review"
        EDITORIAL = "editorial", "Editorial"

    class DateShown(models.TextChoices):
        PUBLICATION = "publication", "When it was first published here"
        OWN = "own", "The date given below"
        NONE = "none", "No date"

    standfirst = models.TextField(
        blank=True, max_length=600, help_text="One or two sentences under the headline."
    )
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.NEWS)
    section = models.ForeignKey(
        Section, models.SET_NULL, null=True, blank=True, related_name="stories"
    )
    location = models.CharField(max_length=120, blank=True, help_text="Where it was reported from.")
    topics = ParentalManyToManyField(Topic, blank=True, related_name="stories")

    lead_photo = models.ForeignKey(PHOTO, models.SET_NULL, null=True, blank=True, related_name="+")
    lead_alt = models.CharField(
        "alt text",
        max_length=300,
        blank=True,
        help_text="What the photo shows, for those who cannot see it. Empty: the photo's own.",
    )
    lead_caption = models.CharField(
        "caption", max_length=500, blank=True, help_text="Empty: the photo's own."
    )
    lead_credit = models.CharField(
        "credit", max_length=200, blank=True, help_text="Who made it. Empty: the photo's own."
    )

    body = StreamField(BodyBlock(), blank=True)

    date_shown = models.CharField(max_length=12, choices=DateShown, default=DateShown.PUBLICATION)
    date = models.DateTimeField(
        null=True, blank=True, help_text="For a story that appeared elsewhere or earlier."
    )
    embargo_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Even when published, nothing of it reaches a reader before this moment.",
    )

    words = models.PositiveIntegerField(default=0, editable=False)

    share_title = models.CharField(max_length=200, blank=True, help_text="Empty: the headline.")
    share_text = models.CharField(max_length=300, blank=True, help_text="Empty: the standfirst.")
    share_photo = models.ForeignKey(
        PHOTO,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the lead.",
    )

    objects = PageManager.from_queryset(StoryQuerySet)()

    parent_page_types = ["stories.Month"]
    subpage_types: list[str] = []
    base_form_class = StoryForm
    edit_handler = panels.STORY
    search_fields = [
        *PublicPage.search_fields,
        index.SearchField("standfirst"),
        index.SearchField("body"),
        index.FilterField("kind"),
        index.FilterField("section"),
    ]

    translatable_fields = [
        *translatable("title", "standfirst", "location", "body"),
        *translatable("lead_alt", "lead_caption", "seo_title", "search_description"),
        *translatable("share_title", "share_text"),
        *taken_over("kind", "section", "bylines", "topics", "picked"),
        *taken_over("lead_photo", "lead_credit", "share_photo", "date_shown", "date"),
        *taken_over("embargo_until"),
    ]

    class Meta:
        verbose_name = "story"
        verbose_name_plural = "stories"

    def clean(self) -> None:
        super().clean()
        if self.slug == "page":  # its second part would stand where the month's second page does
            raise ValidationError({"slug": "“page” is taken by the site itself; choose another."})

    # Time

    def is_public(self, now: datetime | None = None) -> bool:
        now = now or timezone.now()
        is_over = self.embargo_until is None or self.embargo_until <= now
        return bool(self.live and self.first_published_at) and is_over

    @property
    def sort_at(self) -> datetime | None:
        """The moment that orders lists and files the story under a month."""
        return self.first_published_at

    # Revisions

    def save_revision(
        self, user: User | None = None, overwrite_revision: Any = None, **kwargs: Any
    ) -> Any:
        """Save a revision; one that the newsroom has begun stays the newsroom's.

        Wagtail goes on with a revision only for its own author, and who that is may change under
        way: with the first byline (see ``tamizdat.stories.protection``).
        """
        speak_own_language(self)
        if overwrite_revision is not None and user is not None:
            shared = User.shared()
            if shared.pk in (user.pk, overwrite_revision.user_id):
                user = overwrite_revision.user = shared
        return super().save_revision(user=user, overwrite_revision=overwrite_revision, **kwargs)

    def get_lock(self) -> BaseLock | None:
        """Return what keeps people from editing; a lock of the newsroom's keeps everybody.

        Whoever locked booked work is not kept, so nobody can be let through; it is unlocked first.
        """
        lock = super().get_lock()
        if isinstance(lock, BasicLock) and self.locked_by and self.locked_by.is_shared:
            return NewsroomLock(self)
        return lock

    # Publishing

    def permissions_for_user(self, user: Any) -> StoryPermissions:
        return StoryPermissions(user, self)

    def publish(self, revision: Any, *args: Any, **kwargs: Any) -> Any:
        """Publish or schedule a revision. Raises publishing.NotReady where it lacks something."""
        if revision.approved_go_live_at is None:
            publishing.demand(revision.as_object())
        return super().publish(revision, *args, **kwargs)

    def _is_going_live(self) -> bool:
        """Say whether this save puts another revision before the readers, unapproved so far."""
        revision = self.live_revision
        if not self.live or revision is None or revision.approved_go_live_at is not None:
            return False
        return not Story.objects.filter(pk=self.pk, live_revision=revision).exists()

    # The outbox

    def save(self, *args: Any, **kwargs: Any) -> Any:
        from tamizdat.stories.showing.blocks import count_words

        if kwargs.get("update_fields") is None:
            self.words = count_words(self.body)
            speak_own_language(self)
            if self._is_going_live():
                publishing.demand(self)
        return super().save(*args, **kwargs)

    def keys_of_change(self, before: PublicPage | None) -> list[str]:
        found = super().keys_of_change(before)
        if found and self.corrections.exists():  # the page that lists one knows its story
            found.append(keys.corrections(self.language))
        return found

    def settle(self) -> None:
        """File a published story under its month, and note the end of its embargo."""
        if not self.live:
            return
        self._file()
        if self.first_published_at:
            deadlines.note_news(self.first_published_at, timezone.now())
        self.note_embargo(timezone.now())
        for correction in self.corrections.all():
            if correction.published > timezone.now():
                due = [keys.page(self.pk), keys.corrections(self.language)]
                changes.record(due, due_at=correction.published)

    def note_embargo(self, now: datetime) -> None:
        """Have the bake look again when the embargo ends."""
        if self.embargo_until and self.embargo_until > now:
            changes.record(self._shown_with(), due_at=self.embargo_until)

    def show_again(self) -> None:
        """Have the bake look at once."""
        changes.record(self._shown_with())

    def _shown_with(self) -> list[str]:
        translations = keys.translations(self.translation_key)
        return [keys.page(self.pk), translations, keys.corrections(self.language)]

    def _file(self) -> None:
        from tamizdat.stories.filing import home_of, month_of

        if self.first_published_at is None:
            return
        local = timezone.localtime(self.first_published_at)
        if self.steps()[:-1] == [f"{local:%Y}", f"{local:%m}"]:
            return  # as nearly always; to look for the month asks four questions
        month = month_of(home_of(self), self.first_published_at)
        if self.is_child_of(month):
            return
        self._move_to(month)

    def _move_to(self, month: Any) -> None:
        """Move below a month; the slug gives way where a story there has it already."""
        from treebeard.mp_tree import MP_MoveHandler

        taken = set(month.get_children().values_list("slug", flat=True))
        own, number = str(self.slug), 2
        slug: str = own
        while slug in taken:
            slug, number = f"{own[:240]}-{number}", number + 1
        MP_MoveHandler(self, month, "last-child").process()
        moved = type(self).objects.get(pk=self.pk)
        self.path, self.depth, self.numchild = moved.path, moved.depth, moved.numchild
        self.slug = slug
        self.set_url_path(month)
        type(self).objects.filter(pk=self.pk).update(slug=slug, url_path=self.url_path)


class Byline(Orderable):
    """An author over a story."""

    story = ParentalKey(Story, related_name="bylines", on_delete=models.CASCADE)
    author = models.ForeignKey(Author, models.CASCADE, related_name="bylines")

    panels = panels.BYLINE


class Related(Orderable):
    """A story that an editor put under another."""

    story = ParentalKey(Story, related_name="picked", on_delete=models.CASCADE)
    other = models.ForeignKey(Story, models.CASCADE, related_name="+")

    panels = panels.RELATED


class Correction(Orderable):
    """What was wrong and is now right, with its date; it stands on the page for good."""

    story = ParentalKey(Story, related_name="corrections", on_delete=models.CASCADE)
    published = models.DateTimeField("date", default=timezone.now)
    text = models.TextField(max_length=2000)

    panels = panels.CORRECTION
