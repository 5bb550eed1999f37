"""What goes live or ends at a set time.

Wagtail's own command unpublishes expired pages as bare ``Page`` objects, past our ``save()`` and so
past the outbox; here each is taken as what it is. One that fails does not keep the others waiting:
the error, which names the page or revision, is raised when all were tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from wagtail.models import Page, Revision

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
