"""The search index of the admin: kept up by the worker, never inside a publish.

Wagtail puts a task into its queue in the transaction that saves a page or a photo; the worker
indexes it within a second. What that would cost with many stories is not the entry but the *title
norms*: after every change Wagtail reads the length of all titles there are. Here that waits for the
night.

Wagtail indexes a photo twice, in the request that uploads it and by the task. Each looks whether
there is an entry and then makes one; so the two take turns, or one of them would fail.

Whatever goes through the whole index writes in turns (``tamizdat.turns``); Wagtail's own rebuild is
one transaction, in which nobody could save for minutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Avg, FloatField, Model, Value
from django.db.models.functions import Cast, Length
from modelsearch.backends import database, get_search_backend
from modelsearch.index import get_indexed_models
from wagtail.search.models import IndexEntry

from tamizdat.databases import slices
from tamizdat.turns import Pause, turn

SLICE = 20  # entries a turn: some 50 ms, while a hundred thousand stand
LOOK = 1000  # entries a look at leftovers


def SearchBackend(parameters: dict[str, Any]) -> Any:  # noqa: N802 - Wagtail looks for this name
    """Return Wagtail's backend for the database at hand, its index without the norms."""
    backend = database.SearchBackend(parameters)
    backend.index_class = _following(type(backend).index_class)
    return backend


def _following(index: Any) -> type:
    def refresh(self: object, full: bool = False) -> None:
        if full:  # a whole rebuild, asked for by hand
            index._refresh_title_norms(self, full=True)

    def add_items(self: object, model: type[Model], found: list[Model]) -> None:
        with transaction.atomic():
            index.add_items(self, model, found)

    methods = {"_refresh_title_norms": refresh, "add_items": add_items}
    return type("FollowingIndex", (index,), methods)


def refresh_norms(pause: Pause = time.sleep, *, are_all: bool = False) -> int:
    """Give the entries that are new since the last time their title norm; return how many.

    ``are_all``: those that have one get a fresh one.
    """
    entries = IndexEntry.objects.annotate(length=Length("title")).filter(length__gt=0)
    average = entries.aggregate(average=Avg("length"))["average"]
    wanted = entries if are_all else entries.filter(title_norm=1.0)
    done, last = 0, 0
    while average:
        slice_ = wanted.filter(pk__gt=last).order_by("pk")[:SLICE]
        keys = list(slice_.values_list("pk", flat=True))
        if not keys:
            break
        norm = Value(float(average)) / Cast(Length("title"), FloatField())
        with turn(pause):
            IndexEntry.objects.filter(pk__in=keys).update(title_norm=norm)
        done, last = done + len(keys), keys[-1]
    return done


# The whole index anew


def rebuild(pause: Pause = time.sleep) -> Iterator[int]:
    """Write every entry anew, and take away those of what is gone.

    Yields the number of objects that were indexed, after each turn. Done again it changes nothing.
    """
    backend = get_search_backend()
    for model in get_indexed_models():
        index = backend.get_index_for_model(model)
        # Asked for once: among a hundred thousand stories the next few cost a tenth of a second.
        all_keys = list(model.get_indexed_objects().order_by("pk").values_list("pk", flat=True))
        for keys in slices(all_keys, SLICE):
            with turn(pause):
                index.add_items(model, list(model.get_indexed_objects().filter(pk__in=keys)))
            yield len(keys)
    _forget_leftovers(pause)
    refresh_norms(pause, are_all=True)


def count() -> int:
    """Return how many objects a rebuild indexes."""
    return sum(model.get_indexed_objects().count() for model in get_indexed_models())


def _forget_leftovers(pause: Pause) -> None:
    last = 0
    while True:
        found = IndexEntry.objects.filter(pk__gt=last).order_by("pk")
        rows = list(found.values_list("pk", "content_type_id", "object_id")[:LOOK])
        if not rows:
            return
        last = rows[-1][0]
        gone = list(_leftover(rows))
        for start in range(0, len(gone), SLICE):
            with turn(pause):
                IndexEntry.objects.filter(pk__in=gone[start : start + SLICE]).delete()


def _leftover(rows: Iterable[tuple[int, int, str]]) -> Iterator[int]:
    """Name the entries of objects that are no longer to be found."""
    by_kind: dict[int, dict[str, int]] = {}
    for pk, kind, named in rows:
        by_kind.setdefault(kind, {})[named] = pk
    for kind, found in by_kind.items():
        there = _there(ContentType.objects.get_for_id(kind).model_class(), found)
        yield from (pk for named, pk in found.items() if named not in there)


def _there(model: type[Model] | None, names: Iterable[str]) -> set[str]:
    if model not in get_indexed_models():
        return set()
    keys = model.get_indexed_objects().filter(pk__in=list(names))  # type: ignore[union-attr]
    return {str(pk) for pk in keys.values_list("pk", flat=True)}
