"""The editors' forms for goals and appeals: fields in the order of the work."""

from __future__ import annotations

from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    PageChooserPanel,
)

GOAL = [
    FieldPanel("name"),
    FieldRowPanel([FieldPanel("amount"), FieldPanel("currency"), FieldPanel("period")]),
    FieldRowPanel([FieldPanel("since"), FieldPanel("until")]),
    MultiFieldPanel(
        [
            HelpPanel(
                "What readers see of a goal is what the ledger says: gifts less refunds and "
                "disputes, by all ways of paying, on the newsroom's calendar, other currencies at "
                "the rate of their day."
            ),
            FieldPanel("is_public"),
            FieldPanel("by_day"),
            FieldPanel("whole_percent"),
            FieldPanel("from_payments"),
        ],
        heading="What readers see of it",
    ),
]

SECTION = [PageChooserPanel("section", "stories.Section")]

APPEAL = [
    FieldRowPanel([FieldPanel("name"), FieldPanel("is_on")]),
    FieldRowPanel([FieldPanel("kind"), FieldPanel("position")]),
    MultiFieldPanel(
        [
            FieldPanel("heading"),
            FieldPanel("text"),
            FieldPanel("button"),
            FieldPanel("dismiss"),
            FieldPanel("page_text"),
        ],
        heading="What it says",
    ),
    MultiFieldPanel([FieldPanel("goal"), FieldPanel("pays_for")], heading="Its goal"),
    MultiFieldPanel(
        [
            FieldPanel("at_end"),
            FieldPanel("at_top"),
            FieldPanel("on_page"),
            FieldPanel("in_newsletter"),
        ],
        heading="Where it stands",
    ),
    MultiFieldPanel(
        [
            FieldRowPanel([FieldPanel("begins_on"), FieldPanel("ends_on")]),
            FieldRowPanel([FieldPanel("only_for"), FieldPanel("not_for")]),
            InlinePanel("sections", heading="Sections (none: everywhere)", label="Section"),
        ],
        heading="When, and in which editions and sections",
    ),
]
