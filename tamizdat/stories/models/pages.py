"""The tree around the stories: home, sections, authors, topics, years and months, plain pages.

Home (one per language)
  Section …        /politics/
  AuthorIndex      /authors/      Author …  /authors/mira-solen/
  TopicIndex       /topics/       Topic …   /topics/water/
  TextPage …       /about/
  Year > Month > Story             /2026/11/slug/     (made by themselves)
"""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.admin.panels import (
    FieldPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    PageChooserPanel,
    TabbedInterface,
)
from wagtail.fields import RichTextField, StreamField
from wagtail.models import Orderable, Page

from tamizdat.stories import keys
from tamizdat.stories.blocks import RICH, BodyBlock
from tamizdat.stories.languages import taken_over, translatable
from tamizdat.stories.models.public import RESERVED_SLUGS, PublicPage, language_codes

PHOTO = "stories.Photo"
TOP_STORIES = 4


def tabs(content: list[Any]) -> TabbedInterface:
    """Build the editor's tabs: what the page says; its address and what machines are told."""
    machine = ["slug", "seo_title", "search_description"]
    return TabbedInterface(
        [
            ObjectList(content, heading="Content"),
            ObjectList([FieldPanel(name) for name in machine], heading="Address and search"),
        ]
    )


class Home(PublicPage):
    """A language's front page, curated: whatever is left empty fills itself."""

    tagline = models.CharField(max_length=200, blank=True, help_text="Under the newsroom's name.")
    notice = models.CharField(
        max_length=300, blank=True, help_text="One standing line above every page. Empty: none."
    )
    logo = models.ForeignKey(PHOTO, models.SET_NULL, null=True, blank=True, related_name="+")
    lead = models.ForeignKey(
        "stories.Story",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the newest story with a lead photo.",
    )
    sharing_warning = models.CharField(
        max_length=400,
        blank=True,
        help_text="Where passing a story on can be a crime: said beside whatever helps to do it. "
        "Empty: nothing is said.",
    )
    names_files = models.BooleanField(
        default=False,
        verbose_name="files to keep are named after their story",
        help_text="A saved story then bears its headline as its file's name and title. Leave it "
        "off where such a file may be found on somebody's phone.",
    )
    security_contact = models.CharField(
        max_length=200,
        blank=True,
        help_text="Whom to tell of a hole in this site, in security.txt: https://… or "
        "mailto:…. That of the first language counts.",
    )
    has_llms_txt = models.BooleanField(
        default=False,
        verbose_name="llms.txt for language models",
        help_text="A list of the newest stories, made for language models to read.",
    )
    row_length = models.PositiveSmallIntegerField(
        default=4, help_text="How many stories each section's row shows."
    )

    translatable_fields = [
        *translatable("title", "tagline", "notice", "sharing_warning"),
        *taken_over("logo", "names_files"),
    ]

    parent_page_types = ["wagtailcore.Page"]
    subpage_types = [
        "stories.Section",
        "stories.AuthorIndex",
        "stories.TopicIndex",
        "stories.TextPage",
        "stories.Year",
    ]
    edit_handler = tabs(
        [
            FieldPanel("title", heading="Name of the newsroom"),
            FieldPanel("tagline"),
            FieldPanel("notice"),
            FieldPanel("logo"),
            MultiFieldPanel(
                [
                    HelpPanel(
                        "What you leave empty fills itself: with the newest stories, none twice."
                    ),
                    PageChooserPanel("lead", "stories.Story"),
                    InlinePanel("top", label="Top story", max_num=TOP_STORIES),
                    FieldPanel("row_length"),
                ],
                heading="The front",
            ),
            MultiFieldPanel(
                [FieldPanel("sharing_warning"), FieldPanel("names_files")],
                heading="What readers pass on or keep",
            ),
            MultiFieldPanel(
                [FieldPanel("security_contact"), FieldPanel("has_llms_txt")],
                heading="What machines are told",
            ),
        ]
    )

    class Meta:
        verbose_name = "home page"

    def chrome(self) -> tuple[object, ...]:
        kept = (self.sharing_warning, self.names_files)
        return (self.title, self.tagline, self.notice, self.logo_id, *kept)

    def steps(self) -> list[str]:
        return []

    def keys_of_change(self, before: PublicPage | None) -> list[str]:
        found = super().keys_of_change(before)
        if found and (before is None or before.live != self.live):
            found.append(keys.homes())
        return found


class HomeTop(Orderable):
    """A story that an editor put under the lead."""

    home = ParentalKey(Home, related_name="top", on_delete=models.CASCADE)
    story = models.ForeignKey("stories.Story", models.CASCADE, related_name="+")

    panels = [PageChooserPanel("story", "stories.Story")]


class Section(PublicPage):
    """A part of the newspaper. A story names its section; its address does not."""

    # Named, so that a story (a page too) can have a field called "section".
    page_ptr = models.OneToOneField(
        Page, models.CASCADE, parent_link=True, related_name="section_page"
    )
    description = models.TextField(blank=True, max_length=500)
    position = models.PositiveSmallIntegerField(
        default=10, help_text="Smaller numbers come first in the navigation and on the front."
    )
    is_on_front = models.BooleanField(default=True, verbose_name="has a row on the home page")

    translatable_fields = [
        *translatable("title", "description", "seo_title", "search_description"),
        *taken_over("position", "is_on_front"),
    ]

    parent_page_types = ["stories.Home"]
    subpage_types: list[str] = []
    edit_handler = tabs(
        [
            FieldPanel("title", heading="Name"),
            FieldPanel("description"),
            FieldPanel("position"),
            FieldPanel("is_on_front"),
        ]
    )

    def chrome(self) -> tuple[object, ...]:
        return (self.title, self.slug, self.position, self.is_on_front)

    def clean(self) -> None:
        super().clean()
        refuse_reserved(self.slug)


class AuthorIndex(PublicPage):
    """The list of authors; made by itself."""

    translatable_fields = translatable("title", "seo_title", "search_description")

    max_count_per_parent = 1
    parent_page_types = ["stories.Home"]
    subpage_types = ["stories.Author"]
    edit_handler = ObjectList([FieldPanel("title")])  # its address stands in every author's

    class Meta:
        verbose_name = "authors"

    def chrome(self) -> tuple[object, ...]:
        return (self.title,)


class Author(PublicPage):
    """A name that stands over stories. It belongs to no staff account.

    A protected author is a pseudonym: the work on its stories is booked to the shared account.
    """

    role = models.CharField(max_length=120, blank=True)
    bio = RichTextField(features=RICH, blank=True)
    photo = models.ForeignKey(PHOTO, models.SET_NULL, null=True, blank=True, related_name="+")
    is_protected = models.BooleanField(
        default=False,
        verbose_name="protected",
        help_text="A pseudonym whose bearer nobody may find out. Who wrote, revised or commented "
        "on this author's stories is then kept nowhere: all of it is booked to the newsroom. "
        "Do not give a photo, a role or a biography that says more than it must.",
    )

    translatable_fields = [
        *translatable("title", "role", "bio", "seo_title", "search_description"),
        *taken_over("is_protected", "photo"),
    ]

    parent_page_types = ["stories.AuthorIndex"]
    subpage_types: list[str] = []
    edit_handler = tabs(
        [
            FieldPanel("title", heading="Name, as readers see it"),
            FieldPanel("is_protected"),
            FieldPanel("role"),
            FieldPanel("bio"),
            FieldPanel("photo"),
        ]
    )


class TopicIndex(PublicPage):
    """The list of topics; made by itself."""

    translatable_fields = translatable("title", "seo_title", "search_description")

    max_count_per_parent = 1
    parent_page_types = ["stories.Home"]
    subpage_types = ["stories.Topic"]
    edit_handler = ObjectList([FieldPanel("title")])  # its address stands in every topic's

    class Meta:
        verbose_name = "topics"

    def chrome(self) -> tuple[object, ...]:
        return (self.title,)


class Topic(PublicPage):
    """What stories are about, across sections."""

    description = models.TextField(blank=True, max_length=500)

    translatable_fields = translatable("title", "description", "seo_title", "search_description")

    parent_page_types = ["stories.TopicIndex"]
    subpage_types: list[str] = []
    edit_handler = tabs([FieldPanel("title", heading="Name"), FieldPanel("description")])

    class Meta:
        verbose_name = "topic page"


class TextPage(PublicPage):
    """About, privacy, contact: a page with words of its own."""

    class Builtin(models.TextChoices):
        NONE = "", "—"
        PRIVACY = "privacy", "What the software keeps about readers"

    body = StreamField(BodyBlock(), blank=True)
    builtin = models.CharField(
        max_length=20,
        blank=True,
        choices=Builtin,
        verbose_name="text by the software",
        help_text="Stands above the body and stays true by itself.",
    )
    is_in_footer = models.BooleanField(default=True, verbose_name="linked at the foot of pages")

    translatable_fields = [
        *translatable("title", "body", "seo_title", "search_description"),
        *taken_over("builtin", "is_in_footer"),
    ]

    parent_page_types = ["stories.Home"]
    subpage_types: list[str] = []
    edit_handler = tabs(
        [
            FieldPanel("title"),
            FieldPanel("builtin"),
            FieldPanel("body"),
            FieldPanel("is_in_footer"),
        ]
    )

    class Meta:
        verbose_name = "plain page"

    def chrome(self) -> tuple[object, ...]:
        return (self.title, self.slug) if self.is_in_footer else ()

    def clean(self) -> None:
        super().clean()
        refuse_reserved(self.slug)


class Year(PublicPage):
    """A year of stories; made by itself."""

    translatable_fields: list[object] = []
    preview_modes: list[tuple[str, str]] = []
    parent_page_types = ["stories.Home"]
    subpage_types = ["stories.Month"]
    is_creatable = False
    edit_handler = ObjectList([HelpPanel("Years and months are made by themselves.")])


class Month(PublicPage):
    """A month of stories; made by itself."""

    translatable_fields: list[object] = []
    preview_modes: list[tuple[str, str]] = []
    parent_page_types = ["stories.Year"]
    subpage_types = ["stories.Story"]
    is_creatable = False
    edit_handler = ObjectList([HelpPanel("Years and months are made by themselves.")])


def refuse_reserved(slug: str) -> None:
    """Refuse a slug that the edition needs for itself, or that reads as a year or a language."""
    if slug in RESERVED_SLUGS or slug in language_codes() or re.fullmatch(r"[0-9]{4}", slug or ""):
        raise ValidationError(
            {"slug": f"“{slug}” is taken by the site itself; choose another word."}
        )
