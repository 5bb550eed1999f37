"""The baker's books: which files stand, what each of them shows, and what is still to be done.

Rules:

* One transaction a batch: the files, what they show, the metadata that must be signed anew, and
  the dirty rows that are done with.
* Nothing is recorded before it is durable on disk (the caller has synced).
* A recipe that was asked for again while its file was being made stays dirty.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import starmap
from typing import Any, NamedTuple

from django.db import connection, transaction

from tamizdat.bake import bundling, parts, plan, withdrawn
from tamizdat.bake.hands import Done, Task
from tamizdat.bake.journal import go_stale
from tamizdat.bake.models import Asset, Dirty, File, Moved, Uses
from tamizdat.bake.searching import noting
from tamizdat.databases import SLICE, slices
from tamizdat.edition.roles import Shape
from tamizdat.edition.tree import Entry
from tamizdat.stories.models import SharePicture, Story

COLUMNS = ("recipe", "path", "sha256", "length", "edition", "bin")


class Standing(NamedTuple):
    """The row of a file that stands."""

    pk: int
    recipe: str
    path: str
    sha256: str
    bin: str


def tasks_of(rows: Iterable[Dirty]) -> list[Task]:
    """Return the tasks of some dirty rows, each with the file that stands for it now."""
    names = [row.recipe for row in rows]
    standing = {name: (file.path, file.sha256) for name, file in _standing(names).items()}
    later: dict[str, list[Task]] = {}
    for part in parts.standing(names):
        task = Task(part.recipe, part.path, part.sha256)
        later.setdefault(parts.whole(part.recipe), []).append(task)
    nothing = ("", "")
    return [Task(name, *standing.get(name, nothing), tuple(later.get(name, ()))) for name in names]


def record(
    rows: Sequence[Dirty], done: Sequence[Done], shape: Shape, edition: int, now: datetime
) -> list[str]:
    """Record files that were made for these dirty rows; return the paths that pages moved from."""
    made = {file.recipe: file for each in done for file in each.files if file.entry is not None}
    with transaction.atomic():
        standing = _standing(made)
        moved = _note_moves(standing, made)
        left = _make_room(standing, made, now)
        files = _record_files(standing, made, shape, edition)
        _record_shows(files, standing, made)
        _record_uses(files, standing, made, shape, now)
        _record_share_pictures(made)
        noting.note({each.recipe: each.words for each in done if _tells(each)})
        tick_off(rows)
        plan.mark(moved)
        plan.mark_parts(
            stand=[part.recipe for each in done for part in each.parts],
            go=[name for each in done for name in each.left_over],
        )
        changed = [name for name, each in made.items() if each.is_written]
        plan.mark_bundles(bundling.bundles_of(changed, now))
    return left


def _tells(each: Done) -> bool:
    """Say whether this is a story of which the search index must know what it says now."""
    return each.recipe.startswith(noting.KIND) and (each.words is not None or _is_nothing(each))


def _is_nothing(each: Done) -> bool:
    return each.entry is None and each.error is None


def _standing(recipes: Iterable[str]) -> dict[str, Standing]:
    found = starmap(Standing, _rows("recipe", recipes))
    return {each.recipe: each for each in found}


def _note_moves(standing: dict[str, Standing], made: dict[str, Done]) -> list[str]:
    """Note the addresses that pages leave, in one statement; return what must forward now."""
    moves = {
        file.path: file.recipe
        for file in standing.values()
        if file.path != _entry(made[file.recipe]).path and not file.recipe.startswith("moved:")
    }
    if moves:
        Moved.objects.bulk_create(
            [Moved(path=path, recipe=recipe) for path, recipe in moves.items()],
            update_conflicts=True,
            unique_fields=["path"],
            update_fields=["recipe"],
        )
    fresh = [name for name in made if name not in standing]  # published again, perhaps
    arrived = [_entry(made[name]).path for name in fresh if not name.startswith("moved:")]
    arrived += [_entry(made[recipe]).path for recipe in moves.values()]
    for part in slices(arrived):
        Moved.objects.filter(path__in=part).delete()  # a page stands there again
    found: list[str] = []
    for part in slices([*moves.values(), *fresh]):
        rows = Moved.objects.filter(recipe__in=part)
        found += [f"moved:{path}" for path in rows.values_list("path", flat=True)]
    return found


def _make_room(standing: dict[str, Standing], made: dict[str, Done], now: datetime) -> list[str]:
    """Free the paths that this batch takes: pages may swap theirs, or take one that forwarded.

    Return the paths that were left.
    """
    left = []
    for file in standing.values():
        if file.path != _entry(made[file.recipe]).path:
            left.append(file.path)
            File.objects.filter(pk=file.pk).update(path=f"~{file.pk}")
    taken = [
        _entry(each).path
        for name, each in made.items()
        if name not in standing or standing[name].path != _entry(each).path
    ]
    there = [each for each in starmap(Standing, _rows("path", taken)) if each.recipe not in made]
    withdrawn.note([file.recipe for file in there], now)
    strike_out([file.pk for file in there], now)
    return left


def _record_files(
    standing: dict[str, Standing], made: dict[str, Done], shape: Shape, edition: int
) -> dict[str, int]:
    """Write the files' rows; return each recipe's file id. Bins that change go stale."""
    fresh: list[tuple[str | int, ...]] = []
    stale: set[str] = set()
    for name, each in made.items():
        now, old = _entry(each), standing.get(name)
        if old and (old.path, old.sha256) == (now.path, now.sha256) and old.bin:
            continue
        bin_ = shape.bin_of(now.path)
        stale |= {bin_, old.bin} if old and old.bin else {bin_}
        fresh.append((name, now.path, now.sha256, now.length, edition, bin_))
    go_stale(stale)
    return {name: file.pk for name, file in standing.items()} | _write_files(sorted(fresh))


def _write_files(rows: list[tuple[str | int, ...]]) -> dict[str, int]:
    """Write rows of files; return each recipe's file id."""
    ids: dict[str, int] = {}
    one = f"({', '.join(['%s'] * len(COLUMNS))})"
    with connection.cursor() as cursor:
        for part in slices(rows, SLICE // len(COLUMNS)):
            cursor.execute(
                f"INSERT INTO bake_file ({', '.join(COLUMNS)})"  # noqa: S608 - our own names
                f" VALUES {', '.join([one] * len(part))}"
                " ON CONFLICT (recipe) DO UPDATE SET path = excluded.path,"
                " sha256 = excluded.sha256, length = excluded.length,"
                " edition = excluded.edition, bin = excluded.bin RETURNING recipe, id",
                [value for row in part for value in row],
            )
            ids.update(cursor.fetchall())
    return ids


def _record_shows(
    files: dict[str, int], standing: dict[str, Standing], made: dict[str, Done]
) -> None:
    before = _pairs("SELECT file_id, key FROM bake_shows WHERE file_id IN", standing)
    now = {(files[name], key) for name, each in made.items() for key in each.keys}
    _write("DELETE FROM bake_shows WHERE file_id = %s AND key = %s", before - now)
    _write("INSERT INTO bake_shows (file_id, key) VALUES (%s, %s)", now - before)


def _record_share_pictures(made: dict[str, Done]) -> None:
    drawn = dict(each for done in made.values() for each in done.sketched)
    there = Story.objects.filter(pk__in=drawn).values_list("pk", flat=True)  # not deleted since
    SharePicture.objects.bulk_create(
        [SharePicture(story_id=pk, **drawn[pk]._asdict()) for pk in there],
        update_conflicts=True,
        unique_fields=["story"],
        update_fields=["drawn_from", "sha256"],
    )


def _record_uses(
    files: dict[str, int],
    standing: dict[str, Standing],
    made: dict[str, Done],
    shape: Shape,
    moment: datetime,
) -> None:
    wanted = {asset.path: asset for each in made.values() for asset in each.assets}
    ids = _record_assets(wanted, shape)
    before = _pairs("SELECT file_id, asset_id FROM bake_uses WHERE file_id IN", standing)
    now = {(files[name], ids[asset.path]) for name, each in made.items() for asset in each.assets}
    _write("DELETE FROM bake_uses WHERE file_id = %s AND asset_id = %s", before - now)
    _write("INSERT INTO bake_uses (file_id, asset_id) VALUES (%s, %s)", now - before)
    note_idle({int(asset) for _, asset in before - now}, moment)
    for part in slices(sorted({asset for _, asset in now - before})):
        Asset.objects.filter(pk__in=part, idle_since__isnull=False).update(idle_since=None)


def strike_out(files: list[int], now: datetime) -> None:
    """Take files off the record, and note which assets nobody names without them."""
    for part in slices(files):
        assets = set(Uses.objects.filter(file__in=part).values_list("asset_id", flat=True))
        File.objects.filter(pk__in=part).delete()
        note_idle(assets, now)


def note_idle(assets: Iterable[int], now: datetime) -> None:
    """Note since when no page names these assets, where that is so."""
    for part in slices(sorted(assets)):
        rows = Asset.objects.filter(pk__in=part, used_by__isnull=True, idle_since__isnull=True)
        rows.update(idle_since=now)


def _record_assets(wanted: dict[str, Entry], shape: Shape) -> dict[str, int]:
    ids: dict[str, int] = {}
    for part in slices(list(wanted)):
        ids.update(Asset.objects.filter(path__in=part).values_list("path", "pk"))
    fresh = [
        Asset(path=path, sha256=each.sha256, length=each.length, bin=shape.bin_of(path))
        for path, each in wanted.items()
        if path not in ids
    ]
    ids.update((asset.path, asset.pk) for asset in Asset.objects.bulk_create(fresh))
    go_stale(asset.bin for asset in fresh)
    return ids


def tick_off(rows: Sequence[Dirty]) -> None:
    """Strike out what is done, unless it was asked for again meanwhile."""
    done = [(row.pk, row.round) for row in rows]
    _write("DELETE FROM bake_dirty WHERE id = %s AND round = %s", done)


# Many small rows: the ORM would take longer over them than the pages took to make.


def _rows(column: str, values: Iterable[str]) -> list[tuple[Any, ...]]:
    """Return the rows of files by recipe or by path."""
    fields = ", ".join("id" if name == "pk" else name for name in Standing._fields)
    select = f"SELECT {fields} FROM bake_file WHERE {column} IN"  # noqa: S608 - our own names
    return _select(select, list(values))


def _pairs(select: str, standing: dict[str, Standing]) -> set[tuple[int, str | int]]:
    """Return what is on record of these files; a file that is new has nothing."""
    return set(_select(select, [file.pk for file in standing.values()]))


def _select(select: str, values: list[Any]) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    with connection.cursor() as cursor:
        for part in slices(values):
            cursor.execute(f"{select} ({', '.join(['%s'] * len(part))})", part)
            found += cursor.fetchall()
    return found


def _write(statement: str, rows: Iterable[tuple[str | int, ...]]) -> None:
    ordered = sorted(rows)
    if ordered:
        with connection.cursor() as cursor:
            cursor.executemany(statement, ordered)


def _entry(done: Done) -> Entry:
    if done.entry is None:
        raise ValueError(f"{done.recipe} has no file")
    return done.entry
