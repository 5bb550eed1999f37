"""Withdrawing: a plain account first, then the story is gone from every page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import PageLogEntry, ReferenceIndex

from tamizdat.stories import withdrawing
from tamizdat.stories.models import Home, Related, Story
from tests import writing
from tests.stories.desk import Desk, edit, said

Newsroom = dict[str, Home]


@pytest.fixture
def desk(editor: Any) -> Desk:
    return Desk(editor)


@pytest.fixture
def story(newsroom: Newsroom) -> Story:
    section = writing.section(newsroom["en"], "Politics")
    return writing.published(newsroom["en"], "The dam holds", section=section)


def address(story: Story) -> str:
    return reverse("stories_withdraw", args=[story.pk])


def account(desk: Desk, story: Story) -> str:
    return " ".join(desk.see(address(story)).select_one(".desk-account").get_text(" ").split())


def translated(story: Story, newsroom: Newsroom, headline: str = "Плотина держится") -> Story:
    other = writing.draft(newsroom["ru"], headline, slug="plotina")
    Story.objects.filter(pk=other.pk).update(translation_key=story.translation_key)
    return writing.publish(Story.objects.get(pk=other.pk))


def is_live(story: Story) -> bool:
    return bool(Story.objects.get(pk=story.pk).live)


# The account


def test_it_names_every_page_that_shows_the_story(story: Story, desk: Desk, bake: Any) -> None:
    bake()
    words = account(desk, story)
    assert story.public_path in words
    assert "Front pages" in words
    assert "The page of Politics" in words
    assert "/politics/" in words
    assert "/2026/11/" in words


def test_it_counts_the_places_of_each_kind(story: Story, desk: Desk, bake: Any) -> None:
    bake()
    page = desk.see(address(story))
    for group in page.select(".desk-group"):
        assert int(group.select_one("summary .desk-count").get_text()) == len(group.select("li"))


def test_it_names_old_addresses(story: Story, desk: Desk, bake: Any) -> None:
    bake()
    story.slug = "the-dam-has-held"
    writing.publish(story)
    bake()
    words = account(desk, story)
    assert "/2026/11/the-dam-holds/" in words
    assert "/2026/11/the-dam-has-held/" in words


def test_it_names_who_picked_the_story_and_who_links_to_it(
    story: Story, newsroom: Newsroom, desk: Desk
) -> None:
    picking = writing.draft(newsroom["en"], "What came before")
    picking.picked = [Related(other=story)]
    picking.save()
    link = f'<p>See <a linktype="page" id="{story.pk}">the dam</a>.</p>'
    linking = writing.draft(newsroom["en"], "The week in water", text=link)
    ReferenceIndex.create_or_update_for_object(linking)  # as the worker does
    words = account(desk, story)
    assert "“What came before” names it" in words
    assert "“The week in water” names it" in words


def test_it_names_the_front_page_that_leads_with_it(
    story: Story, newsroom: Newsroom, desk: Desk
) -> None:
    Home.objects.filter(pk=newsroom["en"].pk).update(lead=story)
    assert "leads with it" in account(desk, story)


def test_it_says_what_cannot_be_taken_back(story: Story, desk: Desk) -> None:
    words = account(desk, story)
    assert "Copies that readers saved" in words
    assert "search engines" in words


def test_other_parts_of_the_house_add_what_they_hold(
    story: Story, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = withdrawing.Place("Three mirrors", group="Mirrors")
    monkeypatch.setattr(withdrawing, "PLACES", [lambda story: [place]])
    monkeypatch.setattr(withdrawing, "BEYOND", [lambda story: ["Mails of Friday."]])
    words = account(desk, story)
    assert "Mirrors 1 Three mirrors" in words
    assert "Mails of Friday." in words


def test_a_held_back_story_is_not_said_to_be_read(newsroom: Newsroom, desk: Desk) -> None:
    held = writing.published(newsroom["en"], embargo_until=timezone.now() + timedelta(hours=3))
    assert "readers have not seen it" in account(desk, held)


def test_looking_changes_nothing(story: Story, desk: Desk) -> None:
    desk.get(address(story))
    assert desk.client.head(address(story)).status_code == 200
    assert is_live(story)


# The deed


def test_confirmed_the_story_is_a_draft_again(story: Story, desk: Desk) -> None:
    answer = desk.post(address(story))
    assert not is_live(story)
    assert answer["location"] == edit(story)
    assert "Withdrawn: “The dam holds”" in said(answer)


def test_it_is_gone_from_every_baked_file(
    story: Story, desk: Desk, bake: Any, edition: Any
) -> None:
    bake()
    desk.post(address(story))
    bake()
    for file in edition.rglob("*.html"):
        assert b"The dam holds" not in file.read_bytes(), file


def test_the_history_says_that_it_was_withdrawn_and_by_whom(
    newsroom: Newsroom, desk: Desk, editor: Any
) -> None:
    author = writing.author(newsroom["en"])
    signed = writing.published(newsroom["en"], authors=[author])
    desk.post(address(signed))
    entry = PageLogEntry.objects.get(page=signed.pk, action=withdrawing.LOG_ACTION)
    assert entry.user == editor


def test_the_history_of_booked_work_names_the_newsroom(
    newsroom: Newsroom, desk: Desk, editor: Any
) -> None:
    author = writing.author(newsroom["en"], "V. Orlan", is_protected=True)
    booked = writing.published(newsroom["en"], authors=[author])
    desk.post(address(booked))
    assert not is_live(booked)
    entry = PageLogEntry.objects.get(page=booked.pk, action=withdrawing.LOG_ACTION)
    assert entry.user.is_shared


def test_translations_stay_unless_they_are_ticked(
    story: Story, newsroom: Newsroom, desk: Desk
) -> None:
    other = translated(story, newsroom)
    assert "Плотина держится" in account(desk, story)
    desk.post(address(story))
    assert is_live(other)


def test_ticked_translations_go_too(story: Story, newsroom: Newsroom, desk: Desk) -> None:
    other = translated(story, newsroom)
    answer = desk.post(address(story), {"translations": "1"})
    assert not is_live(story)
    assert not is_live(other)
    assert "Плотина держится" in said(answer)


def test_a_page_that_repeats_the_story_goes_with_it(
    story: Story, newsroom: Newsroom, desk: Desk, bake: Any, edition: Any
) -> None:
    story.copy_for_translation(newsroom["ru"].locale, copy_parents=True, alias=True)
    alias = Story.objects.get(alias_of=story.pk)
    bake()
    assert (edition / f"{alias.public_path.strip('/')}/index.html").exists()
    assert "Pages that repeat it" in account(desk, story)
    desk.post(address(story))
    bake()
    assert not is_live(alias)
    assert not (edition / f"{alias.public_path.strip('/')}/index.html").exists()


def test_a_scheduled_new_version_is_called_off(story: Story, desk: Desk) -> None:
    story.go_live_at = timezone.now() + timedelta(days=1)
    story.save_revision().publish()
    assert "is called off as well" in account(desk, story)
    desk.post(address(story))
    assert not story.revisions.filter(approved_go_live_at__isnull=False).exists()


# Who may, and when


def test_who_may_not_publish_may_not_withdraw(story: Story, writer: Any) -> None:
    client = Desk(writer).client
    assert client.get(address(story)).status_code == 403
    assert client.post(address(story)).status_code == 403
    assert is_live(story)


def test_a_draft_has_nothing_to_withdraw(newsroom: Newsroom, desk: Desk) -> None:
    draft = writing.draft(newsroom["en"], "Half written")
    answer = desk.client.get(address(draft))
    assert "is not published" in said(answer)


def test_a_locked_story_is_unlocked_first(story: Story, desk: Desk, editor: Any) -> None:
    Story.objects.filter(pk=story.pk).update(locked=True)
    answer = desk.post(address(story))
    assert "unlock it" in said(answer)
    assert is_live(story)


def test_withdrawn_twice_it_says_so(story: Story, desk: Desk) -> None:
    desk.post(address(story))
    assert "is not published" in said(desk.post(address(story)))


def test_the_editor_offers_it_for_a_published_story_alone(
    story: Story, newsroom: Newsroom, desk: Desk
) -> None:
    draft = writing.draft(newsroom["en"], "Half written")
    assert address(story) in desk.get(edit(story)).content.decode()
    assert address(draft) not in desk.get(edit(draft)).content.decode()


def test_writers_are_not_offered_it(story: Story, writer: Any) -> None:
    assert address(story) not in Desk(writer).get(edit(story)).content.decode()


# Credits


def test_a_photo_without_a_credit_is_asked_about_after_publishing(
    newsroom: Newsroom, desk: Desk, photo: Any
) -> None:
    story = writing.draft(newsroom["en"], lead_photo=photo(credit=""))
    answer = desk.save(story, "publish")
    assert is_live(story)
    assert "No credit for the lead photo" in said(answer)
