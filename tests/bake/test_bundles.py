"""Bundles of recent stories lie beside the edition, prove their story, and go with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tamizdat.bake import sweeping
from tamizdat.edition.bundle import open_bundle
from tamizdat.edition.ceremony import rotate
from tamizdat.edition.keys import Keyring
from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home
from tests import writing

Bake = Callable[..., Any]
PAGE, BUNDLE = "2026/11/the-dam-holds/index.html", "bundles/2026/11/the-dam-holds.json"


def files_of(edition: Path) -> dict[str, bytes]:
    """Open the story's bundle as a reader; return the files that it proves."""

    def trusted(root: bytes) -> Trust:
        return Trust(root, timezone.now(), refuse_expired=False)

    return dict(open_bundle((edition / BUNDLE).read_bytes(), trusted).files)


def test_a_published_story_has_a_bundle_that_proves_it(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    bake()
    assert files_of(edition) == {PAGE: (edition / PAGE).read_bytes()}


def test_a_story_that_changes_has_a_new_bundle(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.title = "The dam breaks"
    writing.publish(story)
    bake()
    assert b"The dam breaks" in files_of(edition)[PAGE]


def test_a_bundle_is_not_refreshed(home: Home, bake: Bake, edition: Path) -> None:
    writing.published(home)
    bake()
    before = (edition / BUNDLE).read_bytes()
    writing.section(home, "Culture").unpublish()
    bake()
    assert (edition / BUNDLE).read_bytes() == before


def test_a_withdrawn_story_takes_its_bundle_along(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.unpublish()
    bake()
    assert not list((edition / "bundles").rglob("*.json"))


@pytest.mark.long
def test_no_other_bundle_names_a_withdrawn_story(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    others = [writing.published(home, f"Other {number}") for number in range(12)]
    bake()
    story.unpublish()
    bake()
    bundles = list((edition / "bundles").rglob("*.json"))
    assert len(bundles) == len(others)
    assert not [file for file in bundles if "the-dam-holds" in file.read_text()]


def test_a_renamed_story_leaves_no_bundle_behind(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.slug = "another-name"
    writing.publish(story)
    bake()
    found = [str(file.relative_to(edition)) for file in (edition / "bundles").rglob("*.json")]
    assert found == ["bundles/2026/11/another-name.json"]


def test_an_old_story_has_no_bundle_of_its_own(
    home: Home, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    writing.published(home, "Long ago", at=timezone.now() - timedelta(days=40))
    writing.published(home)
    bake()
    assert [file.name for file in (edition / "bundles").rglob("*.json")] == ["the-dam-holds.json"]
    clock.shift(timedelta(days=31))
    sweeping.sweep(timezone.now())  # the page still links to what is kept of it
    bake()
    sweeping.sweep(timezone.now())
    assert not list((edition / "bundles").rglob("*.json"))


def test_a_bundle_that_a_replaced_key_signed_is_made_anew(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    bake()
    before = (edition / BUNDLE).read_bytes()
    keyring = Keyring.load(edition.parent / "keys")
    rotate(keyring, ["pages"], [], timezone.now())
    sweeping.reseal(timezone.now())
    assert (edition / BUNDLE).read_bytes() != before
    assert files_of(edition) == {PAGE: (edition / PAGE).read_bytes()}
