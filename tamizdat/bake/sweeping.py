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

from tamizdat.bake import bundling, plan, records
from tamizdat.bake.baker import alone, begun
from tamizdat.bake.models import Asset
from tamizdat.bake.sealing import Sealing
from tamizdat.edition import ceremony
from tamizdat.edition.keys import Keyring, KeysBusy
from tamizdat.edition.keys import alone as change_alone
from tamizdat.edition.tree import Tree

KEPT = timedelta(days=30)
SLICE = 500


def sweep(now: datetime) -> int:
    """Take away assets and metadata that were superseded long enough ago, and old bundles; return
    how many files that was."""
    with _at_work() as sealing:
        idle = _strike_out(now)
        sealing.seal(now, removed=len(idle))
        for path in idle:  # last, so that nothing that is signed is missing
            sealing.tree.remove(path)
        return len(idle) + sealing.sweep(now) + bundling.sweep(sealing.tree, now)


def renew(now: datetime) -> None:
    """Sign again what is on its way to expire; finish what was cut short; take away private keys
    that are no longer in force."""
    folder = Path(settings.KEYS_ROOT)
    ceremony.renew(folder, now)
    with _at_work() as sealing:
        if sealing.renew(now) is not None:
            with suppress(KeysBusy), change_alone(folder):
                Keyring.load(folder).tidy()


def reseal(now: datetime) -> int | None:
    """Let readers have what changed among the keys; return the number of the new edition.

    Recent bundles are made anew: those that a replaced key signed prove nothing any more.
    """
    with _at_work() as sealing:
        number = sealing.seal(now)
        if number is not None:
            plan.mark_bundles(bundling.recent_bundles(now))
            bundling.make_waiting(sealing.tree, sealing.keyring)
        return number


@contextmanager
def _at_work() -> Iterator[Sealing]:
    """Hold the baker's lock. What is cut short here is finished by the next bake."""
    run = Path(settings.RUN_ROOT)
    with alone(run / "bake.lock"):
        sealing = Sealing(Tree(Path(settings.EDITION_ROOT)), Path(settings.KEYS_ROOT))
        with begun(run, clears=False):
            yield sealing


def _strike_out(now: datetime) -> list[str]:
    """Take assets that nobody has named for long off the record; return their paths."""
    old = Asset.objects.filter(idle_since__lte=now - KEPT, used_by__isnull=True)
    rows = list(old.values_list("pk", "path", "bin"))
    with transaction.atomic():
        for start in range(0, len(rows), SLICE):
            Asset.objects.filter(pk__in=[row[0] for row in rows[start : start + SLICE]]).delete()
        records.go_stale(row[2] for row in rows if row[2])
    return [row[1] for row in rows]
