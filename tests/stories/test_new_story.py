"""Beginning a story: one click from the dashboard to an empty form in the right month."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from tamizdat.accounts.models import User
from tamizdat.stories import changes
from tamizdat.stories.models import Home, Month, Story
from tests.stories.desk import Desk

Newsroom = dict[str, Home]


def test_it_leads_to_an_empty_story_under_the_present_month(
    newsroom: Newsroom, writer: Any
) -> None:
    answer = Desk(writer).client.get(reverse("stories_new", args=["ru"]))
    month = Month.objects.get(slug="11", locale__language_code="ru")
    address = reverse("wagtailadmin_pages:add", args=["stories", "story", month.pk])
    assert (answer.status_code, answer["location"]) == (302, address)
    assert Desk(writer).get(address).status_code == 200


def test_done_twice_it_makes_one_month_and_no_story(newsroom: Newsroom, writer: Any) -> None:
    for _ in range(2):
        Desk(writer).client.get(reverse("stories_new", args=["en"]))
    assert Month.objects.count() == len(newsroom)
    assert not Story.objects.exists()


def test_without_a_language_it_asks_for_one(newsroom: Newsroom, writer: Any) -> None:
    page = Desk(writer).see(reverse("stories_new_any"))
    found = {link["href"] for link in page.select("a.desk-new")}
    assert found == {reverse("stories_new", args=[language]) for language in newsroom}


def test_the_menu_offers_it(newsroom: Newsroom, writer: Any) -> None:
    page = Desk(writer).get(reverse("wagtailadmin_home")).content.decode()
    assert reverse("stories_new_any") in page
    assert "New story" in page


def test_an_unknown_language_is_not_found(newsroom: Newsroom, writer: Any) -> None:
    assert Desk(writer).client.get(reverse("stories_new", args=["xx"])).status_code == 404


def test_a_form_cannot_be_posted_to_it(newsroom: Newsroom, writer: Any) -> None:
    assert Desk(writer).client.post(reverse("stories_new", args=["en"])).status_code == 405


def test_published_at_once_it_wakes_the_baker_once(
    newsroom: Newsroom,
    editor: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    # Wagtail puts it into the tree as live before it publishes it.
    rung: list[None] = []
    monkeypatch.setattr(changes, "wake", lambda: rung.append(None))
    with django_capture_on_commit_callbacks(execute=True):
        Desk(editor).post_new(newsroom["en"], "The dam holds", "publish")
    assert len(rung) == 1


@pytest.fixture
def onlooker(newsroom: Newsroom) -> User:
    """A member of staff who may sign in and nothing else."""
    member = User.objects.create_user("olga", password="a long enough password")
    member.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return member


def test_who_may_not_add_pages_makes_none(newsroom: Newsroom, onlooker: User) -> None:
    answer = Desk(onlooker).client.get(reverse("stories_new", args=["en"]))
    assert answer["location"] == reverse("wagtailadmin_home")
    assert not Month.objects.exists()
    page = Desk(onlooker).see(reverse("wagtailadmin_home"))
    assert page.select("a.desk-new") == []


def test_nobody_outside_gets_in(newsroom: Newsroom, client: Any) -> None:
    answer = client.get(reverse("stories_new", args=["en"]))
    assert reverse("wagtailadmin_login") in answer["location"]
    assert not Month.objects.exists()
