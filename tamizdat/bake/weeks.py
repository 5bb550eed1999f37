"""The last seven days of each language in one file: a page and a book, beside the edition.

Rules:

* A week is made when there is none; at once when a story that may stand in it was changed, or what
  stands around it; for a new one at most once an hour; and every night.
* When any story is withdrawn all weeks go in the same withdrawal, and are made again of the next
  edition.
* Newest first. What does not fit is left out: pictures, then the oldest stories.
* What is made is the same for every reader.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from tamizdat.bake import parts
from tamizdat.bake.keeping import week_recipe
from tamizdat.bake.models import File
from tamizdat.bake.saving import Around, frames
from tamizdat.databases import slices
from tamizdat.edition import book, saved
from tamizdat.edition.bundle import pack
from tamizdat.edition.errors import EditionError
from tamizdat.edition.roles import file_name
from tamizdat.edition.tree import Tree
from tamizdat.stories import keys
from tamizdat.stories.listing import Listed
from tamizdat.stories.models.public import language_codes

LENGTH = timedelta(days=7)
MAY_HOLD = timedelta(days=9)  # a story of this age may still stand in a week that was made before
EVERY = timedelta(hours=1)
MOST_STORIES = 500
PER_PAGE = 12_000  # bytes that a page costs at least; so many pages are not even tried

log = logging.getLogger(__name__)


def due(tree: Tree, changed: Iterable[int], now: datetime) -> list[str]:
    """Name the languages whose week must be made, now that these stories changed."""
    ids = list(changed)
    return [code for code in language_codes() if _is_due(tree, code, ids, now)]


def _is_due(tree: Tree, language: str, changed: list[int], now: datetime) -> bool:
    frame = File.objects.filter(recipe=week_recipe(language)).first()
    if frame is None:
        return False
    try:
        both = [saved.week_path(frame.path, ending) for ending in ("html", "epub")]
        made = min(map(tree.changed_at, both))
        if made < tree.changed_at(frame.path):
            return True
    except FileNotFoundError:
        return True
    rows = Listed.objects.filter(list=keys.all_of(language), sort_at__gte=now - MAY_HOLD)
    recent = [
        moment
        for part in slices(changed)
        for moment in rows.filter(story_id__in=part).values_list("sort_at", flat=True)
    ]
    return any(moment <= made for moment in recent) or bool(recent and now - made >= EVERY)


def make(
    tree: Tree,
    languages: Iterable[str],
    above: Mapping[str, bytes],
    versions: Mapping[str, int],
    now: datetime,
) -> None:
    """Make the weeks of these languages, of the edition that stands. ``above``: the metadata over
    all bins; ``versions``: the bins' own."""
    for language in languages:
        around = frames([week_recipe(language)], versions).get(week_recipe(language))
        if around is None:
            continue
        week = _Week(tree, around, above, _stories(language, versions, now))
        try:
            page, volume = week.page(), week.book()
        except EditionError as error:
            log.error("the week in %s could not be made: %s", language, error)
            continue
        tree.write(saved.week_path(around.path, "html"), page)
        tree.write(saved.week_path(around.path, "epub"), volume)


Story = dict[str, str]  # its pages, in order, and the files that prove them


def _stories(language: str, versions: Mapping[str, int], now: datetime) -> list[Story]:
    """Return the stories of the last days, newest first."""
    rows = Listed.objects.filter(list=keys.all_of(language), sort_at__gte=now - LENGTH)
    newest = rows.order_by("-sort_at", "-story_id")[:MOST_STORIES]
    names = [f"{parts.STORY}{pk}" for pk in newest.values_list("story_id", flat=True)]
    files = {
        file.recipe: [file]
        for part in slices(names)
        for file in File.objects.filter(recipe__in=part).exclude(bin="")
    }
    for later in parts.standing(files):
        files[parts.whole(later.recipe)].append(later)
    return [
        {file.path: file_name(file.bin, versions[file.bin]) for file in files[name]}
        for name in names
        if name in files
    ]


class _Week:
    """One language's week in the making."""

    def __init__(
        self, tree: Tree, around: Around, above: Mapping[str, bytes], stories: list[Story]
    ) -> None:
        self._tree = tree
        self._above = above
        self._around = around
        self._stories = [story for story in stories if all(map(tree.has, story))]

    def page(self) -> bytes:
        return self._fitting(saved.MOST_WEEK, saved.make)

    def book(self) -> bytes:
        return self._fitting(book.MOST, book.make)

    def _fitting(self, most: int, make_of: Callable[..., bytes]) -> bytes:
        """Make it of as many stories as have room."""
        count = min(len(self._stories), most // PER_PAGE)
        while True:
            proof, is_cut = self._bundle(count), count < len(self._stories)
            made = make_of(proof, self._tree.read, most, is_cut=is_cut)
            if len(made) <= most or not count:
                return made
            count = min(count - 1, count * most // len(made))

    def _bundle(self, count: int) -> bytes:
        """Return the bundle of the newest stories."""
        wanted = [*self._stories[:count], {self._around.path: self._around.proof}]
        proofs = {proof for story in wanted for proof in story.values()}
        files = {path: self._read(path) for story in wanted for path in story}
        return pack({**self._above, **{path: self._read(path) for path in proofs}}, files)

    def _read(self, path: str) -> bytes:
        return self._tree.read(path) or b""
