"""What a page says, before it has a face.

Frozen values only: the bake fills them from stories, the templates read them, and the preview in
the newsroom uses the same two steps, so that an editor sees what a reader will see.

Rules:

* Text is plain and is escaped by the templates. Only fields of type ``Markup`` hold HTML, and
  whoever fills them has sanitised it.
* Addresses are paths from the edition's root (``/2026/11/slug/``), never a host: the same bytes
  are read from every mirror. The one absolute address is ``Site.public_address``.
* Moments are aware datetimes in UTC; the templates show them in the newsroom's zone, in the
  reader's language and calendar.
"""

from __future__ import annotations

from tamizdat.reader.pages.bodies import (
    Audio,
    Block,
    BlockQuote,
    Correction,
    FactBox,
    Footnote,
    Gallery,
    Heading,
    LinkCard,
    Photo,
    PullQuote,
    Table,
    Text,
    Video,
)
from tamizdat.reader.pages.kinds import (
    NOTHING,
    RHYTHMS,
    CorrectionEntry,
    CorrectionsPage,
    Document,
    FrontPage,
    FrontRow,
    Head,
    IndexEntry,
    IndexPage,
    Issue,
    IssueEntry,
    IssuePage,
    ListPage,
    NewsletterPage,
    NewslettersPage,
    NotFoundPage,
    Onward,
    RedirectPage,
    Rest,
    SearchPage,
    StoryPage,
    StoryPart,
    SupportPage,
    TextPage,
    VerifyPage,
)
from tamizdat.reader.pages.pieces import (
    Appeals,
    Ask,
    Byline,
    Goal,
    Icon,
    Language,
    Link,
    Measure,
    Newsletter,
    Picture,
    SharePicture,
    SignUp,
    Site,
    Source,
    Teaser,
)

Page = (
    StoryPage
    | StoryPart
    | FrontPage
    | ListPage
    | IndexPage
    | CorrectionsPage
    | TextPage
    | NewslettersPage
    | NewsletterPage
    | IssuePage
    | SupportPage
    | NotFoundPage
    | VerifyPage
    | SearchPage
    | RedirectPage
)

__all__ = [
    "NOTHING",
    "RHYTHMS",
    "Appeals",
    "Ask",
    "Audio",
    "Block",
    "BlockQuote",
    "Byline",
    "Correction",
    "CorrectionEntry",
    "CorrectionsPage",
    "Document",
    "FactBox",
    "Footnote",
    "FrontPage",
    "FrontRow",
    "Gallery",
    "Goal",
    "Head",
    "Heading",
    "Icon",
    "IndexEntry",
    "IndexPage",
    "Issue",
    "IssueEntry",
    "IssuePage",
    "Language",
    "Link",
    "LinkCard",
    "ListPage",
    "Measure",
    "Newsletter",
    "NewsletterPage",
    "NewslettersPage",
    "NotFoundPage",
    "Onward",
    "Page",
    "Photo",
    "Picture",
    "PullQuote",
    "RedirectPage",
    "Rest",
    "SearchPage",
    "SharePicture",
    "SignUp",
    "Site",
    "Source",
    "StoryPage",
    "StoryPart",
    "SupportPage",
    "Table",
    "Teaser",
    "Text",
    "TextPage",
    "VerifyPage",
    "Video",
]
