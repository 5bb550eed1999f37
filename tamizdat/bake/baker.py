"""The baker: makes dirty files, whole and in order, and seals each bake as an edition.

Rules:

* One baker at a time (a lock on the newsroom's folder, released by the system if it dies).
* Assets first, then stories, lists and fronts; what goes away goes last, so that no page names a
  file that is not there (must never happen, 12).
* What was written is synced to disk before the database says that it was.
* A file whose bytes did not change is not touched.
* A page that cannot be made keeps no other waiting: it stays dirty, and the bake says so at
  its end.
* A row leaves the ``Dirty`` table only together with the record of its file; killed anywhere, the
  next run finishes.
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from tamizdat.bake import plan, recipes
from tamizdat.bake.assets import EditionAssets, Wanted
from tamizdat.bake.models import Asset, Dirty, Edition, File, Moved, Shows, Uses
from tamizdat.edition.paths import file_of
from tamizdat.edition.tree import Entry, Tree, entry
from tamizdat.reader.render import render
from tamizdat.stories.showing import Showing

ROUND = 50  # files a round: bounds memory and the time that a transaction holds the lock
KEPT = timedelta(days=30)  # superseded assets: some reader still holds the page that names them


class BakeError(Exception):
    """The bake could not go on; the message says why."""


class Busy(BakeError):
    """Another baker is at work; wait for it, or stop it."""


@dataclass
class Report:
    """What a bake did, in numbers of files."""

    made: int = 0
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    edition: int = 0
    dropped: set[int] = field(default_factory=set)  # assets that some page ceased to name
    failed: dict[int, Exception] = field(default_factory=dict)  # by the dirty row that failed


@dataclass(frozen=True)
class Loaf:
    """One file, made but not yet written."""

    recipe: str
    path: str
    data: bytes
    keys: frozenset[str]
    assets: tuple[Wanted, ...]


Progress = Callable[[int, int], None]


def bake(now: datetime, *, full: bool = False, progress: Progress | None = None) -> Report:
    """Bring the edition up to date with everything that is due at ``now``.

    ``progress`` is called with (files done, files known). Raises Busy when another baker is at
    work.
    """
    report = Report()
    with alone(Path(settings.RUN_ROOT) / "bake.lock"):
        tree = Tree(Path(settings.EDITION_ROOT))
        if full:
            plan.mark_all(now)
        while _turn(tree, now, report, progress):
            pass
        if full:
            _clear(tree, report)
        _seal(report, now)
    for error in report.failed.values():
        raise error  # all the others are made; the failed ones stay dirty
    return report


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold the baker's lock. Raises Busy where somebody else holds it."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy("another baker is at work on this newsroom") from None
        yield


def is_waiting(now: datetime) -> bool:
    """Say whether there is anything to bake."""
    return plan.is_due(now) or Dirty.objects.exists()


def _turn(tree: Tree, now: datetime, report: Report, progress: Progress | None) -> bool:
    """Make everything that is dirty, then take away what is gone; return whether there was any.

    What goes away goes last: by then no page names it.
    """
    while plan.take_up(now):
        pass
    gone: list[Dirty] = []
    while _round(tree, now, report, gone, progress):
        while plan.take_up(now):
            pass
    _remove(tree, gone, report)
    return bool(gone) or Dirty.objects.exclude(pk__in=report.failed).exists()


def _round(
    tree: Tree, now: datetime, report: Report, gone: list[Dirty], progress: Progress | None
) -> bool:
    """Make up to ROUND files; return whether there were any."""
    done = [*(row.pk for row in gone), *report.failed]
    rows = list(Dirty.objects.exclude(pk__in=done).order_by("rank", "pk")[:ROUND])
    # A forwarding page asks where its target stands: that must be on record by then.
    rows = [row for row in rows if row.rank % plan.BEHIND < recipes.FORWARD] or rows
    if not rows:
        return False
    loaves: list[tuple[Dirty, Loaf]] = []
    showing = Showing(EditionAssets(), now)
    for row in rows:
        try:
            loaf = make(row.recipe, showing)
        except Exception as error:  # one page that cannot be shown must not keep others waiting
            error.add_note(row.recipe)
            report.failed[row.pk] = error
            continue
        if loaf is None:
            gone.append(row)
        else:
            loaves.append((row, loaf))
    _write(tree, loaves, report)
    report.made += len(rows)
    if progress:
        progress(report.made, report.made + Dirty.objects.count() - len(gone))
    return True


def make(recipe: str, showing: Showing) -> Loaf | None:
    """Render one file; None when there is nothing to show any more."""
    showing.trace.keys = set()
    showing.assets = files = EditionAssets()
    made = recipes.make(recipe, showing)
    if made is None:
        return None
    page, site = made
    return Loaf(
        recipe=recipe,
        path=file_of(page.head.path),
        data=render(page, site),
        keys=frozenset(showing.trace.keys),
        assets=tuple(files.wanted.values()),
    )


# Writing


def _write(tree: Tree, loaves: list[tuple[Dirty, Loaf]], report: Report) -> None:
    names = [loaf.recipe for _, loaf in loaves]
    standing = {file.recipe: file for file in File.objects.filter(recipe__in=names)}
    _write_assets(tree, [asset for _, loaf in loaves for asset in loaf.assets])
    entries: dict[str, Entry] = {}
    left: list[str] = []
    for _, loaf in loaves:
        old = standing.get(loaf.recipe)
        entries[loaf.recipe] = fresh = entry(loaf.path, loaf.data)
        if old and (old.path, old.sha256) == (fresh.path, fresh.sha256) and tree.has(old.path):
            continue
        tree.write(loaf.path, loaf.data)
        report.written.append(loaf.path)
        if old and old.path != loaf.path:
            left.append(old.path)
    tree.sync()
    with transaction.atomic():
        moved = _note_moves(standing, entries)
        _make_room(standing, entries)
        for row, loaf in loaves:
            old = standing.get(loaf.recipe)
            report.dropped |= _record(loaf, entries[loaf.recipe], old)
            Dirty.objects.filter(pk=row.pk, round=row.round).delete()
        plan.mark(moved)
    for path in left:
        _leave(tree, path, report)


def _write_assets(tree: Tree, wanted: list[Wanted]) -> None:
    """Put assets in place before any page that names them."""
    by_path = {each.path: each for each in wanted}
    known = set(Asset.objects.filter(path__in=by_path).values_list("path", flat=True))
    fresh = []
    for path, each in by_path.items():
        if path in known and tree.has(path):
            continue
        data = each.read()
        written = tree.write(path, data)
        if written.sha256 != each.sha256:
            tree.remove(path)
            raise BakeError(f"{path}: the file's bytes do not match its name")
        fresh.append(Asset(path=path, sha256=written.sha256, length=written.length))
    Asset.objects.bulk_create(fresh, ignore_conflicts=True)


def _make_room(standing: dict[str, File], entries: dict[str, Entry]) -> None:
    """Free the paths that this round takes: pages may swap theirs, or take one that forwarded."""
    paths = [each.path for each in entries.values()]
    for file in standing.values():
        if file.path != entries[file.recipe].path:
            File.objects.filter(pk=file.pk).update(path=f"~{file.pk}")
    File.objects.filter(path__in=paths).exclude(recipe__in=entries).delete()


def _record(loaf: Loaf, written: Entry, old: File | None) -> set[int]:
    """Record a file and what it shows; return the assets that it ceased to name."""
    values = {"path": loaf.path, "sha256": written.sha256, "length": written.length}
    if old is None:
        file = File.objects.create(recipe=loaf.recipe, edition=_next_number(), **values)
        before: set[str] = set()
    else:
        file = old
        if (old.path, old.sha256) != (loaf.path, written.sha256):
            File.objects.filter(pk=old.pk).update(edition=_next_number(), **values)
        before = set(old.shows.values_list("key", flat=True))
    if before - loaf.keys:
        Shows.objects.filter(file=file, key__in=before - loaf.keys).delete()
    Shows.objects.bulk_create([Shows(file=file, key=key) for key in sorted(loaf.keys - before)])
    return _record_assets(file, loaf)


def _record_assets(file: File, loaf: Loaf) -> set[int]:
    paths = [each.path for each in loaf.assets]
    wanted = set(Asset.objects.filter(path__in=paths).values_list("pk", flat=True))
    before = set(file.uses.values_list("asset_id", flat=True))
    Uses.objects.filter(file=file, asset_id__in=before - wanted).delete()
    Uses.objects.bulk_create([Uses(file=file, asset_id=pk) for pk in sorted(wanted - before)])
    return before - wanted


def _note_moves(standing: dict[str, File], entries: dict[str, Entry]) -> list[str]:
    """Note the addresses that pages leave, in one statement; return what must forward now."""
    moves = {
        file.path: file.recipe
        for file in standing.values()
        if file.path != entries[file.recipe].path and not file.recipe.startswith("moved:")
    }
    Moved.objects.bulk_create(
        [Moved(path=path, recipe=recipe) for path, recipe in moves.items()],
        update_conflicts=True,
        unique_fields=["path"],
        update_fields=["recipe"],
    )
    arrived = [each.path for name, each in entries.items() if not name.startswith("moved:")]
    Moved.objects.filter(path__in=arrived).delete()  # a page stands there again
    fresh = [name for name in entries if name not in standing]  # published again, perhaps
    forwards = Moved.objects.filter(recipe__in=[*moves.values(), *fresh])
    return [f"moved:{path}" for path in forwards.values_list("path", flat=True)]


def _leave(tree: Tree, path: str, report: Report) -> None:
    """Take away what stood at a path, unless another file took its place."""
    if not File.objects.filter(path=path).exists():
        tree.remove(path)
        report.removed.append(path)


# Going away


def _remove(tree: Tree, gone: list[Dirty], report: Report) -> None:
    """Take away the files that show nothing any more, and the pictures that only they named."""
    if not gone:
        return
    files = list(File.objects.filter(recipe__in=[row.recipe for row in gone]))
    report.dropped |= set(
        Asset.objects.filter(used_by__file__in=files).values_list("pk", flat=True)
    )
    for file in files:
        tree.remove(file.path)
        report.removed.append(file.path)
    tree.sync()
    with transaction.atomic():
        names = [file.recipe for file in files]
        forwards = Moved.objects.filter(recipe__in=names)
        plan.mark(f"moved:{path}" for path in forwards.values_list("path", flat=True))
        File.objects.filter(pk__in=[file.pk for file in files]).delete()
        for row in gone:
            Dirty.objects.filter(pk=row.pk, round=row.round).delete()
    if files:
        _remove_assets(tree, report)


def _remove_assets(tree: Tree, report: Report) -> None:
    """Take away at once the pictures that only withdrawn pages named."""
    for asset in Asset.objects.filter(pk__in=report.dropped, used_by__isnull=True):
        tree.remove(asset.path)
        report.removed.append(asset.path)
        asset.delete()


def sweep_assets(now: datetime) -> int:
    """Take away the assets that no page has named for thirty days; return how many.

    Raises Busy when a bake is at work.
    """
    with alone(Path(settings.RUN_ROOT) / "bake.lock"):
        tree = Tree(Path(settings.EDITION_ROOT))
        Asset.objects.filter(used_by__isnull=True, idle_since__isnull=True).update(idle_since=now)
        Asset.objects.filter(used_by__isnull=False).update(idle_since=None)
        old = list(Asset.objects.filter(used_by__isnull=True, idle_since__lte=now - KEPT))
        for asset in old:
            tree.remove(asset.path)
            asset.delete()
    return len(old)


def _clear(tree: Tree, report: Report) -> None:
    """Take away files that no record knows (a full bake alone looks for them)."""
    known = set(File.objects.values_list("path", flat=True))
    known |= set(Asset.objects.values_list("path", flat=True))
    tree.clear_parts()
    for path in sorted(tree.paths() - known):
        if not path.startswith("signed/"):
            tree.remove(path)
            report.removed.append(path)


def _next_number() -> int:
    return (Edition.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def _seal(report: Report, now: datetime) -> None:
    """Record the edition that this bake made; nothing written and nothing removed makes none."""
    if not (report.written or report.removed):
        return
    report.edition = _next_number()
    Edition.objects.create(
        number=report.edition,
        made_at=now,
        written=len(report.written),
        removed=len(report.removed),
    )
