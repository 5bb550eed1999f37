"""Which public stories each list holds: small rows beside the big ones.

Rules:

* A row says that readers see this story in this list; the baker alone writes rows, when it takes
  up a change, so lists and pages agree.
* A list is ordered by ``(sort_at, story)``, oldest first. An archive page is a slice of ranks, so a
  newer story never moves an older one to another page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Q


class ListedQuerySet(models.QuerySet["Listed"]):
    def of(self, name: str) -> ListedQuerySet:
        return self.filter(list=name)

    def newest(self, name: str, count: int) -> list[int]:
        """Return the ids of the newest stories of a list, newest first."""
        rows = self.of(name).order_by("-sort_at", "-story_id")[:count]
        return list(rows.values_list("story_id", flat=True))

    def slice(self, name: str, start: int, stop: int) -> list[int]:
        """Return the ids of the stories at these ranks, newest first."""
        rows = self.of(name).order_by("sort_at", "story_id")[start:stop]
        return list(rows.values_list("story_id", flat=True))[::-1]

    def rank(self, name: str, sort_at: datetime, story_id: int) -> int:
        """Count the stories of a list that are older than this place in it."""
        older = Q(sort_at__lt=sort_at) | Q(sort_at=sort_at, story_id__lt=story_id)
        return self.of(name).filter(older).count()

    def before(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        """Return the ids of the nearest older stories of a list, nearest first."""
        older = Q(sort_at__lt=sort_at) | Q(sort_at=sort_at, story_id__lt=story_id)
        rows = self.of(name).filter(older).order_by("-sort_at", "-story_id")[:count]
        return list(rows.values_list("story_id", flat=True))

    def after(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        """Return the ids of the nearest newer stories of a list, nearest first."""
        newer = Q(sort_at__gt=sort_at) | Q(sort_at=sort_at, story_id__gt=story_id)
        rows = self.of(name).filter(newer).order_by("sort_at", "story_id")[:count]
        return list(rows.values_list("story_id", flat=True))


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
