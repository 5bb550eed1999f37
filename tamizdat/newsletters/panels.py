"""The editors' forms for newsletters and issues: fields in the order of the work."""

from __future__ import annotations

from wagtail.admin.panels import (
    CommentPanel,
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    PageChooserPanel,
    PublishingPanel,
    TabbedInterface,
)

from tamizdat.stories.models.pages import tabs

INDEX = tabs([FieldPanel("title"), FieldPanel("description")])

OFFER = [
    FieldPanel("title", heading="Name"),
    FieldPanel("description"),
    FieldPanel("position"),
    FieldPanel("is_open"),
    FieldPanel("for_supporters"),
    FieldPanel("offers_full_text"),
    FieldPanel("week_file"),
]

SCHEDULE = [
    FieldPanel("rhythm"),
    FieldRowPanel([FieldPanel("weekday"), FieldPanel("month_day")]),
    FieldRowPanel([FieldPanel("at"), FieldPanel("zone")]),
    FieldPanel("drafts_ahead"),
    FieldPanel("sections"),
]

MAIL = [
    FieldPanel("sender_name"),
    MultiFieldPanel(
        [
            HelpPanel(
                "A mail lies in the open: whoever sees the screen sees sender and subject. Where "
                "reading you can be punished, let them say nothing."
            ),
            FieldPanel("quiet"),
            FieldPanel("quiet_name"),
            FieldPanel("quiet_sender_name"),
        ],
        heading="What others may see",
    ),
]

WELCOME = [
    FieldPanel("after_days"),
    FieldPanel("subject"),
    FieldPanel("quiet_subject"),
    FieldPanel("text"),
]

SERIES = [
    HelpPanel(
        "What somebody who has just subscribed may want to know: who you are, how to read you "
        "where you are blocked, how to leave. Each mail goes once to each new reader; those who "
        "were there before get none."
    ),
    InlinePanel("welcome", label="Mail", heading="Welcome series", max_num=7),
]

MACHINES = [FieldPanel("slug"), FieldPanel("seo_title"), FieldPanel("search_description")]

NEWSLETTER = TabbedInterface(
    [
        ObjectList(OFFER, heading="What readers get"),
        ObjectList(SCHEDULE, heading="When"),
        ObjectList(MAIL, heading="The mail"),
        ObjectList(SERIES, heading="Welcome"),
        ObjectList(MACHINES, heading="Address and search"),
    ]
)

ISSUE_STORY = [
    PageChooserPanel("story", "stories.Story"),
    FieldPanel("blurb"),
    FieldPanel("is_highlight"),
]

WRITE = [
    FieldPanel("title", help_text="Heads the issue in the archive, and the mail."),
    FieldPanel("introduction"),
    InlinePanel("stories", label="Story", heading="Stories"),
]

SEND = [
    FieldPanel("subject"),
    FieldPanel("quiet_subject"),
    FieldRowPanel([FieldPanel("due_at"), FieldPanel("number")]),
    PublishingPanel(),
    CommentPanel(),
]

ISSUE = TabbedInterface(
    [
        ObjectList(WRITE, heading="Write"),
        ObjectList(SEND, heading="Subject and time"),
        ObjectList(MACHINES, heading="Address and search"),
    ]
)
