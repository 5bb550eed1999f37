"""The search index of the admin: kept up by the worker, never inside a publish.

Wagtail puts a task into its queue in the transaction that saves a page or a photo; the worker
indexes it within a second. What that would cost with many stories is not the entry but the *title
norms*: after every change Wagtail reads the length of all titles there are. Here that waits for the
night, and goes in slices.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Avg, FloatField, Value
from django.db.models.functions import Cast, Length
from modelsearch.backends import database
from wagtail.search.models import IndexEntry

SLICE = 200


def SearchBackend(parameters: dict[str, Any]) -> Any:  # noqa: N802 - Wagtail looks for this name
    """Return Wagtail's backend for the database at hand, its index without the norms."""
    backend = database.SearchBackend(parameters)
    backend.index_class = _without_norms(type(backend).index_class)
    return backend


def _without_norms(index: type) -> type:
    def refresh(self: object, full: bool = False) -> None:
        if full:  # a whole rebuild, asked for by hand
            index._refresh_title_norms(self, full=True)  # type: ignore[attr-defined]

    return type("FollowingIndex", (index,), {"_refresh_title_norms": refresh})


def refresh_norms() -> int:
    """Give the entries that are new since the last time their title norm; return how many."""
    entries = IndexEntry.objects.annotate(length=Length("title")).filter(length__gt=0)
    average = entries.aggregate(average=Avg("length"))["average"]
    done, last = 0, 0
    while average:
        slice_ = entries.filter(title_norm=1.0, pk__gt=last).order_by("pk")[:SLICE]
        keys = list(slice_.values_list("pk", flat=True))
        if not keys:
            break
        norm = Value(float(average)) / Cast(Length("title"), FloatField())
        IndexEntry.objects.filter(pk__in=keys).update(title_norm=norm)
        done, last = done + len(keys), keys[-1]
    return done
