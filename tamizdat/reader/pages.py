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

import re
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup

NOTHING = Markup("")


@dataclass(frozen=True)
class Link:
    """A text and where it leads."""

    text: str
    url: str


@dataclass(frozen=True)
class Source:
    """One rendition of a picture: its path, media type and size in pixels."""

    url: str
    type: str
    width: int
    height: int


@dataclass(frozen=True)
class Icon(Source):
    """The newsroom's mark in one size; ``purpose`` as in a web manifest."""

    purpose: str = "any"


@dataclass(frozen=True)
class SharePicture(Source):
    """What stands for a page where a link to it is shared; ``alt`` says what it shows."""

    alt: str = ""


@dataclass(frozen=True)
class Picture:
    """A photo as it is shown: what it shows (alt), what is said of it, and its renditions.

    ``sources`` goes from the narrowest to the widest within each media type; the JPEG that every
    browser reads is among them and named by ``fallback``. ``tones`` are its colours at
    the top, in the middle and at the foot, three hexadecimal digits each: shown until it is there.
    """

    alt: str
    caption: str
    credit: str
    fallback: Source
    sources: tuple[Source, ...]
    tones: str = ""


@dataclass(frozen=True)
class Language:
    """A language the newsroom publishes in, and this page's address in it."""

    code: str  # BCP 47: "en", "ru", "fa"
    name: str  # in the language itself
    url: str
    is_current: bool = False
    is_translation: bool = False  # of this very page; else url is that language's home page


@dataclass(frozen=True)
class Newsletter:
    """A newsletter as readers are offered it; ``key`` names it to the desk."""

    key: str
    name: str
    url: str
    about: str = ""
    schedule: str = ""  # "Every Friday", or empty
    offers_full_text: bool = False
    is_open: bool = True


@dataclass(frozen=True)
class SignUp:
    """What a form to subscribe says and where it goes: the one thing that leaves a page for
    another host, the desk, and only when its reader sends it."""

    action: str  # "https://desk.lantern.example/subscribe/"
    newsletter: Newsletter  # the one that every page offers
    consent: str  # the version of what a subscriber agrees to
    agreement: str  # and its words
    privacy: str = ""  # address of the page that says what is kept, or empty
    index: str = ""  # address of the list of newsletters, or empty


@dataclass(frozen=True)
class Ask:
    """An appeal where it stands on a page. ``key`` is what a reader's device keeps of it, if she
    closes it, and what the meter of its goal is found by."""

    key: str
    heading: str
    text: str
    button: str
    url: str
    place: str = "end"  # of a story; or "top"
    is_line: bool = False
    dismiss: str = ""  # what closes it; empty: nothing does
    has_meter: bool = False


@dataclass(frozen=True)
class Appeals:
    """Which appeal a language's pages show, by the address of their section ("": in none)."""

    stories: tuple[tuple[str, Ask], ...] = ()
    lists: tuple[tuple[str, Ask], ...] = ()
    page: Link | None = None  # the appeal's own page, in the foot of every page


@dataclass(frozen=True)
class Measure:
    """What is published of a goal: how far it is reached, at the end of which day."""

    percent: int
    until: date
    is_monthly: bool = True
    sums: tuple[tuple[str, str], ...] = ()  # by language, where the sum is published too


@dataclass(frozen=True)
class Goal:
    """What an appeal's goal says on its own page."""

    amount: str  # "€10,000"
    is_public: bool = True  # how far it is reached is published
    pays_for: str = ""
    is_monthly: bool = True
    measure: Measure | None = None
    by_day: bool = True
    since: date | None = None  # of a goal in all


@dataclass(frozen=True)
class Site:
    """What every page of one language shows around its content."""

    name: str
    tagline: str
    language: str
    home: str
    public_address: str  # "https://lantern.example", without a closing slash
    zone: str  # IANA name, "Europe/Riga"
    sections: tuple[Link, ...] = ()
    footer: tuple[Link, ...] = ()
    logo: str = ""  # path of the mark, or empty
    icon: str = ""
    notice: str = ""  # one standing line under the masthead
    sharing_warning: str = ""  # said beside whatever helps to pass a story on; empty: nothing
    names_files: bool = False  # files to keep are named after their story; else they say nothing
    search: str = ""  # address of the page to search on, or empty
    script: str = ""  # address of the script of every page, or empty
    sign_up: SignUp | None = None  # stands at the end of stories and at the foot of fronts
    appeals: Appeals | None = None


@dataclass(frozen=True)
class Byline:
    """An author as named on a story. A protected author is a name like any other."""

    name: str
    url: str
    role: str = ""


@dataclass(frozen=True)
class Teaser:
    """A story as a list or a front shows it."""

    url: str
    headline: str
    standfirst: str = ""
    kind: str = "news"
    section: Link | None = None
    bylines: tuple[Byline, ...] = ()
    published: datetime | None = None
    reading_minutes: int = 0
    picture: Picture | None = None


# Body blocks


@dataclass(frozen=True)
class Text:
    html: Markup
    block: str = "text"


@dataclass(frozen=True)
class Heading:
    text: str
    anchor: str
    block: str = "heading"


@dataclass(frozen=True)
class Photo:
    picture: Picture
    block: str = "photo"


@dataclass(frozen=True)
class Gallery:
    pictures: tuple[Picture, ...]
    block: str = "gallery"


@dataclass(frozen=True)
class PullQuote:
    text: str
    attribution: str = ""
    block: str = "pull_quote"


@dataclass(frozen=True)
class BlockQuote:
    html: Markup
    attribution: str = ""
    block: str = "block_quote"


@dataclass(frozen=True)
class FactBox:
    title: str
    html: Markup
    block: str = "fact_box"


@dataclass(frozen=True)
class Table:
    caption: str
    header: tuple[str, ...]  # empty: no header row
    rows: tuple[tuple[str, ...], ...]
    first_column_is_header: bool = False
    block: str = "table"


@dataclass(frozen=True)
class LinkCard:
    """A link to a foreign page instead of its embed: the reader's browser fetches nothing there."""

    url: str
    title: str
    description: str
    host: str
    block: str = "link_card"


@dataclass(frozen=True)
class Audio:
    source: str
    type: str
    title: str
    transcript: str = ""
    duration_seconds: int = 0
    block: str = "audio"


@dataclass(frozen=True)
class Video:
    source: str
    type: str
    title: str
    width: int
    height: int
    poster: str = ""
    captions: str = ""  # path of a WebVTT file
    transcript: str = ""
    duration_seconds: int = 0
    block: str = "video"


Block = (
    Text
    | Heading
    | Photo
    | Gallery
    | PullQuote
    | BlockQuote
    | FactBox
    | Table
    | LinkCard
    | Audio
    | Video
)


@dataclass(frozen=True)
class Footnote:
    """A note and how often the body refers to it.

    In the body's HTML a reference is ``<sup id="ref-1-1"><a href="#note-1">1</a></sup>``; the
    second reference to the same note is ``ref-1-2``. A part of a story knows its own references
    alone, counted from ``first``.
    """

    number: int
    html: Markup
    references: int = 1
    first: int = 1


@dataclass(frozen=True)
class Correction:
    published: datetime
    text: str


# Pages


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
