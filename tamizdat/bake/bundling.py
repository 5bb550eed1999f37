"""Bundles of the last thirty days' stories, beside the edition that proves them.

Rules:

* A bundle is made of a sealed edition, so after it; a story that changes gets a new one.
* It is no part of the edition, and not refreshed: it says from which day it is. But its proof
  names other pages as well, so it is made again when one of them is withdrawn.
* It goes with its story, in the same withdrawal; and at the latest when it is thirty days old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.db import transaction

from tamizdat.bake.models import Dirty, File, Metadata
from tamizdat.edition.bundle import pack, path_of
from tamizdat.edition.keys import Keyring
from tamizdat.edition.roles import SNAPSHOT, TIMESTAMP, file_name
from tamizdat.edition.tree import Tree
from tamizdat.stories.listing import Listed

FOLDER = "bundles"
KEPT = timedelta(days=30)  # older ones are made when somebody asks (tamizdat bundle)
KIND = "bundle:"
STORY = "story:"
RANK = 50  # of a dirty row; see tamizdat.bake.plan
SLICE = 500
MANY = 100  # bundles from which on help is worth its while


def bundles_of(recipes: Iterable[str], now: datetime) -> list[str]:
    """Name the bundles that must be made when the files of these recipes have changed."""
    ids = [int(name.removeprefix(STORY)) for name in recipes if name.startswith(STORY)]
    found: list[str] = []
    for start in range(0, len(ids), SLICE):
        rows = Listed.objects.filter(story_id__in=ids[start : start + SLICE])
        recent = rows.filter(sort_at__gte=now - KEPT).values_list("story_id", flat=True)
        found += [f"{KIND}{pk}" for pk in set(recent)]
    return found


def bundles_beside(bins: Iterable[str], now: datetime) -> list[str]:
    """Name the bundles that these bins prove."""
    files = File.objects.filter(bin__in=list(bins), recipe__startswith=STORY)
    return bundles_of(files.values_list("recipe", flat=True), now)


def recent_bundles(now: datetime) -> list[str]:
    """Name the bundles of all recent stories."""
    recent = Listed.objects.filter(sort_at__gte=now - KEPT).values("story_id").distinct()
    return [f"{KIND}{row['story_id']}" for row in recent]


@dataclass(frozen=True)
class Job:
    """A page, and the file of the bin that proves it."""

    page: str
    proof: str


Share = Callable[[Callable[[list[Job]], None], list[Job]], None]


def make_waiting(tree: Tree, keyring: Keyring, share: Share | None = None) -> None:
    """Make the bundles that are to be made, of the edition that stands now.

    ``share`` lets others help where there are many.
    """
    rows = list(Dirty.objects.filter(rank=RANK))
    if not rows:
        return
    versions = dict(Metadata.objects.values_list("role", "version"))
    put = partial(_put, tree.root, _above(tree, keyring, versions))
    jobs = list(_jobs(rows, versions))
    if share is not None and len(jobs) >= MANY:
        share(put, jobs)
    else:
        put(jobs)
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


def _jobs(rows: list[Dirty], versions: dict[str, int]) -> Iterator[Job]:
    names = [f"{STORY}{row.recipe.removeprefix(KIND)}" for row in rows]
    for start in range(0, len(names), SLICE):
        for file in File.objects.filter(recipe__in=names[start : start + SLICE]):
            yield Job(file.path, file_name(file.bin, versions[file.bin]))


def _put(root: Path, above: dict[str, bytes], jobs: list[Job]) -> None:
    """Put bundles in place."""
    tree = Tree(root)
    for job in jobs:
        page, listed = tree.read(job.page), tree.read(job.proof)
        if page is not None and listed is not None:
            tree.write(path_of(job.page), pack({**above, job.proof: listed}, {job.page: page}))


def take_away(tree: Tree, names: Iterable[str], now: datetime) -> None:
    """Take away these bundles, until they are made again; and all that are too old to be."""
    recipes = [f"{STORY}{name.removeprefix(KIND)}" for name in names]
    for start in range(0, len(recipes), SLICE):
        rows = File.objects.filter(recipe__in=recipes[start : start + SLICE])
        for path in rows.values_list("path", flat=True):
            tree.remove(path_of(path))
    sweep(tree, now)


def sweep(tree: Tree, now: datetime) -> int:
    """Take away bundles of stories that are older, or gone; return how many."""
    there = {_page_of(path): path for path in tree.paths(FOLDER) if path.endswith(".json")}
    pages, kept = sorted(there), set[str]()
    for start in range(0, len(pages), SLICE):
        rows = File.objects.filter(path__in=pages[start : start + SLICE])
        recipes = dict(rows.values_list("recipe", "path"))
        recent = bundles_of(recipes, now)
        kept |= {recipes[f"{STORY}{name.removeprefix(KIND)}"] for name in recent}
    for page in there.keys() - kept:
        tree.remove(there[page])
    return len(there.keys() - kept)


def _page_of(path: str) -> str:
    return f"{path.removeprefix(f'{FOLDER}/').removesuffix('.json')}/index.html"
