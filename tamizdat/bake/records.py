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
from typing import NamedTuple, TypeVar

from django.db import connection, transaction

from tamizdat.bake import bundling, plan
from tamizdat.bake.hands import Done, Task
from tamizdat.bake.models import Asset, Dirty, File, Metadata, Moved, Uses
from tamizdat.edition.roles import Shape
from tamizdat.edition.tree import Entry

T = TypeVar("T")
CACHE = 32 * 1024  # KiB
SLICE = 500  # SQLite's limit on variables, and room for what else a statement names


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
    standing = _standing(names)
    return [
        Task(name, standing[name].path, standing[name].sha256) if name in standing else Task(name)
        for name in names
    ]


def record(
    rows: Sequence[Dirty], done: Sequence[Done], shape: Shape, edition: int, now: datetime
) -> list[str]:
    """Record files that were made for these dirty rows; return the paths that pages moved from."""
    made = {each.recipe: each for each in done if each.entry is not None}
    with transaction.atomic():
        standing = _standing(made)
        moved = _note_moves(standing, made)
        left = _make_room(standing, made, now)
        files = _record_files(standing, made, shape, edition)
        _record_shows(files, made)
        _record_uses(files, made, shape, now)
        tick_off(rows)
        plan.mark(moved)
        changed = [name for name, each in made.items() if each.is_written]
        plan.mark_bundles(bundling.bundles_of(changed, now))
    return left


def expect_many() -> None:
    """Let SQLite keep more of its indexes in memory: rows of very many files fall all over them."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{CACHE}")


def go_stale(bins: Iterable[str], *, forgets: bool = False) -> None:
    """Note that the metadata of these bins must be signed anew.

    ``forgets``: earlier versions name what was withdrawn, and must go.
    """
    for part in _slices(sorted(set(bins))):
        rows = Metadata.objects.filter(role__in=part)
        if forgets:
            rows.update(is_stale=True, forgets=True)
        else:
            rows.filter(is_stale=False).update(is_stale=True)


def _standing(recipes: Iterable[str]) -> dict[str, Standing]:
    found: dict[str, Standing] = {}
    for part in _slices(list(recipes)):
        rows = File.objects.filter(recipe__in=part).values_list(*Standing._fields)
        found.update((row[1], Standing(*row)) for row in rows)
    return found


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
    for part in _slices(arrived):
        Moved.objects.filter(path__in=part).delete()  # a page stands there again
    found: list[str] = []
    for part in _slices([*moves.values(), *fresh]):
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
    for part in _slices(taken):
        others = File.objects.filter(path__in=part).exclude(recipe__in=made)
        strike_out(list(others.values_list("pk", flat=True)), now)
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
    _write(
        "INSERT INTO bake_file (recipe, path, sha256, length, edition, bin)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (recipe) DO UPDATE SET"
        " path = excluded.path, sha256 = excluded.sha256, length = excluded.length,"
        " edition = excluded.edition, bin = excluded.bin",
        fresh,
    )
    go_stale(stale)
    new = [str(row[0]) for row in fresh if row[0] not in standing]
    ids = {name: file.pk for name, file in standing.items()}
    return ids | {name: file.pk for name, file in _standing(new).items()}


def _record_shows(files: dict[str, int], made: dict[str, Done]) -> None:
    before = _pairs("SELECT file_id, key FROM bake_shows WHERE file_id IN", files.values())
    now = {(files[name], key) for name, each in made.items() for key in each.keys}
    _write("DELETE FROM bake_shows WHERE file_id = %s AND key = %s", before - now)
    _write("INSERT INTO bake_shows (file_id, key) VALUES (%s, %s)", now - before)


def _record_uses(
    files: dict[str, int], made: dict[str, Done], shape: Shape, moment: datetime
) -> None:
    wanted = {asset.path: asset for each in made.values() for asset in each.assets}
    ids = _record_assets(wanted, shape)
    before = _pairs("SELECT file_id, asset_id FROM bake_uses WHERE file_id IN", files.values())
    now = {(files[name], ids[asset.path]) for name, each in made.items() for asset in each.assets}
    _write("DELETE FROM bake_uses WHERE file_id = %s AND asset_id = %s", before - now)
    _write("INSERT INTO bake_uses (file_id, asset_id) VALUES (%s, %s)", now - before)
    note_idle({int(asset) for _, asset in before - now}, moment)
    for part in _slices(sorted({asset for _, asset in now - before})):
        Asset.objects.filter(pk__in=part, idle_since__isnull=False).update(idle_since=None)


def strike_out(files: list[int], now: datetime) -> None:
    """Take files off the record, and note which assets nobody names without them."""
    for part in _slices(files):
        assets = set(Uses.objects.filter(file__in=part).values_list("asset_id", flat=True))
        File.objects.filter(pk__in=part).delete()
        note_idle(assets, now)


def note_idle(assets: Iterable[int], now: datetime) -> None:
    """Note since when no page names these assets, where that is so."""
    for part in _slices(sorted(assets)):
        rows = Asset.objects.filter(pk__in=part, used_by__isnull=True, idle_since__isnull=True)
        rows.update(idle_since=now)


def _record_assets(wanted: dict[str, Entry], shape: Shape) -> dict[str, int]:
    ids: dict[str, int] = {}
    for part in _slices(list(wanted)):
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


def _pairs(select: str, ids: Iterable[int]) -> set[tuple[int, str | int]]:
    found: set[tuple[int, str | int]] = set()
    with connection.cursor() as cursor:
        for part in _slices(list(ids)):
            marks = ", ".join(["%s"] * len(part))
            cursor.execute(f"{select} ({marks})", part)
            found.update(cursor.fetchall())
    return found


def _write(statement: str, rows: Iterable[tuple[str | int, ...]]) -> None:
    ordered = sorted(rows)
    if ordered:
        with connection.cursor() as cursor:
            cursor.executemany(statement, ordered)


def _slices(all_of_them: list[T]) -> Iterable[list[T]]:
    for start in range(0, len(all_of_them), SLICE):
        yield all_of_them[start : start + SLICE]


def _entry(done: Done) -> Entry:
    if done.entry is None:
        raise ValueError(f"{done.recipe} has no file")
    return done.entry
