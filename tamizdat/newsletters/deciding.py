"""Mails of which nobody knows whether they arrived: a process or a line died after the last byte.

They are never sent again by themselves: that could be a second copy, which in some mailboxes is a
second risk. An editor decides, for each or for all: leave them, or send them once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction

from tamizdat.accounts import audit
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.sender.booking import resolve_uncertain
from tamizdat.newsletters.sender.models import Delivery

LEAVE, AGAIN = "leave", "again"
PER_PAGE = 100
State = Delivery.State


def page_of(issue: Issue, number: str | None) -> Page[Delivery]:
    """Return a page of an issue's uncertain mails, by number."""
    found = Delivery.objects.filter(sending__issue=issue.uuid, state=State.UNCERTAIN)
    return Paginator(found.order_by("pk"), PER_PAGE).get_page(number)


def decide(issue: Issue, numbers: Iterable[str], decision: str, who: Any) -> int:
    """Decide on the mails with these numbers; return on how many."""
    wanted = [int(each) for each in numbers if each.isdecimal()]
    if decision not in (LEAVE, AGAIN) or not wanted:
        return 0
    with transaction.atomic():
        audit.note("newsletter.uncertain", f"issue {issue.pk}: {decision}", who=who.pk)
        return resolve_uncertain(issue.uuid, send_again=decision == AGAIN, numbers=wanted)
