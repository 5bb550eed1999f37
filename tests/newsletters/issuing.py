"""Newsletters that readers can find, and issues that went, in a line."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone

from tamizdat.newsletters.models import Issue, IssueStory, Newsletter, NewsletterIndex
from tamizdat.stories.models import Home, PublicPage, Story
from tests.writing import add

P = TypeVar("P", bound=PublicPage)


def opened(home: Home, name: str = "Friday letter", **values: Any) -> Newsletter:
    """Make a newsletter that readers can subscribe to, below the published list of them."""
    index = NewsletterIndex.objects.child_of(home).get()
    index.save_revision().publish()
    letter = add(index, Newsletter(title=name, live=False, **values))
    letter.save_revision().publish()
    found: Newsletter = Newsletter.objects.get(pk=letter.pk)
    return found


def approved(
    letter: Newsletter, title: str = "The week of the dam", *stories: Story, **values: Any
) -> Issue:
    """Make an issue that waits, approved, for its time; the first story is a highlight."""
    blurbs = values.pop("blurbs", {})
    issue = add(letter, Issue(title=title, live=False, **values))
    issue.stories = [
        IssueStory(story=each, is_highlight=place == 0, blurb=blurbs.get(each.title, ""))
        for place, each in enumerate(stories)
    ]
    return republished(issue)


def republished(page: P) -> P:
    """Publish a page's present state, as the admin does; return it fresh."""
    page.save_revision().publish()
    found: P = type(page).objects.get(pk=page.pk)
    return found


def sent(
    letter: Newsletter, title: str = "The week of the dam", *stories: Story, **values: Any
) -> Issue:
    """Make an issue whose sending has begun (``at``: when)."""
    at: datetime = values.pop("at", None) or timezone.now()
    issue = approved(letter, title, *stories, **values)
    issue.begin(at)
    return issue
