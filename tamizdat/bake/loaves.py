"""From recipes to the bytes of their files: made, but not yet written.

Rules:

* Every thing that a file shows is among its keys: they become the dependency rows.
* What a batch has read is shared by all its files and forgotten after: by the next, editors may
  have changed it.
* A page that cannot be made keeps no other waiting.
* A story that is too long for one page is one loaf, with its later parts in it: they are made, and
  put in place, together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tamizdat.bake import parts, recipes
from tamizdat.bake.assets import EditionAssets, Wanted
from tamizdat.bake.searching.noting import Words, words_of
from tamizdat.edition.paths import file_of
from tamizdat.edition.tree import compressed
from tamizdat.reader.pages import Document, Site, StoryPage, StoryPart
from tamizdat.reader.parts import LIMIT, in_parts
from tamizdat.reader.render import render
from tamizdat.stories.orders import Orders
from tamizdat.stories.showing import Showing, Stock
from tamizdat.stories.showing.sharing import Known

__all__ = ["Loaf", "Orders", "make_loaves"]

BATCH = 500  # bounds memory: some 10 KB a page
SMALL = 2 * LIMIT  # bytes; a page of this length, style sheet and all, packs to half and less


@dataclass(frozen=True)
class Loaf:
    """One file, made but not yet written."""

    recipe: str
    path: str
    data: bytes
    keys: frozenset[str]
    assets: tuple[Wanted, ...]
    parts: tuple[Loaf, ...] = ()  # a long story's later parts, each a file of its own
    sketched: tuple[tuple[int, Known], ...] = ()  # share pictures that are on no record yet
    words: Words | None = None  # of a story, for the search index


def make_loaves(
    names: Sequence[str], now: datetime, orders: Orders | None = None
) -> Iterator[tuple[str, Loaf | Exception | None]]:
    """Make the files of these recipes, in this order.

    None: nothing to show. An exception of one page stops no other. ``orders`` spares the
    database's answers about lists.
    """
    for batch in portions(names):
        stock = Stock(now, orders)
        try:
            recipes.ahead(batch, stock)
        except Exception:  # whichever page it was: each alone, and only that one fails
            for name in batch:
                yield name, _alone(name, Stock(now, orders))
            continue
        for name in batch:
            yield name, _tried(name, stock)


def portions(names: Sequence[str]) -> Iterator[list[str]]:
    """Cut recipes into portions of about the same weight, that of BATCH pages."""
    batch: list[str] = []
    weight = 0
    for name in names:
        batch.append(name)
        weight += recipes.weight(name)
        if weight >= BATCH:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _alone(name: str, stock: Stock) -> Loaf | Exception | None:
    try:
        recipes.ahead([name], stock)
    except Exception as error:
        error.add_note(name)
        return error
    return _tried(name, stock)


def _tried(name: str, stock: Stock) -> Loaf | Exception | None:
    try:
        return _make(name, stock)
    except Exception as error:
        error.add_note(name)
        return error


def _make(recipe: str, stock: Stock) -> Loaf | None:
    """Render one file; None when there is nothing to show any more."""
    files = EditionAssets()
    showing = Showing(stock, files)
    made = recipes.make(recipe, showing)
    if made is None:
        return None
    seen = frozenset(showing.trace.keys)
    if isinstance(made, Document):
        files.keep_named_in(made.data)
        return Loaf(recipe, made.path, made.data, seen, _assets(files))
    page, site = made
    loaf = Loaf(recipe, file_of(page.head.path), render(page, site), seen, _assets(files))
    loaf = replace(loaf, sketched=tuple(files.sketched.items()))
    if not isinstance(page, StoryPage):
        return loaf
    loaf = replace(loaf, words=words_of(page, site, stock.published(parts.id_of(recipe))))
    return _divided(loaf, page, site, files) if _is_heavy(loaf.data) else loaf


def _assets(files: EditionAssets) -> tuple[Wanted, ...]:
    return tuple(files.wanted.values())


def _is_heavy(data: bytes) -> bool:
    return len(data) > SMALL and len(compressed(data)) > LIMIT


def _divided(whole: Loaf, page: StoryPage, site: Site, files: EditionAssets) -> Loaf:
    """Make a story's parts. What the whole shows decides where they are cut: each shows it all."""

    def weigh(part: StoryPage | StoryPart) -> int:
        return len(compressed(render(part, site)))

    first, *later = in_parts(page, weigh, files.script("rest.js"))
    if not later:
        return whole
    story = replace(whole, data=render(first, site), assets=_assets(files))
    return replace(
        story,
        parts=tuple(_part(story, each, site) for each in later if isinstance(each, StoryPart)),
    )


def _part(story: Loaf, page: StoryPart, site: Site) -> Loaf:
    return replace(
        story,
        recipe=parts.name_of(story.recipe, page.number),
        path=file_of(page.head.path),
        data=render(page, site),
        keys=story.keys | {parts.key_of(story.recipe)},
        sketched=(),
        words=None,
    )
