"""From what changed to which files must be made again, and in which order.

The outbox names things. The files that show them are in the dependency rows. Two kinds of file
cannot be found there, because they do not show the thing yet: the thing's own file, and the lists
and neighbours that a story enters or leaves. Those follow from the lists' rows.

Ranks of dirty rows: below BEHIND what an editor waits for, in the order in which readers look;
from BEHIND on what is made again only because something around it changed (the site's name, the
whole edition); then bundles, which are made of the sealed edition; then what shows nothing any
more and goes away when no page names it; then what could not be made, until the next bake tries
again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from django.db import connection, transaction
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet
from wagtail.models import Page

from tamizdat.bake import bundling, machines, parts, recipes
from tamizdat.bake.models import Dirty, File, Shows
from tamizdat.bake.relisting import lists_of, relist
from tamizdat.databases import SLICE, slices
from tamizdat.stories import deadlines, keys
from tamizdat.stories.listing import Listed, Shift, has_pages, reconcile
from tamizdat.stories.models import (
    Author,
    Change,
    Month,
    Photo,
    Section,
    Story,
    Topic,
    Year,
)
from tamizdat.stories.showing import fronts
from tamizdat.stories.showing.fronts import LIST_LENGTH, archive_pages
from tamizdat.stories.showing.stories import REACH

BEHIND = 10  # added to a rank; ranks are single digits (tamizdat.bake.recipes)
BUNDLES, GONE, FAILED = bundling.RANK, 100, 200
FORWARD = recipes.FORWARD


@dataclass
class Taken:
    """What was taken from the outbox: how many rows, and whether they only add stories.

    A story that is added may come to readers in two editions, itself and the front first. What
    changes or takes away must be whole in one.
    """

    count: int = 0
    is_addition: bool = True
    takes_pictures: bool = False


def take_up(now: datetime) -> Taken:
    """Turn the outbox rows that are due into dirty recipes.

    A transaction for each slice: the lists, the dirty rows and the outbox agree at every moment.
    """
    taken = Taken()
    while is_due(now):
        with transaction.atomic():
            rows = list(_due(now).order_by("pk")[:SLICE])
            changed = list(dict.fromkeys(row.key for row in rows))
            found = _dirty(changed, now)
            mark(found.urgent)
            mark(found.around, behind=BEHIND)
            _remove(Change, [row.pk for row in rows])
            if keys.half_year() in changed:
                deadlines.note_half_year(now)
        taken.count += len(rows)
        taken.is_addition &= found.is_addition
        taken.takes_pictures |= _has_lost_photos(changed)
    return taken


def urgent(limit: int) -> list[Dirty]:
    """Return what an editor waits for, in order."""
    return list(Dirty.objects.filter(rank__lt=BEHIND).order_by("rank", "pk")[:limit])


def first_look(limit: int) -> list[Dirty]:
    """Return what readers of an added story look at first: itself, the front, and pages that are
    as new as it and that it may link to."""
    standing = File.objects.filter(recipe=OuterRef("recipe"))
    is_new = ~Exists(standing) & Q(rank__lt=recipes.ARCHIVE_RANK)
    rows = Dirty.objects.filter(rank__lt=BEHIND).filter(Q(recipe__startswith="home:") | is_new)
    return list(rows.order_by("rank", "pk")[:limit])


def behind(limit: int, after: Dirty | None = None) -> list[Dirty]:
    """Return some of what is made again behind everything else: of one rank, so that a page is
    made after those that it links to. ``after``: what comes after this one in its rank."""
    return _of_a_rank(Dirty.objects.filter(rank__gte=BEHIND, rank__lt=BUNDLES), limit, after)


def urgent_of_a_rank(limit: int, after: Dirty | None = None) -> list[Dirty]:
    """Return some of what an editor waits for, of one rank; likewise."""
    return _of_a_rank(Dirty.objects.filter(rank__lt=BEHIND), limit, after)


def _of_a_rank(rows: QuerySet[Dirty], limit: int, after: Dirty | None) -> list[Dirty]:
    if after is not None:
        return list(rows.filter(rank=after.rank, pk__gt=after.pk).order_by("pk")[:limit])
    first = rows.order_by("rank", "pk").first()
    return list(rows.filter(rank=first.rank).order_by("pk")[:limit]) if first else []


def gone(limit: int, *, is_withdrawal: bool) -> list[Dirty]:
    """Return what shows nothing any more. ``is_withdrawal`` gives stories and what listed them:
    they go at once. Others go when no page around links to them any more."""
    rows = Dirty.objects.filter(rank=GONE).order_by("pk")
    if is_withdrawal:
        return [row for row in rows if not _is_around(row.recipe)][:limit]
    return list(rows[:limit])


def _is_around(recipe: str) -> bool:
    """Say whether pages all around link to this file: a shelf's front, a text, an index, a home."""
    kind, _, rest = recipe.partition(":")
    if kind in machines.KINDS:  # what holds a story whole waits for nothing
        return False
    if kind == "list":
        return keys.is_shelf(rest)
    return kind not in recipes.GO_AT_ONCE


def withdrawn(now: datetime) -> list[str]:
    """Return the paths of stories that stand and that readers must not see any more, and of what
    holds them whole."""
    found: list[str] = []
    for part in slices(withdrawn_stories(now)):
        names = [f"story:{pk}" for pk in part]
        found += File.objects.filter(recipe__in=names).values_list("path", flat=True)
        found += [file.path for file in parts.standing(names)]
        showing = File.objects.filter(shows__key__in=[keys.page(pk) for pk in part])
        feeds = Q(path__endswith="feed.xml") | Q(path__endswith="feed.json")
        found += showing.filter(feeds).distinct().values_list("path", flat=True)
    return found


def withdrawn_stories(now: datetime) -> list[int]:
    """Return the ids of stories that are to be made and that readers must not see any more."""
    rows = Dirty.objects.filter(recipe__startswith="story:")
    ids = {parts.id_of(name) for name in rows.values_list("recipe", flat=True)}
    for part in slices(sorted(ids)):
        ids -= set(Story.objects.filter(pk__in=part).public(now).values_list("pk", flat=True))
    return sorted(ids)


def _has_lost_photos(changed: Iterable[str]) -> bool:
    ids = {int(key[2:]) for key in changed if key.startswith("i:")}
    return bool(ids) and Photo.objects.filter(pk__in=ids).count() < len(ids)


def set_aside(rows: Iterable[Dirty], rank: int) -> None:
    """Let rows wait as GONE or FAILED; one that was asked for again meanwhile stays as it is."""
    for row in rows:
        Dirty.objects.filter(pk=row.pk, round=row.round).update(rank=rank)


def try_again() -> None:
    """Take up what could not be made before."""
    failed = Dirty.objects.filter(rank=FAILED)
    mark(failed.values_list("recipe", flat=True))


def waiting(below: int = BUNDLES) -> int:
    """Count the files that are to be made, of ranks below this one."""
    return Dirty.objects.filter(rank__lt=below).count()


def mark_bundles(names: list[str]) -> None:
    """Note that these bundles must be made again."""
    for part in slices(names):
        _mark(part, BUNDLES, 0)


def mark_parts(*, stand: list[str], go: list[str]) -> None:
    """Note which parts of stories are left over and must go, and which stand (again)."""
    for part in slices(stand):
        Dirty.objects.filter(recipe__in=part).delete()
    for part in slices(go):
        _mark(part, GONE, 0)


def is_due(now: datetime) -> bool:
    """Say whether the outbox holds anything for this moment."""
    return _due(now).exists()


def _due(now: datetime) -> QuerySet[Change]:
    return Change.objects.filter(Q(due_at__isnull=True) | Q(due_at__lte=now))


def mark(names: Iterable[str], *, behind: int = 0) -> None:
    """Note that these files must be made again; for a part of a story, the story. Those of a rank
    are made in the order of their names here.

    ``behind`` puts them behind everything else: a story that is published while the whole
    edition is made again does not wait for it.
    """
    wanted = dict.fromkeys(map(parts.whole, names))
    for rank, group in groupby(sorted(wanted, key=recipes.rank), recipes.rank):
        for part in slices(list(group)):
            _mark(part, rank, behind)


def _mark(names: list[str], rank: int, behind: int) -> None:
    there = Dirty.objects.filter(recipe__in=names)
    there.update(round=F("round") + 1)
    there.filter(rank__gte=GONE if behind else BEHIND).update(rank=rank + behind)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO bake_dirty (recipe, rank, round) VALUES (%s, %s, 0)"
            " ON CONFLICT (recipe) DO NOTHING",
            [(name, rank + behind) for name in names],
        )


def mark_all(now: datetime) -> None:
    """Note that the whole edition must be made again, behind everything else.

    In slices: no editor's save waits for it, and one that is cut short is begun again by whoever
    began it.
    """
    relist(now)
    deadlines.note_all(now)
    names = [*recipes.all_recipes(), *_numbered()]
    alone = File.objects.exclude(recipe__startswith="words:")  # the search index is made of pages
    names += alone.values_list("recipe", flat=True)
    ordered = sorted(dict.fromkeys(names), key=recipes.rank)
    for part in slices(ordered, SLICE * 4):
        with transaction.atomic():
            mark(part, behind=BEHIND)


def _numbered() -> Iterator[str]:
    """Name the files of all lists. Archive pages come in the order of their stories' days: those
    that are made together, of whatever lists, show the same stories."""
    begun: Counter[str] = Counter()
    for name in Listed.objects.stretches(fronts.LIST_LENGTH):
        if name not in begun:
            yield from machines.of_list(name)
        if has_pages(name):
            # A numbered page is whole, and a newer story stands behind it.
            yield f"list:{name}:{begun[name]}" if begun[name] else f"list:{name}"
        begun[name] += 1


@dataclass
class Found:
    """The recipes that a change leads to; ``around``: where only the surroundings changed."""

    urgent: list[str] = field(default_factory=list)
    around: list[str] = field(default_factory=list)
    is_addition: bool = True


def _dirty(changed: list[str], now: datetime) -> Found:
    found = Found()
    shifts: list[Shift] = []
    ids = [int(key[2:]) for key in changed if key.startswith("p:")]
    there = {page.pk: page for page in Page.objects.filter(pk__in=ids).specific()}
    for pk in ids:
        page = there.get(pk)
        found.is_addition &= _adds(page, pk)
        found.urgent += recipes.recipes_of(page, pk)
        found.urgent += _indexes_of(page)
        if isinstance(page, Section | Author | Topic) and page.live:
            found.urgent += _missing_pages(keys.shelf(pk))
        shifts += _reconcile(page if isinstance(page, Story) else None, pk, now)
    shifted: dict[str, list[Shift]] = {}
    for shift in shifts:
        shifted.setdefault(shift.list, []).append(shift)
        found.urgent += _neighbours(shift)
    surroundings = [key for key in changed if key == keys.homes() or key.startswith("s:")]
    found.is_addition &= not surroundings and not any(key[:2] in ("i:", "m:") for key in changed)
    if keys.homes() in changed:
        found.around += [*recipes.all_recipes(), *_numbered()]
    found.around += _files_that_show(surroundings)
    touched = [key for key in changed if key not in surroundings]
    found.urgent += _files_that_show([*touched, *map(keys.stories_in, shifted)])
    for name, each in shifted.items():
        found.urgent += _pages_of(name, min(shift.rank for shift in each), len(each))
        found.urgent += machines.of_list(name)
    return found


def _adds(page: Page | None, pk: int) -> bool:
    """Say whether this change can only have added a story, or has nothing to do with readers."""
    if isinstance(page, Year | Month):
        return True
    return isinstance(page, Story) and not File.objects.filter(recipe=f"story:{pk}").exists()


def _indexes_of(page: Page | None) -> list[str]:
    """Name the list in which a new author or topic will stand."""
    if isinstance(page, Author | Topic):
        return [f"index:{page.get_parent().pk}"]
    return []


def _files_that_show(changed: list[str]) -> list[str]:
    found: list[str] = []
    for part in slices(changed):
        rows = Shows.objects.filter(key__in=part)
        found += rows.values_list("file__recipe", flat=True)
    return found


def _reconcile(story: Story | None, pk: int, now: datetime) -> list[Shift]:
    if story is None or not story.is_public(now) or story.sort_at is None:
        shifts = reconcile(pk, (), None)
    else:
        shifts = reconcile(pk, lists_of(story, story.sort_at), story.sort_at)
    months = {shift.list for shift in shifts if shift.list.count("/") == 2}
    for name in months:  # a month that came or went changes the archive
        if len(Listed.objects.of(name)[:2]) <= 1:
            shifts.append(Shift(keys.months(name.split("/")[0]), shifts[0].sort_at, pk, 0))
    return shifts


def _neighbours(shift: Shift) -> list[str]:
    """Name the stories whose "Read more" the story may enter or leave (see showing.stories)."""
    place = (shift.list, shift.sort_at, shift.story_id, REACH)
    found = Listed.objects.after(*place)
    if shift.rank < REACH * 2:
        found += Listed.objects.before(*place)
    return [f"story:{pk}" for pk in found]


def _pages_of(name: str, rank: int, shifts: int) -> list[str]:
    """Name the pages of a list that change when its order changes from this rank on."""
    if not has_pages(name):
        return []
    last = archive_pages(Listed.objects.of(name).count())
    # A page that is born or goes away is linked to by the one before it. So many shifts can have
    # taken away so many pages and no more; what is named and never stood is made into nothing.
    first = min(rank // LIST_LENGTH + 1, max(last - 1, 1))
    beyond = last + shifts // LIST_LENGTH + 2
    return [f"list:{name}", *(f"list:{name}:{each}" for each in range(first, beyond + 1))]


def _missing_pages(name: str) -> list[str]:
    """Name the archive pages of a list that was published again: they went with it."""
    last = archive_pages(Listed.objects.of(name).count())
    if not last or File.objects.filter(recipe=f"list:{name}:{last}").exists():
        return []
    return [f"list:{name}:{number}" for number in range(1, last + 1)]


def _remove(model: type[Model], ids: list[int]) -> None:
    """Delete rows that nothing refers to, a statement a slice."""
    for part in slices(ids):
        model._default_manager.filter(pk__in=part).delete()
