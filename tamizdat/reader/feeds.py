"""Feeds: the newest stories with their full text, as RSS 2.0 and as JSON Feed 1.1.

For readers this is a way past a block that needs no page at all: whoever fetches a feed has read
the stories. So a feed holds them whole, as far as LARGEST allows.

Rules:

* Equal values give equal bytes; no clock. What a feed says of time comes from its stories.
* Every address is whole and on the public address, whichever mirror the feed was fetched from.
* A story that shows no date has none here.

RSS 2.0 with content:encoded, dc:creator, Media RSS and Atom's own link, as the RSS Advisory Board's
Best Practices Profile has it; JSON Feed 1.1 (jsonfeed.org/version/1.1).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tamizdat.reader import dates
from tamizdat.reader.addresses import whole
from tamizdat.reader.pages import Byline, Picture, Site
from tamizdat.reader.xml import DECLARATION, allowed, element, literal, wrapped

LARGEST = 150_000  # bytes of full text in one feed; older stories come with their standfirst alone
MINUTES = 60  # how long a reader may keep a feed before it asks again

SPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": "http://search.yahoo.com/mrss/",
}


@dataclass(frozen=True)
class Entry:
    """A story in a feed; ``html`` as ``articles.html`` makes it."""

    url: str
    headline: str
    html: str
    standfirst: str = ""
    bylines: tuple[Byline, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True)
class Feed:
    """The feed of a page: the newest stories of its list."""

    page: str  # its path
    title: str
    description: str
    entries: tuple[Entry, ...]


def path_of(page: str, ending: str) -> str:
    """Return where a page's feed lies in the edition: ``politics/feed.xml``."""
    return f"{page.lstrip('/')}feed.{ending}"


def rss(feed: Feed, site: Site) -> bytes:
    """Write a feed as RSS 2.0."""
    channel = "\n".join(_channel(feed, site))
    return (DECLARATION + wrapped("rss", f"\n{channel}\n", version="2.0", **SPACES) + "\n").encode()


def _channel(feed: Feed, site: Site) -> Iterator[str]:
    yield "<channel>"
    own = whole(site.public_address, f"/{path_of(feed.page, 'xml')}")
    page = whole(site.public_address, feed.page)
    yield element("title", feed.title)
    yield element("link", page)
    yield element("description", feed.description or feed.title)
    yield element("language", site.language)
    yield element("atom:link", href=own, rel="self", type="application/rss+xml")
    if moments := [moment for entry in feed.entries if (moment := _last(entry))]:
        yield element("lastBuildDate", _rfc822(max(moments)))
    yield element("ttl", str(MINUTES))
    if site.logo:
        logo = whole(site.public_address, site.logo)
        parts = (element("url", logo), element("title", feed.title), element("link", page))
        yield wrapped("image", "".join(parts))
    for entry, is_whole in _as_far_as_they_fit(feed.entries):
        yield wrapped("item", "\n" + "\n".join(_item(entry, site, is_whole=is_whole)) + "\n")
    yield "</channel>"


def _item(entry: Entry, site: Site, *, is_whole: bool) -> Iterator[str]:
    address = whole(site.public_address, entry.url)
    yield element("title", entry.headline)
    yield element("link", address)
    yield element("guid", address, isPermaLink="true")
    if entry.published:
        yield element("pubDate", _rfc822(entry.published))
    if entry.updated:
        yield element("atom:updated", dates.rfc3339(entry.updated))
    for byline in entry.bylines:
        yield element("dc:creator", byline.name)
    for tag in entry.tags:
        yield element("category", tag)
    # Before the full text, as the profile has it: else old readers show only one of them.
    yield element("description", entry.standfirst or entry.headline)
    if is_whole:
        yield literal("content:encoded", entry.html)
    if entry.picture:
        yield _media(entry.picture, site)


def _media(picture: Picture, site: Site) -> str:
    shown = picture.fallback
    said = element("media:description", picture.alt, type="plain") if picture.alt else ""
    said += element("media:credit", picture.credit, role="photographer") if picture.credit else ""
    return wrapped(
        "media:content",
        said,
        url=whole(site.public_address, shown.url),
        type=shown.type,
        medium="image",
        width=shown.width,
        height=shown.height,
    )


def json_feed(feed: Feed, site: Site) -> bytes:
    """Write a feed as JSON Feed 1.1."""
    told: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": whole(site.public_address, feed.page),
        "feed_url": whole(site.public_address, f"/{path_of(feed.page, 'json')}"),
        "description": feed.description,
        "icon": site.logo and whole(site.public_address, site.logo),
        "language": site.language,
        "items": [
            _told(entry, site, is_whole=is_whole)
            for entry, is_whole in _as_far_as_they_fit(feed.entries)
        ],
    }
    kept = {key: value for key, value in told.items() if value or key == "items"}
    text = json.dumps(kept, ensure_ascii=False, indent=0, separators=(",", ":"))
    return f"{allowed(text)}\n".encode()


def _told(entry: Entry, site: Site, *, is_whole: bool) -> dict[str, Any]:
    address = whole(site.public_address, entry.url)
    told: dict[str, Any] = {
        "id": address,
        "url": address,
        "title": entry.headline,
        "summary": entry.standfirst,
        "date_published": entry.published and dates.rfc3339(entry.published),
        "date_modified": entry.updated and dates.rfc3339(entry.updated),
        "authors": [_author(byline, site) for byline in entry.bylines],
        "tags": list(entry.tags),
        "image": entry.picture and whole(site.public_address, entry.picture.fallback.url),
    }
    # An item must have a content (JSON Feed 1.1, "items").
    content = (
        {"content_html": entry.html}
        if is_whole
        else {"content_text": entry.standfirst or entry.headline}
    )
    return {key: value for key, value in told.items() if value} | content


def _author(byline: Byline, site: Site) -> dict[str, str]:
    url = {"url": whole(site.public_address, byline.url)} if byline.url else {}
    return {"name": byline.name} | url


def _as_far_as_they_fit(entries: tuple[Entry, ...]) -> Iterator[tuple[Entry, bool]]:
    """Give each story with whether its full text still fits."""
    left = LARGEST
    for entry in entries:
        length = len(entry.html.encode(errors="ignore"))
        if is_whole := length <= left:
            left -= length
        yield entry, is_whole


def _last(entry: Entry) -> datetime | None:
    return entry.updated or entry.published


def _rfc822(moment: datetime) -> str:
    """Write a moment as RSS does, as exactly as the page says it."""
    return format_datetime(moment.astimezone(UTC).replace(second=0, microsecond=0))
