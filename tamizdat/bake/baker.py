"""The baker: makes dirty files, whole and in order, and seals each bake as an edition.

Rules:

* One baker at a time (a lock on the newsroom's folder, released by the system if it dies).
* Assets first, then stories, lists and fronts; what goes away goes last, so that no page names a
  file that is not there (must never happen, 12).
* A story that is added may come in two editions: itself and the front, then the lists. What
  changes or takes away comes whole in one.
* What was written is synced to disk before the database says that it was.
* A file whose bytes did not change is not touched.
* A page that cannot be made keeps no other waiting: it stays dirty, and the bake says so at
  its end.
* A row leaves the ``Dirty`` table only together with the record of its file; killed anywhere, the
  next run finishes. It also takes away what the killed one had written and not yet put on record.
* Where the whole edition is made again, what editors do meanwhile goes before it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from tamizdat.bake import bundling, hands, plan, records
from tamizdat.bake.hands import Done, Hands
from tamizdat.bake.loaves import Orders
from tamizdat.bake.models import Asset, Dirty, File, Moved
from tamizdat.bake.sealing import Sealing
from tamizdat.edition.bundle import path_of
from tamizdat.edition.tree import Tree

ADDRESS = "baked-for"  # a file that names the address for which all pages were made
BEGUN = "bake.begun"  # a file that is there while a bake is at work
ROUND = 200  # files that the baker makes at a time
BATCH = 200  # files that a hand makes at a time
TOGETHER = 3000  # files that are recorded in one transaction while hands go on
MANY = 400  # files from which on more hands are worth their start
LOOK_EVERY = 0.2  # seconds between looks at the outbox while hands are at work
SEAL_EVERY = 60.0  # seconds; what a long bake has made does not wait for its end


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
    edition: int = 0  # the last one that was sealed
    editions: int = 0


Progress = Callable[[int, int], None]


def bake(
    now: datetime,
    *,
    full: bool = False,
    progress: Progress | None = None,
    hand_count: int | None = None,
) -> Report:
    """Bring the edition up to date with everything that is due at ``now``, and seal it.

    ``progress`` is called with (files done, files known). ``hand_count`` processes share a long
    bake, by default one for each core. Raises Busy when another baker is at work, EditionError
    when there are no keys, and the first error of a page when all others are made.
    """
    with alone(Path(settings.RUN_ROOT) / "bake.lock"):
        sealing = Sealing(Tree(Path(settings.EDITION_ROOT)), Path(settings.KEYS_ROOT))
        work = Baking(sealing, now, progress, hand_count)
        run = Path(settings.RUN_ROOT)
        with work, begun(run) as was_cut_short:
            plan.try_again()
            if not (run / ADDRESS).exists():
                note_address(run)
            # A database older than the disk does not know what lies there.
            if full or work.sealing.is_disk_ahead():
                full = True
                work.begin_anew()
                note_address(run)
            work.run()
            work.seal()
            work.bundle()
            work.let_hands_go()
            if full or was_cut_short:
                work.clear()
                work.seal()
            if not work.report.editions:
                work.sealing.renew(now)
    if work.error is not None:
        raise work.error
    return work.report


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


def note_address(run: Path) -> None:
    """Remember for which address the edition is made."""
    run.mkdir(parents=True, exist_ok=True)
    (run / ADDRESS).write_text(settings.PUBLIC_ADDRESS, encoding="utf-8")


@contextmanager
def begun(run: Path, *, clears: bool = True) -> Iterator[bool]:
    """Tell whether the bake before this one was cut short, and let the next one tell of this.

    Such a bake may have left files that are on no record yet; if their story is withdrawn before
    the next bake, no record leads to them. ``clears``: this one looks for them.
    """
    mark = run / BEGUN
    was_cut_short = mark.exists()
    if not was_cut_short:
        with mark.open("w") as file:
            os.fsync(file.fileno())
    yield was_cut_short
    if clears or not was_cut_short:
        mark.unlink()


def is_waiting(now: datetime) -> bool:
    """Say whether there is anything to bake, or to finish."""
    was_cut_short = (Path(settings.RUN_ROOT) / BEGUN).exists()
    return was_cut_short or plan.is_due(now) or Dirty.objects.exists()


class Baking:
    """One bake, from the outbox to the sealed edition."""

    def __init__(
        self,
        sealing: Sealing,
        now: datetime,
        progress: Progress | None,
        hand_count: int | None,
    ) -> None:
        self.tree = sealing.tree
        self.sealing = sealing
        self.now = now
        self.report = Report()
        self.error: Exception | None = None
        self._progress = progress
        self._hand_count = (os.cpu_count() or 1) if hand_count is None else hand_count
        self._hands: Hands | None = None
        self._sealed_at = time.monotonic()
        self._counted = (0, 0)  # what was written and removed up to the last seal

    def __enter__(self) -> Baking:
        return self

    def __exit__(self, *_: object) -> None:
        self.let_hands_go()

    def begin_anew(self) -> None:
        """Have every file made again, and what is missing signed again."""
        plan.mark_all(self.now)
        self.sealing.miss_nothing()

    def run(self) -> None:
        """Make everything that is dirty, what editors wait for first."""
        while True:
            taken = plan.take_up(self.now)
            if taken.count:
                self.let_hands_go()  # the lists may have changed, which they know by heart
            if taken.count and taken.is_addition and (first := plan.first_look(ROUND)):
                self._make_here(first)
                self.seal()
            if self._make_urgent(takes_pictures=taken.takes_pictures):
                self.seal()
                self.bundle()
            elif not (self._make_behind() or self._take_away(is_withdrawal=False)):
                return

    def seal(self) -> None:
        """Seal what was made up to now as an edition; nothing new makes none."""
        written, removed = len(self.report.written), len(self.report.removed)
        number = self.sealing.seal(
            self.now,
            written=written - self._counted[0],
            removed=removed - self._counted[1],
            progress=self._tell_of_sealing,
        )
        self._counted = written, removed
        self._sealed_at = time.monotonic()
        if number is not None:
            self.report.edition = number
            self.report.editions += 1

    def bundle(self) -> None:
        """Make the bundles of recent stories that changed, of the edition that stands now."""
        share = self._hands.share if self._hands else None
        bundling.make_waiting(self.tree, self.sealing.keyring, share)

    # Making

    def _make_urgent(self, *, takes_pictures: bool) -> bool:
        """Make all that editors wait for, and take away what they withdrew; return whether there
        was anything. ``takes_pictures``: a photo was deleted, and goes now."""
        is_any = takes_pictures
        try:
            while rows := plan.urgent(ROUND):
                # A forwarding page asks where its target stands: that must be on record by then.
                rows = [row for row in rows if row.rank < plan.FORWARD] or rows
                self._make_here(rows)
                is_any = True
            while self._take_away(is_withdrawal=True):
                is_any = True
        except Exception:
            self.withdraw_at_once()
            raise
        if takes_pictures:
            self._remove_idle_assets()
        return is_any

    def _make_here(self, rows: list[Dirty]) -> None:
        """Make some files with the baker's own hands."""
        done = hands.make(records.tasks_of(rows), self.tree, self.now)
        self._record(rows, done)
        self._tell(plan.waiting)

    def _make_behind(self) -> bool:
        """Make some of what is made again behind everything else; return whether there was any."""
        rows = plan.behind(ROUND)
        if not rows:
            return False
        if self._is_much():
            self._make_in_parallel()
        else:
            self._make_here(rows)
        if time.monotonic() - self._sealed_at > SEAL_EVERY:
            self.seal()
        return True

    def _is_much(self) -> bool:
        """Say whether more hands are worth their start. In a transaction they would see nothing of
        what it has written."""
        if self._hand_count < 2 or connection.in_atomic_block:
            return False
        return self._hands is not None or plan.waiting() >= MANY

    def _make_in_parallel(self) -> None:
        """Let all hands make what waits behind, until it is made or an editor has something."""
        crew = self._hands = self._hands or Hands(
            self._hand_count, self.tree, self.now, Orders.load()
        )
        records.expect_many()
        given: dict[str, Dirty] = {}
        done: list[Done] = []
        waiting = plan.waiting()
        looked_at = time.monotonic()
        supply = _Supply()
        is_called = False
        while True:
            while crew.has_room and not is_called and (rows := supply.next(given)):
                given.update((row.recipe, row) for row in rows)
                crew.give(records.tasks_of(rows))
            if crew.is_idle and not done:
                return
            for part in crew.take() if not crew.is_idle else ():
                done += part
            if len(done) >= TOGETHER or crew.is_idle:
                self._record([given.pop(each.recipe) for each in done], done)
                waiting -= len(done)
                done = []
                self._tell(lambda: waiting)  # noqa: B023 - called before this loop goes on
            if time.monotonic() - looked_at > LOOK_EVERY:
                looked_at = time.monotonic()
                is_called = is_called or plan.is_due(self.now)
                is_called = is_called or looked_at - self._sealed_at > SEAL_EVERY

    def _record(self, rows: Sequence[Dirty], done: Sequence[Done]) -> None:
        """Put a batch on record, once it is durable; then clear away what pages moved from."""
        by_recipe = {each.recipe: each for each in done}
        made = self._set_aside(rows, by_recipe)
        self.tree.sync()
        shape, number = self.sealing.keyring.shape, self.sealing.next_number()
        left = records.record(made, done, shape, number, self.now)
        self.report.made += len(rows)
        self.report.written += [each.entry.path for each in done if each.entry and each.is_written]
        for path in left:
            self._leave(path)

    def _set_aside(self, rows: Sequence[Dirty], by_recipe: dict[str, Done]) -> list[Dirty]:
        """Let wait what shows nothing any more, and what could not be made; return the others."""
        failed = [row for row in rows if by_recipe[row.recipe].error is not None]
        gone = [row for row in rows if by_recipe[row.recipe].is_gone]
        plan.set_aside(gone, plan.GONE)
        plan.set_aside(failed, plan.FAILED)
        if failed and self.error is None:
            self.error = by_recipe[failed[0].recipe].error
        aside = {row.pk for row in (*gone, *failed)}
        return [row for row in rows if row.pk not in aside]

    def _leave(self, path: str) -> None:
        """Take away what stood at a path, unless another file took its place."""
        if File.objects.filter(path=path).exists():
            self.tree.remove(path_of(path))
        else:
            self._drop(path)

    def _drop(self, path: str) -> None:
        """Take away a page, and its bundle with it."""
        self.tree.remove(path)
        self.tree.remove(path_of(path))
        self.report.removed.append(path)

    def _tell(self, waiting: Callable[[], int]) -> None:
        if self._progress:
            self._progress(self.report.made, self.report.made + waiting())

    def _tell_of_sealing(self, done: int, known: int) -> None:
        if self._progress:
            self._progress(self.report.made + done, self.report.made + known)

    def let_hands_go(self) -> None:
        """Do without the other hands from here on, and without their memory."""
        if self._hands is not None:
            self._hands.close()
            self._hands = None

    # Going away

    def _take_away(self, *, is_withdrawal: bool) -> bool:
        """Take away files that show nothing any more, what forwards to them, and idle pictures."""
        rows = plan.gone(ROUND, is_withdrawal=is_withdrawal)
        if not rows:
            return False
        names = [row.recipe for row in rows]
        forwards = Moved.objects.filter(recipe__in=names).values_list("path", flat=True)
        names += [f"moved:{path}" for path in forwards]
        files = list(File.objects.filter(recipe__in=names))
        for file in files:
            self._drop(file.path)
        self.tree.sync()
        self._record_removal(rows, files)
        self._remove_idle_assets()  # though another page took the path, and the record with it
        return True

    def _record_removal(self, rows: list[Dirty], files: list[File]) -> None:
        bins = {file.bin for file in files if file.bin}
        with transaction.atomic():
            records.strike_out([file.pk for file in files], self.now)
            records.go_stale(bins, forgets=True)
            beside = bundling.bundles_beside(bins, self.now)
            plan.mark_bundles(beside)
            records.tick_off(rows)
        bundling.take_away(self.tree, beside, self.now)

    def _remove_idle_assets(self) -> None:
        """Take away every picture that no page names. Others than the withdrawn page's are among
        them, superseded within thirty days: one of them may be why it was withdrawn."""
        found = list(Asset.objects.filter(idle_since__isnull=False, used_by__isnull=True))
        for asset in found:
            self.tree.remove(asset.path)
            self.report.removed.append(asset.path)
        with transaction.atomic():
            Asset.objects.filter(pk__in=[asset.pk for asset in found]).delete()
            records.go_stale((asset.bin for asset in found if asset.bin), forgets=True)

    def withdraw_at_once(self) -> None:
        """Take the pages of withdrawn stories away, when what shows them cannot be made.

        A full disk must not keep public what an editor has taken back.
        """
        for path in plan.withdrawn(self.now):
            self._drop(path)

    def clear(self) -> None:
        """Take away files that no record knows. A full bake looks for them, and one that follows
        a bake that was cut short."""
        self.tree.clear_parts()
        strays = self.tree.paths()
        for model in (File, Asset):
            strays.difference_update(
                model._default_manager.values_list("path", flat=True).iterator()
            )
        for path in sorted(strays):
            if not path.startswith(("signed/", "bundles/")):
                self.tree.remove(path)
                self.report.removed.append(path)
        bundling.sweep(self.tree, self.now)
        self._remove_idle_assets()


class _Supply:
    """Hands out what waits behind, a batch at a time; what a batch links to is made before it."""

    def __init__(self) -> None:
        self._rows: list[Dirty] = []

    def next(self, given: dict[str, Dirty]) -> list[Dirty]:
        """Return the next batch; none while a rank before it is still in the hands."""
        if not self._rows:
            if given:
                return []
            self._rows = plan.behind(BATCH * 50)[::-1]
        batch, self._rows = self._rows[-BATCH:], self._rows[:-BATCH]
        return batch[::-1]
