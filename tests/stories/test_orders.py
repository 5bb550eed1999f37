"""The lists in memory answer as the database does."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tamizdat.stories.listing import MANY, Listed
from tamizdat.stories.orders import Orders

START = datetime(2026, 9, 30, 20, 0, tzinfo=UTC)
NAMES = ["en", "p3", "p4", "en/2026/09", "en/2026/10", "ru", "nothing"]


@pytest.fixture
def places(db: None) -> list[tuple[datetime, int]]:
    """Stories in random order, some at the same moment, each in its language and some shelves."""
    chance = random.Random(7)
    found = [(START + timedelta(hours=chance.randrange(12)), pk) for pk in range(1, 41)]
    for sort_at, pk in chance.sample(found, len(found)):
        month = "en/2026/09" if sort_at.hour in (20, 21, 22, 23) else "en/2026/10"
        for name in ["ru"] if pk % 9 == 0 else ["en", month, f"p{3 + pk % 2}"]:
            Listed.objects.create(list=name, story_id=pk, sort_at=sort_at)
    return found


@pytest.fixture(autouse=True)
def _in_utc(settings: Any) -> None:
    settings.TIME_ZONE = "UTC"


def test_lists_in_memory_are_those_of_the_database(places: list[tuple[datetime, int]]) -> None:
    orders, there = Orders.load(), Listed.objects
    for name in NAMES:
        assert orders.length(name) == there.length(name)
        for count in (1, 6, 100):
            assert orders.newest(name, count) == there.newest(name, count)
        for start in (0, 3, 15, 90):
            assert orders.slice(name, start, start + 5) == there.slice(name, start, start + 5)
    for language in ("en", "ru", "fa"):
        assert set(orders.months(language)) <= set(there.months(language))
    assert orders.months("en") == there.months("en") == ["en/2026/10", "en/2026/09"]


def test_neighbours_in_memory_are_those_of_the_database(
    places: list[tuple[datetime, int]],
) -> None:
    orders, there = Orders.load(), Listed.objects
    elsewhere = [(START - timedelta(days=1), 5), (START + timedelta(days=1), 5), (START, 0)]
    for name in NAMES:
        for place in [*places, *elsewhere]:
            assert orders.before(name, *place, 6) == there.before(name, *place, 6)
            assert orders.after(name, *place, 6) == there.after(name, *place, 6)


def test_a_place_is_found_by_its_rank(places: list[tuple[datetime, int]]) -> None:
    for name in NAMES[:4]:
        ids = Listed.objects.slice(name, 0, MANY)[::-1]
        moments = {pk: at for at, pk in places}
        ranks = [Listed.objects.rank(name, moments[pk], pk) for pk in ids]
        assert ranks == list(range(len(ids)))
