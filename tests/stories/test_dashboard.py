"""The dashboard: what waits, what is written, what is scheduled, what was published."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Workflow

from tamizdat.accounts.models import User
from tamizdat.bake import trouble
from tamizdat.stories import dashboard
from tamizdat.stories.models import Home, Story
from tests import writing
from tests.stories.desk import Desk

Newsroom = dict[str, Home]


@pytest.fixture
def desk(editor: Any) -> Desk:
    return Desk(editor)


def panel(desk: Desk, name: str) -> str:
    """Return the words of one panel."""
    page = desk.see(reverse("wagtailadmin_home"))
    heading = page.find(id=f"desk-{name}")
    assert heading is not None
    return " ".join(heading.find_parent("section").get_text(" ").split())


def submitted(story: Story, member: Any) -> Story:
    story.save_revision(user=member)
    Workflow.objects.get(name="Review by an editor").start(story, member)
    return story


def scheduled(story: Story, moment: datetime) -> Story:
    story.go_live_at = moment
    story.save_revision().publish()
    return story


def later(hours: int) -> datetime:
    return timezone.now() + timedelta(hours=hours)


def test_an_empty_newsroom_says_what_to_do(newsroom: Newsroom, desk: Desk) -> None:
    assert "Begin a story" in panel(desk, "drafts")
    assert "Nothing waits" in panel(desk, "waiting")
    assert "Nothing is scheduled" in panel(desk, "scheduled")
    assert "Nothing is published yet" in panel(desk, "published")


def test_each_story_stands_in_the_pile_of_its_state(
    newsroom: Newsroom, desk: Desk, editor: Any
) -> None:
    home = newsroom["en"]
    writing.draft(home, "Half written")
    submitted(writing.draft(home, "Handed in"), editor)
    scheduled(writing.draft(home, "For tomorrow"), later(24))
    writing.published(home, "Held back", embargo_until=later(5))
    writing.published(home, "Out now")
    shown = {name: panel(desk, name) for name in ("drafts", "waiting", "scheduled", "published")}
    assert {
        headline: [name for name, words in shown.items() if headline in words]
        for headline in ("Half written", "Handed in", "For tomorrow", "Held back", "Out now")
    } == {
        "Half written": ["drafts"],
        "Handed in": ["waiting"],
        "For tomorrow": ["scheduled"],
        "Held back": ["scheduled"],
        "Out now": ["published"],
    }


def test_scheduled_stories_say_why_and_when_soonest_first(newsroom: Newsroom, desk: Desk) -> None:
    scheduled(writing.draft(newsroom["en"], "For tomorrow"), later(24))
    writing.published(newsroom["en"], "Held back", embargo_until=later(5))
    words = panel(desk, "scheduled")
    assert "embargo ends 20 Nov 2026, 17:00" in words
    assert "goes live 21 Nov 2026, 12:00" in words
    assert words.index("Held back") < words.index("For tomorrow")


def test_a_draft_that_changes_a_published_story_is_a_draft_and_published(
    newsroom: Newsroom, desk: Desk
) -> None:
    story = writing.published(newsroom["en"], "The dam holds")
    story.title = "The dam held"
    story.save_revision()
    assert "The dam held" in panel(desk, "drafts")
    assert "changes a published story" in panel(desk, "drafts")
    assert "a newer draft is there" in panel(desk, "published")


def test_a_story_sent_back_is_its_writers_again(
    newsroom: Newsroom, desk: Desk, editor: Any
) -> None:
    story = submitted(writing.draft(newsroom["en"], "Needs a source"), editor)
    state = story.current_workflow_task_state
    state.reject(user=editor)
    assert "changes are asked for" in panel(desk, "drafts")
    assert "Needs a source" not in panel(desk, "waiting")


def test_a_withdrawn_story_is_a_draft_that_says_so(newsroom: Newsroom, desk: Desk) -> None:
    story = writing.published(newsroom["en"], "Taken back")
    story.unpublish()
    assert "Taken back withdrawn" in panel(desk, "drafts")


def test_a_row_says_section_kind_language_and_who(
    newsroom: Newsroom, desk: Desk, editor: Any
) -> None:
    home = newsroom["ru"]
    section = writing.section(home, "Политика", slug="politika")
    author = writing.author(home, "Мира Солен", slug="mira")
    story = writing.draft(
        home, "Плотина держится", slug="dam", section=section, kind="analysis", authors=[author]
    )
    story.save_revision(user=editor)
    words = panel(desk, "drafts")
    for expected in ("Плотина держится", "Политика", "Analysis", "Русский", "edna"):
        assert expected in words


def test_booked_work_is_the_newsrooms(newsroom: Newsroom, desk: Desk, editor: Any) -> None:
    author = writing.author(newsroom["en"], "V. Orlan", is_protected=True)
    story = writing.draft(newsroom["en"], "From inside", authors=[author])
    story.save_revision(user=editor)
    words = panel(desk, "drafts")
    assert "The newsroom" in words
    assert "edna" not in words


def test_rows_lead_to_the_editor(newsroom: Newsroom, desk: Desk) -> None:
    story = writing.draft(newsroom["en"], "Half written")
    page = desk.see(reverse("wagtailadmin_home"))
    link = page.find("a", string="Half written")
    assert link is not None
    assert link["href"] == reverse("wagtailadmin_pages:edit", args=[story.pk])


def test_a_long_pile_shows_eight_and_leads_to_all(newsroom: Newsroom, desk: Desk) -> None:
    for number in range(10):
        writing.draft(newsroom["en"], f"Draft {number}")
    page = desk.see(reverse("wagtailadmin_home"))
    section = page.find(id="desk-drafts").find_parent("section")
    assert len(section.select("li")) == 8
    everything = desk.see(section.select_one(".desk-more a")["href"])
    assert len(everything.select(".desk-rows li")) == 10


def test_an_unknown_pile_is_not_found(newsroom: Newsroom, desk: Desk) -> None:
    answer = desk.client.get(reverse("stories_pile", args=["nonsense"]))
    assert answer.status_code == 404


def test_the_dashboard_asks_no_more_of_the_database_for_more_stories(
    newsroom: Newsroom, desk: Desk
) -> None:
    def questions() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            desk.get(reverse("wagtailadmin_home"))
        return len(asked)

    section = writing.section(newsroom["en"])
    for headline in ("One", "Two"):
        writing.draft(newsroom["en"], headline, section=section).save_revision()
    questions()  # warms caches
    few = questions()
    for number in range(5):
        writing.draft(newsroom["en"], f"Draft {number}", section=section).save_revision()
        writing.published(newsroom["en"], f"Story {number}", section=section)
    assert questions() <= few + 1  # the rows of another pile are loaded with the rest
    assert few < 40


# What stands above the piles


@pytest.fixture
def bake_says(monkeypatch: pytest.MonkeyPatch) -> list[dashboard.BakeState]:
    states: list[dashboard.BakeState] = []
    monkeypatch.setattr(dashboard, "BAKE", [lambda now: states[0]])
    return states


def start_of(desk: Desk) -> Any:
    return desk.see(reverse("wagtailadmin_home")).select_one(".desk-start")


def test_a_story_can_be_begun_in_each_language(newsroom: Newsroom, desk: Desk) -> None:
    found = {link["href"] for link in start_of(desk).select("a.desk-new")}
    assert found == {reverse("stories_new", args=[language]) for language in newsroom}


def test_what_the_bake_says_is_shown(
    newsroom: Newsroom, desk: Desk, bake_says: list[dashboard.BakeState]
) -> None:
    bake_says.append(dashboard.BakeState("3 pages are being made.", is_busy=True))
    assert "3 pages are being made." in start_of(desk).get_text()


def test_a_waiting_change_is_said_and_gone_when_it_is_baked(
    newsroom: Newsroom, desk: Desk, bake: Any
) -> None:
    writing.published(newsroom["en"])
    assert start_of(desk).select_one(".desk-busy") is not None
    bake()
    assert start_of(desk).select_one(".desk-busy") is None
    assert "Everything that is published" in start_of(desk).get_text()


def test_a_bake_in_trouble_is_said_plainly(newsroom: Newsroom, desk: Desk, folders: Any) -> None:
    trouble.note(folders / "run", trouble.Trouble(timezone.now(), 3, "story:7", "OSError"))
    said = start_of(desk).select_one(".desk-trouble").get_text(" ")
    assert "may not have reached readers" in said
    assert "tell the operator" in said


# Wagtail's own furniture


def test_nothing_of_wagtails_own_welcome_is_left(newsroom: Newsroom, desk: Desk) -> None:
    page = desk.get(reverse("wagtailadmin_home")).content.decode()
    for furniture in ("guide.wagtail.org", "upgrade-notification", "w-summary", "Wagtail editor"):
        assert furniture not in page


def test_the_login_page_names_the_newsroom(newsroom: Newsroom, client: Any, settings: Any) -> None:
    settings.WAGTAIL_SITE_NAME = "The Lantern"
    page = client.get(reverse("wagtailadmin_login")).content.decode()
    assert "The Lantern" in page
    assert "Sign in to Wagtail" not in page


def test_the_shared_account_is_called_the_newsroom(newsroom: Newsroom) -> None:
    assert User.shared().get_full_name() == dashboard.SHARED_NAME
