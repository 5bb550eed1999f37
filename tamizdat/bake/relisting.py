"""The lists that each story belongs to, and the rows that say so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from tamizdat.databases import SLICE, slices
from tamizdat.stories import keys
from tamizdat.stories.listing import Listed
from tamizdat.stories.models import Byline, Story


def lists_of(story: Story, sort_at: datetime) -> list[str]:
    """Name the lists in which a public story stands."""
    shelves = [story.section, *(byline.author for byline in story.bylines.all())]
    shelves += story.topics.all()
    own = [shelf.pk for shelf in shelves if shelf and shelf.locale_id == story.locale_id]
    return _lists(story.language, sort_at, own)


def _lists(language: str, sort_at: datetime, shelves: list[int]) -> list[str]:
    local = timezone.localtime(sort_at)
    return [
        keys.all_of(language),
        keys.month(language, local.year, local.month),
        *dict.fromkeys(keys.shelf(pk) for pk in shelves),
    ]


def relist(now: datetime) -> None:
    """Let every story stand in just the lists that it belongs to, a slice at a time."""
    last = 0
    while True:
        rows = Story.objects.filter(pk__gt=last).order_by("pk")
        values = ("pk", "locale_id", "locale__language_code", "first_published_at")
        shelf = ("section_id", "section__locale_id")
        part = list(rows.values_list("live", "embargo_until", *values, *shelf)[: SLICE * 4])
        if not part:
            break
        _relist_slice(part, now)
        last = part[-1][2]
    stray = Listed.objects.exclude(story_id__in=Story.objects.values("pk"))
    stray.delete()


def _relist_slice(part: list[Any], now: datetime) -> None:
    first, last = part[0][2], part[-1][2]
    with transaction.atomic():
        shelves = _shelves(first, last)
        wanted: set[tuple[str, int, Any]] = set()
        for live, embargo, pk, locale, language, sort_at, section, section_locale in part:
            if not live or sort_at is None or (embargo and embargo > now):
                continue
            own = [*shelves.get(pk, ()), *([(section, section_locale)] if section else [])]
            names = _lists(language, sort_at, [at for at, spoken in own if spoken == locale])
            stored = connection.ops.adapt_datetimefield_value(sort_at)
            wanted |= {(name, pk, stored) for name in names}
        _list_just(wanted, first, last)


def _list_just(wanted: set[tuple[str, int, Any]], first: int, last: int) -> None:
    """Let a range of stories stand in just these lists. Half a million rows: past the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT list, story_id, sort_at, id FROM stories_listed"
            " WHERE story_id BETWEEN %s AND %s",
            [first, last],
        )
        there = {(name, pk, at): row for name, pk, at, row in cursor.fetchall()}
        strays = [row for place, row in there.items() if place not in wanted]
        for part in slices(strays):
            Listed.objects.filter(pk__in=part).delete()
        cursor.executemany(
            "INSERT INTO stories_listed (list, story_id, sort_at) VALUES (%s, %s, %s)",
            sorted(wanted - there.keys()),
        )


def _shelves(first: int, last: int) -> dict[int, list[tuple[int, int]]]:
    """Return the authors and topics of a range of stories, each with its locale."""
    found: dict[int, list[tuple[int, int]]] = {}
    span = {"story_id__gte": first, "story_id__lte": last}
    bylines = Byline.objects.filter(**span).order_by()
    topics = Story.topics.through.objects.filter(**span).order_by()
    for story, *shelf in bylines.values_list("story_id", "author_id", "author__locale_id"):
        found.setdefault(story, []).append((shelf[0], shelf[1]))
    for story, *shelf in topics.values_list("story_id", "topic_id", "topic__locale_id"):
        found.setdefault(story, []).append((shelf[0], shelf[1]))
    return found
