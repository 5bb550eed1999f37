"""What a story's body is made of, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from tamizdat.reader.pages.pieces import Picture


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
