"""Many hands make the same edition as one, and a hand that dies takes nothing with it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tamizdat.bake import baker, bundling, hands, plan, recipes
from tamizdat.bake.leaving import Leaving
from tamizdat.bake.models import Asset, Dirty, File, Metadata
from tamizdat.stories.models import Change, Home, Story
from tamizdat.stories.showing import fronts
from tests import writing
from tests.bake.test_incremental import tree


@pytest.fixture
def newsroom_of_many(
    transactional_db: None, newsroom: dict[str, Home], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    """A newsroom with a dozen stories that hands can see, and a baker who calls them early."""
    monkeypatch.setattr(baker, "MANY", 4)
    monkeypatch.setattr(baker, "BATCH", 3)
    home = newsroom["en"]
    politics = writing.section(home)
    start = timezone.now() - timedelta(days=12)
    for number in range(12):
        moment = start + timedelta(days=number)
        writing.published(home, f"Vote {number}", section=politics, at=moment)
    return home


def bake_into(folder: Path, settings: Any, hand_count: int) -> baker.Report:
    settings.EDITION_ROOT = folder
    for model in (File, Asset, Dirty, Metadata):
        model.objects.all().delete()
    return baker.bake(timezone.now(), full=True, hand_count=hand_count)


@pytest.mark.long
def test_many_hands_make_the_same_edition_as_one(
    newsroom_of_many: Home, settings: Any, tmp_path: Path
) -> None:
    one = bake_into(tmp_path / "one", settings, 1)
    two = bake_into(tmp_path / "two", settings, 2)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert sorted(one.written) == sorted(two.written)
    assert not Dirty.objects.exists()


@pytest.mark.long
def test_what_an_editor_does_meanwhile_goes_first(
    newsroom_of_many: Home, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While hands remake the edition, a story is published: it is made before the rest."""
    bake_into(tmp_path / "edition", settings, 1)
    monkeypatch.setattr(baker, "LOOK_EVERY", -1.0)
    monkeypatch.setattr(baker, "TOGETHER", 1)
    order: list[str] = []
    real = baker.Baking._record

    def watched(self: Any, rows: Any, done: Any) -> None:
        order.extend(each.recipe for each in done)
        if len(order) <= 3:
            writing.published(newsroom_of_many, "Meanwhile")
        real(self, rows, done)

    monkeypatch.setattr(baker.Baking, "_record", watched)
    baker.bake(timezone.now(), full=True, hand_count=2)
    fresh = Story.objects.get(title="Meanwhile")
    assert order.index(f"story:{fresh.pk}") < len(order) - 8
    assert "Meanwhile" in (tmp_path / "edition/index.html").read_text()
    assert not Dirty.objects.exists()


@pytest.mark.long
def test_many_stories_that_are_published_at_once_are_shared_by_the_hands(
    newsroom_of_many: Home, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an archive was imported: all of it is urgent, and nobody can wait for one hand."""
    bake_into(tmp_path / "shared", settings, 1)
    monkeypatch.setattr(baker, "ROUND", 4)
    given: list[str] = []
    real = hands.Hands.give

    def watched(self: Any, tasks: list[hands.Task]) -> None:
        given.extend(task.recipe for task in tasks)
        real(self, tasks)

    monkeypatch.setattr(hands.Hands, "give", watched)
    stories = [writing.published(newsroom_of_many, f"Imported {number}") for number in range(8)]
    stories[0].slug = "moved-meanwhile"
    writing.publish(stories[0])
    baker.bake(timezone.now(), hand_count=2)
    assert {f"story:{story.pk}" for story in stories[4:]} <= set(given)
    assert not Dirty.objects.exists()
    bake_into(tmp_path / "alone", settings, 1)
    assert pages(tmp_path / "shared") == pages(tmp_path / "alone")


def pages(root: Path) -> dict[str, bytes]:
    """Return the pages that stand; what the search had before stays for a while."""
    return {path: data for path, data in tree(root).items() if path.endswith(".html")}


@pytest.mark.long
def test_a_hand_that_is_killed_leaves_its_work_to_the_next_bake(
    newsroom_of_many: Home, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bake_into(tmp_path / "whole", settings, 1)
    with monkeypatch.context() as broken:
        broken.setattr(hands, "make", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        broken.setattr(plan, "urgent", lambda _: [])
        with pytest.raises(BrokenProcessPool):
            bake_into(tmp_path / "mended", settings, 2)
    baker.bake(timezone.now(), hand_count=2)
    assert tree(tmp_path / "mended") == tree(tmp_path / "whole")


@pytest.mark.long
def test_a_page_that_a_hand_cannot_make_is_named_and_keeps_no_other_waiting(
    newsroom_of_many: Home, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tamizdat.bake import recipes

    bake_into(tmp_path / "before", settings, 1)
    broken = Story.objects.get(title="Vote 3")
    real = recipes.make

    class Odd(Exception):
        """An error that cannot leave its process."""

    def failing(name: str, showing: Any) -> Any:
        if name == f"story:{broken.pk}":
            raise Odd
        return real(name, showing)

    monkeypatch.setattr(recipes, "make", failing)
    with pytest.raises(hands.HandsError, match="Odd") as caught:
        bake_into(tmp_path / "edition", settings, 2)
    assert caught.value.__notes__ == [f"story:{broken.pk}"]
    monkeypatch.undo()
    assert File.objects.filter(recipe__startswith="story:").count() == 11


def test_archive_pages_of_the_same_days_are_made_together(
    newsroom: dict[str, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch of them shows the same stories, whatever lists they belong to: each is read once."""
    monkeypatch.setattr(fronts, "LIST_LENGTH", 2)
    home = newsroom["en"]
    start = timezone.now() - timedelta(days=200)
    shelves = [writing.section(home, name) for name in ("Politics", "Culture")]
    for number in range(10):
        moment = start + timedelta(days=number)
        writing.published(home, f"Vote {number}", section=shelves[number % 2], at=moment)
    plan.mark_all(timezone.now())
    rows = Dirty.objects.filter(
        rank=recipes.ARCHIVE_RANK + plan.BEHIND, recipe__startswith="list:p"
    )
    made = list(rows.order_by("pk").values_list("recipe", flat=True))
    older, newer = ({f"list:p{shelf.pk}:{page}" for shelf in shelves} for page in (1, 2))
    assert (set(made[:2]), set(made[2:])) == (older, newer)


@pytest.mark.long
def test_strays_are_looked_for_while_hands_make_bundles(
    newsroom_of_many: Home, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in the making is no stray; what a killed hand left there goes when all is made."""
    monkeypatch.setattr(bundling, "MANY", 4)
    Change.objects.all().delete()  # else bundles are made with what an editor waits for
    folder = tmp_path / "edition"
    (folder / "bundles").mkdir(parents=True)
    half, stray = folder / "bundles/.77-1.part", folder / "stray.html"
    half.write_bytes(b"half")
    stray.write_bytes(b"stray")
    real, seen = Leaving.clear, []

    def watched(self: Leaving) -> None:
        real(self)
        seen.append((Dirty.objects.filter(rank=plan.BUNDLES).exists(), half.exists()))

    monkeypatch.setattr(Leaving, "clear", watched)
    bake_into(folder, settings, 2)
    assert seen == [(True, True)]
    assert not half.exists()
    assert not stray.exists()
