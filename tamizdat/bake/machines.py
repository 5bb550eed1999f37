"""Recipes of what machines read.

    feed:en.xml  feed:p3.json     the feed of a language, or of a section, author or topic
    sitemap:index  sitemap:news   the list of all sitemaps; the news of these days
    sitemap:en/2026/11            a month's stories
    sitemap:en                    a language's other pages
    robots:txt  security:txt  llms:en  manifest:en
    icon:favicon.ico  icon:apple-touch-icon.png      where browsers look without being told

They come after what readers look at (ranks), and so in the second edition of a publish. One that
shows a story which is withdrawn is made again, or goes, in the edition in which the story goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from wagtail.models import Page as TreePage

from tamizdat.reader import feeds as feed_files
from tamizdat.reader import manifest, sitemaps
from tamizdat.reader.pages import Document
from tamizdat.stories import keys
from tamizdat.stories.models.pages import Author, Home, Section, Topic
from tamizdat.stories.models.public import PublicPage, prefix
from tamizdat.stories.showing import Showing, Stock, icons
from tamizdat.stories.showing.machines import feeds, files
from tamizdat.stories.showing.machines import sitemaps as show

# Who writes the feeds of other apps' pages, by ending; None for a page that has none.
FEEDS: list[Callable[[Showing, TreePage, str], bytes | None]] = []
RANKS = {"feed": 7, "sitemap": 8, "robots": 8, "security": 8, "llms": 8, "manifest": 8}
RANKS["icon"] = 8
WEIGHTS = {"feed": 25, "sitemap": 50}  # pages: the text of twenty stories, a month's addresses

INDEX, NEWS = "sitemap:index", "sitemap:news"
ICONS = {"favicon.ico": icons.favicon, "apple-touch-icon.png": icons.touch}
OF_NEWSROOM = (INDEX, NEWS, "robots:txt", "security:txt", *(f"icon:{name}" for name in ICONS))


def of_language(code: str) -> list[str]:
    """Name what a public language has."""
    return [*of_list(code), f"sitemap:{code}", f"manifest:{code}"]


def of_settings(code: str) -> list[str]:
    """Name what a home page's settings switch on and off."""
    return ["security:txt", f"llms:{code}"]


def of_list(name: str) -> list[str]:
    """Name what is made again when the order of a list changes, whether it stands yet or not."""
    if keys.is_shelf(name):
        return _feeds(name)
    if "/" in name:
        return [f"sitemap:{name}"] if name.count("/") == 2 else []
    return [*_feeds(name), NEWS, f"llms:{name}"]


def _feeds(name: str) -> list[str]:
    return [f"feed:{name}.{ending}" for ending in feeds.WRITERS]


def ahead(recipes: Iterable[tuple[str, str]], stock: Stock) -> None:
    """Read what the feeds among these recipes (kind and rest) will show."""
    lists = {rest.partition(".")[0] for kind, rest in recipes if kind == "feed"}
    if lists:
        stock.whole_pages.ahead(int(name[1:]) for name in lists if keys.is_shelf(name))
        feeds.feeds_ahead(stock, lists)


def _feed(rest: str, showing: Showing) -> Document | None:
    name, _, ending = rest.partition(".")
    page = showing.homes.get(name)
    shelf = showing.stock.whole_pages[int(name[1:])] if keys.is_shelf(name) else page
    if not isinstance(shelf, PublicPage) or not shelf.live or shelf.language not in showing.homes:
        return None
    path = feed_files.path_of(shelf.public_path, ending)
    if isinstance(shelf, Home | Section | Author | Topic):
        return Document(path, feeds.feed(showing, shelf, ending))
    return _document(path, next(filter(None, (w(showing, shelf, ending) for w in FEEDS)), None))


def _sitemap(rest: str, showing: Showing) -> Document | None:
    if rest == "index":
        return Document(sitemaps.INDEX, show.index(showing))
    if rest == "news":
        return Document(sitemaps.NEWEST, show.news(showing)) if showing.homes else None
    language, _, month = rest.partition("/")
    if language not in showing.homes:
        return None
    if month:
        return _document(sitemaps.month_path(rest), show.month(showing, rest))
    return Document(sitemaps.pages_path(language), show.pages(showing, language))


def _robots(rest: str, showing: Showing) -> Document | None:
    return Document("robots.txt", files.robots())


def _security(rest: str, showing: Showing) -> Document | None:
    return _document("security.txt", files.security(showing))


def _llms(language: str, showing: Showing) -> Document | None:
    if language not in showing.homes:
        return None
    return _document(f"{_folder(language)}llms.txt", files.llms(showing, language))


def _manifest(language: str, showing: Showing) -> Document | None:
    if language not in showing.homes:
        return None
    path = f"{_folder(language)}{manifest.FILE}"
    return Document(path, files.web_manifest(showing, language))


def _icon(name: str, showing: Showing) -> Document | None:
    """Draw the mark of the newsroom's first language."""
    first = next(iter(showing.homes), None)
    return Document(name, ICONS[name](showing.logo(first))) if first else None


def _folder(language: str) -> str:
    return prefix(language).lstrip("/")


def _document(path: str, data: bytes | None) -> Document | None:
    return None if data is None else Document(path, data)


KINDS: dict[str, Callable[[str, Showing], Document | None]] = {
    "feed": _feed,
    "sitemap": _sitemap,
    "robots": _robots,
    "security": _security,
    "llms": _llms,
    "manifest": _manifest,
    "icon": _icon,
}
