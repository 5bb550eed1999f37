"""What the newsroom's pages about newsletters show: what comes next, what is on its way, for whom.

Figures are counts that the sender and the forms keep anyway. None of them says who read anything:
nothing asks for that, and nothing could answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Sum
from wagtail.models import Page
from wagtail.permissions import policy_registry

from tamizdat.newsletters import confirming
from tamizdat.newsletters.announcing import NAMES
from tamizdat.newsletters.composing import newsletter_of
from tamizdat.newsletters.drafting import schedule_of
from tamizdat.newsletters.models import Issue, Newsletter, NewsletterIndex, Notice, Occasion
from tamizdat.newsletters.sender import outcomes
from tamizdat.newsletters.sender.models import Sending
from tamizdat.newsletters.subscribers.models import Subscription, Tally

State = Sending.State
SHOWN = 20
MONTH = timedelta(days=30)
WORDS = {
    "": "not confirmed yet",
    State.SCHEDULED: "confirmed, waits for its time",
    State.LATE: "its time has passed: it asks",
    State.LAYING_OUT: "begins",
    State.SENDING: "on its way",
    State.STOPPED: "stopped",
    State.SENT: "sent",
    State.CANCELLED: "called off",
}
CHANGED = "changed since it was confirmed: to be confirmed again"


@dataclass(frozen=True)
class Row:
    """An issue in a list."""

    issue: Issue
    state: str
    words: str
    sent: int
    laid: int
    questions: tuple[Notice, ...]
    told: tuple[Notice, ...]

    @property
    def is_under_way(self) -> bool:
        return self.state in (State.LAYING_OUT, State.SENDING, State.STOPPED, State.SENT)


@dataclass(frozen=True)
class Standing:
    """How a newsletter stands."""

    newsletter: Newsletter
    next_at: datetime | None
    last_occasion: Occasion | None
    rows: tuple[Row, ...]
    readers: int

    @property
    def waiting(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if not row.is_under_way)

    @property
    def gone(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.is_under_way)

    @property
    def questions(self) -> tuple[Notice, ...]:
        return tuple(notice for row in self.rows for notice in row.questions)


@dataclass(frozen=True)
class Readers:
    """How many have a newsletter in a language and variant; ``paused`` of them get nothing now."""

    language: str
    name: str
    count: int
    paused: int


def newsletters_for(user: Any) -> Iterable[Newsletter]:
    """Return the newsletters that this member of staff may see, language by language."""
    seen = policy_registry.get_by_type(Page).explorable_instances(user)
    found = Newsletter.objects.filter(pk__in=seen.values("pk")).select_related("locale")
    return found.order_by("locale__pk", "position", "title")


def may_work(user: Any) -> bool:
    """Say whether newsletters are this member of staff's work at all."""
    seen = policy_registry.get_by_type(Page).explorable_instances(user)
    kinds = ContentType.objects.get_for_models(Newsletter, NewsletterIndex).values()
    return bool(seen.filter(content_type__in=[kind.pk for kind in kinds]).exists())


def may_highlight(user: Any, story: Page) -> bool:
    """Say whether somebody may put a story on a newsletter's pile."""
    found = Newsletter.objects.filter(locale_id=story.locale_id)
    return any(each.permissions_for_user(user).can_add_subpage() for each in found)


def waiting_for(user: Any, now: datetime) -> list[Row]:
    """Return the issues that wait or are on their way, what comes first at the top."""
    found = Issue.objects.filter(began_at=None).exclude(due_at__lt=now - MONTH)
    if not found.exists():  # most of the time; what somebody may see is then not asked
        return []
    seen = policy_registry.get_by_type(Page).explorable_instances(user)
    recent = found.filter(pk__in=seen.values("pk")).select_related("locale", "latest_revision")
    return rows(recent.order_by("due_at", "pk")[:SHOWN])


def standing(newsletter: Newsletter, now: datetime) -> Standing:
    issues = Issue.objects.child_of(newsletter).select_related("locale", "latest_revision")
    found = issues.order_by("-due_at", "-pk")[:SHOWN]
    return Standing(
        newsletter=newsletter,
        next_at=schedule_of(newsletter).next_after(now) if newsletter.live else None,
        last_occasion=newsletter.occasions.first(),
        rows=tuple(rows(found)),
        readers=Subscription.objects.filter(
            newsletter=newsletter.translation_key, language=newsletter.language
        ).count(),
    )


def rows(issues: Iterable[Issue]) -> list[Row]:
    """Show issues with what is known of their sendings and what editors are asked."""
    found = list(issues)
    sendings = {each.issue: each for each in Sending.objects.filter(issue__in=_uuids(found))}
    notices: dict[int, list[Notice]] = {}
    for notice in Notice.objects.filter(issue__in=found).select_related("issue"):
        notices.setdefault(notice.issue.pk, []).append(notice)
    return [_row(each, sendings.get(each.uuid), notices.get(each.pk, [])) for each in found]


def _uuids(issues: list[Issue]) -> list[Any]:
    return [each.uuid for each in issues]


def _row(issue: Issue, sending: Sending | None, notices: list[Notice]) -> Row:
    state = sending.state if sending else ""
    return Row(
        issue=issue,
        state=state,
        words=_words(issue, sending),
        sent=sending.sent if sending else 0,
        laid=sending.laid if sending else 0,
        questions=tuple(each for each in notices if each.is_question),
        told=tuple(each for each in notices if not each.is_question and not each.is_answered),
    )


def _words(issue: Issue, sending: Sending | None) -> str:
    state = sending.state if sending else ""
    if not issue.live and state not in (State.SENT, State.SENDING, State.STOPPED):
        return "a draft: to be approved"
    if issue.began_at is not None and not state:  # a restored database may not know of it
        return WORDS[State.SENT]
    if sending and state in confirming.WAITING:
        return CHANGED if confirming.changes(issue, newsletter_of(issue), sending) else WORDS[state]
    return WORDS[state]


# Figures


def readers_of(newsletter: Newsletter) -> list[Readers]:
    """Count who has a newsletter, in all its languages."""
    found = Subscription.objects.filter(newsletter=newsletter.translation_key).order_by()
    counted = found.values_list("language", "variant").annotate(Count("pk"), Count("paused_until"))
    return [
        Readers(language, NAMES.get(variant, variant), count, paused)
        for language, variant, count, paused in sorted(counted)
    ]


@dataclass(frozen=True)
class Figures:
    """What is known of a newsletter's issues, and who came and went in thirty days."""

    mails: outcomes.Figures
    joined: int
    left: int


def figures(newsletter: Newsletter, now: datetime) -> Figures:
    """Return the figures of a newsletter in all its languages."""
    key = newsletter.translation_key
    recent = Tally.objects.filter(newsletter=key, day__gt=(now - MONTH).date())
    sums = recent.aggregate(joined_all=Sum("joined"), left_all=Sum("left"))
    return Figures(outcomes.figures(newsletter=key), sums["joined_all"] or 0, sums["left_all"] or 0)
