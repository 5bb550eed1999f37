"""What a batch of pages shows, as the newsroom has it: each thing read once, many at a time.

Rules:

* A stock lives as long as its batch: by the next, editors may have changed anything.
* What pages show does not depend on what was read ahead. A thing that was not is read when a page
  asks for it, alone: right, but slow.
* Stories are there only if readers may see them at this moment.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, partial
from typing import Any, TypeVar
from uuid import UUID

from wagtail.models import Page

from tamizdat.reader import pages
from tamizdat.reader.feeds import Entry
from tamizdat.stories.listing import Listed, Lists
from tamizdat.stories.models.media import Photo, Recording, Rendition, SharePicture
from tamizdat.stories.models.pages import Author, AuthorIndex, Home, Section, TextPage, TopicIndex
from tamizdat.stories.models.public import PublicPage, prefix
from tamizdat.stories.models.story import Byline, Correction, Related, Story
from tamizdat.stories.showing.assets import COLUMNS, Assets, Drawn, Use, drawn
from tamizdat.stories.showing.kept import Kept
from tamizdat.stories.showing.rows import (
    PAGE_COLUMNS,
    STORY_COLUMNS,
    PageRow,
    StoryRow,
    row_of,
)
from tamizdat.stories.showing.sharing import Known

K = TypeVar("K")
V = TypeVar("V")
Ids = tuple[int, ...]
Raw = list[dict[str, Any]]  # a body's blocks as they are stored
Said = tuple[datetime, str]  # a correction


# Other apps that have pages in the tree, by label, and who says which of some pages readers may not
# see although they are live (tamizdat.wiring).
KEPT_BACK: dict[str, Callable[[list[int]], Collection[int]]] = {}
# Who names pages for the foot of every page of a language, behind the newsroom's own.
FOOTERS: list[Callable[[Home], Iterable[PublicPage]]] = []


@dataclass(frozen=True)
class Teased:
    """A teaser, with the keys of what it shows and the renditions that it names."""

    teaser: pages.Teaser
    keys: frozenset[str]
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True)
class Entered:
    """A story as feeds show it, with the keys of what it shows and what asks for its assets."""

    entry: Entry
    keys: frozenset[str]
    assets: tuple[Callable[[Assets], str], ...]


class Stock:
    """Everything that the pages of one batch show."""

    def __init__(self, now: datetime, lists: Lists | None = None) -> None:
        self.now = now
        self.lists: Lists = AskedOnce(lists or Listed.objects)
        self.sites: dict[tuple[str, str], pages.Site] = {}
        self._feet: dict[int, list[PublicPage]] = {}
        self.teasers: dict[int, Teased] = {}
        self.entries: dict[int, Entered] = {}
        self._teased: set[int] = set()
        self._renditions: dict[tuple[int, Use], tuple[Drawn, ...]] = {}
        # Stories, by id
        self.stories: Kept[int, StoryRow | None] = Kept(partial(_read_stories, now), None)
        self.bodies: Kept[int, Raw] = Kept(_read_bodies, [])
        self.bylines: Kept[int, Ids] = Kept(_read_bylines, ())
        self.topics: Kept[int, Ids] = Kept(_read_topics, ())
        self.picked: Kept[int, Ids] = Kept(_read_picked, ())
        self.corrections: Kept[int, tuple[Said, ...]] = Kept(_read_corrections, ())
        self.share_pictures: Kept[int, Known | None] = Kept(_read_share_pictures, None)
        # Pages of any kind, by id, and by translation key
        self.pages: Kept[int, PageRow | None] = Kept(_read_pages, None)
        self.translations: Kept[UUID, tuple[PageRow, ...]] = Kept(self._read_translations, ())
        self.whole_pages: Kept[int, Page | None] = Kept(_read_whole_pages, None)
        # Media, by id
        self.photos: Kept[int, Photo | None] = Kept(Photo.objects.in_bulk, None)
        self.drawn: Kept[int, tuple[Drawn, ...]] = Kept(_read_drawn, ())
        self.recordings: Kept[int, Recording | None] = Kept(Recording.objects.in_bulk, None)

    # Surroundings

    @cached_property
    def homes(self) -> dict[str, Home]:
        """The public home pages, by language, the newsroom's first language first."""
        rows = Home.objects.live().select_related("locale", "logo").prefetch_related("top")
        found = {home.language: home for home in rows}
        return dict(sorted(found.items(), key=lambda each: (prefix(each[0]) != "/", each[0])))

    @cached_property
    def _sections(self) -> list[Section]:
        return list(Section.objects.live().select_related("locale").order_by("position", "title"))

    def sections(self, home: Home) -> list[Section]:
        return [each for each in self._sections if each.is_child_of(home)]

    @cached_property
    def indexes(self) -> list[AuthorIndex | TopicIndex]:
        """The public lists of authors, then of topics, of every language."""
        return [
            page
            for kind in (AuthorIndex, TopicIndex)
            for page in kind.objects.live().select_related("locale")
        ]

    @cached_property
    def _footers(self) -> list[TextPage]:
        return list(TextPage.objects.live().filter(is_in_footer=True).select_related("locale"))

    def footer(self, home: Home) -> list[PublicPage]:
        """Return the pages that are linked at the foot of every page of a language."""
        if home.pk not in self._feet:
            own = [each for each in (*self._footers, *self.indexes) if each.is_child_of(home)]
            self._feet[home.pk] = [*own, *(each for more in FOOTERS for each in more(home))]
        return self._feet[home.pk]

    def _read_translations(self, keys: list[UUID]) -> dict[UUID, tuple[PageRow, ...]]:
        """Read pages and their translations; none where one language is public, and all pages are
        in it. They would be as many as the stories themselves."""
        if len(self.homes) < 2:
            return {}
        return grouped((row.translation_key, row) for row in _rows(translation_key__in=keys))

    # Reading ahead

    def teasers_ahead(self, ids: Iterable[int]) -> None:
        """Read what the teasers of these stories show."""
        fresh = [pk for pk in ids if pk not in self._teased]
        if not fresh:
            return
        self._teased.update(fresh)
        self.stories.ahead(fresh)
        rows = [row for row in map(self.stories.__getitem__, fresh) if row]
        self.bylines.ahead(row.pk for row in rows)
        authors = {author for row in rows for author in self.bylines[row.pk]}
        self.pages.ahead(authors | {row.section_id for row in rows if row.section_id})
        self.photos_ahead(row.lead_photo_id for row in rows)

    def shelves_ahead(self, ids: Iterable[int]) -> None:
        """Read what the pages of these sections, authors and topics show besides stories."""
        wanted = list(ids)
        self.whole_pages.ahead(wanted)
        shelves = [page for page in map(self.whole_pages.__getitem__, wanted) if page]
        self.translations.ahead(page.translation_key for page in shelves)
        self.photos_ahead(page.photo_id for page in shelves if isinstance(page, Author))

    def photos_ahead(self, ids: Iterable[int | None]) -> None:
        wanted = {pk for pk in ids if pk}
        self.photos.ahead(wanted)
        self.drawn.ahead(wanted)

    def renditions(self, photo: Photo, use: Use) -> tuple[Drawn, ...]:
        """Return a photo's renditions for one use, drawn where they are missing."""
        key = (photo.pk, use)
        if key not in self._renditions:
            self._renditions[key] = drawn(photo, use, self.drawn[photo.pk])
        return self._renditions[key]

    def take(self, story: Story) -> StoryRow:
        """Take a story that may be unsaved in place of what the database holds; return its row."""
        row = row_of(story)
        self.stories[row.pk] = row
        self.bodies[row.pk] = list(story.body.raw_data)
        self.bylines[row.pk] = tuple(each.author_id for each in story.bylines.all())
        self.topics[row.pk] = tuple(each.pk for each in story.topics.all())
        self.picked[row.pk] = tuple(each.other_id for each in story.picked.all())
        self.corrections[row.pk] = tuple((e.published, e.text) for e in story.corrections.all())
        return row

    def published(self, story: int) -> datetime:
        """Return when a story was first published."""
        row = self.stories[story]
        return (row and row.sort_at) or self.now


class AskedOnce:
    """Lists that are asked the same thing once."""

    def __init__(self, lists: Lists) -> None:
        self.length = cache(lists.length)
        self.newest = cache(lists.newest)
        self.slice = cache(lists.slice)
        self.before = cache(lists.before)
        self.after = cache(lists.after)
        self.months = cache(lists.months)


# One query a kind


def _read_stories(now: datetime, ids: list[int]) -> dict[int, StoryRow | None]:
    rows = Story.objects.filter(pk__in=ids).public(now).values_list(*STORY_COLUMNS)
    return {row[0]: StoryRow._make(row) for row in rows}


def _read_bodies(ids: list[int]) -> dict[int, Raw]:
    rows = Story.objects.filter(pk__in=ids).values_list("pk", "body")
    return {pk: list(body.raw_data) for pk, body in rows}


def _read_bylines(ids: list[int]) -> dict[int, Ids]:
    rows = Byline.objects.filter(story__in=ids).order_by("sort_order", "pk")
    return grouped(rows.values_list("story_id", "author_id"))


def _read_topics(ids: list[int]) -> dict[int, Ids]:
    rows = Story.topics.through.objects.filter(story__in=ids).order_by("topic_id")
    return grouped(rows.values_list("story_id", "topic_id"))


def _read_picked(ids: list[int]) -> dict[int, Ids]:
    rows = Related.objects.filter(story__in=ids).order_by("sort_order", "pk")
    return grouped(rows.values_list("story_id", "other_id"))


def _read_corrections(ids: list[int]) -> dict[int, tuple[Said, ...]]:
    rows = Correction.objects.filter(story__in=ids).order_by("sort_order", "pk")
    return grouped((row[0], row[1:]) for row in rows.values_list("story_id", "published", "text"))


def _read_pages(ids: list[int]) -> dict[int, PageRow | None]:
    return {row.pk: row for row in _rows(pk__in=ids)}


def _rows(**which: Any) -> Iterator[PageRow]:
    """Give pages that are a ``PublicPage``; Wagtail's root is not. What another app keeps back is
    told as if it were not live."""
    app, ours = "content_type__app_label", Story._meta.app_label
    found = Page.objects.filter(**which, **{f"{app}__in": [ours, *KEPT_BACK]})
    by_app = grouped(
        (row[0], PageRow._make(row[1:])) for row in found.values_list(app, *PAGE_COLUMNS)
    )
    for label, rows in by_app.items():
        hidden = KEPT_BACK[label]([row.pk for row in rows]) if label != ours else ()
        yield from (row._replace(live=False) if row.pk in hidden else row for row in rows)


def _read_whole_pages(ids: list[int]) -> dict[int, Page | None]:
    found = Page.objects.filter(pk__in=ids).specific()
    found = found.select_related("locale", for_specific_subqueries=True)
    return {page.pk: page for page in found}


def _read_drawn(ids: list[int]) -> dict[int, tuple[Drawn, ...]]:
    rows = Rendition.objects.filter(image__in=ids).exclude(sha256="")
    columns = rows.values_list("image_id", *COLUMNS)
    return grouped((row[0], Drawn._make(row[1:])) for row in columns)


def _read_share_pictures(ids: list[int]) -> dict[int, Known | None]:
    rows = SharePicture.objects.filter(story__in=ids)
    return {row[0]: Known(*row[1:]) for row in rows.values_list("story", "drawn_from", "sha256")}


def grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}
