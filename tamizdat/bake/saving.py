"""Saved stories, beside the edition that proves them: made of bundles, and gone with them.

What is made is the same for every reader. Where one cannot be made, the log says so and the bake
goes on: the story itself is with its readers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tamizdat.bake.keeping import frame_recipe
from tamizdat.bake.models import File
from tamizdat.edition import bundle, saved
from tamizdat.edition.errors import EditionError
from tamizdat.edition.roles import file_name
from tamizdat.edition.tree import Tree
from tamizdat.stories.models.public import language_codes

FOLDER = "bundles"
WEEKS = ("week.html", "week.epub")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Around:
    """A frame, and the file of the bin that proves it."""

    path: str
    proof: str


def frames(recipes: Iterable[str], versions: Mapping[str, int]) -> dict[str, Around]:
    """Return the frames of these recipes that stand in a sealed edition."""
    files = File.objects.filter(recipe__in=list(recipes)).exclude(bin="")
    return {
        file.recipe: Around(file.path, file_name(file.bin, versions[file.bin])) for file in files
    }


def story_frames(versions: Mapping[str, int]) -> dict[str, Around]:
    """Return the frames around saved stories by where their language's pages are: "", "ru/" …"""
    found = frames(map(frame_recipe, language_codes()), versions).values()
    return {each.path.removesuffix(saved.STORY_FRAME): each for each in found}


def frame_of(page: str, around: Mapping[str, Around]) -> Around | None:
    """Return the frame for a page: that of its language."""
    return around.get(f"{page.partition('/')[0]}/", around.get(""))


def put(tree: Tree, page: str, proof: bytes) -> None:
    """Put a story's saved file in place. ``proof``: its bundle, the frame among its files."""
    path = saved.path_of(page)
    try:
        tree.write(path, saved.make(proof, tree.read))
    except EditionError as error:
        log.error("%s could not be made: %s", path, error)
        tree.remove(path)


def remove(tree: Tree, page: str) -> None:
    """Take away a page's bundle and saved file, and with them all weeks: one may hold it."""
    there = [path for path in (bundle.path_of(page), saved.path_of(page)) if tree.has(path)]
    for path in there:
        tree.remove(path)
    if there:
        remove_weeks(tree)


def remove_weeks(tree: Tree) -> None:
    """Take away all weeks, until they are made again."""
    for folder in (FOLDER, *(f"{FOLDER}/{code}" for code in language_codes())):
        for name in WEEKS:
            if tree.has(f"{folder}/{name}"):
                tree.remove(f"{folder}/{name}")
