"""From what changed to which files must be made again.

The outbox names things. The files that show them are in the dependency rows. Two kinds of file
cannot be found there, because they do not show the thing yet: the thing's own file, and the lists
and neighbours that a story enters or leaves. Those follow from the lists' rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from wagtail.models import Page

from tamizdat.bake import recipes
from tamizdat.bake.models import Dirty, File, Shows
from tamizdat.stories import keys
from tamizdat.stories.listing import Listed, Shift, reconcile
from tamizdat.stories.models import Author, Change, Section, Story, Topic
from tamizdat.stories.showing.fronts import LIST_LENGTH, archive_pages
from tamizdat.stories.showing.stories import REACH

SLICE = 500
BEHIND = 10  # added to a rank; ranks are single digits (tamizdat.bake.recipes)


def take_up(now: datetime) -> int:
    """Turn the outbox rows that are due into dirty recipes; return how many rows were taken.

    One transaction: the lists, the dirty rows and the outbox agree at every moment.
    """
    if not is_due(now):
        return 0
    with transaction.atomic():
        rows = list(_due(now).order_by("pk")[:SLICE])
        changed = list(dict.fromkeys(row.key for row in rows))
        mark(_dirty(changed, now))
        Change.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def is_due(now: datetime) -> bool:
    """Say whether the outbox holds anything for this moment."""
    return _due(now).exists()


def _due(now: datetime) -> QuerySet[Change]:
    return Change.objects.filter(Q(due_at__isnull=True) | Q(due_at__lte=now))


def mark(names: Iterable[str], *, behind: int = 0) -> None:
    """Note that these files must be made again.

    ``behind`` puts them behind everything else: a story that is published while the whole
    edition is made again does not wait for it.
    """
    wanted = list(dict.fromkeys(names))
    for start in range(0, len(wanted), SLICE):
        part = wanted[start : start + SLICE]
        Dirty.objects.filter(recipe__in=part).update(round=F("round") + 1)
        if not behind:
            waiting = Dirty.objects.filter(recipe__in=part, rank__gte=BEHIND)
            waiting.update(rank=F("rank") - BEHIND)
        Dirty.objects.bulk_create(
            [Dirty(recipe=name, rank=recipes.rank(name) + behind) for name in part],
            ignore_conflicts=True,
        )


def mark_all(now: datetime) -> int:
    """Note that the whole edition must be made again; return how many files that is."""
    with transaction.atomic():
        for story in _stories():
            _reconcile(story, story.pk, now)
        listed = set(Listed.objects.values_list("story_id", flat=True))
        for pk in listed - set(Story.objects.values_list("pk", flat=True)):
            reconcile(pk, (), None)
        names = [
            *recipes.all_recipes(),
            *_numbered(),
            *File.objects.values_list("recipe", flat=True),
        ]
        mark(names, behind=BEHIND)
    return len(set(names))


def _numbered() -> Iterator[str]:
    for name in set(Listed.objects.values_list("list", flat=True)):
        if _has_pages(name):
            yield f"list:{name}"
            last = archive_pages(Listed.objects.of(name).count())
            yield from (f"list:{name}:{number}" for number in range(1, last + 1))


def _dirty(changed: list[str], now: datetime) -> list[str]:
    found: list[str] = []
    shifts: list[Shift] = []
    ids = [int(key[2:]) for key in changed if key.startswith("p:")]
    there = {page.pk: page for page in Page.objects.filter(pk__in=ids).specific()}
    for pk in ids:
        page = there.get(pk)
        found += recipes.recipes_of(page, pk)
        found += _indexes_of(page)
        if isinstance(page, Section | Author | Topic) and page.live:
            found += _missing_pages(keys.shelf(pk))
        shifts += _reconcile(page if isinstance(page, Story) else None, pk, now)
    lists = {shift.list for shift in shifts}
    if keys.homes() in changed:
        found += [*recipes.all_recipes(), *_numbered()]
    touched = [*changed, *(keys.stories_in(name) for name in lists)]
    found += _files_that_show(touched)
    for shift in shifts:
        found += _neighbours(shift)
    for name in lists:
        found += _pages_of(name, min(each.rank for each in shifts if each.list == name))
    return found


def _indexes_of(page: Page | None) -> list[str]:
    """Name the list in which a new author or topic will stand."""
    if isinstance(page, Author | Topic):
        return [f"index:{page.get_parent().pk}"]
    return []


def _files_that_show(changed: list[str]) -> list[str]:
    found: list[str] = []
    for start in range(0, len(changed), SLICE):
        rows = Shows.objects.filter(key__in=changed[start : start + SLICE])
        found += rows.values_list("file__recipe", flat=True)
    return found


def _stories() -> Iterator[Story]:
    rows = Story.objects.select_related("locale", "section")
    rows = rows.prefetch_related("bylines__author", "topics")
    yield from rows.defer("body").iterator(chunk_size=SLICE)


def _reconcile(story: Story | None, pk: int, now: datetime) -> list[Shift]:
    if story is None or not story.is_public(now) or story.sort_at is None:
        shifts = reconcile(pk, (), None)
    else:
        shifts = reconcile(pk, lists_of(story, story.sort_at), story.sort_at)
    months = {shift.list for shift in shifts if shift.list.count("/") == 2}
    for name in months:  # a month that came or went changes the archive
        if Listed.objects.of(name).count() <= 1:
            shifts.append(Shift(keys.months(name.split("/")[0]), shifts[0].sort_at, pk, 0))
    return shifts


def lists_of(story: Story, sort_at: datetime) -> list[str]:
    """Name the lists in which a public story stands."""
    local = timezone.localtime(sort_at)
    shelves = [story.section, *(byline.author for byline in story.bylines.all())]
    shelves += story.topics.all()
    own = [shelf.pk for shelf in shelves if shelf and shelf.locale_id == story.locale_id]
    return [
        keys.all_of(story.language),
        keys.month(story.language, local.year, local.month),
        *dict.fromkeys(keys.shelf(pk) for pk in own),
    ]


def _neighbours(shift: Shift) -> list[str]:
    """Name the stories whose "Read more" the story may enter or leave (see showing.stories)."""
    place = (shift.list, shift.sort_at, shift.story_id, REACH)
    found = Listed.objects.after(*place)
    if shift.rank < REACH * 2:
        found += Listed.objects.before(*place)
    return [f"story:{pk}" for pk in found]


def _has_pages(name: str) -> bool:
    return keys.is_shelf(name) or name.count("/") == 2


def _pages_of(name: str, rank: int) -> list[str]:
    """Name the pages of a list that change when its order changes from this rank on."""
    if not _has_pages(name):
        return []
    last = archive_pages(Listed.objects.of(name).count())
    standing = _standing(name)
    first = rank // LIST_LENGTH + 1
    numbers = set(range(first, last + 1)) | {number for number in standing if number > last}
    # A page that is born or goes away is linked to by the one before it.
    numbers |= {last, *([max(standing)] if standing else [])}
    return [f"list:{name}", *(f"list:{name}:{number}" for number in sorted(numbers) if number > 0)]


def _missing_pages(name: str) -> list[str]:
    """Name the archive pages that a list should have and has not: it was published again."""
    last = archive_pages(Listed.objects.of(name).count())
    return [f"list:{name}:{number}" for number in set(range(1, last + 1)) - _standing(name)]


def _standing(name: str) -> set[int]:
    """Return the numbers of a list's archive pages that stand now."""
    rows = File.objects.filter(recipe__startswith=f"list:{name}:")
    return {int(recipe.rpartition(":")[2]) for recipe in rows.values_list("recipe", flat=True)}
