"""Sitemaps (sitemaps.org, protocol 0.9) with translations, and Google's news extension.

Rules:

* At most LONGEST addresses a file, all on the public address.
* A ``lastmod`` is true or it is not there: crawlers stop to believe what is always new.
* Translations are told in both directions, with the address for all other languages, just as the
  pages' own heads tell them.
* No sitemap is empty, which the protocol's schema forbids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tamizdat.reader import dates
from tamizdat.reader.addresses import whole
from tamizdat.reader.pages import Language
from tamizdat.reader.xml import DECLARATION, element, wrapped

LONGEST = 50_000
LONGEST_NEWS = 1_000

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
TRANSLATIONS = {"xmlns:xhtml": "http://www.w3.org/1999/xhtml"}
NEWS = {"xmlns:news": "http://www.google.com/schemas/sitemap-news/0.9"}

INDEX = "sitemap.xml"
NEWEST = "sitemaps/news.xml"


@dataclass(frozen=True)
class Place:
    """A page in a sitemap."""

    url: str
    changed: datetime | None = None
    languages: tuple[Language, ...] = ()  # as in the page's head, itself among them


@dataclass(frozen=True)
class News:
    """A story of these days."""

    url: str
    headline: str
    published: datetime
    language: str
    newsroom: str


def month_path(name: str) -> str:
    """Return where the sitemap of a month lies, by the name of its list (``en/2026/11``)."""
    return f"sitemaps/{name}.xml"


def pages_path(language: str) -> str:
    """Return where the sitemap of all that is no story lies."""
    return f"sitemaps/{language}/pages.xml"


def urlset(places: Iterable[Place], public_address: str) -> bytes:
    """Write a sitemap."""
    rows = (wrapped("url", "".join(_place(place, public_address))) for place in places)
    return _document("urlset", rows, **TRANSLATIONS)


def news(stories: Iterable[News], public_address: str) -> bytes:
    """Write a news sitemap."""
    rows = (wrapped("url", "".join(_news(story, public_address))) for story in stories)
    return _document("urlset", rows, **NEWS)


def index(paths: Iterable[str], public_address: str) -> bytes:
    """Write the list of all sitemaps."""
    rows = (wrapped("sitemap", element("loc", whole(public_address, f"/{path}"))) for path in paths)
    return _document("sitemapindex", rows)


def _document(name: str, rows: Iterable[str], **spaces: str) -> bytes:
    content = "\n".join(rows)
    whole_set = wrapped(name, f"\n{content}\n", xmlns=SITEMAP, **spaces)
    return f"{DECLARATION}{whole_set}\n".encode()


def _place(place: Place, public_address: str) -> Iterator[str]:
    yield element("loc", whole(public_address, place.url))
    if place.changed:
        yield element("lastmod", dates.rfc3339(place.changed))
    told = [each for each in place.languages if each.is_current or each.is_translation]
    if len(told) > 1:
        for each in told:
            yield _translation(each.code, each.url, public_address)
        yield _translation("x-default", told[0].url, public_address)


def _translation(code: str, url: str, public_address: str) -> str:
    address = whole(public_address, url)
    return element("xhtml:link", rel="alternate", hreflang=code, href=address)


def _news(story: News, public_address: str) -> Iterator[str]:
    yield element("loc", whole(public_address, story.url))
    publication = element("news:name", story.newsroom) + element("news:language", story.language)
    yield wrapped(
        "news:news",
        wrapped("news:publication", publication)
        + element("news:publication_date", dates.rfc3339(story.published))
        + element("news:title", story.headline),
    )
