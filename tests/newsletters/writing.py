"""Make newsletters and issues in a line."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

from django.utils import timezone

from tamizdat.newsletters.models import Issue, IssueStory, Newsletter, NewsletterIndex
from tamizdat.newsletters.subscribers.models import Subscription
from tamizdat.stories.models import Home, Story
from tamizdat.vault.models import Address
from tests.vault.boxes import sealed
from tests.writing import add


def index(home: Home) -> NewsletterIndex:
    found: NewsletterIndex | None = NewsletterIndex.objects.child_of(home).first()
    return found or add(home, NewsletterIndex(title="Newsletters", slug="newsletters"))


def newsletter(home: Home, name: str = "The Friday Letter", **values: Any) -> Newsletter:
    """Make a newsletter that readers can subscribe to, begun a month ago."""
    values.setdefault("first_published_at", timezone.now() - timedelta(days=30))
    made = add(index(home), Newsletter(title=name, **values))
    found: Newsletter = Newsletter.objects.get(pk=made.pk)
    return found


def issue(
    letter: Newsletter, stories: list[Story] | None = None, due_at: datetime | None = None, **v: Any
) -> Issue:
    """Make a draft issue with these stories, the first of them a highlight."""
    made: Issue = add(letter, Issue(title=v.pop("title", "No. 1"), live=False, due_at=due_at, **v))
    made.stories = [
        IssueStory(story=each, is_highlight=at == 0, sort_order=at)
        for at, each in enumerate(stories or [])
    ]
    made.save()
    return made


def approved(made: Issue) -> Issue:
    """Publish an issue's present state, as approval does; return it fresh."""
    made.save_revision().publish()
    return Issue.objects.get(pk=made.pk)


def subscribe(
    letter: Newsletter, *names: str, language: str = "en", variant: str = "digest"
) -> None:
    """Let ``NAME@example.org`` have a newsletter."""
    now = timezone.now()
    for name in names:
        address = Address.objects.keep(sealed(name), now)
        Address.objects.confirm(address.pk)
        Subscription.objects.create(
            address=address,
            newsletter=letter.translation_key,
            language=language,
            variant=variant,
            consent="2026-11",
            consented_at=now,
        )


def text_of(mail: bytes) -> str:
    """Return a mail as a person sees it: a few headers, then its text part, then its HTML."""
    found = message_from_bytes(mail, policy=default)
    names = ("From", "Subject", "List-Id")
    head = "\n".join(f"{name}: {found[name]}" for name in names if found[name])
    bodies = [found.get_body((kind,)) for kind in ("plain", "html")]
    return "\n\n".join([head, *(body.get_content() for body in bodies if body is not None)])
