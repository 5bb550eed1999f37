"""Kills, a full disk, a clock that jumps: readers meet nothing broken, and nothing is lost.

``bench/crash_bake.py`` does the first of these hundreds of times.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.bake import records
from tamizdat.bake.leaving import Leaving
from tamizdat.bake.models import File
from tamizdat.edition.tree import Tree
from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home, Story
from tests import homes, writing
from tests.bake.readers import come, look
from tests.sizes import few

Bake = Callable[..., Any]
BENCH = homes.ROOT / "bench" / "crash_bake.py"
DAY = timedelta(days=1)


# Kills


@pytest.mark.long
def test_bakers_killed_over_a_busy_newsroom_break_and_lose_nothing(own_newsroom: Path) -> None:
    words = [sys.executable, BENCH, "--home", own_newsroom, "--kills", "6", "--seed", "11"]
    done = subprocess.run(words, env=homes.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["looks"] > 0
    assert found["broken"] == 0, found["what"]
    assert found["broken_at_the_end"] == []
    assert not found["last_bake_failed"]
    assert (found["kills"], found.get("orphans", 0)) == (6, 0)
    assert (found["lost"], found["wrong"], found["torn"], found["missing"]) == (0, 0, 0, [])
    assert (found["left_over"], found["unsigned"]) == (0, [])


class Killed(BaseException):
    """The process ends here, as far as the bake can tell."""


@pytest.fixture
def killed_before_record(monkeypatch: pytest.MonkeyPatch, bake: Bake) -> Callable[[], None]:
    """Bake, but die when the files are written and the database does not know it yet."""

    def die(*_: object, **__: object) -> None:
        raise Killed

    def bake_and_die() -> None:
        with monkeypatch.context() as context:
            context.setattr(records, "record", die)
            with pytest.raises(Killed):
                bake()

    return bake_and_die


@pytest.mark.parametrize("deed", ["unpublish", "delete"])
def test_a_page_that_a_killed_baker_wrote_goes_when_its_story_goes(
    home: Home,
    bake: Bake,
    edition: Path,
    killed_before_record: Callable[[], None],
    deed: str,
) -> None:
    story = writing.published(home)
    killed_before_record()
    page = edition / "2026/11/the-dam-holds/index.html"
    assert page.exists()
    getattr(Story.objects.get(pk=story.pk), deed)()
    bake()
    assert not page.exists()


def test_a_page_that_a_killed_baker_wrote_is_recorded_by_the_next(
    home: Home, bake: Bake, edition: Path, reader: Trust, killed_before_record: Callable[[], None]
) -> None:
    writing.published(home)
    killed_before_record()
    assert not File.objects.filter(path__contains="the-dam-holds").exists()
    bake()
    assert look(reader, edition) > 1
    assert File.objects.filter(path__contains="the-dam-holds").exists()


def test_a_baker_killed_before_it_takes_a_withdrawn_picture_away_leaves_that_to_the_next(
    home: Home,
    bake: Bake,
    edition: Path,
    photo: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = writing.published(home, lead_photo=photo())
    bake()
    media = (edition / "media").iterdir()
    pictures = {each for each in media if each.suffix in (".avif", ".webp", ".jpg")}
    assert pictures
    Story.objects.get(pk=story.pk).unpublish()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as context:
        context.setattr(Leaving, "remove_idle_assets", die)
        with pytest.raises(Killed):
            bake()
    bake()
    assert not [each for each in pictures if each.exists()]


def test_a_baker_killed_while_it_takes_pictures_away_leaves_none_that_is_signed_and_gone(
    home: Home,
    bake: Bake,
    edition: Path,
    reader: Trust,
    photo: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = writing.published(home, lead_photo=photo())
    bake()
    Story.objects.get(pk=story.pk).unpublish()
    remove = Tree.remove

    def remove_and_die(tree: Tree, path: str) -> None:
        remove(tree, path)
        if path.startswith("media/"):
            raise Killed

    with monkeypatch.context() as context:
        context.setattr(Tree, "remove", remove_and_die)
        with pytest.raises(Killed):
            bake()
    bake()
    look(reader, edition)


# A full disk


@pytest.fixture
def small_disk(tmp_path: Path, settings: DjangoSettings) -> Iterator[Path]:
    """Give the edition a disk of its own, of a few megabytes; skips where we may not mount."""
    place = tmp_path / "edition"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system can only be mounted by root")
    settings.EDITION_ROOT = place
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(ballast: Path) -> None:
    """Write until the disk takes no more."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_full_disk_keeps_the_last_edition_and_is_made_good_when_there_is_room(
    newsroom: dict[str, Home], small_disk: Path, bake: Bake
) -> None:
    bake(full=True)
    trust = come(small_disk)
    before = look(trust, small_disk)
    ballast = small_disk / "ballast"
    fill(ballast)
    story = writing.published(newsroom["en"])
    with pytest.raises(OSError, match="No space left"):
        bake()
    assert look(trust, small_disk) == before
    ballast.unlink()
    bake()
    assert look(trust, small_disk) > before
    assert (small_disk / story.public_path.strip("/") / "index.html").exists()


# A clock that jumps


@pytest.mark.parametrize("jump", few([-400 * DAY, -DAY, 3 * DAY, 300 * DAY], 2))
def test_versions_rise_and_all_verifies_whatever_the_clock_does(
    home: Home,
    bake: Bake,
    edition: Path,
    reader: Trust,
    clock: time_machine.Traveller,
    jump: timedelta,
) -> None:
    before = look(reader, edition)
    clock.shift(jump)
    writing.published(home)
    bake()
    reader.now = timezone.now()
    assert (after := look(reader, edition)) > before
    clock.shift(-jump)
    writing.published(home, "The dam breaks")
    bake()
    assert look(reader, edition) > after
