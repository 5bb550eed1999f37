"""What is superseded goes in time: some reader still holds what names it.

Each deed holds the baker's lock, and raises Busy when a bake is at work.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from tamizdat.bake import bundling, duty, journal, plan, saving
from tamizdat.bake.models import Asset
from tamizdat.bake.sealing import Sealing
from tamizdat.bake.searching.books import Books
from tamizdat.databases import slices
from tamizdat.edition import ceremony
from tamizdat.edition.keys import Keyring, KeysBusy, alone
from tamizdat.edition.tree import Tree

KEPT = timedelta(days=30)
KEPT_SHORTLY = timedelta(days=2)  # files of the search index


def sweep(now: datetime) -> int:
    """Take away assets and metadata that were superseded long enough ago, and old bundles; make
    the weeks anew. Return how many files went.

    A story that is too old for a saved file and still links to it is made again without the link
    first, by the next bake; its file goes with the sweep after that.
    """
    with _at_work() as sealing:
        idle = _strike_out(now) + Books(sealing.tree, now).sweep(now - KEPT_SHORTLY)
        sealing.seal(now, removed=len(idle))
        for path in idle:  # last, so that nothing that is signed is missing
            sealing.tree.remove(path)
        plan.mark(bundling.still_named(sealing.tree, now), behind=plan.BEHIND)
        count = len(idle) + sealing.sweep(now) + bundling.sweep(sealing.tree, now)
        bundling.make_weeks(sealing.tree, sealing.keyring, now)
        return count


def renew(now: datetime) -> None:
    """Sign again what is on its way to expire; finish what was cut short; take away private keys
    that are no longer in force."""
    folder = Path(settings.KEYS_ROOT)
    ceremony.renew(folder, now)
    with _at_work() as sealing:
        if sealing.renew(now) is not None:
            with suppress(KeysBusy), alone(folder):
                Keyring.load(folder).tidy()


def reseal(now: datetime) -> int | None:
    """Let readers have what changed among the keys; return the number of the new edition.

    Recent bundles are made anew: those that a replaced key signed prove nothing any more.
    """
    with _at_work() as sealing:
        number = sealing.seal(now)
        if number is not None:
            plan.mark_bundles(bundling.recent_bundles(now))
            saving.remove_weeks(sealing.tree)
            bundling.make_waiting(sealing.tree, sealing.keyring, now)
        return number


@contextmanager
def _at_work() -> Iterator[Sealing]:
    """Hold the baker's lock. What is cut short here is finished by the next bake."""
    run = Path(settings.RUN_ROOT)
    with duty.alone(run):
        sealing = Sealing(Tree(Path(settings.EDITION_ROOT)), Path(settings.KEYS_ROOT))
        with duty.begun(run, clears=False):
            yield sealing


def _strike_out(now: datetime) -> list[str]:
    """Take assets that nobody has named for long off the record; return their paths."""
    old = Asset.objects.filter(idle_since__lte=now - KEPT, used_by__isnull=True)
    rows = list(old.values_list("pk", "path", "bin"))
    with transaction.atomic():
        for part in slices([row[0] for row in rows]):
            Asset.objects.filter(pk__in=part).delete()
        journal.go_stale(row[2] for row in rows if row[2])
    return [row[1] for row in rows]
