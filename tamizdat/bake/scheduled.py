"""What goes live, ends, or comes out of an embargo at a set time, on a clock that may jump.

Wagtail's own command unpublishes expired pages as bare ``Page`` objects, past our ``save()`` and so
past the outbox; here each is taken as what it is. One that fails does not keep the others waiting:
the error, which names the page or revision, is raised when all were tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from wagtail.models import Page, Revision

from tamizdat.bake import parts
from tamizdat.bake.models import File
from tamizdat.databases import slices
from tamizdat.stories.models import Story

T = TypeVar("T", Page, Revision)


def publish_due(now: datetime) -> None:
    """Publish the revisions whose go-live time has passed."""
    due = Revision.objects.filter(approved_go_live_at__lte=now).order_by("approved_go_live_at")
    _each(due, "revision", lambda one: one.publish(log_action="wagtail.publish.scheduled"))


def end_due(now: datetime) -> None:
    """Unpublish the pages whose expiry time has passed."""
    due = Page.objects.filter(live=True, expire_at__lte=now).order_by("expire_at").specific()
    _each(
        due,
        "page",
        lambda one: one.unpublish(set_expired=True, log_action="wagtail.unpublish.scheduled"),
    )


def hold_back(now: datetime) -> None:
    """Take back what stands before its embargo ends: the clock was ahead, and was put right."""
    held = Story.objects.live().filter(embargo_until__gt=now)
    stories = {f"story:{story.pk}": story for story in held.select_related("locale")}
    for part in slices(list(stories)):
        for name in File.objects.filter(recipe__in=part).values_list("recipe", flat=True):
            stories[name].show_again()


def note_again(recipes: Iterable[str], now: datetime) -> None:
    """Note the ends of embargoes of stories that left the books: once they were noted already, and
    taken up, when the clock was ahead."""
    numbers = [parts.id_of(name) for name in recipes if parts.is_story(name)]
    for part in slices(numbers):
        for story in Story.objects.live().filter(pk__in=part, embargo_until__gt=now):
            story.note_embargo(now)


def _each(due: Iterable[T], kind: str, deed: Callable[[T], None]) -> None:
    failed: Exception | None = None
    for one in due:
        try:
            deed(one)
        except Exception as error:
            error.add_note(f"{kind} {one.pk}")
            failed = failed or error
    if failed is not None:
        raise failed
