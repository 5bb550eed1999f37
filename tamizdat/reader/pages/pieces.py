"""Of what pages are put together: links, pictures, teasers, and what stands around every page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


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
