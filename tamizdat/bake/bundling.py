"""Bundles of the last thirty days' stories, beside the edition that proves them.

Rules:

* A bundle is made of a sealed edition, so after it; a story that changes gets a new one. It holds
  all parts of its story.
* It is no part of the edition, and not refreshed: it says from which day it is. But its proof
  names other pages as well, so it is made again when one of them is withdrawn.
* It goes with its story, in the same withdrawal; and at the latest when it is thirty days old, but
  not before a sealed edition is without the link to it.
* Each has a saved file beside it (``saving``), which lives as long. The weeks (``weeks``) are made
  here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from django.db import transaction
from django.db.models import Q

from tamizdat.bake import parts, saving, weeks
from tamizdat.bake.models import Dirty, File, Metadata
from tamizdat.databases import slices
from tamizdat.edition.bundle import pack, path_of
from tamizdat.edition.keys import Keyring
from tamizdat.edition.roles import SNAPSHOT, TIMESTAMP, file_name
from tamizdat.edition.saved import path_of as saved_path
from tamizdat.edition.tree import Tree
from tamizdat.stories.listing import Listed
from tamizdat.stories.models.public import language_codes
from tamizdat.stories.showing.keeping import KEPT

FOLDER = "bundles"
KIND = "bundle:"
STORY = "story:"
FRAME = "frame:"
RANK = 50  # of a dirty row; see tamizdat.bake.plan
MANY = 100  # bundles from which on help is worth its while


def bundles_of(recipes: Iterable[str], now: datetime) -> list[str]:
    """Name the bundles that must be made when the files of these recipes have changed."""
    names = list(recipes)
    if any(name.startswith(FRAME) for name in names):  # which stands in every saved file
        return recent_bundles(now)
    ids = {parts.id_of(name) for name in names if name.startswith(STORY)}
    found: list[str] = []
    for part in slices(sorted(ids)):
        rows = Listed.objects.filter(story_id__in=part)
        recent = rows.filter(sort_at__gte=now - KEPT).values_list("story_id", flat=True)
        found += [f"{KIND}{pk}" for pk in set(recent)]
    return found


def bundles_beside(bins: Iterable[str], now: datetime) -> list[str]:
    """Name the bundles that these bins prove."""
    files = File.objects.filter(bin__in=list(bins))
    shown = files.filter(Q(recipe__startswith=STORY) | Q(recipe__startswith=FRAME))
    return bundles_of(shown.values_list("recipe", flat=True), now)


def recent_bundles(now: datetime) -> list[str]:
    """Name the bundles of all recent stories."""
    recent = Listed.objects.filter(sort_at__gte=now - KEPT).values("story_id").distinct()
    return [f"{KIND}{row['story_id']}" for row in recent]


@dataclass(frozen=True)
class Job:
    """A story's pages, and the files of the bins that prove them."""

    pages: tuple[str, ...]
    proofs: tuple[str, ...]
    frame: saving.Around | None = None  # around the saved file


Share = Callable[[Callable[[list[Job]], None], list[Job]], AbstractContextManager[None]]


def make_waiting(tree: Tree, keyring: Keyring, now: datetime) -> None:
    """Make the bundles, saved files and weeks that are to be made, of the edition that stands."""
    with making(tree, keyring, now):
        pass


@contextmanager
def making(
    tree: Tree, keyring: Keyring, now: datetime, share: Share | None = None
) -> Iterator[None]:
    """Make them while the caller does something else, if others help; else before.

    ``share`` lets others help where there are many.
    """
    rows = list(Dirty.objects.filter(rank=RANK))
    languages = weeks.due(tree, (parts.id_of(row.recipe) for row in rows), now)
    if not rows and not languages:
        yield
        return
    versions = dict(Metadata.objects.values_list("role", "version"))
    above = _above(tree, keyring, versions)
    put = partial(_put, tree.root, above)
    jobs = list(_jobs(rows, versions))
    with share(put, jobs) if share and len(jobs) >= MANY else nullcontext(put(jobs)):
        weeks.make(tree, languages, above, versions, now)
        yield
    tree.sync()
    with transaction.atomic():
        for row in rows:
            Dirty.objects.filter(pk=row.pk, round=row.round).delete()


def _above(tree: Tree, keyring: Keyring, versions: dict[str, int]) -> dict[str, bytes]:
    """Return the metadata that stands above every bin of pages."""
    found = {path: data for path, data in keyring.standing().items() if ".media." not in path}
    for role in (SNAPSHOT, TIMESTAMP):
        path = file_name(role, versions[role])
        found[path] = tree.read(path) or b""
    return found


def make_weeks(tree: Tree, keyring: Keyring, now: datetime) -> None:
    """Make every language's week anew, of the edition that stands now."""
    versions = dict(Metadata.objects.values_list("role", "version"))
    weeks.make(tree, language_codes(), _above(tree, keyring, versions), versions, now)
    tree.sync()


def _jobs(rows: list[Dirty], versions: dict[str, int]) -> Iterator[Job]:
    around = saving.story_frames(versions)
    names = [f"{STORY}{row.recipe.removeprefix(KIND)}" for row in rows]
    for part in slices(names):
        files = {file.recipe: [file] for file in File.objects.filter(recipe__in=part)}
        for later in parts.standing(files):
            files[parts.whole(later.recipe)].append(later)
        for each in files.values():
            proofs = {file_name(file.bin, versions[file.bin]) for file in each}
            pages = tuple(file.path for file in each)
            yield Job(pages, tuple(sorted(proofs)), saving.frame_of(pages[0], around))


def _put(root: Path, above: dict[str, bytes], jobs: list[Job]) -> None:
    """Put bundles in place."""
    tree = Tree(root)
    for job in jobs:
        pages, proofs = _read(tree, job.pages), _read(tree, job.proofs)
        if pages is None or proofs is None:
            continue
        tree.write(path_of(job.pages[0]), pack({**above, **proofs}, pages))
        if job.frame and (frame := _read(tree, [job.frame.path, job.frame.proof])):
            signed = {**above, **proofs, job.frame.proof: frame[job.frame.proof]}
            whole = pack(signed, {**pages, job.frame.path: frame[job.frame.path]})
            saving.put(tree, job.pages[0], whole)


def _read(tree: Tree, paths: Iterable[str]) -> dict[str, bytes] | None:
    """Return files by their paths; None where one is not there."""
    found = {path: data for path in paths if (data := tree.read(path)) is not None}
    return found if len(found) == len(set(paths)) else None


def take_away(tree: Tree, names: Iterable[str], now: datetime) -> None:
    """Take away these bundles, until they are made again; and all that are too old to be."""
    recipes = [f"{STORY}{name.removeprefix(KIND)}" for name in names]
    for part in slices(recipes):
        rows = File.objects.filter(recipe__in=part)
        for path in rows.values_list("path", flat=True):
            saving.remove(tree, path)
    saving.remove_weeks(tree)
    sweep(tree, now)


def still_named(tree: Tree, now: datetime) -> list[str]:
    """Name the recipes of stories that are too old for a saved file and still link to theirs."""
    return list(_too_old(tree, now)[1])


def sweep(tree: Tree, now: datetime, *, clears_parts: bool = False) -> int:
    """Take away bundles of stories that are older and do not link to theirs any more, or that are
    gone, and their saved files; return how many. ``clears_parts``: and what a killed writer left.
    """
    gone, _ = _too_old(tree, now, clears_parts=clears_parts)
    for page in gone:
        saving.remove(tree, page)
    return len(gone)


def _too_old(
    tree: Tree, now: datetime, *, clears_parts: bool = False
) -> tuple[list[str], list[str]]:
    """Return the pages whose files may go, and the recipes of those that still link to them."""
    paths = tree.walk(FOLDER, clears_parts=clears_parts)
    there = {page for path in paths if (page := _page_of(path))}
    gone, named = set(there), list[str]()
    for part in slices(sorted(there)):
        rows = File.objects.filter(path__in=part)
        recipes = dict(rows.values_list("recipe", "path"))
        recent = {name.removeprefix(KIND) for name in bundles_of(recipes, now)}
        for recipe, page in recipes.items():
            if recipe.startswith(STORY) and str(parts.id_of(recipe)) in recent:
                gone.discard(page)
            elif saved_path(page).encode() in (tree.read(page) or b""):
                gone.discard(page)
                named.append(recipe)
    return sorted(gone), named


def _page_of(path: str) -> str:
    """Return the page whose bundle or saved file this is; empty where it is none."""
    name, _, ending = path.removeprefix(f"{FOLDER}/").rpartition(".")
    is_week = path.rpartition("/")[2] in saving.WEEKS and name.count("/") <= 1
    return "" if is_week or ending not in ("json", "html") else f"{name}/index.html"
