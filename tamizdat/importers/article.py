"""What an importer hands over: one article, as its source says it.

Promises:
- every value is frozen and made of text, numbers and dates only; nothing is fetched;
- `html` is safe to show: only b, i and a[href] (http, https, mailto), cleaned by nh3;
- a field the source does not state is empty, and `notes` says so in words for the editor.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Paragraph:
    html: str


@dataclass(frozen=True)
class Heading:
    """A heading inside the body; `level` is 2 for the first rank below the headline."""

    html: str
    level: int = 2


@dataclass(frozen=True)
class Quote:
    html: str
    attribution: str | None = None


@dataclass(frozen=True)
class ListBlock:
    ordered: bool
    items: tuple[str, ...]


@dataclass(frozen=True)
class Image:
    """A picture by name only: `src` is the file name or address as the source writes it."""

    src: str | None
    alt: str | None = None
    caption: str | None = None
    credit: str | None = None


@dataclass(frozen=True)
class Table:
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Heading | Quote | ListBlock | Image | Table


@dataclass(frozen=True)
class Article:
    """One article. `headline`, `standfirst`, `byline`, captions and credits are plain text.

    `published` carries an offset only if the source states one; without it the time is the
    newsroom's own, and a date alone stands as midnight. `notes` says which of these it is.
    `language` is a BCP 47 tag ("und" when unknown); `language_from` says how it was found.
    `source` is the canonical address the page gives for itself.
    """

    headline: str
    language: str
    language_from: str
    body: tuple[Block, ...]
    standfirst: str | None = None
    byline: tuple[str, ...] = ()
    published: datetime | None = None
    photo: Image | None = None
    source: str | None = None
    notes: tuple[str, ...] = ()
