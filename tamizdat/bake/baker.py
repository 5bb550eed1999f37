"""The baker: makes dirty files, whole and in order, and seals each bake as an edition.

Rules:

* One baker at a time (``duty``).
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

What else is made for an edition has its place in ``Baking.finish``: before the edition is sealed,
or of the sealed one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from tamizdat.bake import bundling, duty, hands, journal, plan, recipes, records
from tamizdat.bake.hands import Done, Hands
from tamizdat.bake.leaving import Leaving
from tamizdat.bake.loaves import Orders, portions
from tamizdat.bake.models import Dirty
from tamizdat.bake.sealing import Sealing
from tamizdat.bake.searching.keeping_up import Searching
from tamizdat.edition.tree import Tree
from tamizdat.stories import measuring

ROUND = 200  # files that the baker makes at a time
BATCH = 400  # files that a hand makes at a time
TOGETHER = 3000  # files that are recorded in one transaction while hands go on
MANY = 400  # files from which on more hands are worth their start
LOOK_EVERY = 0.2  # seconds between looks at the outbox while hands are at work
SEAL_EVERY = 60.0  # seconds; what a long bake has made does not wait for its end


@dataclass
class Report:
    """What a bake did, in numbers of files."""

    made: int = 0
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    edition: int = 0  # the last one that was sealed
    editions: int = 0


Progress = Callable[[int, int], None]
Source = Callable[[int, Dirty | None], list[Dirty]]  # so many rows of one rank, after this one


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
    run = Path(settings.RUN_ROOT)
    with duty.alone(run):
        sealing = Sealing(Tree(Path(settings.EDITION_ROOT)), Path(settings.KEYS_ROOT))
        work = Baking(sealing, now, progress, hand_count)
        with work, duty.begun(run) as was_cut_short:
            plan.try_again()
            if duty.noted_address(run) is None:
                duty.note_address(run)
            # A database older than the disk does not know what lies there.
            full = full or duty.is_all_asked_for(run)
            if full or work.sealing.is_disk_ahead():
                full = True
                work.begin_anew()
                duty.note_address(run)
            work.searching.begin(looks=full or was_cut_short)
            work.run()
            work.finish(clears=full or was_cut_short)
            work.let_hands_go()
            if full or was_cut_short:
                work.leaving.clear_beside()
                work.seal()
            if full:
                duty.note_all_made(run)
            if not work.report.editions:
                work.sealing.renew(now)
    if work.error is not None:
        raise work.error
    return work.report


def is_waiting(now: datetime) -> bool:
    """Say whether there is anything to bake, or to finish."""
    run = Path(settings.RUN_ROOT)
    is_begun = duty.was_cut_short(run) or duty.is_all_asked_for(run)
    return is_begun or plan.is_due(now) or Dirty.objects.exists()


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
        self.leaving = Leaving(self.tree, now, self.report.removed)
        self.searching = Searching(self.tree, lambda: sealing.keyring.shape, now)
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
        measuring.measure()
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
                self.finish()
            elif not (
                self._make_behind()
                or self._take_away(is_withdrawal=False)
                or self.searching.go_on()
            ):
                return

    def finish(self, *, clears: bool = False) -> None:
        """Seal an edition that is whole, with all that is made before it and of it. ``clears``:
        files that no record knows go then."""
        # Here stands what is made of all pages and lists, and sealed with them.
        self.searching.bring_up_to_date()
        self.seal()
        # Here stands what is made of the sealed edition, and lies beside it.
        with self._bundling():
            if clears:
                self.leaving.clear()

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

    def _bundling(self) -> AbstractContextManager[None]:
        """Make the bundles of recent stories that changed, of the edition that stands now."""
        share = self._hands.share if self._hands else None
        return bundling.making(self.tree, self.sealing.keyring, self.now, share)

    # Making

    def _make_urgent(self, *, takes_pictures: bool) -> bool:
        """Make all that editors wait for, and take away what they withdrew; return whether there
        was anything. ``takes_pictures``: a photo was deleted, and goes now."""
        is_any = takes_pictures
        try:
            while rows := plan.urgent(ROUND):
                # A forwarding page asks where its target stands: that must be on record by then.
                rows = [row for row in rows if row.rank < plan.FORWARD] or rows
                if len(rows) == ROUND and self._is_much(plan.BEHIND):
                    self._make_in_parallel(plan.urgent_of_a_rank)
                else:
                    self._make_here(rows)
                is_any = True
            while self._take_away(is_withdrawal=True):
                is_any = True
        except Exception:
            self.leaving.withdraw_at_once()
            self.searching.withdraw_at_once(plan.withdrawn_stories(self.now))
            raise
        if takes_pictures:
            self.leaving.remove_idle_assets()
        return is_any

    def _take_away(self, *, is_withdrawal: bool) -> bool:
        """Take away what shows nothing any more; return whether there was anything."""
        rows = plan.gone(ROUND, is_withdrawal=is_withdrawal)
        if rows:
            self.leaving.take_away(rows)
        return bool(rows)

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
        if self._is_much(plan.BUNDLES):
            self._make_in_parallel(plan.behind, is_behind=True)
        else:
            self._make_here(rows)
            self._seal_in_time()
        return True

    def _is_much(self, below: int) -> bool:
        """Say whether more hands are worth their start for what waits below a rank. In a
        transaction they would see nothing of what it has written."""
        if self._hand_count < 2 or connection.in_atomic_block:
            return False
        return self._hands is not None or plan.waiting(below) >= MANY

    def _seal_in_time(self) -> None:
        """Let readers have what a long bake has made up to now."""
        if time.monotonic() - self._sealed_at > SEAL_EVERY:
            self.seal()

    def _make_in_parallel(self, source: Source, *, is_behind: bool = False) -> None:
        """Let all hands make what the source gives. ``is_behind``: until an editor has something;
        and it may be sealed before all is made."""
        crew = self._hands = self._hands or Hands(
            self._hand_count, self.tree, self.now, Orders.load()
        )
        given: dict[str, Dirty] = {}
        done: list[Done] = []
        waiting = plan.waiting()
        looked_at = time.monotonic()
        supply = _Supply(source)
        is_called = has_stories = False
        while True:
            while crew.has_room and not is_called and (rows := supply.next(given)):
                given.update((row.recipe, row) for row in rows)
                has_stories = rows[0].rank % plan.BEHIND == recipes.RANKS["story"]
                for names in portions([row.recipe for row in rows]):
                    crew.give(records.tasks_of([given[name] for name in names]))
            if crew.is_idle and not done:
                return
            # Nobody waits for the search index; but it begins when all stories are told.
            is_busy = not has_stories and self.searching.go_on()
            for part in crew.take(0 if is_busy else None) if not crew.is_idle else ():
                done += part
            if len(done) >= TOGETHER or crew.is_idle:
                self._record([given.pop(each.recipe) for each in done], done)
                waiting -= len(done)
                done = []
                self._tell(lambda: waiting)  # noqa: B023 - called before this loop goes on
            if is_behind and time.monotonic() - looked_at > LOOK_EVERY:
                looked_at = time.monotonic()
                is_called = is_called or plan.is_due(self.now)
                self._seal_in_time()  # the hands go on meanwhile

    def _record(self, rows: Sequence[Dirty], done: Sequence[Done]) -> None:
        """Put a batch on record, once it is durable; then clear away what pages moved from."""
        by_recipe = {each.recipe: each for each in done}
        self.tree.sync()
        shape, number = self.sealing.keyring.shape, journal.next_number()
        with transaction.atomic():  # what is set aside is made no more: the index must know it
            made = self._set_aside(rows, by_recipe)
            left = records.record(made, done, shape, number, self.now)
        self.report.made += len(rows)
        files = [file for each in done for file in each.files]
        self.report.written += [file.entry.path for file in files if file.entry and file.is_written]
        for path in left:
            self.leaving.leave(path)

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


class _Supply:
    """Hands out what waits, a batch at a time; what a batch links to is made before it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._last: Dirty | None = None

    def next(self, given: dict[str, Dirty]) -> list[Dirty]:
        """Return the next batch; none while a rank before it is still in the hands."""
        batch = self._source(BATCH, self._last) if self._last else []
        if not batch and not given:
            batch = self._source(BATCH, None)  # of the next rank, or asked for again meanwhile
        if batch:
            self._last = batch[-1]
        return batch
