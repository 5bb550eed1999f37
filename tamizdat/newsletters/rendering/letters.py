"""What an issue says as mail, before it has a face.

Rules:

* Equal values give equal bytes: no clock, no chance. ``dated`` is the moment the issue is due.
* Addresses of ours are paths of the edition; rendering makes them whole, on the public address.
* A picture travels in the mail itself or not at all: nothing in a mail is fetched from anywhere,
  because whoever is asked for a picture learns who read the mail, and when.
* A quiet letter's subject, title and first sentence name neither the newsroom nor what it is about:
  they are what a locked telephone shows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from markupsafe import Markup

from tamizdat.reader.pages import Ask, Block, Byline, Correction, Footnote, Picture

NOTHING = Markup("")
DIGEST, FULL = "digest", "full"


class Files(Protocol):
    """The bytes behind the addresses ``cid:…`` of a letter's pictures."""

    def taken(self) -> tuple[Inline, ...]:
        """Return what was asked for, in that order."""


@dataclass(frozen=True)
class Inline:
    """A picture that travels in the mail; ``cid`` is its Content-ID without brackets."""

    cid: str
    type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Article:
    """A whole story, for the full-text edition."""

    body: tuple[Block, ...]
    footnotes: tuple[Footnote, ...] = ()
    corrections: tuple[Correction, ...] = ()
    is_cut: bool = False  # it goes on on the web (``fitting``)


@dataclass(frozen=True)
class Item:
    """A story in an issue. ``text``: the issue's own words on it, else its standfirst."""

    path: str
    headline: str
    text: str = ""
    label: str = ""  # its kind, where that is worth a word, or its section's name
    bylines: tuple[Byline, ...] = ()
    published: datetime | None = None
    minutes: int = 0
    is_highlight: bool = False
    picture: Picture | None = None
    article: Article | None = None


@dataclass(frozen=True)
class Group:
    """Stories under one heading; the first group of an issue has none."""

    heading: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Letter:
    """An issue in one language. ``path`` is its page on the web, "" where it has none yet."""

    newsroom: str
    name: str  # of the newsletter
    language: str
    zone: str
    public_address: str
    subject: str
    dated: datetime
    groups: tuple[Group, ...] = ()
    introduction: Markup = NOTHING
    number: int = 0
    path: str = ""
    is_quiet: bool = False
    mirrors: tuple[str, ...] = ()  # whole addresses of other ways to us, for the full-text edition
    week: str = ""  # where the week lies in one file, for the full-text edition
    has_week: bool = False  # that file travels in the mail
    # Not for the full-text edition: that goes behind the block, where giving may be punished.
    ask: Ask | None = None

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for group in self.groups for item in group.items)

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to read in it."""
        return not self.items and not self.introduction.striptags().strip()
