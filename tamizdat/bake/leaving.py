"""What leaves the edition: withdrawn pages, addresses that were left, pictures, strays.

Rules:

* A file goes after everything that names it was made without it, and before its edition is sealed.
* With a page go its bundle, what forwards to it, and at once all pictures that no page names.
* Files go from the disk before their records do: a bake that is cut short finds them again.
* Where what shows a withdrawn story cannot be made, the story goes all the same; and a page that
  names it goes with it, until it can be made without.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from tamizdat.bake import (
    bundling,
    journal,
    parts,
    plan,
    records,
    saving,
    scheduled,
    sealing,
    withdrawn,
)
from tamizdat.bake.models import Asset, Dirty, File, Moved, Shows
from tamizdat.databases import slices
from tamizdat.edition.tree import Tree
from tamizdat.stories import keys

SIGNED = f"{sealing.FOLDER}/"  # the journal knows these


class Leaving:
    """Takes files out of an edition; adds to ``removed`` those that it held."""

    def __init__(self, tree: Tree, now: datetime, removed: list[str]) -> None:
        self.tree = tree
        self.now = now
        self.removed = removed

    def take_away(self, rows: Sequence[Dirty]) -> None:
        """Take away files that show nothing any more, what forwards to them, and idle pictures."""
        names = [row.recipe for row in rows]
        names += [part.recipe for part in parts.standing(names)]
        forwards = Moved.objects.filter(recipe__in=names).values_list("path", flat=True)
        names += [f"moved:{path}" for path in forwards]
        # In this order a story goes before its later parts: no page names one that is not there.
        files = list(File.objects.filter(recipe__in=names).order_by("recipe"))
        files += _failed_that_name(names)
        for file in files:
            self._drop(file.path)
        self.tree.sync()
        self._record(rows, files)
        self.remove_idle_assets()  # though another page took the path, and the record with it

    def _record(self, rows: Sequence[Dirty], files: list[File]) -> None:
        bins = {file.bin for file in files if file.bin}
        with transaction.atomic():
            recipes = {row.recipe for row in rows} & {file.recipe for file in files}
            withdrawn.note(recipes, self.now)
            scheduled.note_again(recipes, self.now)
            records.strike_out([file.pk for file in files], self.now)
            journal.go_stale(bins, forgets=True)
            beside = bundling.bundles_beside(bins, self.now)
            plan.mark_bundles(beside)
            records.tick_off(rows)
        bundling.take_away(self.tree, beside, self.now)

    def leave(self, path: str) -> None:
        """Take away what stood at a path, unless another file took its place."""
        if File.objects.filter(path=path).exists():
            saving.remove(self.tree, path)
        else:
            self._drop(path)

    def _drop(self, path: str) -> None:
        """Take away a page, and its bundle with it."""
        self._remove(path)
        saving.remove(self.tree, path)

    def _remove(self, path: str) -> None:
        self.tree.remove(path)
        self.removed.append(path)

    def remove_idle_assets(self) -> None:
        """Take away every picture that no page names. Others than the withdrawn page's are among
        them, superseded within thirty days: one of them may be why it was withdrawn."""
        found = list(Asset.objects.filter(idle_since__isnull=False, used_by__isnull=True))
        for asset in found:
            self._remove(asset.path)
        with transaction.atomic():
            for part in slices([asset.pk for asset in found]):
                Asset.objects.filter(pk__in=part).delete()
            journal.go_stale((asset.bin for asset in found if asset.bin), forgets=True)

    def withdraw_at_once(self) -> None:
        """Take the pages of withdrawn stories away, when what shows them cannot be made.

        A full disk must not keep public what an editor has taken back.
        """
        for path in plan.withdrawn(self.now):
            self._drop(path)

    def clear(self) -> None:
        """Take away files of the edition that no record knows. A full bake looks for them, and one
        that follows a bake that was cut short. Bundles may be in the making meanwhile."""
        known: set[str] = set()
        for model in (File, Asset):
            known.update(model._default_manager.values_list("path", flat=True).iterator())
        found = self.tree.walk(clears_parts=True, passes_by=bundling.FOLDER)
        strays = [path for path in found if path not in known and not path.startswith(SIGNED)]
        for path in sorted(strays):
            self._remove(path)

    def clear_beside(self) -> None:
        """Take away what lies beside the edition for no story; and pictures that nobody names."""
        bundling.sweep(self.tree, self.now, clears_parts=True)
        self.remove_idle_assets()


def _failed_that_name(recipes: list[str]) -> list[File]:
    """Return the pages that could not be made and that name one of these stories."""
    failed = list(Dirty.objects.filter(rank=plan.FAILED).values_list("recipe", flat=True))
    if not failed:
        return []
    files = [*File.objects.filter(recipe__in=failed), *parts.standing(failed)]
    stories = {keys.page(parts.id_of(name)) for name in recipes if name.startswith(parts.STORY)}
    shown = Shows.objects.filter(file__in=files, key__in=stories).values_list("file", flat=True)
    named_by = set(shown)
    return [file for file in files if file.pk in named_by]
