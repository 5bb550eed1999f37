"""Changes that the calendar brings, and no editor: each is one outbox row, due at its moment.

Rules:

* A row is written in the transaction that makes it needed, and at most once for each moment.
* Whoever takes up the row of a half-year writes the next one.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from tamizdat.reader.plaintexts import half_year_after
from tamizdat.stories import changes, keys

# The story's own day and the next, in UTC: never more than the two days that news sitemaps may
# hold (Google, "Create a News sitemap"), and one row a day whatever is published on it.
NEWS_DAYS = 2


def news_since(now: datetime) -> datetime:
    """Return since when a story must have been published to be news still."""
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return today - timedelta(days=NEWS_DAYS - 1)


def note_news(published: datetime, now: datetime) -> None:
    """Note when a story ceases to be news, unless it has."""
    if published >= news_since(now):
        today = news_since(published) + timedelta(days=NEWS_DAYS - 1)
        _note(keys.day(), today + timedelta(days=NEWS_DAYS))


def note_half_year(now: datetime) -> None:
    """Note when the half-year ends in which we are."""
    _note(keys.half_year(), half_year_after(now))


def note_all(now: datetime) -> None:
    """Note what no change may have noted: for a newsroom that is older than these rules."""
    note_half_year(now)
    note_news(now - timedelta(days=1), now)
    note_news(now, now)


def _note(key: str, due_at: datetime) -> None:
    if not changes.Change.objects.filter(key=key, due_at=due_at).exists():
        changes.record([key], due_at=due_at, is_urgent=False)
