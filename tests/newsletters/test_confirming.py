"""What goes is what was confirmed, when it was confirmed for; where it is another, nothing goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import announcing, clerk, overview
from tamizdat.newsletters.models import Issue, Newsletter, Notice
from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.sender.models import Delivery, Sending, Stencil
from tamizdat.newsletters.sender.stencil import Stencil as Cut
from tamizdat.stories.models import Home, Story
from tests import writing
from tests.newsletters import writing as letters
from tests.stories.desk import Desk, said

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WEEK = timedelta(days=7)


@pytest.fixture
def letter(newsroom: dict[str, Any]) -> Newsletter:
    quiet = {"quiet": Newsletter.Quiet.ALWAYS, "quiet_name": "A letter"}
    return letters.newsletter(newsroom["en"], zone="UTC", **quiet)


@pytest.fixture
def stories(newsroom: dict[str, Any]) -> list[Story]:
    names = ("The dam holds", "A heron on the roof")
    return [writing.published(newsroom["en"], name, at=writing.at(18)) for name in names]


@pytest.fixture
def issue(letter: Newsletter, stories: list[Story], editor: Any) -> Issue:
    """An issue that an editor confirmed for Friday."""
    letters.subscribe(letter, "ada", "boris")
    made = letters.approved(letters.issue(letter, stories, due_at=FRIDAY, quiet_subject="Friday"))
    confirm(made, editor)
    return made


def confirm(issue: Issue, who: Any) -> datetime:
    """Read the send page and press its button."""
    now = timezone.now()
    return announcing.confirm(issue, announcing.account_of(issue, now).seal, who, now)


def edited(issue: Issue, **values: Any) -> Issue:
    """Change an issue and publish it, as an editor does who never opens the send page."""
    found = Issue.objects.get(pk=issue.pk)
    for name, value in values.items():
        setattr(found, name, value)
    return letters.approved(found)


def look_at(clock: time_machine.Traveller, moment: datetime) -> None:
    clock.move_to(moment)
    clerk.look(timezone.now())


def sent() -> list[str]:
    """Return the subjects under which mail was laid out."""
    packed = Stencil.objects.filter(variant="digest").values_list("packed", flat=True)
    return [dict(Cut.unpack(bytes(each)).fields)["Subject"] for each in packed]


def test_what_was_changed_and_put_off_goes_neither_then_nor_later_before_it_is_confirmed_again(
    issue: Issue, editor: Any, clock: time_machine.Traveller
) -> None:
    issue = edited(issue, quiet_subject="Next", introduction="<p>New</p>", due_at=FRIDAY + WEEK)
    look_at(clock, FRIDAY + MINUTE)

    assert sent() == []
    assert not Delivery.objects.exists()
    question = Notice.objects.questions().get()
    assert question.kind == "changed"
    assert "its text, when it goes, the subject" in question.text

    assert confirm(issue, editor) == FRIDAY + WEEK
    assert not Notice.objects.questions().exists()
    look_at(clock, FRIDAY + WEEK - MINUTE)
    assert sent() == []
    look_at(clock, FRIDAY + WEEK)
    assert sent() == ["Next"]


def open_wide(letter: Newsletter) -> None:
    Newsletter.objects.filter(pk=letter.pk).update(quiet=Newsletter.Quiet.NEVER)


def name_it(letter: Newsletter) -> None:
    Newsletter.objects.filter(pk=letter.pk).update(quiet_sender_name="The Lantern")


def rename(letter: Newsletter) -> None:
    Issue.objects.child_of(letter).update(quiet_subject="Of us")


def put_off(letter: Newsletter) -> None:
    Issue.objects.child_of(letter).update(due_at=FRIDAY + WEEK)


def tell_all(letter: Newsletter) -> None:
    now = Newsletter.objects.get(pk=letter.pk).offers_full_text
    Newsletter.objects.filter(pk=letter.pk).update(offers_full_text=not now)


def say_more(letter: Newsletter) -> None:
    edited(Issue.objects.child_of(letter).get(), introduction="<p>Dear reader</p>")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (open_wide, "whether it is quiet"),
        (name_it, "the sender"),
        (rename, "the subject"),
        (put_off, "when it goes"),
        (tell_all, "its forms"),
        (say_more, "its text"),
    ],
)
def test_whatever_of_it_is_another_it_asks_instead_of_going(
    change: Any, words: str, letter: Newsletter, issue: Issue, clock: time_machine.Traveller
) -> None:
    change(letter)
    for minute in (1, 2):
        look_at(clock, FRIDAY + minute * MINUTE)

    assert sent() == []
    [question] = Notice.objects.questions()
    assert (question.kind, words in question.text) == ("changed", True)
    account = announcing.account_of(Issue.objects.get(pk=issue.pk), timezone.now())
    assert words in account.changes
    assert account.can_be_confirmed


def test_a_story_that_was_mended_or_withdrawn_since_holds_nothing_up(
    issue: Issue, stories: list[Story], newsroom: dict[str, Home], clock: time_machine.Traveller
) -> None:
    mended = Story.objects.get(pk=stories[0].pk)
    mended.title = "The dam held"
    mended.save_revision().publish()
    Story.objects.get(pk=stories[1].pk).unpublish()
    look_at(clock, FRIDAY + MINUTE)

    assert sent() == ["Friday"]
    assert [each.kind for each in Notice.objects.all()] == ["dropped"]


def test_a_newer_draft_that_nobody_approved_holds_nothing_up(
    issue: Issue, clock: time_machine.Traveller
) -> None:
    draft = Issue.objects.get(pk=issue.pk)
    draft.quiet_subject, draft.due_at = "Not yet", FRIDAY + WEEK
    draft.save_revision()
    look_at(clock, FRIDAY + MINUTE)

    assert sent() == ["Friday"]


def test_a_sending_with_which_nothing_was_kept_is_asked_about(
    issue: Issue, clock: time_machine.Traveller
) -> None:
    Sending.objects.update(confirmed={})
    look_at(clock, FRIDAY + MINUTE)

    assert sent() == []
    assert Notice.objects.questions().get().kind == "changed"


def test_what_is_put_off_and_confirmed_while_the_clerk_is_at_another_issue_waits(
    letter: Newsletter, issue: Issue, editor: Any, clock: time_machine.Traveller, monkeypatch: Any
) -> None:
    first = letters.approved(
        letters.issue(letter, title="No. 0", due_at=FRIDAY - MINUTE, introduction="<p>Hello</p>")
    )
    confirm(first, editor)
    whole = clerk.begin

    def begin(found: Issue, *rest: Any) -> None:
        if found.pk == first.pk:
            confirm(edited(issue, due_at=FRIDAY + WEEK), editor)
        whole(found, *rest)

    monkeypatch.setattr(clerk, "begin", begin)
    look_at(clock, FRIDAY + MINUTE)

    assert sent() == ["A letter"]
    assert not Notice.objects.questions().exists()
    assert Sending.objects.of(issue.uuid) in sendings.due(FRIDAY + WEEK)


# What editors see


def text(desk: Desk, issue: Issue) -> str:
    return " ".join(desk.see(reverse("newsletters_send", args=[issue.pk])).get_text(" ").split())


def test_the_send_page_says_what_was_confirmed_and_that_it_was_changed_since(
    issue: Issue, editor: Any
) -> None:
    desk = Desk(editor)
    assert "It is confirmed and goes on Friday 20 November 2026, 16:00" in text(desk, issue)
    edited(issue, quiet_subject="Next", due_at=FRIDAY + WEEK)

    page = text(desk, issue)
    assert "It is confirmed" not in page
    assert "It was confirmed for Friday 20 November 2026, 16:00 , and changed since:" in page
    assert "its text, when it goes, the subject" in page
    assert "Let it go on 27 November, 16:00 to 2 readers" in page
    assert "Call it off" in page
    [row] = overview.waiting_for(editor, timezone.now())
    assert row.words == "changed since it was confirmed: to be confirmed again"

    address = reverse("newsletters_send", args=[issue.pk])
    seal: Any = desk.see(address).find("input", {"name": "seal"})
    assert "goes at 16:00 on 27.11.2026" in said(desk.post(address, {"seal": seal["value"]}))
    assert "It is confirmed and goes on Friday 27 November 2026, 16:00" in text(desk, issue)
    [row] = overview.waiting_for(editor, timezone.now())
    assert row.words == "confirmed, waits for its time"


def test_the_time_that_is_shown_is_the_one_that_was_confirmed(issue: Issue, editor: Any) -> None:
    Sending.objects.update(due_at=FRIDAY + 5 * MINUTE)
    assert "It is confirmed and goes on Friday 20 November 2026, 16:05" in text(Desk(editor), issue)


def test_what_was_changed_can_be_called_off(
    issue: Issue, editor: Any, clock: time_machine.Traveller
) -> None:
    issue = edited(issue, introduction="<p>New</p>")
    look_at(clock, FRIDAY + MINUTE)
    announcing.call_off(issue, editor)

    account = announcing.account_of(issue, timezone.now())
    assert (account.state, account.changes, account.questions) == ("cancelled", (), ())
