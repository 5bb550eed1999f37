"""Issues that an editor begins by hand, and the pile of stories for the next one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from tamizdat.newsletters import drafting
from tamizdat.newsletters.models import Highlight, Issue, Newsletter
from tamizdat.stories.models import Story


def begin(newsletter: Newsletter, now: datetime, who: Any, *, is_single: bool = False) -> Issue:
    """Draft an issue now, at no time of the schedule's; a single one has no stories yet."""
    with transaction.atomic():
        since = drafting.since_of(newsletter, now, now)
        picks = [] if is_single else drafting.picks_of(newsletter, since, now)
        issue = drafting.write(newsletter, picks, None, since, now)
        if is_single:
            # What came meanwhile is still new to the next issue.
            Issue.objects.filter(pk=issue.pk).update(since=None, until=None)
        return issue


def highlight(newsletter: Newsletter, story: Story) -> bool:
    """Put a story on the pile for the next issue, or take it off; return whether it is on it."""
    made, is_new = Highlight.objects.get_or_create(newsletter=newsletter, story=story)
    if not is_new:
        made.delete()
    return is_new
