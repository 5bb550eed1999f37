"""Make pages the way editors do, in a line."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from wagtail.rich_text import RichText

from tamizdat.stories.filing import month_of
from tamizdat.stories.models import (
    Author,
    AuthorIndex,
    Byline,
    Home,
    PublicPage,
    Section,
    Story,
    Topic,
    TopicIndex,
)


def add(above: PublicPage, page: PublicPage) -> Any:
    """Put a page into the tree below a fresh copy of its parent."""
    page.locale = above.locale
    type(above).objects.get(pk=above.pk).add_child(instance=page)
    return page


def section(home: Home, name: str = "Politics", **values: Any) -> Section:
    return add(home, Section(title=name, **values))


def author(home: Home, name: str = "Mira Solen", **values: Any) -> Author:
    return add(AuthorIndex.objects.child_of(home).get(), Author(title=name, **values))


def topic(home: Home, name: str = "Water", **values: Any) -> Topic:
    return add(TopicIndex.objects.child_of(home).get(), Topic(title=name, **values))


def draft(home: Home, headline: str = "The dam holds", **values: Any) -> Story:
    """Make a draft story; ``text`` is its body, ``authors`` and ``topics`` lists of pages."""
    text = values.pop("text", "<p>The water rose and fell again.</p>")
    authors, topics = values.pop("authors", ()), values.pop("topics", ())
    at = values.pop("at", None)
    if "body" not in values:
        values["body"] = [("text", RichText(text))]
    story = Story(title=headline, live=False, first_published_at=at, **values)
    add(month_of(home, at or timezone.now()), story)
    story.bylines = [Byline(author=each) for each in authors]
    story.topics.set(topics)
    story.save()
    return story


def publish(story: Story) -> Story:
    """Publish a story's present state, as the admin does; return it fresh."""
    story.save_revision().publish()
    return Story.objects.get(pk=story.pk)


def published(home: Home, headline: str = "The dam holds", **values: Any) -> Story:
    return publish(draft(home, headline, **values))


def at(day: int, hour: int = 9) -> datetime:
    """A moment in November 2026, before the tests' present."""
    return datetime(2026, 11, day, hour, tzinfo=timezone.get_default_timezone())
