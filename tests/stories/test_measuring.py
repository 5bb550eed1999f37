"""SQLite knows how many pages there are, and takes everything else for large."""

from __future__ import annotations

import pytest
from django.db import connection

from tamizdat.stories import measuring
from tamizdat.stories.models import Home
from tests import writing

pytestmark = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL measures by itself"
)


def measured() -> set[str]:
    """Name the tables that SQLite has measured."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'")
        if not cursor.fetchall():
            return set()
        cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1")
        return {row[0] for row in cursor.fetchall()}


def test_tables_of_pages_are_measured_and_no_others(
    newsroom: dict[str, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    writing.published(newsroom["en"])
    monkeypatch.setattr(measuring, "FROM", 1)
    measuring.measure()
    assert {"wagtailcore_page", "stories_home", "stories_story"} <= measured()
    assert not {name for name in measured() if name.startswith("bake_")}
    assert not measured() & {"stories_listed", "stories_change"}


def test_a_small_newsroom_is_not_measured(newsroom: dict[str, Home]) -> None:
    before = measured()
    measuring.measure()
    assert measured() == before
