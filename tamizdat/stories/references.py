"""The index of references: which page names which page, photo or recording.

A withdrawal's account of "where it still is" and the library's "used in" lean on it. Wagtail keeps
it up by a task that every save queues in its own transaction, so a saved page needs nothing more.
What that cannot reach is mended here: pages that were made past the tasks (the sample, an import),
a task that was given up, an upgrade that finds references in more places.

Rules:

* Rows that are right are only read: no lock is taken for them.
* What is wrong is mended in turns (``tamizdat.turns``). Each object is read once more inside of its
  turn, so that what an editor saved meanwhile is what is noted.
* It may be cut off anywhere: a file in the run folder says how far it came, and when it was done.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from modelcluster.models import ClusterableModel, get_all_child_relations
from wagtail.models import ReferenceIndex

from tamizdat.turns import Pause, turn

READ, WRITTEN, ROWS = 100, 20, 1000  # objects a reading, objects a turn, rows a look at leftovers
EVERY = timedelta(days=7)
PLACE, DONE = "references-at", "done"

Reference = tuple[int, str, str, str]


def is_due(run: Path, now: datetime) -> bool:
    """Say whether the index wants looking through: cut off, never done, or a week ago."""
    word, rest = _place(run)
    return word != DONE or now - datetime.fromisoformat(rest) >= EVERY


def check(run: Path, now: datetime, pause: Pause = time.sleep) -> Iterator[int]:
    """Look through the index and mend it, from where the last time was cut off.

    Yields the number of objects looked at, after every hundred; stop asking and it stops.
    """
    label, last = _place(run)
    for model in indexed():
        own = str(model._meta.label)
        if own < label and label != DONE:
            continue
        for objects in _readings(model, last if own == label else None):
            _mend(model, [each.pk for each in _wrong(model, objects)], pause)
            _keep(run, own, str(objects[-1].pk))
            yield len(objects)
    _forget_leftovers(pause)
    _keep(run, DONE, now.isoformat())


def count() -> int:
    """Return how many objects a whole check looks at."""
    return sum(model._default_manager.count() for model in indexed())


def indexed() -> list[type[Model]]:
    """Return the models whose objects can name others."""
    return sorted(ReferenceIndex.indexed_models, key=lambda model: str(model._meta.label))


def _readings(model: type[Model], last: str | None) -> Iterator[list[Model]]:
    while True:
        rows = _objects(model).order_by("pk")
        objects = list(rows.filter(pk__gt=last)[:READ] if last is not None else rows[:READ])
        if not objects:
            return
        yield objects
        last = str(objects[-1].pk)


def _objects(model: type[Model]) -> QuerySet[Any]:
    """Ask for objects with all that can name another object."""
    rows = model._default_manager.all()
    if not issubclass(model, ClusterableModel):
        return rows
    names = [each.get_accessor_name() for each in get_all_child_relations(model)]
    return rows.prefetch_related(*names)


def _wrong(model: type[Model], objects: Sequence[Model]) -> Iterator[Model]:
    """Yield the objects whose rows are not what they should be."""
    kinds = _kinds(model)
    known: dict[str, set[Reference]] = defaultdict(set)
    rows = ReferenceIndex.objects.filter(
        base_content_type=kinds[-1],
        object_id__in=[str(each.pk) for each in objects],
        content_type__in=kinds,  # a row of a more specific kind is that kind's
    )
    for pk, *reference in rows.values_list(
        "object_id", "to_content_type_id", "to_object_id", "model_path", "content_path"
    ):
        known[pk].add(tuple(reference))
    for each in objects:
        # Wagtail offers no public way to ask without writing.
        if set(ReferenceIndex._extract_references_from_object(each)) != known[str(each.pk)]:
            yield each


def _kinds(model: type[Model]) -> list[ContentType]:
    """Return the content types of a model and of those it inherits, the base last."""
    found = [model, *model._meta.get_parent_list()]
    return [ContentType.objects.get_for_model(each, for_concrete_model=False) for each in found]


def _mend(model: type[Model], keys: Sequence[Any], pause: Pause) -> None:
    for start in range(0, len(keys), WRITTEN):
        with turn(pause):
            # Locked, where the database can: a save under way waits, or is read.
            fresh = _objects(model).select_for_update().filter(pk__in=keys[start : start + WRITTEN])
            for each in fresh:
                ReferenceIndex.create_or_update_for_object(each)


def _forget_leftovers(pause: Pause) -> None:
    """Delete the rows of objects that are gone, or of a kind that names nothing any more."""
    bases = {_kinds(model)[-1].pk: _kinds(model)[-1].model_class() for model in indexed()}
    last = 0
    while True:
        found = ReferenceIndex.objects.filter(pk__gt=last).order_by("pk")
        rows = list(found.values_list("pk", "base_content_type_id", "object_id")[:ROWS])
        if not rows:
            return
        last = rows[-1][0]
        gone = set(_leftover(rows, bases))
        if gone:
            with turn(pause):
                ReferenceIndex.objects.filter(pk__in=gone).delete()


def _leftover(
    rows: Iterable[tuple[int, int, str]], bases: dict[int, type[Model] | None]
) -> Iterator[int]:
    by_base: dict[int, dict[int, str]] = defaultdict(dict)
    for pk, base, named in rows:
        by_base[base][pk] = named
    for base, found in by_base.items():
        model = bases.get(base)
        there: set[str] = set()
        if model is not None:
            keys = model._default_manager.filter(pk__in=set(found.values()))
            there = {str(pk) for pk in keys.values_list("pk", flat=True)}
        yield from (pk for pk, named in found.items() if named not in there)


def _place(run: Path) -> tuple[str, str]:
    """Return how far the last check came: a model's label and a key, or "done" and when."""
    try:
        word, _, rest = (run / PLACE).read_text(encoding="utf-8").partition(" ")
    except FileNotFoundError:
        return "", ""
    return word, rest


def _keep(run: Path, word: str, rest: str) -> None:
    """Keep the place, whole or not at all."""
    run.mkdir(parents=True, exist_ok=True)
    aside = run / f".{PLACE}.new"
    aside.write_text(f"{word} {rest}", encoding="utf-8")
    aside.replace(run / PLACE)
