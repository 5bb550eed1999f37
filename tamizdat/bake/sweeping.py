"""What is superseded goes in time: some reader still holds what names it.

Each deed holds the baker's lock, and raises Busy when a bake is at work.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from tamizdat.bake import bundling, plan, records
from tamizdat.bake.baker import alone, begun
from tamizdat.bake.models import Asset
from tamizdat.bake.sealing import Sealing
from tamizdat.edition import ceremony
from tamizdat.edition.keys import Keyring
from tamizdat.edition.tree import Tree

KEPT = timedelta(days=30)


def sweep(now: datetime) -> int:
    """Take away assets and metadata that were superseded long enough ago, and old bundles; return
    how many files that was."""
    run = Path(settings.RUN_ROOT)
    with alone(run / "bake.lock"), begun(run):
        sealing = _sealing()
        count = _sweep_assets(sealing.tree, now)
        sealing.seal(now, removed=count)
        return count + sealing.sweep(now) + bundling.sweep(sealing.tree, now)


def renew(now: datetime) -> None:
    """Sign again what is on its way to expire."""
    with alone(Path(settings.RUN_ROOT) / "bake.lock"):
        keyring = ceremony.renew(Path(settings.KEYS_ROOT), now)
        Sealing(Tree(Path(settings.EDITION_ROOT)), keyring).renew(now)


def reseal(now: datetime) -> int | None:
    """Let readers have what changed among the keys; return the number of the new edition.

    Recent bundles are made anew: those that a replaced key signed prove nothing any more.
    """
    run = Path(settings.RUN_ROOT)
    with alone(run / "bake.lock"), begun(run):  # cut short, it is finished by the next bake
        sealing = _sealing()
        number = sealing.seal(now)
        if number is not None:
            plan.mark_bundles(bundling.recent_bundles(now))
            bundling.make_waiting(sealing.tree, sealing.keyring)
        return number


def _sealing() -> Sealing:
    tree = Tree(Path(settings.EDITION_ROOT))
    return Sealing(tree, Keyring.load(Path(settings.KEYS_ROOT)))


def _sweep_assets(tree: Tree, now: datetime) -> int:
    Asset.objects.filter(used_by__isnull=True, idle_since__isnull=True).update(idle_since=now)
    Asset.objects.filter(used_by__isnull=False, idle_since__isnull=False).update(idle_since=None)
    old = list(Asset.objects.filter(used_by__isnull=True, idle_since__lte=now - KEPT))
    for asset in old:
        tree.remove(asset.path)
        with transaction.atomic():
            asset.delete()
            records.go_stale([asset.bin] if asset.bin else [])
    return len(old)
