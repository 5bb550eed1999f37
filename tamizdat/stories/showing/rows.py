"""Stories and pages as lean rows: a full bake reads each of them several times."""

from __future__ import annotations

from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from tamizdat.stories.models.public import address
from tamizdat.stories.models.story import Story

YOUNG = timedelta(days=30)  # so long what is meant to be shared is kept beside a story


class StoryRow(NamedTuple):
    """A story without its body."""

    pk: int
    title: str
    language: str
    url_path: str
    translation_key: UUID
    first_published_at: datetime | None
    last_published_at: datetime | None
    seo_title: str
    search_description: str
    standfirst: str
    kind: str
    section_id: int | None
    location: str
    lead_photo_id: int | None
    lead_alt: str
    lead_caption: str
    lead_credit: str
    date_shown: str
    date: datetime | None
    words: int
    share_title: str
    share_text: str
    share_photo_id: int | None

    @property
    def public_path(self) -> str:
        return address(self.language, self.url_path)

    @property
    def sort_at(self) -> datetime | None:
        return self.first_published_at

    def is_young(self, now: datetime) -> bool:
        """Say whether readers have had the story for less than ``YOUNG``, or not at all yet."""
        return self.sort_at is None or self.sort_at >= now - YOUNG

    @property
    def shown_date(self) -> datetime | None:
        """The date that readers see, or None."""
        if self.date_shown == Story.DateShown.OWN:
            return self.date
        return self.first_published_at if self.is_dated_by_publication else None

    @property
    def is_dated_by_publication(self) -> bool:
        return self.date_shown == Story.DateShown.PUBLICATION


STORY_COLUMNS = [
    "locale__language_code" if name == "language" else name for name in StoryRow._fields
]
_values_of = attrgetter(*(name.replace("__", ".") for name in STORY_COLUMNS))


def row_of(story: Story) -> StoryRow:
    """Return the row of a story that may be unsaved."""
    row = StoryRow._make(_values_of(story))
    return row._replace(pk=row.pk or 0)


class PageRow(NamedTuple):
    """What other pages say of a page of the tree, of whatever kind."""

    pk: int
    title: str
    language: str
    url_path: str
    translation_key: UUID
    live: bool
    embargo_until: datetime | None
    role: str | None

    @property
    def public_path(self) -> str:
        return address(self.language, self.url_path)

    def is_public(self, now: datetime) -> bool:
        """Say whether readers may see it, as ``PublicPage.is_public`` does."""
        return self.live and (self.embargo_until is None or self.embargo_until <= now)


PAGE_COLUMNS = [
    "pk",
    "title",
    "locale__language_code",
    "url_path",
    "translation_key",
    "live",
    "story__embargo_until",
    "author__role",
]
