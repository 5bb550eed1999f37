"""The newsroom's pages about newsletters, as editors use them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import clerk
from tamizdat.newsletters.models import Highlight, Issue, Newsletter, Notice, Occasion
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.stories.models import Story
from tests import writing
from tests.newsletters import writing as letters
from tests.signing_in import sign_in
from tests.stories.desk import Desk, said

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def desk(editor: Any) -> Desk:
    return Desk(editor)


@pytest.fixture
def letter(newsroom: dict[str, Any]) -> Newsletter:
    return letters.newsletter(newsroom["en"], zone="UTC")


@pytest.fixture
def story(newsroom: dict[str, Any]) -> Story:
    return writing.published(newsroom["en"], "The dam holds", at=writing.at(18))


@pytest.fixture
def issue(letter: Newsletter, story: Story) -> Issue:
    letters.subscribe(letter, "ada", "boris")
    return letters.approved(letters.issue(letter, [story], due_at=FRIDAY))


def of(name: str, *what: Any) -> str:
    return reverse(f"newsletters_{name}", args=what)


def text(desk: Desk, address: str) -> str:
    return " ".join(desk.see(address).get_text(" ").split())


def press(desk: Desk, issue: Issue) -> Any:
    """Press the send page's button."""
    form = desk.see(of("send", issue.pk)).find("input", {"name": "seal"})
    assert form is not None
    return desk.post(of("send", issue.pk), {"seal": form["value"]})


def test_without_a_newsletter_the_page_says_how_to_make_one(
    desk: Desk, newsroom: dict[str, Any]
) -> None:
    letters.index(newsroom["en"])
    assert "There is no newsletter yet" in text(desk, of("all"))


def test_the_list_says_what_comes_next_and_what_waits(
    desk: Desk, issue: Issue, letter: Newsletter
) -> None:
    page = text(desk, of("all"))
    assert "The Friday Letter" in page
    assert "2 readers" in page
    assert "next on Fri 20 Nov, 16:00" in page
    assert "not confirmed yet" in page
    assert "No. 1" in page


def test_the_send_page_says_what_it_will_do_and_does_nothing(desk: Desk, issue: Issue) -> None:
    page = text(desk, of("send", issue.pk))

    assert "Nothing has been sent yet" in page
    assert "2 readers" in page
    assert "Friday 20 November 2026, 16:00" in page
    assert "not quiet: sender and subject name us" in page
    assert "Digest" in page
    assert "Full text" in page
    assert "KB of HTML" in page
    assert "nothing is fetched when it is read" in page
    assert Sending.objects.count() == 0


def test_one_button_confirms_and_it_can_be_called_off(desk: Desk, issue: Issue) -> None:
    assert "goes at 16:00" in said(press(desk, issue))
    assert Sending.objects.get().state == "scheduled"
    assert "It is confirmed and goes on" in text(desk, of("send", issue.pk))

    assert "called off" in said(desk.post(of("act", issue.pk, "call-off")))
    assert Sending.objects.get().state == "cancelled"


def test_an_old_button_confirms_nothing(desk: Desk, issue: Issue) -> None:
    answer = desk.post(of("send", issue.pk), {"seal": "of yesterday"})
    assert "look once more" in said(answer)
    assert not Sending.objects.exists()


def test_progress_is_shown_stopped_and_gone_on_with(
    desk: Desk, issue: Issue, clock: time_machine.Traveller
) -> None:
    press(desk, issue)
    clock.move_to(FRIDAY + timedelta(minutes=1))
    sign_in(desk.client, desk.member)
    clerk.look(timezone.now())
    page = desk.see(of("progress", issue.pk))
    assert page.find(attrs={"data-progress": of("progress_part", issue.pk)}) is not None
    assert "On its way" in page.get_text()

    assert "stopped" in said(desk.post(of("act", issue.pk, "stop")))
    part = desk.see(of("progress_part", issue.pk))
    assert part.find(attrs={"data-state": "stopped"}) is not None
    assert "Go on with the 2 that are left" in part.get_text()
    assert "goes on" in said(desk.post(of("act", issue.pk, "go-on")))


def test_uncertain_mails_are_listed_by_number_and_decided_on(
    desk: Desk, issue: Issue, clock: time_machine.Traveller
) -> None:
    press(desk, issue)
    clock.move_to(FRIDAY + timedelta(minutes=1))
    sign_in(desk.client, desk.member)
    clerk.look(timezone.now())
    first, second = Delivery.objects.order_by("pk")
    Delivery.objects.update(state="uncertain")
    Sending.objects.update(uncertain=2)
    page = text(desk, of("uncertain", issue.pk))
    assert f"Mail {first.pk}" in page
    assert "example.org" not in page

    desk.post(of("uncertain", issue.pk), {"number": [first.pk], "decision": "leave"})
    desk.post(of("uncertain", issue.pk), {"number": [second.pk], "decision": "again"})

    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == [
        "sent",
        "ready",
    ]
    sending = Sending.objects.get()
    assert (sending.uncertain, sending.sent, sending.state) == (0, 1, "sending")


def test_a_question_stands_on_every_page_that_leads_to_the_issue(desk: Desk, issue: Issue) -> None:
    words = "No story is left in it."
    Notice.objects.create(issue=issue, kind="empty", text=words, at=timezone.now())
    for address in (of("all"), of("newsletter", issue.get_parent().pk), of("send", issue.pk)):
        assert words in text(desk, address)
    assert words in text(desk, reverse("wagtailadmin_home"))


def test_an_issue_is_drafted_by_hand_and_a_single_letter_without_stories(
    desk: Desk, letter: Newsletter, story: Story
) -> None:
    desk.post(of("draft", letter.pk))
    issue = Issue.objects.get()
    assert [line.story for line in issue.stories.all()] == [story]
    desk.post(of("draft", letter.pk), {"single": "1"})
    single = Issue.objects.order_by("-pk")[0]
    assert list(single.stories.all()) == []
    assert not single.live


def test_a_story_is_put_on_the_pile_and_taken_off(
    desk: Desk, letter: Newsletter, story: Story
) -> None:
    assert "Put it on the pile" in text(desk, of("choose", story.pk))
    desk.post(of("highlight", letter.pk, story.pk))
    assert Highlight.objects.get().story == story
    assert "Take it off the pile" in text(desk, of("choose", story.pk))
    desk.post(of("highlight", letter.pk, story.pk))
    assert not Highlight.objects.exists()


def test_a_skipped_week_is_seen(desk: Desk, letter: Newsletter) -> None:
    Occasion.objects.create(newsletter=letter, day=FRIDAY.date(), due_at=FRIDAY)
    assert "skipped, because no story had come" in text(desk, of("newsletter", letter.pk))


def test_figures_count_nobody_who_read(desk: Desk, letter: Newsletter, issue: Issue) -> None:
    page = text(desk, of("newsletter", letter.pk))
    assert "Delivered 0 Bounced 0 Complained 0" in page
    assert "Nobody is counted as having read" in page
    assert "Digest 2 0" in page


# A test first


@pytest.fixture
def folder(settings: DjangoSettings, folders: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TAMIZDAT_DEMO", "1")
    settings.MAIL = "folder:outbox"
    return folders / "outbox"


def test_a_test_goes_to_typed_addresses_and_they_are_kept_nowhere(
    desk: Desk, issue: Issue, folder: Path
) -> None:
    typed = {"addresses": "one@example.org, two@example.org", "variant": "digest"}
    assert "A test went to 2" in said(desk.post(of("test", issue.pk), typed))

    mails = [file.read_bytes() for file in folder.glob("*.eml")]
    assert len(mails) == 2
    assert all("The dam holds" in letters.text_of(mail) for mail in mails)
    from tamizdat.vault.models import Address

    assert Address.objects.count() == 2  # ada's and boris's, and no other


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("", "found 0"),
        ("a@b.example " * 6, "found 6"),
        ("nobody", "one is none"),
        ("a@b.example\r\nBcc: c@d.example", "one is none"),
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(
    typed: str, answer: str, desk: Desk, issue: Issue, folder: Path
) -> None:
    told = said(desk.post(of("test", issue.pk), {"addresses": typed, "variant": "digest"}))
    assert answer in told
    assert "b.example" not in told
    assert not list(folder.glob("*.eml"))


# Who may


@pytest.fixture
def desk_of(newsroom: dict[str, Any]) -> Callable[[str], Client]:
    from django.contrib.auth.models import Group

    from tamizdat.accounts.models import User

    def enter(role: str) -> Client:
        user = User.objects.create_user(role, password="a long enough password")
        user.groups.add(Group.objects.get(name=role))
        return sign_in(Client(), user)

    return enter


def test_a_writer_sees_the_send_page_and_cannot_send(
    desk_of: Callable[[str], Client], desk: Desk, issue: Issue
) -> None:
    writer = desk_of("Writers")
    page = writer.get(of("send", issue.pk)).content.decode()
    assert "Only those who may publish an issue may send it" in page
    assert 'name="seal"' not in page
    writer.post(of("send", issue.pk), {"seal": "any"})
    press(desk, issue)
    for deed in ("call-off", "stop", "go-on"):
        writer.post(of("act", issue.pk, deed))
    assert Sending.objects.get().state == "scheduled"


def test_fundraisers_and_operators_have_no_newsletters(
    desk_of: Callable[[str], Client], issue: Issue
) -> None:
    for role in ("Fundraisers", "Operators"):
        client = desk_of(role)
        for address in (of("all"), of("send", issue.pk), of("newsletter", issue.get_parent().pk)):
            assert client.get(address).status_code == 302, (role, address)
        assert of("all") not in client.get(reverse("wagtailadmin_home")).content.decode()


# Previews


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("", "color-scheme: light;"),
        ("dark", "@media all"),
        ("phone", "max-width:390px"),
        ("bare", "The dam holds"),
        ("plain", "<pre dir="),
        ("full", "The water rose and fell again."),
        ("full-plain", "The water rose and fell again."),
        ("web", "<!doctype html>"),
    ],
)
def test_an_editor_sees_the_issue_in_every_way(mode: str, seen: str, issue: Issue) -> None:
    answer = issue.make_preview_request(preview_mode=mode)
    page = answer.content.decode()
    assert seen in page
    assert "[[" not in page


def test_a_preview_says_what_is_wrong_with_a_placeholder(issue: Issue) -> None:
    issue.introduction = "<p>Dear [[name]]</p>"
    page = issue.make_preview_request(preview_mode="").content.decode()
    assert "The introduction holds [[name]], which stands for nothing." in page
