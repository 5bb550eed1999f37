"""Which bin lists which file, as the baker's books have it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Model, QuerySet

from tamizdat.bake.models import Asset, File
from tamizdat.databases import SLICE
from tamizdat.edition.roles import MEDIA, Shape, group_of
from tamizdat.edition.tree import Entry

MANY = 64  # bins, from which on one pass over all files is quicker than a query for each
FIELDS = ("bin", "path", "sha256", "length")


def sort_into(shape: Shape) -> None:
    """Note which bin lists each file: the first time, and when the shape has changed."""
    for model in (File, Asset):
        rows: QuerySet[Any] = model._default_manager.order_by("pk")
        last = 0
        while part := list(rows.filter(pk__gt=last)[: SLICE * 4]):
            for each in part:
                each.bin = shape.bin_of(each.path)
            rows.bulk_update(part, ["bin"], batch_size=SLICE // 3)
            last = part[-1].pk


def entries_of(roles: Collection[str]) -> Iterator[tuple[str, list[Entry]]]:
    """Yield each of these bins with what it lists; last those that list nothing."""
    left = set(roles)
    for role, listed in _all() if len(left) > MANY else _each(sorted(left)):
        if role in left:
            left.discard(role)
            yield role, listed
    for role in sorted(left):
        yield role, []


def _each(roles: list[str]) -> Iterator[tuple[str, list[Entry]]]:
    for role in roles:
        model: type[Model] = Asset if group_of(role) == MEDIA else File
        rows = model._default_manager.filter(bin=role).values_list(*FIELDS[1:])
        yield role, [Entry(*row) for row in rows]


def _all() -> Iterator[tuple[str, list[Entry]]]:
    """Yield the entries of every bin that lists any, in one pass over all files."""
    for model in (File, Asset):
        rows = model._default_manager.order_by("bin").values_list(*FIELDS)
        for role, group in groupby(rows.iterator(chunk_size=SLICE * 4), key=itemgetter(0)):
            yield role, [Entry(*row[1:]) for row in group]
