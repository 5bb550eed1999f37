"""The resident baker: rung or not, it bakes what is due, and no failing bake ends it."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.bake import baker, duty, trouble
from tamizdat.bake.bell import Bell
from tamizdat.bake.resident import Resident
from tamizdat.stories.changes import wake
from tamizdat.stories.models import Change, Story
from tests.writing import draft, published

HOUR = timedelta(hours=1)


@pytest.fixture
def resident(newsroom: dict[str, Any], bake: Callable[..., Any], folders: Path) -> Resident:
    bake()
    return Resident(folders / "run", timezone.now, timer=lambda: timezone.now().timestamp())


def page(edition: Path, story: Story) -> Path:
    return edition / story.public_path.strip("/") / "index.html"


def test_what_is_published_is_baked(
    resident: Resident, newsroom: dict[str, Any], edition: Path
) -> None:
    story = published(newsroom["en"])
    resident.look()
    assert page(edition, story).exists()


def test_a_story_goes_live_at_its_time_by_itself(
    resident: Resident,
    newsroom: dict[str, Any],
    edition: Path,
    clock: time_machine.Traveller,
) -> None:
    story = draft(newsroom["en"], go_live_at=timezone.now() + HOUR)
    story.save_revision().publish()
    resident.look()
    assert not list(edition.rglob("the-dam-holds"))
    clock.shift(2 * HOUR)
    resident.look()
    assert page(edition, Story.objects.get(pk=story.pk)).exists()


def test_a_story_goes_at_its_expiry_by_itself(
    resident: Resident,
    newsroom: dict[str, Any],
    edition: Path,
    clock: time_machine.Traveller,
) -> None:
    story = published(newsroom["en"], expire_at=timezone.now() + HOUR)
    resident.look()
    assert page(edition, story).exists()
    clock.shift(2 * HOUR)
    resident.look()
    assert not page(edition, story).exists()
    assert b"The dam holds" not in (edition / "index.html").read_bytes()
    assert Story.objects.get(pk=story.pk).expired


def test_an_embargo_ends_by_itself(
    resident: Resident,
    newsroom: dict[str, Any],
    edition: Path,
    clock: time_machine.Traveller,
) -> None:
    story = published(newsroom["en"], embargo_until=timezone.now() + HOUR)
    resident.look()
    assert not page(edition, story).exists()
    clock.shift(2 * HOUR)
    resident.look()
    assert page(edition, story).exists()


def test_an_embargo_holds_and_ends_though_the_clock_was_ahead(
    newsroom: dict[str, Any],
    bake: Callable[..., Any],
    folders: Path,
    edition: Path,
    clock: time_machine.Traveller,
) -> None:
    seconds = itertools.count(step=1000.0)
    resident = Resident(folders / "run", timezone.now, timer=lambda: next(seconds))
    story = published(newsroom["en"], embargo_until=timezone.now() + 24 * HOUR)
    resident.look()
    clock.shift(48 * HOUR)
    resident.look()
    assert page(edition, story).exists()  # nobody can know better
    clock.shift(-48 * HOUR)
    resident.look()
    resident.look()
    assert not page(edition, story).exists()
    assert b"The dam holds" not in (edition / "index.html").read_bytes()
    clock.shift(25 * HOUR)
    resident.look()
    assert page(edition, story).exists()
    asked = Change.objects.count()
    resident.look()
    assert Change.objects.count() == asked  # a story in order is left alone


def test_a_failing_bake_is_noted_and_tried_again_until_it_works(
    resident: Resident,
    newsroom: dict[str, Any],
    folders: Path,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries = []

    def fail(*args: Any, **kwargs: Any) -> None:
        tries.append(1)
        error = KeyError("a word of the story")
        error.add_note("story:7")
        raise error

    published(newsroom["en"])
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
        broken.setattr(baker, "bake", fail)
        resident.look()
        resident.look()  # too soon
        assert len(tries) == 1
        resident.look(is_rung=True)  # somebody mended it, perhaps
        assert len(tries) == 2
        clock.shift(10)
        resident.look()
        assert len(tries) == 3
    noted = trouble.standing(folders / "run")
    assert noted is not None
    assert (noted.tries, noted.what, noted.error) == (3, "story:7", "KeyError")
    assert "tell the operator: KeyError" in noted.plain
    written = (folders / "run" / trouble.FILE).read_text(encoding="utf-8")
    assert "a word of the story" not in written + caplog.text
    assert "story:7" in caplog.text

    clock.shift(60)
    resident.look()
    assert trouble.standing(folders / "run") is None


def test_a_story_that_cannot_go_live_does_not_keep_the_others_waiting(
    resident: Resident,
    newsroom: dict[str, Any],
    edition: Path,
    folders: Path,
    clock: time_machine.Traveller,
) -> None:
    bad = draft(newsroom["en"], "Bad", go_live_at=timezone.now() + HOUR)
    bad.save_revision().publish()
    revision = bad.latest_revision
    revision.content = {**revision.content, "locale": 99999}
    revision.save()
    good = draft(newsroom["en"], "Good", go_live_at=timezone.now() + 2 * HOUR)
    good.save_revision().publish()
    clock.shift(3 * HOUR)
    resident.look()
    assert page(edition, Story.objects.get(pk=good.pk)).exists()
    noted = trouble.standing(folders / "run")
    assert noted is not None
    assert noted.what == f"revision {revision.pk}"


def test_another_baker_at_work_is_no_trouble(
    resident: Resident, newsroom: dict[str, Any], edition: Path, folders: Path
) -> None:
    story = published(newsroom["en"])
    with duty.alone(folders / "run"):
        resident.look()
    assert trouble.standing(folders / "run") is None
    assert not page(edition, story).exists()
    resident.look()
    assert page(edition, story).exists()


def test_a_new_public_address_reaches_every_page(
    resident: Resident, edition: Path, folders: Path, settings: DjangoSettings
) -> None:
    duty.note_address(folders / "run")
    before = {file: file.read_bytes() for file in edition.rglob("*.html")}
    settings.PUBLIC_ADDRESS = "https://example.org"
    resident.look()
    assert before
    for file, bytes_before in before.items():
        assert (b"http://localhost:8000" in bytes_before) <= (
            b"https://example.org" in file.read_bytes()
        )
        assert b"http://localhost:8000" not in file.read_bytes()


def test_a_lost_edition_is_made_anew(resident: Resident, edition: Path) -> None:
    edition.rename(edition.with_name("lost"))
    edition.mkdir()
    resident.look()
    names = {file.relative_to(edition) for file in edition.rglob("*.html")}
    lost = edition.with_name("lost")
    assert names == {file.relative_to(lost) for file in lost.rglob("*.html")}


def test_a_quiet_look_asks_little(
    resident: Resident, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    resident.look()
    with django_assert_max_num_queries(5):
        resident.look()


def test_a_second_resident_baker_is_refused(resident: Resident, folders: Path) -> None:
    from tamizdat.bake.resident import only_one

    with only_one(folders / "run"), pytest.raises(duty.Busy, match="resident"):
        resident.stay()


# The bell


def test_a_change_rings_the_bell_and_many_rings_are_one(folders: Path) -> None:
    with Bell(folders / "run") as bell:
        assert not bell.wait(0)
        wake()
        wake()
        assert bell.wait(5)
        assert not bell.wait(0)


def test_the_bell_works_in_a_folder_with_a_long_name(
    settings: DjangoSettings, tmp_path: Path
) -> None:
    settings.RUN_ROOT = tmp_path / ("n" * 120) / "run"
    with Bell(settings.RUN_ROOT) as bell:
        ringing = threading.Thread(target=wake)
        ringing.start()
        assert bell.wait(5)
        ringing.join()


def test_a_bell_that_a_killed_baker_left_is_no_hindrance(folders: Path) -> None:
    (folders / "run" / "bake.sock").touch()
    with Bell(folders / "run") as bell:
        wake()
        assert bell.wait(5)
    assert not (folders / "run" / "bake.sock").exists()
    wake()  # nobody listens: no fault


def test_a_sealing_that_was_cut_short_is_finished_though_nothing_else_waits(
    resident: Resident,
    newsroom: dict[str, Any],
    edition: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tamizdat.bake.sealing import Sealing

    story = published(newsroom["en"])
    resident.look()
    story.unpublish()
    stamped = edition / "signed/timestamp.json"
    before = stamped.read_bytes()
    with monkeypatch.context() as broken:

        def die(*_: Any, **__: Any) -> None:
            raise KeyboardInterrupt

        broken.setattr(Sealing, "seal", die)
        with pytest.raises(KeyboardInterrupt):
            resident.look()
    assert stamped.read_bytes() == before
    resident.look()
    assert stamped.read_bytes() != before
