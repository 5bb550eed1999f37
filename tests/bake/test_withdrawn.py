"""A restore of an older backup does not bring back what was withdrawn since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from wagtail.models import Page

from tamizdat.bake import withdrawn
from tamizdat.bake.models import Withdrawn
from tamizdat.stories.models import Home, Story
from tamizdat.vault import redoing
from tests import writing

Bake = Callable[..., Any]


def noted() -> list[tuple[UUID, str]]:
    return sorted(Withdrawn.objects.values_list("story", "language"))


def named(*stories: Story) -> list[tuple[UUID, str]]:
    return sorted((story.translation_key, story.language) for story in stories)


def again(*stories: tuple[UUID, str]) -> int:
    """Do again what was withdrawn; return how much of it was there."""
    found = [(Withdrawn.deed, key.bytes, language) for key, language in stories]
    return redoing.redo(found, timezone.now())[Withdrawn.deed]


@pytest.mark.parametrize("leave", ["unpublish", "delete", "embargo"])
def test_a_story_that_leaves_the_edition_is_noted(home: Home, bake: Bake, leave: str) -> None:
    story = writing.published(home)
    bake()
    story.slug = "the-dam-breaks"
    story = writing.publish(story)
    bake()
    assert noted() == []  # its old address forwards
    if leave == "embargo":
        story.embargo_until = timezone.now() + timedelta(days=1)
        writing.publish(story)
    elif leave == "unpublish":
        story.unpublish()
    else:
        Page.objects.filter(pk=story.pk).delete()  # as the admin does
    bake()
    assert noted() == named(story)


def test_a_draft_that_nobody_saw_is_not_noted(home: Home, bake: Bake) -> None:
    draft = writing.draft(home)
    bake()
    draft.title = "Another headline"
    draft.save()
    bake()
    assert noted() == []


def test_whose_address_is_taken_in_the_same_bake_is_noted(home: Home, bake: Bake) -> None:
    story = writing.published(home)
    bake()
    story.slug = "elsewhere"
    writing.publish(story).unpublish()
    other = writing.published(home)
    assert other.public_path.endswith("/the-dam-holds/")
    bake()
    assert set(noted()) == set(named(story))


def test_what_leaves_because_its_language_is_off_line_is_not_noted(
    newsroom: dict[str, Home], home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(newsroom["ru"], "Плотина")
    bake()
    newsroom["ru"].unpublish()
    bake()
    assert noted() == []
    assert not list((edition / "ru").rglob("index.html"))


def test_what_stands_is_withdrawn_again_and_noted_again(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home)
    other = writing.published(home, "Another one")
    bake()
    assert again(*named(story)) == 1
    assert noted() == named(story)
    bake()
    assert not (edition / "2026/11/the-dam-holds/index.html").exists()
    story.refresh_from_db()
    other.refresh_from_db()
    assert (story.live, other.live) == (False, True)
    assert again(*named(story)) == 0  # twice is the same as once


def test_its_translation_stays(newsroom: dict[str, Home], home: Home, bake: Bake) -> None:
    story = writing.published(home)
    other = writing.published(newsroom["ru"], translation_key=story.translation_key)
    assert again(*named(other)) == 1
    story.refresh_from_db()
    assert story.live


def test_what_was_still_to_be_public_does_not_become_so(home: Home) -> None:
    """The backup was made before its hour."""
    held = writing.published(home, embargo_until=timezone.now() + timedelta(hours=1))
    draft = writing.draft(home, "A second one")
    draft.go_live_at = timezone.now() + timedelta(hours=1)
    draft.save_revision(approved_go_live_at=draft.go_live_at)
    assert again(*named(held, draft)) == 2
    held.refresh_from_db()
    assert not held.live
    assert not draft.revisions.filter(approved_go_live_at__isnull=False).exists()


def test_what_the_newsroom_does_not_know_is_passed_over(home: Home) -> None:
    story = writing.published(home)
    assert again((uuid4(), "en"), (story.translation_key, "ru"), (home.translation_key, "en")) == 0
    assert Story.objects.get().live


@pytest.mark.django_db
def test_a_note_that_nobody_seals_goes_after_ninety_days() -> None:
    today = timezone.now().date()
    Withdrawn.objects.create(story=uuid4(), language="en", day=today)
    withdrawn.forget_old(today + timedelta(days=90))
    assert len(noted()) == 1
    withdrawn.forget_old(today + timedelta(days=91))
    assert noted() == []
