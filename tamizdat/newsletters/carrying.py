"""Mails that took a story along: what withdrawing it cannot reach (``stories.withdrawing``)."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone

from tamizdat.newsletters.models import Carried, Issue
from tamizdat.newsletters.sender.models import Sending
from tamizdat.stories.models import Story

State = Sending.State
GOING = (State.LAYING_OUT, State.SENDING)
STOPPED = (State.STOPPED,)
WAITING = (State.SCHEDULED, State.LATE, State.CANCELLED)


def mails_with(story: Story) -> Iterator[str]:
    """Say of each issue that took a story to its subscribers how far it is, newest first."""
    carried = Carried.objects.filter(story=story.translation_key, language=story.language)
    keys = list(carried.values_list("issue", flat=True))
    titles = dict(Issue.objects.filter(uuid__in=keys).values_list("uuid", "title"))
    begun = Sending.objects.filter(issue__in=keys).exclude(state__in=WAITING)
    for sending in begun.order_by("-begun_at"):
        yield _told(sending, titles.get(sending.issue, ""))


def _told(sending: Sending, title: str) -> str:
    name = f"The issue “{title}”" if title else "An issue that was deleted since"
    count = f"{sending.sent:,} mailbox{'' if sending.sent == 1 else 'es'}"
    if sending.state in GOING:
        return f"{name} is taking it to readers now, {count} so far. Stop it on its own page first."
    when = f" on {timezone.localtime(sending.begun_at):%d.%m.%Y}" if sending.begun_at else ""
    rest = ", and was stopped" if sending.state in STOPPED else ""
    return f"{name} took it to {count}{when}{rest}. No mail can be taken back."
