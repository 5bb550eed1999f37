"""The feed of a language, a section, an author or a topic."""

from __future__ import annotations

from collections.abc import Iterable

from tamizdat.reader import feeds
from tamizdat.stories import keys
from tamizdat.stories.models.pages import Author, Home, Section, Topic
from tamizdat.stories.showing import richtext
from tamizdat.stories.showing.context import Showing
from tamizdat.stories.showing.machines.entries import entries_ahead, entry
from tamizdat.stories.showing.stock import Stock

LENGTH = 20
WRITERS = {"xml": feeds.rss, "json": feeds.json_feed}

Shelf = Home | Section | Author | Topic


def list_of(shelf: Shelf) -> str:
    """Name the list of stories that a page's feed holds."""
    return keys.all_of(shelf.language) if isinstance(shelf, Home) else keys.shelf(shelf.pk)


def feeds_ahead(stock: Stock, lists: Iterable[str]) -> None:
    """Read what the feeds of these lists show."""
    entries_ahead(stock, {pk for name in lists for pk in stock.lists.newest(name, LENGTH)})


def feed(showing: Showing, shelf: Shelf, ending: str) -> bytes:
    """Write a page's feed, as ``xml`` or as ``json``."""
    name = list_of(shelf)
    site = showing.site(shelf.language)
    showing.trace.saw(keys.stories_in(name))
    if not isinstance(shelf, Home):  # all that a home page gives is in the site
        showing.trace.saw(keys.page(shelf.pk))
    stories = map(showing.stock.stories.__getitem__, showing.stock.lists.newest(name, LENGTH))
    value = feeds.Feed(
        page=shelf.public_path,
        title=site.name if isinstance(shelf, Home) else f"{shelf.title} – {site.name}",
        description=_about(shelf),
        entries=tuple(entry(showing, story) for story in stories if story),
    )
    return WRITERS[ending](value, site)


def _about(shelf: Shelf) -> str:
    if isinstance(shelf, Home):
        return str(shelf.tagline)
    text = richtext.plain(shelf.bio) if isinstance(shelf, Author) else str(shelf.description)
    return shelf.search_description or " ".join(text.split())
