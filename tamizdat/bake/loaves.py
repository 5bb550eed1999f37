"""From recipes to the bytes of their files: made, but not yet written.

Rules:

* Every thing that a file shows is among its keys: they become the dependency rows.
* What a batch has read is shared by all its files and forgotten after: by the next, editors may
  have changed it.
* A page that cannot be made keeps no other waiting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from tamizdat.bake import recipes
from tamizdat.bake.assets import EditionAssets, Wanted
from tamizdat.edition.paths import file_of
from tamizdat.reader.pages import Document
from tamizdat.reader.render import render
from tamizdat.stories.orders import Orders
from tamizdat.stories.showing import Showing, Stock

__all__ = ["Loaf", "Orders", "make_loaves"]

BATCH = 500  # bounds memory: some 10 KB a page


@dataclass(frozen=True)
class Loaf:
    """One file, made but not yet written."""

    recipe: str
    path: str
    data: bytes
    keys: frozenset[str]
    assets: tuple[Wanted, ...]


def make_loaves(
    names: Sequence[str], now: datetime, orders: Orders | None = None
) -> Iterator[tuple[str, Loaf | Exception | None]]:
    """Make the files of these recipes, in this order.

    None: nothing to show. An exception of one page stops no other. ``orders`` spares the
    database's answers about lists.
    """
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        stock = Stock(now, orders)
        try:
            recipes.ahead(batch, stock)
        except Exception:  # whichever page it was: each alone, and only that one fails
            for name in batch:
                yield name, _alone(name, Stock(now, orders))
            continue
        for name in batch:
            yield name, _tried(name, stock)


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
    if isinstance(made, Document):
        path, data = made.path, made.data
    else:
        page, site = made
        path, data = file_of(page.head.path), render(page, site)
    return Loaf(
        recipe=recipe,
        path=path,
        data=data,
        keys=frozenset(showing.trace.keys),
        assets=tuple(files.wanted.values()),
    )
