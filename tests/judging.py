"""Our own check of feeds and sitemaps, where no registry has a judge that works without a network.

Each function returns what it finds wrong, in words. The rules are those of the RSS Advisory
Board's Best Practices Profile, JSON Feed 1.1, sitemaps.org's protocol 0.9 with its schema, and
Google's news extension, as far as our files touch them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.reader.markup import read

Node = ElementTree.Element

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
    "map": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "news": "http://www.google.com/schemas/sitemap-news/0.9",
    "xhtml": "http://www.w3.org/1999/xhtml",
}


def short(node: Node) -> str:
    """Give an element's name as our files write it: ``atom:link``."""
    space, _, name = node.tag.rpartition("}")
    prefixes = {url: prefix for prefix, url in SPACES.items()}
    return f"{prefixes[space[1:]]}:{name}" if space else name


def is_whole(address: str | None) -> bool:
    parts = urlsplit(address or "")
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.geturl().isascii()


# RSS

ONCE = {"title", "link", "description", "language", "atom:link", "lastBuildDate", "ttl", "image"}
IN_ITEM = ["title", "link", "guid", "pubDate", "atom:updated", "dc:creator", "category"]
IN_ITEM += ["description", "content:encoded", "media:content"]
MANY = {"dc:creator", "category"}


def rss_faults(data: bytes, own: str) -> list[str]:
    """Check an RSS feed that lies at the address ``own``."""
    root = ElementTree.fromstring(data)
    faults = [] if (root.tag, root.get("version")) == ("rss", "2.0") else ["is no RSS 2.0"]
    (channel,) = root
    return [*faults, *_channel(channel, own)]


def _channel(channel: Node, own: str) -> Iterator[str]:
    names = [short(each) for each in channel if each.tag != "item"]
    if len(names) != len(set(names)) or not set(names) <= ONCE:
        yield f"channel holds {names}"
    for name in ("title", "link", "description"):
        if not channel.findtext(name):
            yield f"channel has no {name}"
    itself = channel.find("atom:link", SPACES)
    if itself is None or (itself.get("rel"), itself.get("href")) != ("self", own):
        yield "does not name itself"
    image = channel.find("image")
    if image is not None:
        for name in ("title", "link"):
            if image.findtext(name) != channel.findtext(name):
                yield f"image has another {name} than its channel"
    guids = [item.findtext("guid") for item in channel.iter("item")]
    if len(guids) != len(set(guids)):
        yield "two items are one"
    for item in channel.iter("item"):
        yield from _item(item)


def _item(item: Node) -> Iterator[str]:
    names = [short(each) for each in item]
    if [name for name in IN_ITEM if name in names] != list(dict.fromkeys(names)):
        yield f"item holds {names}"
    if any(names.count(name) > 1 for name in set(names) - MANY):
        yield f"item repeats itself: {names}"
    if not item.findtext("title") or not is_whole(item.findtext("link")):
        yield "item lacks title or link"
    if item.findtext("guid") != item.findtext("link"):
        yield "a permalink is no link"
    date = item.findtext("pubDate")
    if date and parsedate_to_datetime(date).tzinfo is None:
        yield f"pubDate is {date}"
    updated = item.findtext("atom:updated", namespaces=SPACES)
    if updated and not MOMENT.fullmatch(updated):
        yield f"updated is {updated}"
    yield from _content(item.findtext("content:encoded", namespaces=SPACES) or "")
    media = item.find("media:content", SPACES)
    if media is not None and not (is_whole(media.get("url")) and media.get("type")):
        yield "media has no address or no type"


def _content(html: str) -> Iterator[str]:
    for element in read(html.encode()).every():
        for name in ("href", "src"):
            address = element.attributes.get(name, "https://a.example")
            if not is_whole(address) and not address.startswith("mailto:"):
                yield f"content leads to {address}"
        if element.name in {"script", "style", "iframe", "object", "embed", "form", "meta", "base"}:
            yield f"content holds <{element.name}>"
        if [name for name in element.attributes if name in ("style", "id") or name[:2] == "on"]:
            yield f"content has {element.attributes}"


# JSON Feed

FEED: dict[str, type] = {
    "version": str,
    "title": str,
    "home_page_url": str,
    "feed_url": str,
    "description": str,
    "icon": str,
    "language": str,
    "items": list,
}
ITEM: dict[str, type] = {
    "id": str,
    "url": str,
    "title": str,
    "summary": str,
    "date_published": str,
    "date_modified": str,
    "authors": list,
    "tags": list,
    "image": str,
    "content_html": str,
    "content_text": str,
}


def json_faults(data: bytes, own: str) -> list[str]:
    """Check a JSON feed that lies at the address ``own``."""
    feed = json.loads(data)
    faults = list(_members(feed, FEED, {"version", "title", "items"}))
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        faults.append("is no JSON Feed 1.1")
    if feed.get("feed_url") != own:
        faults.append("does not name itself")
    ids = [item["id"] for item in feed["items"]]
    if len(ids) != len(set(ids)):
        faults.append("two items are one")
    return [*faults, *(fault for item in feed["items"] for fault in _json_item(item))]


def _members(told: dict[str, Any], known: dict[str, type], needed: set[str]) -> Iterator[str]:
    if missing := needed - told.keys():
        yield f"lacks {missing}"
    for name, value in told.items():
        if name not in known or type(value) is not known[name] or value in ("", None):
            yield f"{name} is {value!r}"
        is_address = name.endswith("url") or name in ("icon", "image", "id")
        if is_address and not is_whole(value):
            yield f"{name} is {value!r}"


def _json_item(item: dict[str, Any]) -> Iterator[str]:
    yield from _members(item, ITEM, {"id", "url", "title"})
    if ("content_html" in item) == ("content_text" in item):
        yield "item has no content, or two"
    for name in ("date_published", "date_modified"):
        if name in item and not MOMENT.fullmatch(item[name]):
            yield f"{name} is {item[name]}"
    for author in item.get("authors", ()):
        yield from _members(author, {"name": str, "url": str}, {"name"})
    yield from _content(item.get("content_html", ""))


# Sitemaps


def sitemap_faults(data: bytes, address: str) -> list[str]:
    """Check a sitemap, or a list of them, of the site at this address."""
    root = ElementTree.fromstring(data)
    faults = []
    if short(root) not in ("map:urlset", "map:sitemapindex"):
        faults.append(f"is a {short(root)}")
    if not 1 <= len(root) <= 50_000 or len(data) > 50 * 1024 * 1024:
        faults.append(f"holds {len(root)} places in {len(data)} bytes")
    places = [place.findtext("map:loc", "", SPACES) for place in root]
    if len(places) != len(set(places)):
        faults.append("names a place twice")
    return [*faults, *(fault for place in root for fault in _place(place, address))]


def _place(place: Node, address: str) -> Iterator[str]:
    names = [short(each) for each in place]
    ours = [name for name in names if name.startswith("map:")]
    if ours not in (["map:loc"], ["map:loc", "map:lastmod"]):
        yield f"a place holds {names}"
    location = place.findtext("map:loc", "", SPACES)
    if not location.startswith(f"{address}/") or len(location) > 2048 or not location.isascii():
        yield f"a place lies at {location!r}"
    changed = place.findtext("map:lastmod", namespaces=SPACES)
    if changed and not MOMENT.fullmatch(changed):
        yield f"changed at {changed}"
    links = place.findall("xhtml:link", SPACES)
    told = {link.get("hreflang"): link.get("href") for link in links}
    if links and ("x-default" not in told or location not in told.values()):
        yield f"{location} is told as {told}"
    for news in place.iterfind("news:news", SPACES):
        yield from _news(news)


def _news(news: Node) -> Iterator[str]:
    if [short(each) for each in news] != [
        "news:publication",
        "news:publication_date",
        "news:title",
    ]:
        yield f"news holds {[short(each) for each in news]}"
    for path in ("news:publication/news:name", "news:publication/news:language", "news:title"):
        if not news.findtext(path, namespaces=SPACES):
            yield f"news has no {path}"
    if not MOMENT.fullmatch(news.findtext("news:publication_date", "", SPACES)):
        yield "news has no date"
