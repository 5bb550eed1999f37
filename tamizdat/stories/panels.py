"""The story editor: fields in the order of the work."""

from __future__ import annotations

from django.forms import Select
from wagtail.admin.panels import (
    CommentPanel,
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    PageChooserPanel,
    PublishingPanel,
    TabbedInterface,
)

from tamizdat.stories.widgets import AuthorSelect

BYLINE = [FieldPanel("author", widget=AuthorSelect)]
RELATED = [PageChooserPanel("other", "stories.Story")]
CORRECTION = [FieldPanel("published"), FieldPanel("text")]

WRITE = [
    FieldPanel(
        "title",
        heading="Headline",
        help_text="Until the story is first published, its address follows the headline.",
    ),
    FieldPanel("standfirst"),
    FieldRowPanel([FieldPanel("kind"), FieldPanel("section", widget=Select)]),
    InlinePanel("bylines", label="Byline", heading="Bylines"),
    FieldPanel("location"),
    MultiFieldPanel(
        [
            FieldPanel("lead_photo", heading="Photo"),
            FieldPanel("lead_alt"),
            FieldPanel("lead_caption"),
            FieldPanel("lead_credit"),
        ],
        heading="Lead photo",
    ),
    FieldPanel("body"),
]

FOLLOW_UP = [
    InlinePanel(
        "corrections",
        label="Correction",
        heading="Corrections",
        help_text="Shown on the page and listed on the corrections page.",
    ),
    FieldPanel("topics"),
    InlinePanel(
        "picked",
        label="Story",
        heading="Related stories",
        max_num=4,
        help_text="These come first; free places fill themselves by topic, section and date.",
    ),
]

WHEN = [
    FieldPanel("embargo_until"),
    FieldRowPanel([FieldPanel("date_shown"), FieldPanel("date")]),
    PublishingPanel(),
    CommentPanel(),  # it has no place of its own: comments stand beside what they are about
]

MACHINES = [
    FieldPanel("slug"),
    MultiFieldPanel(
        [FieldPanel("seo_title"), FieldPanel("search_description")], heading="Search engines"
    ),
    MultiFieldPanel(
        [FieldPanel("share_title"), FieldPanel("share_text"), FieldPanel("share_photo")],
        heading="When shared",
    ),
]

STORY = TabbedInterface(
    [
        ObjectList(WRITE, heading="Write"),
        ObjectList(FOLLOW_UP, heading="Topics and corrections"),
        ObjectList(WHEN, heading="When"),
        ObjectList(MACHINES, heading="Search and sharing"),
    ]
)
