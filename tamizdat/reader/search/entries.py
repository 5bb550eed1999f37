"""What the index knows of one story: its terms, each with its place, and what a hit shows.

It is taken from the page that readers get, so nothing can be found that is not there to be read.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from itertools import chain

from tamizdat.reader import pages
from tamizdat.reader.search.postings import BODY, HEADLINE, OFTEN, OPENING, PLACES
from tamizdat.reader.search.terms import tongue
from tamizdat.reader.voice import voice

SNIPPET = 120  # characters
MANY = 3  # times in the body, from which on a story is about a term
LEVEL = 1  # of compression: a higher one takes longer than all the rest

Document = list[str]  # address, headline, date, date as readers read it, section, snippet

_REFERENCE = re.compile(r'<sup id="ref-.*?</sup>')
_INLINE = re.compile(r"</?(?:a|b|em|i|mark|s|small|span|strong|sub|sup|u)(?: [^>]*)?>")
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Entry:
    places: dict[str, int] = field(default_factory=dict)
    document: Document | None = None


NOTHING = Entry()


def entry(page: pages.StoryPage, site: pages.Site) -> Entry:
    """Take from a story's whole page what the index is to know of it."""
    read = tongue(site.language)
    counted = read.counted("\n".join(body(page)))
    places = {term: OFTEN if count >= MANY else BODY for term, count in counted.items()}
    places |= dict.fromkeys(read.terms("\n".join(_opening(page))), OPENING)
    places |= dict.fromkeys(read.terms(page.headline), HEADLINE)
    return Entry(places, _document(page, site))


def _document(page: pages.StoryPage, site: pages.Site) -> Document:
    say = voice(site.language, site.zone)
    date = say.iso(page.published)[:10] if page.published else ""
    day = say.day(page.published) if page.published else ""
    section = page.section.text if page.section else ""
    return [page.head.path, page.headline, date, day, section, _snippet(page.standfirst)]


def _snippet(text: str) -> str:
    if len(text) <= SNIPPET:
        return text
    return f"{text[:SNIPPET].rsplit(' ', 1)[0].rstrip(' .,;:–—')}…"


def _opening(page: pages.StoryPage) -> Iterator[str]:
    yield page.standfirst
    yield page.location
    yield from (byline.name for byline in page.bylines)
    yield from (link.text for link in (page.section, *page.topics) if link)


def body(page: pages.StoryPage) -> Iterator[str]:
    """Yield the texts of a story's body, plain."""
    if page.lead:
        yield page.lead.caption
    yield from chain.from_iterable(map(_texts, page.body))
    yield from (_plain(note.html) for note in page.footnotes)
    yield from (correction.text for correction in page.corrections)


def _texts(block: pages.Block) -> Iterator[str]:
    match block:
        case pages.Text(html):
            yield _plain(html)
        case pages.Heading(text):
            yield text
        case pages.Photo(picture):
            yield picture.caption
        case pages.Gallery(pictures):
            yield from (picture.caption for picture in pictures)
        case pages.PullQuote(text, attribution):
            yield from (text, attribution)
        case pages.BlockQuote(html, attribution):
            yield from (_plain(html), attribution)
        case pages.FactBox(title, html):
            yield from (title, _plain(html))
        case pages.Table(caption, header, rows):
            yield from (caption, *header, *chain.from_iterable(rows))
        case pages.LinkCard():
            yield from (block.title, block.description)
        case pages.Audio() | pages.Video():
            yield from (block.title, block.transcript)


def _plain(html: str) -> str:
    """Take the marks of HTML away; those that may stand within a word leave no gap."""
    if "<sup" in html:
        html = _REFERENCE.sub("", html)
    return unescape(_TAG.sub(" ", _INLINE.sub("", html)))


# Bytes, to be kept


def pack(found: Entry) -> bytes:
    """Write an entry; the same one gives the same bytes."""
    by_place: list[list[str]] = [[] for _ in PLACES]
    for term, place in found.places.items():
        by_place[place].append(term)
    lines = [json.dumps(found.document, ensure_ascii=False, separators=(",", ":"))]
    lines += (" ".join(sorted(own)) for own in by_place)
    return zlib.compress("\n".join(lines).encode(), LEVEL)


def unpack(data: bytes) -> Entry:
    first, *rest = zlib.decompress(data).decode().split("\n")
    places = {term: place for place, line in enumerate(rest) for term in line.split()}
    return Entry(places, json.loads(first))
