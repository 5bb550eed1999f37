"""The kinds of pages, each with the template that gives it a face."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from tamizdat.reader.pages.bodies import Block, Correction, Footnote
from tamizdat.reader.pages.pieces import (
    Byline,
    Goal,
    Language,
    Link,
    Newsletter,
    Picture,
    SharePicture,
    Teaser,
)

NOTHING = Markup("")


@dataclass(frozen=True)
class Head:
    """What every page tells machines about itself."""

    path: str
    title: str
    description: str = ""
    share_picture: SharePicture | None = None
    languages: tuple[Language, ...] = ()
    is_indexed: bool = True
    scripts: tuple[str, ...] = ()  # addresses of what this page runs besides Site.script
    fetches: bool = False  # its scripts fetch files of the edition
    feed: str = ""  # path of the RSS feed of what this page lists; the JSON feed lies beside it


@dataclass(frozen=True)
class Onward:
    """Where a story that comes in parts goes on."""

    url: str
    number: int
    count: int  # of all parts
    rest: Rest | None = None


@dataclass(frozen=True)
class Rest:
    """What the parts after this one put into its page, where a reader asks for them there."""

    body: tuple[Block, ...]
    footnotes: tuple[Footnote, ...] = ()
    topics: tuple[Link, ...] = ()
    related: tuple[Teaser, ...] = ()


@dataclass(frozen=True)
class StoryPage:
    """A story whole; or, where ``onward`` leads to a second, its first part."""

    head: Head
    headline: str
    kind: str
    body: tuple[Block, ...]
    standfirst: str = ""
    section: Link | None = None
    bylines: tuple[Byline, ...] = ()
    location: str = ""
    published: datetime | None = None  # None: the story shows no date
    updated: datetime | None = None  # only when it differs from published enough to be said
    reading_minutes: int = 0
    lead: Picture | None = None
    footnotes: tuple[Footnote, ...] = ()
    topics: tuple[Link, ...] = ()
    corrections: tuple[Correction, ...] = ()
    related: tuple[Teaser, ...] = ()
    schema_type: str = "NewsArticle"  # schema.org type that follows from the kind
    words: int = 0
    onward: Onward | None = None
    saved: Link | None = None  # the file to save this story as; its text may be empty
    saved_name: str = ""  # what a reader's device shall call it
    template: str = "story.html"


@dataclass(frozen=True)
class StoryPart:
    """A later part of a long story (see ``tamizdat.reader.parts``)."""

    head: Head
    headline: str
    story: str  # address of the first part
    number: int
    count: int
    body: tuple[Block, ...]
    blocks_before: int  # in the parts before: ids are counted on
    back: str  # address of the part before
    onward: Onward | None = None
    kind: str = "news"
    footnotes: tuple[Footnote, ...] = ()
    is_corrected: bool = False  # the corrections stand on the first part
    section: str = ""  # its address
    topics: tuple[Link, ...] = ()
    related: tuple[Teaser, ...] = ()
    template: str = "part.html"


@dataclass(frozen=True)
class FrontRow:
    """A section's row on the home page."""

    section: Link
    teasers: tuple[Teaser, ...]


@dataclass(frozen=True)
class FrontPage:
    head: Head
    lead: Teaser | None
    top: tuple[Teaser, ...]
    rows: tuple[FrontRow, ...]
    latest: tuple[Teaser, ...] = ()
    template: str = "front.html"


@dataclass(frozen=True)
class ListPage:
    """Stories of a section, author, topic or month: its front, or one numbered archive page.

    Archive pages are numbered from the oldest. The front has ``number`` None and shows the newest;
    ``older`` and ``newer`` lead along the numbers.
    """

    head: Head
    title: str
    of: str  # "section" | "author" | "topic" | "month" | "year"
    teasers: tuple[Teaser, ...]
    intro: Markup = NOTHING
    role: str = ""
    picture: Picture | None = None
    number: int | None = None
    older: Link | None = None
    newer: Link | None = None
    parent: Link | None = None
    template: str = "list.html"


@dataclass(frozen=True)
class IndexEntry:
    link: Link
    text: str = ""
    count: int = 0


@dataclass(frozen=True)
class IndexPage:
    """A list of authors, topics or months."""

    head: Head
    title: str
    entries: tuple[IndexEntry, ...]
    intro: Markup = NOTHING
    template: str = "index.html"


@dataclass(frozen=True)
class CorrectionEntry:
    story: Link
    correction: Correction


@dataclass(frozen=True)
class CorrectionsPage:
    head: Head
    title: str
    entries: tuple[CorrectionEntry, ...]
    intro: Markup = NOTHING
    number: int | None = None
    older: Link | None = None
    newer: Link | None = None
    template: str = "corrections.html"


@dataclass(frozen=True)
class TextPage:
    """About, privacy and their like."""

    head: Head
    title: str
    body: tuple[Block, ...]
    template: str = "text.html"


@dataclass(frozen=True)
class NewslettersPage:
    """The newsletters of a language, with one form for all of them."""

    head: Head
    title: str
    newsletters: tuple[Newsletter, ...]
    intro: Markup = NOTHING
    template: str = "newsletters.html"


@dataclass(frozen=True)
class IssueEntry:
    """An issue in the list of its newsletter's issues."""

    link: Link
    sent: datetime
    number: int | None = None


@dataclass(frozen=True)
class Issue:
    """What an issue says: as the web archive has it, and as its newsletter's page previews it."""

    link: Link  # its title and its address
    sent: datetime
    introduction: Markup = NOTHING
    stories: tuple[Teaser, ...] = ()
    highlights: tuple[Teaser, ...] = ()  # come first, with their photos
    number: int | None = None


@dataclass(frozen=True)
class NewsletterPage:
    """A newsletter: its form, its last issue, its issues; or one numbered page of these.

    Pages are numbered from the oldest issue, as lists of stories are.
    """

    head: Head
    newsletter: Newsletter
    last: Issue | None = None
    issues: tuple[IssueEntry, ...] = ()
    elsewhere: tuple[Language, ...] = ()  # the same newsletter in other languages
    number: int | None = None
    older: Link | None = None
    newer: Link | None = None
    parent: Link | None = None
    template: str = "newsletter.html"


@dataclass(frozen=True)
class IssuePage:
    """An issue in the web archive."""

    head: Head
    newsletter: Newsletter
    issue: Issue
    older: Link | None = None
    parents: tuple[Link, ...] = ()
    template: str = "issue.html"


RHYTHMS = ("monthly", "once", "annual")


@dataclass(frozen=True)
class SupportPage:
    """An appeal's own page. ``rhythms``: each with the address of the form to give, at the desk."""

    head: Head
    heading: str
    text: str
    rhythms: tuple[tuple[str, str], ...]
    key: str = ""
    remind: str = ""
    goal: Goal | None = None
    template: str = "support.html"


@dataclass(frozen=True)
class NotFoundPage:
    head: Head
    latest: tuple[Teaser, ...] = ()
    template: str = "not_found.html"


@dataclass(frozen=True)
class VerifyPage:
    """Checks a file that somebody was given. ``week`` and ``book``: the last seven days to keep,
    each with the name for its file."""

    head: Head
    title: str
    fingerprint: str  # of the newsroom's first root
    week: Link
    book: Link
    template: str = "verify.html"

    @property
    def grouped(self) -> str:
        """Return the fingerprint as people compare it: in groups of four."""
        return " ".join(re.findall(".{1,4}", self.fingerprint))


@dataclass(frozen=True)
class SearchPage:
    """Searches the archive of its language; without scripts it leads to the archive's months."""

    head: Head
    title: str
    index: str  # address of the index's manifest
    months: tuple[IndexEntry, ...] = ()
    template: str = "search.html"


@dataclass(frozen=True)
class RedirectPage:
    """What stands at an old address: a plain link that forwards by itself."""

    head: Head
    target: Link
    template: str = "redirect.html"


@dataclass(frozen=True)
class Document:
    """A file that no template makes: a feed, a sitemap, a picture to share."""

    path: str  # in the tree: "feed.xml"
    data: bytes
