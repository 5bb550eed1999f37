"""Which public stories each list holds: small rows beside the big ones.

Rules:

* A row says that readers see this story in this list; the baker alone writes rows, when it takes
  up a change, so lists and pages agree.
* A list is ordered by ``(sort_at, story)``, oldest first. An archive page is a slice of ranks, so a
  newer story never moves an older one to another page.
* A story that stands in any list stands in its language's too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import models
from django.utils import timezone

from tamizdat.stories import keys


class Lists(Protocol):
    """The lists as pages ask for them: from the database, or from memory (``orders``)."""

    def length(self, name: str) -> int:
        """Return how many stories a list holds."""

    def newest(self, name: str, count: int) -> list[int]:
        """Return the ids of the newest stories of a list, newest first."""

    def slice(self, name: str, start: int, stop: int) -> list[int]:
        """Return the ids of the stories at these ranks, newest first."""

    def before(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        """Return the ids of the nearest older stories of a list, nearest first."""

    def after(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        """Return the ids of the nearest newer stories of a list, nearest first."""

    def months(self, language: str) -> list[str]:
        """Return the names of the months' lists that hold a story, newest first."""


class ListedQuerySet(models.QuerySet["Listed"]):
    """``Lists``, from the database."""

    def of(self, name: str) -> ListedQuerySet:
        return self.filter(list=name)

    def older(self, sort_at: datetime, story_id: int) -> ListedQuerySet:
        # Said so that the index is entered at the place, not walked to it from one end.
        return self.filter(sort_at__lte=sort_at).exclude(sort_at=sort_at, story_id__gte=story_id)

    def newer(self, sort_at: datetime, story_id: int) -> ListedQuerySet:
        return self.filter(sort_at__gte=sort_at).exclude(sort_at=sort_at, story_id__lte=story_id)

    def length(self, name: str) -> int:
        return self.of(name).count()

    def newest(self, name: str, count: int) -> list[int]:
        rows = self.of(name).order_by("-sort_at", "-story_id")[:count]
        return list(rows.values_list("story_id", flat=True))

    def slice(self, name: str, start: int, stop: int) -> list[int]:
        rows = self.of(name).order_by("sort_at", "story_id")[start:stop]
        return list(rows.values_list("story_id", flat=True))[::-1]

    def rank(self, name: str, sort_at: datetime, story_id: int) -> int:
        """Count the stories of a list that are older than this place in it."""
        return self.of(name).older(sort_at, story_id).count()

    def before(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        rows = self.of(name).older(sort_at, story_id).order_by("-sort_at", "-story_id")[:count]
        return list(rows.values_list("story_id", flat=True))

    def after(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        rows = self.of(name).newer(sort_at, story_id).order_by("sort_at", "story_id")[:count]
        return list(rows.values_list("story_id", flat=True))

    def months(self, language: str) -> list[str]:
        """Step from month to month through the language's list, one row each."""
        rows = self.of(keys.all_of(language)).order_by("-sort_at").values_list("sort_at", flat=True)
        names = []
        newest = rows.first()
        while newest is not None:
            local = timezone.localtime(newest)
            names.append(keys.month(language, local.year, local.month))
            begun = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            newest = rows.filter(sort_at__lt=begun).first()
        return names


class Listed(models.Model):
    """One story in one list. ``story_id`` is a plain number: the row may outlive the story until
    the baker has taken its files away."""

    list = models.CharField(max_length=40)
    story_id = models.BigIntegerField()
    sort_at = models.DateTimeField()

    objects = ListedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["list", "story_id"], name="story_once_in_a_list")
        ]
        indexes = [
            models.Index(fields=["list", "sort_at", "story_id"], name="list_in_order"),
            models.Index(fields=["story_id"], name="lists_of_story"),
        ]

    def __str__(self) -> str:
        return f"{self.list}: {self.story_id}"


@dataclass(frozen=True)
class Shift:
    """A list changed from this place on: a story came, went, or moved."""

    list: str
    sort_at: datetime
    story_id: int
    rank: int


def reconcile(story_id: int, wanted: Iterable[str], sort_at: datetime | None) -> list[Shift]:
    """Let the story stand in exactly the wanted lists, and say where lists changed.

    ``sort_at`` None, or nothing wanted, takes the story out of every list.
    """
    names = set(wanted) if sort_at else set()
    there = {row.list: row for row in Listed.objects.filter(story_id=story_id)}
    gone = [row for name, row in there.items() if name not in names or row.sort_at != sort_at]
    fresh = [name for name in names if name not in there or there[name].sort_at != sort_at]
    shifts = [_shift(row.list, row.sort_at, story_id) for row in gone]
    Listed.objects.filter(pk__in=[row.pk for row in gone]).delete()
    if sort_at is not None:
        Listed.objects.bulk_create(
            [Listed(list=name, story_id=story_id, sort_at=sort_at) for name in fresh]
        )
        shifts += [_shift(name, sort_at, story_id) for name in fresh]
    return shifts


def _shift(name: str, sort_at: datetime, story_id: int) -> Shift:
    return Shift(name, sort_at, story_id, Listed.objects.rank(name, sort_at, story_id))
