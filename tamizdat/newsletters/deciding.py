"""Mails of which nobody knows whether they arrived: a process or a line died after the last byte.

They are never sent again by themselves: that could be a second copy, which in some mailboxes is a
second risk. An editor decides, for each or for all: leave them, or send them once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import transaction
from django.db.models import F

from tamizdat.accounts import audit
from tamizdat.databases import PEOPLE
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.sender.models import Delivery, Sending

LEAVE, AGAIN = "leave", "again"
PER_PAGE = 100
State = Delivery.State


def page_of(issue: Issue, number: str | None) -> Page[Delivery]:
    """Return a page of an issue's uncertain mails, by number."""
    found = Delivery.objects.filter(sending__issue=issue.uuid, state=State.UNCERTAIN)
    return Paginator(found.order_by("pk"), PER_PAGE).get_page(number)


def decide(issue: Issue, numbers: Iterable[str], decision: str, who: Any) -> int:
    """Decide on the mails with these numbers; return on how many."""
    sending = Sending.objects.of(issue.uuid)
    wanted = [int(each) for each in numbers if each.isdecimal()]
    if sending is None or decision not in (LEAVE, AGAIN) or not wanted:
        return 0
    with transaction.atomic():
        audit.note("newsletter.uncertain", f"issue {issue.pk}: {decision}", who=who.pk)
        with transaction.atomic(using=PEOPLE):
            return _decide(sending, wanted, decision)


def _decide(sending: Sending, numbers: list[int], decision: str) -> int:
    mine = Delivery.objects.filter(sending=sending, state=State.UNCERTAIN, pk__in=numbers)
    if decision == LEAVE:
        count = mine.update(state=State.SENT, reason="decided: it arrived")
        values: dict[str, Any] = {"sent": F("sent") + count}
    else:
        count = mine.update(state=State.READY, reason="", claim=None)
        values = {}
    Sending.objects.filter(pk=sending.pk).update(uncertain=F("uncertain") - count, **values)
    if decision == AGAIN and count:
        done = Sending.objects.filter(pk=sending.pk, state=Sending.State.SENT)
        done.update(state=Sending.State.SENDING, ended_at=None)
    return count
