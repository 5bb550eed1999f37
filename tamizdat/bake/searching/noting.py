"""What stories' pages say, noted for the search index in the transaction that records the pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from tamizdat.bake.models import SearchEntry
from tamizdat.databases import slices
from tamizdat.reader.pages import Site, StoryPage
from tamizdat.reader.search.entries import entry, pack

KIND = "story:"


class Words(NamedTuple):
    """What the index is to know of a story, ready to be kept."""

    language: str
    published: datetime
    packed: bytes


class _Known(NamedTuple):
    words: bytes
    is_to_change: bool
    is_in_index: bool


def words_of(page: StoryPage, site: Site, published: datetime) -> Words:
    """Take from a story's whole page what the index is to know of it."""
    return Words(site.language, published, pack(entry(page, site)))


def note(found: dict[str, Words | None]) -> None:
    """Note what the pages of these recipes say now; None: nothing, the story is gone."""
    stories = {int(name.removeprefix(KIND)): words for name, words in found.items()}
    fresh, changed, same, gone = [], [], [], []
    known = _known(stories)
    for story, words in stories.items():
        old = known.get(story)
        if words is None:
            gone += [story] if old else []
        elif old is None:
            fresh.append((story, words.language, words.published, words.packed))
        elif old.words == words.packed:
            same += [story] if old.is_to_change else []
        else:
            changed.append((story, words, old))
    _add(fresh)
    for story, words, old in changed:
        _change(story, words, is_in_index=old.is_in_index)
    for part in slices(same):
        rows = SearchEntry.objects.filter(story__in=part)
        rows.update(fresh=None, is_gone=False, is_waiting=False)
        rows.filter(segment=None).update(is_waiting=True)
    for part in slices(gone):
        rows = SearchEntry.objects.filter(story__in=part)
        rows.update(is_gone=True, is_waiting=True)
        rows.filter(segment=None).delete()


def _known(stories: Iterable[int]) -> dict[int, _Known]:
    found: dict[int, _Known] = {}
    for part in slices(list(stories)):
        rows = SearchEntry.objects.filter(story__in=part)
        for row in rows.only("story", "words", "fresh", "segment_id", "is_gone"):
            is_other = row.fresh is not None or row.is_gone
            found[row.story] = _Known(bytes(row.words), is_other, row.segment_id is not None)
    return found


def _add(rows: list[tuple[int, str, datetime, bytes]]) -> None:
    """Past the ORM: a new archive's stories come by thousands."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO bake_searchentry"
            " (story, language, published, words, is_gone, is_waiting)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            [
                (
                    story,
                    language,
                    connection.ops.adapt_datetimefield_value(published),
                    words,
                    False,
                    True,
                )
                for story, language, published, words in rows
            ],
        )


def _change(story: int, words: Words, *, is_in_index: bool) -> None:
    rows = SearchEntry.objects.filter(story=story)
    values = {"published": words.published, "is_gone": False, "is_waiting": True}
    if is_in_index:
        rows.update(fresh=words.packed, **values)
    else:
        rows.update(words=words.packed, **values)
