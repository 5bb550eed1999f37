"""The piles on the dashboard: which stories wait, are drafts, are scheduled, were just published.

Each pile finds its stories with ``when`` (the moment that orders it) and ``note`` (what makes a
story special in it), and nothing else: what a row shows is loaded for the few that are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateTimeField,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from wagtail.models import Page, Revision, WorkflowState
from wagtail.permissions import policy_registry

from tamizdat.stories.models import Story

Stories = QuerySet[Any]


@dataclass(frozen=True)
class Pile:
    """A pile of stories; ``find`` chooses and orders them, given what somebody may see."""

    name: str
    heading: str
    empty: str
    find: Callable[[Stories, datetime], Stories]


def stories_for(user: Any) -> Stories:
    """Return the stories that this member of staff may see."""
    seen = policy_registry.get_by_type(Page).explorable_instances(user)
    return Story.objects.filter(pk__in=seen.values("pk"))


def waiting(stories: Stories, now: datetime) -> Stories:
    """Those that waited longest come first."""
    asked = _reviews(WorkflowState.STATUS_IN_PROGRESS).filter(pk_of=OuterRef("pk"))
    since = Subquery(asked.values("current_task_state__started_at")[:1])
    found = stories.filter(pk__in=_ids(WorkflowState.STATUS_IN_PROGRESS)).annotate(
        when=since, note=_notes(When(live=True, then=Value("changes a published story")))
    )
    return found.order_by("when", "pk").only("pk")


def drafts(stories: Stories, now: datetime) -> Stories:
    """What somebody is writing: newest work first."""
    elsewhere = Q(pk__in=_ids(WorkflowState.STATUS_IN_PROGRESS)) | Q(pk__in=_scheduled_ids())
    found = stories.filter(Q(live=False) | Q(has_unpublished_changes=True)).exclude(elsewhere)
    found = found.annotate(
        when=F("latest_revision_created_at"),
        note=_notes(
            When(
                pk__in=_ids(WorkflowState.STATUS_NEEDS_CHANGES), then=Value("changes are asked for")
            ),
            When(live=True, then=Value("changes a published story")),
            When(expired=True, then=Value("its time is over")),
            When(first_published_at__isnull=False, then=Value("withdrawn")),
            When(locked=True, then=Value("locked")),
        ),
    )
    return found.order_by(F("when").desc(nulls_last=True), "-pk").only("pk")


def scheduled(stories: Stories, now: datetime) -> Stories:
    """What readers will see without anybody's click; what comes first stands first."""
    mine = _approved().filter(object_id=Cast(OuterRef("pk"), CharField()))
    goes_live = Subquery(
        mine.order_by("approved_go_live_at").values("approved_go_live_at")[:1],
        output_field=DateTimeField(),
    )
    is_held = Q(live=True, embargo_until__gt=now)
    found = stories.filter(Q(pk__in=_scheduled_ids()) | is_held).annotate(
        when=Coalesce(goes_live, F("embargo_until")),
        note=_notes(
            When(pk__in=_scheduled_ids(), live=True, then=Value("a new version goes live")),
            When(pk__in=_scheduled_ids(), then=Value("goes live")),
            default="embargo ends",
        ),
    )
    return found.order_by("when", "pk").only("pk")


def published(stories: Stories, now: datetime) -> Stories:
    """What readers got last, corrections and new versions too."""
    found = (
        stories.filter(live=True)
        .exclude(embargo_until__gt=now)
        .annotate(
            when=F("last_published_at"),
            note=_notes(When(has_unpublished_changes=True, then=Value("a newer draft is there"))),
        )
    )
    return found.order_by(F("when").desc(nulls_last=True), "-pk").only("pk")


PILES = (
    Pile("waiting", "Waiting for review", "Nothing waits for review.", waiting),
    Pile("drafts", "Drafts", "No drafts. Begin a story with a button above.", drafts),
    Pile("scheduled", "Scheduled", "Nothing is scheduled.", scheduled),
    Pile("published", "Just published", "Nothing is published yet.", published),
)


def _notes(*cases: When, default: str = "") -> Case:
    return Case(*cases, default=Value(default), output_field=CharField())


def _reviews(status: str) -> QuerySet[WorkflowState]:
    """Return the reviews of stories in this state; ``pk_of`` is the story's id."""
    found = WorkflowState.objects.filter(
        status=status, content_type=ContentType.objects.get_for_model(Story)
    )
    return found.annotate(pk_of=Cast("object_id", BigIntegerField()))


def _ids(status: str) -> QuerySet[Any]:
    return _reviews(status).values("pk_of")


def _approved() -> QuerySet[Revision]:
    """Return the revisions of stories that go live by themselves."""
    return Revision.objects.filter(
        content_type=ContentType.objects.get_for_model(Story), approved_go_live_at__isnull=False
    )


def _scheduled_ids() -> QuerySet[Any]:
    return _approved().annotate(pk_of=Cast("object_id", BigIntegerField())).values("pk_of")
