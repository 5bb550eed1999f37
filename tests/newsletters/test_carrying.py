"""Before a story is withdrawn its editor reads which mails have it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import clerk, confirming
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.sender.models import Sending
from tamizdat.stories import withdrawing
from tamizdat.stories.models import Story
from tests import writing
from tests.newsletters import writing as letters
from tests.stories.desk import Desk

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


@pytest.fixture
def stories(newsroom: dict[str, Any]) -> list[Story]:
    names = ("The dam holds", "A heron on the roof")
    return [writing.published(newsroom["en"], name, at=writing.at(18)) for name in names]


@pytest.fixture
def issue(newsroom: dict[str, Any], stories: list[Story]) -> Issue:
    """An issue with the first of the stories, for two readers."""
    letter = letters.newsletter(newsroom["en"], zone="UTC")
    letters.subscribe(letter, "ada", "boris")
    return letters.approved(letters.issue(letter, stories[:1], due_at=FRIDAY))


def begin(issue: Issue, **values: Any) -> None:
    letter, now = issue.newsletter, timezone.now()
    plan = sendings.Plan(issue.uuid, letter.translation_key, "en", FRIDAY)
    sending = sendings.schedule(plan, now)
    sending.confirmed = confirming.facts_of(issue, letter)
    sending.save()
    clerk.begin(issue, sending, FRIDAY)
    Sending.objects.filter(pk=sending.pk).update(**values)


def beyond(story: Story) -> list[str]:
    found = withdrawing.account_of(story, timezone.now()).beyond
    return list(found[len(withdrawing.ALWAYS_BEYOND) :])


def test_the_mails_that_took_it_along_are_named(issue: Issue, stories: list[Story]) -> None:
    assert beyond(stories[0]) == []
    begin(issue, state="sent", sent=1234)
    assert beyond(stories[0]) == [
        "The issue “No. 1” took it to 1,234 mailboxes on 20.11.2026. No mail can be taken back."
    ]
    assert beyond(stories[1]) == []


def test_an_issue_on_its_way_can_be_stopped_first(issue: Issue, stories: list[Story]) -> None:
    begin(issue, state="sending", sent=1)
    (said,) = beyond(stories[0])
    assert "is taking it to readers now, 1 mailbox so far. Stop it" in said
    Sending.objects.update(state="stopped")
    (said,) = beyond(stories[0])
    assert "took it to 1 mailbox on 20.11.2026, and was stopped" in said


def test_an_issue_that_waits_has_taken_nothing_anywhere(issue: Issue, stories: list[Story]) -> None:
    begin(issue, state="scheduled")
    assert beyond(stories[0]) == []


def test_an_issue_that_was_deleted_is_still_in_mailboxes(
    issue: Issue, stories: list[Story]
) -> None:
    begin(issue, state="sent", sent=2)
    issue.delete()
    (said,) = beyond(stories[0])
    assert said.startswith("An issue that was deleted since took it to 2 mailboxes")


def test_the_withdrawing_page_says_so(issue: Issue, stories: list[Story], editor: Any) -> None:
    from django.urls import reverse

    begin(issue, state="sent", sent=2)
    page = Desk(editor).see(reverse("stories_withdraw", args=[stories[0].pk])).get_text(" ")
    assert "The issue “No. 1” took it to 2 mailboxes" in page
