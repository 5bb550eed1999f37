"""The lists' orders in memory, for a bake of very many pages: no query for a neighbour or a slice.

Every list is a part of one long order of all stories, so a list is an array of places in that.
A hundred thousand stories in half a million places take some 30 MB, and processes that are forked
afterwards share them.

They are the orders of the moment of loading. Whoever takes up a change later loads them again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from tamizdat.stories import keys
from tamizdat.stories.listing import Listed
from tamizdat.stories.models.public import language_codes

Place = tuple[datetime, int]  # a story's moment and id
NOTHING = array("I")


class Orders:
    """``listing.Lists``, from memory."""

    def __init__(self, stories: Iterable[Place], rows: Iterable[tuple[str, int]]) -> None:
        """``stories`` are all that are listed; ``rows`` say which list holds which story."""
        self._stories = sorted(stories)
        place = {pk: at for at, (_, pk) in enumerate(self._stories)}
        found: dict[str, array[int]] = defaultdict(lambda: array("I"))
        for name, pk in rows:
            found[name].append(place[pk])
        self._lists = {name: array("I", sorted(places)) for name, places in found.items()}

    @classmethod
    def load(cls) -> Orders:
        """Read the lists as they stand now."""
        whole = [keys.all_of(code) for code in language_codes()]
        stories = Listed.objects.filter(list__in=whole).values_list("sort_at", "story_id")
        rows = Listed.objects.values_list("list", "story_id").iterator()
        return cls(stories, rows)

    def length(self, name: str) -> int:
        return len(self._places(name))

    def newest(self, name: str, count: int) -> list[int]:
        length = self.length(name)
        return self.slice(name, max(0, length - count), length)

    def slice(self, name: str, start: int, stop: int) -> list[int]:
        return self._ids(self._places(name)[start:stop][::-1])

    def before(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        places = self._places(name)
        end = bisect_left(places, bisect_left(self._stories, (sort_at, story_id)))
        return self._ids(places[max(0, end - count) : end][::-1])

    def after(self, name: str, sort_at: datetime, story_id: int, count: int) -> list[int]:
        places = self._places(name)
        start = bisect_left(places, bisect_right(self._stories, (sort_at, story_id)))
        return self._ids(places[start : start + count])

    def months(self, language: str) -> list[str]:
        found = (name for name in self._lists if name.startswith(f"{language}/"))
        return sorted(found, reverse=True)

    def _places(self, name: str) -> array[int]:
        return self._lists.get(name, NOTHING)

    def _ids(self, places: array[int]) -> list[int]:
        return [self._stories[at][1] for at in places]
