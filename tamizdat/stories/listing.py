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
from typing import Any, Protocol

from django.db import connection, models
from django.utils import timezone

from tamizdat.stories import keys

MANY, ALL = 1000, 2**31 - 1


def has_pages(name: str) -> bool:
    """Say whether a list has pages of its own; a language's list of everything has none."""
    return keys.is_shelf(name) or name.count("/") == 2  # a month; "en/months" is no list itself


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


# SQLite answers these in microseconds; the ORM takes twenty times as long to ask.
IDS = "SELECT story_id FROM stories_listed WHERE list = %s"
OLDER = "AND (sort_at, story_id) < (%s, %s)"
NEWER = "AND (sort_at, story_id) > (%s, %s)"
OLDEST_FIRST = "ORDER BY sort_at, story_id"
NEWEST_FIRST = "ORDER BY sort_at DESC, story_id DESC"
RANK = (
    "SELECT COUNT(*) FROM (SELECT 1 FROM stories_listed WHERE list = %s"
    " AND (sort_at, story_id) < (%s, %s) LIMIT %s) AS older"
)
STRETCHES = (
    "SELECT list FROM (SELECT list, sort_at, ROW_NUMBER()"
    " OVER (PARTITION BY list ORDER BY sort_at, story_id) AS place FROM stories_listed) AS placed"
    " WHERE place %% %s = 1 ORDER BY sort_at, list"
)


class ListedManager(models.Manager["Listed"]):
    """``Lists``, from the database."""

    def of(self, name: str) -> models.QuerySet[Listed]:
        return self.filter(list=name)

    def length(self, name: str) -> int:
        return self.of(name).count()

    def newest(self, name: str, count: int) -> list[int]:
        return _numbers(f"{IDS} {NEWEST_FIRST} LIMIT %s", name, count)

    def slice(self, name: str, start: int, stop: int) -> list[int]:
        found = _numbers(f"{IDS} {OLDEST_FIRST} LIMIT %s OFFSET %s", name, stop - start, start)
        return found[::-1]

    def before(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        place = (_stored(sort_at), story_id)
        return _numbers(f"{IDS} {OLDER} {NEWEST_FIRST} LIMIT %s", name, *place, count)

    def after(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        place = (_stored(sort_at), story_id)
        return _numbers(f"{IDS} {NEWER} {OLDEST_FIRST} LIMIT %s", name, *place, count)

    def rank(self, name: str, sort_at: datetime, story_id: int) -> int:
        """Count the stories of a list that are older than this place in it.

        The longer the list, the longer it takes. Where a list has no pages, nobody asks beyond
        MANY.
        """
        place = (_stored(sort_at), story_id, ALL if has_pages(name) else MANY)
        return _numbers(RANK, name, *place)[0]

    def stretches(self, length: int) -> list[str]:
        """Cut every list into stretches of so many stories, from its oldest on; name the list of
        each stretch, in the order in which they begin. The last one of a list may be shorter."""
        with connection.cursor() as cursor:
            cursor.execute(STRETCHES, [length])
            return [row[0] for row in cursor.fetchall()]

    def months(self, language: str) -> list[str]:
        """Step from month to month through the language's list, a row each."""
        rows = self.of(keys.all_of(language)).order_by("-sort_at").values_list("sort_at", flat=True)
        names = []
        newest = rows.first()
        while newest is not None:
            local = timezone.localtime(newest)
            names.append(keys.month(language, local.year, local.month))
            begun = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
            newest = rows.filter(sort_at__lt=begun).first()
        return names


def _numbers(question: str, *values: Any) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return [row[0] for row in cursor.fetchall()]


def _stored(moment: datetime) -> Any:
    """Return a moment as the database stores it."""
    return connection.ops.adapt_datetimefield_value(moment)


class Listed(models.Model):
    """One story in one list. ``story_id`` is a plain number: the row may outlive the story until
    the baker has taken its files away."""

    list = models.CharField(max_length=40)
    story_id = models.BigIntegerField()
    sort_at = models.DateTimeField()

    objects = ListedManager()

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
