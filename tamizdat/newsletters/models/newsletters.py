"""Newsletters, as readers find them and as editors set them up.

Home
  NewsletterIndex              /newsletters/
    Newsletter …               /newsletters/friday-letter/
      Issue …                  /newsletters/friday-letter/2026-11-27/

Rules:

* A newsletter is one thing in several languages: a page for each, tied as translations. Its id
  everywhere outside the newsroom's database is the ``translation_key`` that they share.
* Its schedule and its sections are each language's own: a newsroom's Persian letter may go on
  Thursday, before the weekend there.
* What stands in a mail's sender and subject for everybody to see has a quiet form. It is used in
  the languages of the home country unless an editor says otherwise.
"""

from __future__ import annotations

from datetime import time
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from modelcluster.fields import ParentalManyToManyField

from tamizdat.newsletters import panels
from tamizdat.newsletters.forms import NewsletterForm
from tamizdat.newsletters.permissions import NewsletterPermissions
from tamizdat.stories.languages import taken_over, translatable
from tamizdat.stories.models import PublicPage, Section

LATEST_DAY = 31  # of a month; the last day of a shorter one stands in (clock)
LONGEST_LEAD = 14 * 24  # hours


class NewsletterIndex(PublicPage):
    """The list of newsletters of a language; found as a draft, published by an editor."""

    description = models.TextField(blank=True, max_length=500)

    translatable_fields = translatable("title", "description", "seo_title", "search_description")

    max_count_per_parent = 1
    parent_page_types = ["stories.Home"]
    subpage_types = ["newsletters.Newsletter"]
    edit_handler = panels.INDEX

    class Meta:
        verbose_name = "newsletters"

    def chrome(self) -> tuple[object, ...]:
        return (self.title, self.slug)

    def permissions_for_user(self, user: Any) -> NewsletterPermissions:
        return NewsletterPermissions(user, self)


class Newsletter(PublicPage):
    """A newsletter in one language."""

    class Rhythm(models.TextChoices):
        DAILY = "daily", "Every day"
        WEEKLY = "weekly", "Every week"
        MONTHLY = "monthly", "Every month"
        BY_HAND = "by-hand", "When an editor says so"

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    class Quiet(models.TextChoices):
        BY_LANGUAGE = "", "In the languages of the home country"
        ALWAYS = "always", "Always"
        NEVER = "never", "Never"

    class WeekFile(models.TextChoices):
        NONE = "", "No"
        LINK = "link", "A link to it"
        ATTACHED = "attached", "It lies with the mail"

    description = models.TextField(
        blank=True, max_length=500, help_text="What readers get, in one or two sentences."
    )
    position = models.PositiveSmallIntegerField(
        default=10,
        help_text="Smaller numbers come first; the first is offered at the foot of every page.",
    )
    is_open = models.BooleanField(default=True, verbose_name="readers can subscribe")
    for_supporters = models.BooleanField(
        default=False,
        verbose_name="for supporters",
        help_text="Offered in the supporters' portal and in letters of thanks, and on no form of "
        "the site. It is no secret: nobody is asked whether she gave.",
    )
    offers_full_text = models.BooleanField(
        default=True,
        verbose_name="offered with full text",
        help_text="Readers may then choose whole stories instead of summaries: all in the mail, "
        "for those who cannot open the site.",
    )

    week_file = models.CharField(
        max_length=8,
        blank=True,
        choices=WeekFile,
        default=WeekFile.NONE,
        verbose_name="the week in one file",
        help_text="For full-text readers: the stories of the last seven days in a file to keep and "
        "pass on, which needs no network. With the mail it makes each up to 4 MB heavier, and lies "
        "on the reader's device.",
    )

    rhythm = models.CharField(max_length=8, choices=Rhythm, default=Rhythm.WEEKLY)
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday, default=Weekday.FRIDAY, help_text="For one that goes every week."
    )
    month_day = models.PositiveSmallIntegerField(
        default=1,
        verbose_name="day of the month",
        validators=[MinValueValidator(1), MaxValueValidator(LATEST_DAY)],
        help_text=f"For one that goes every month: 1 to {LATEST_DAY}. A shorter month has it on "
        "its last day.",
    )
    at = models.TimeField(default=time(16), verbose_name="time", help_text="When an issue goes.")
    zone = models.CharField(
        max_length=64,
        blank=True,
        verbose_name="time zone",
        help_text="As Europe/Riga. Empty: the newsroom's own.",
    )
    drafts_ahead = models.PositiveSmallIntegerField(
        default=24,
        verbose_name="hours ahead",
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_LEAD)],
        help_text="How many hours before its time an issue drafts itself.",
    )
    sections = ParentalManyToManyField(
        Section,
        blank=True,
        related_name="+",
        help_text="From which sections an issue drafts itself. None: from all.",
    )

    sender_name = models.CharField(
        max_length=60, blank=True, help_text="From whom the mail comes. Empty: the newsroom's name."
    )
    quiet = models.CharField(
        max_length=6,
        blank=True,
        choices=Quiet,
        default=Quiet.BY_LANGUAGE,
        verbose_name="quiet sender and subject",
        help_text="A quiet mail names neither the newsroom nor its news where others may see it: "
        "in the list of mails, on a locked screen.",
    )
    quiet_name = models.CharField(
        max_length=60,
        blank=True,
        verbose_name="quiet name of the newsletter",
        help_text="Empty: a plain word for letter.",
    )
    quiet_sender_name = models.CharField(
        max_length=60,
        blank=True,
        verbose_name="quiet sender",
        help_text="A name that says nothing. Empty: none, the bare address.",
    )

    translatable_fields = [
        *translatable("title", "description", "seo_title", "search_description"),
        *translatable("sender_name", "quiet_name", "quiet_sender_name"),
        *taken_over("position", "for_supporters", "offers_full_text", "week_file"),
    ]

    parent_page_types = ["newsletters.NewsletterIndex"]
    subpage_types = ["newsletters.Issue"]
    base_form_class = NewsletterForm
    edit_handler = panels.NEWSLETTER

    class Meta:
        verbose_name = "newsletter"

    @property
    def is_quiet(self) -> bool:
        """Say whether its mails bear the quiet sender and subject."""
        if self.quiet == self.Quiet.BY_LANGUAGE:
            return self.language.split("-")[0] in settings.HOME_LANGUAGES
        return self.quiet == self.Quiet.ALWAYS

    @property
    def zone_name(self) -> str:
        """Return the IANA name of the zone that its schedule is in."""
        return str(self.zone or settings.TIME_ZONE)

    def clean(self) -> None:
        super().clean()
        if self.zone and self.zone not in available_timezones():
            text = f"“{self.zone}” is no time zone. Write it as Europe/Riga, or leave it empty."
            raise ValidationError({"zone": text})
        if self.slug == "page":
            raise ValidationError({"slug": "“page” is taken by the site itself; choose another."})

    def permissions_for_user(self, user: Any) -> NewsletterPermissions:
        return NewsletterPermissions(user, self)

    # The preview: its page, and the mails of its welcome series

    @property  # as Wagtail's own is
    def preview_modes(self) -> list[tuple[str, str]]:  # type: ignore[override]  # a list elsewhere
        from tamizdat.newsletters.previewing import welcomes

        return [*PublicPage.preview_modes, *welcomes(self)]

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """Show its page, or a mail of its series, from the unsaved form."""
        from tamizdat.newsletters.previewing import WELCOME, preview_welcome

        if mode_name.startswith(WELCOME):
            return preview_welcome(self, mode_name, timezone.now())
        shown: HttpResponse = super().serve_preview(request, mode_name)
        return shown

    # What all pages of the language show of it: the form to subscribe

    def chrome(self) -> tuple[object, ...]:
        offered = (self.title, self.slug, self.description, self.position, self.offers_full_text)
        schedule = (self.rhythm, self.weekday, self.month_day)
        return (*offered, *schedule, self.is_open, self.for_supporters)

    def settle(self) -> None:
        """Let its sections be those of its own language, as far as they are translated; and let the
        people's side know of it."""
        from tamizdat.newsletters import offers

        transaction.on_commit(lambda: offers.tell(self), robust=True)
        found = list(self.sections.all())
        if any(section.locale_id != self.locale_id for section in found):
            own = [section.get_translation_or_none(self.locale) for section in found]
            self.sections.set([section for section in own if section is not None])
            self.sections.commit()
