"""Who names whom: mended in turns, wherever it was cut off, and right whatever an editor saves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone
from wagtail.models import ReferenceIndex

from tamizdat.stories import references
from tamizdat.stories.models import Story
from tamizdat.turns import AWAY, no_pause, turn
from tests.writing import author, published, section, topic


@pytest.fixture
def run(folders: Path) -> Path:
    return folders / "run"


def check(run: Path) -> int:
    return sum(references.check(run, timezone.now(), no_pause))


def rows() -> set[tuple[Any, ...]]:
    found = ReferenceIndex.objects.values_list(
        "content_type", "base_content_type", "object_id", "to_content_type", "to_object_id"
    )
    return {(*each, path) for each, path in zip(found, _paths(found), strict=True)}


def _paths(found: Any) -> list[str]:
    return list(found.model.objects.values_list("content_path", flat=True))


def story(home: Any, photo: Callable[..., Any], headline: str = "The dam holds") -> Story:
    return published(
        home,
        headline,
        section=section(home, f"Section of {headline}"),
        authors=[author(home, f"Author of {headline}")],
        topics=[topic(home, f"Topic of {headline}")],
        lead_photo=photo(headline.lower()),
    )


def test_it_comes_to_what_wagtails_own_rebuild_comes_to(
    newsroom: dict[str, Any], photo: Callable[..., Any], run: Path
) -> None:
    story(newsroom["en"], photo)
    story(newsroom["ru"], photo, "Other words")
    ReferenceIndex.objects.all().delete()
    from wagtail.management.commands.rebuild_references_index import Command

    call_command(Command(), verbosity=0)
    expected = rows()
    assert len(expected) > 4
    ReferenceIndex.objects.all().delete()
    check(run)
    assert rows() == expected


def test_rows_that_are_right_are_left_alone_and_take_no_lock(
    newsroom: dict[str, Any],
    photo: Callable[..., Any],
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story(newsroom["en"], photo)
    check(run)
    before = rows()
    monkeypatch.setattr(references, "turn", _refuse)
    (run / references.PLACE).unlink()
    assert check(run) > 0
    assert rows() == before


@contextmanager
def _refuse(pause: object) -> Iterator[None]:
    raise AssertionError("it took the lock")
    yield


def test_rows_that_are_wrong_or_left_over_are_mended(
    newsroom: dict[str, Any], photo: Callable[..., Any], run: Path
) -> None:
    mine = story(newsroom["en"], photo)
    check(run)
    expected = rows()
    first = ReferenceIndex.objects.get_queryset().filter(object_id=str(mine.pk)).first()
    assert first is not None
    first.to_object_id, first.content_path = "999", "nowhere"
    first.save()
    ReferenceIndex.objects.exclude(object_id=str(mine.pk)).delete()
    first.pk, first.object_id = None, "424242"  # the same, of a story that is gone
    first.save()
    (run / references.PLACE).unlink()
    check(run)
    assert not ReferenceIndex.objects.filter(object_id="424242").exists()
    assert rows() == expected


def test_cut_off_it_goes_on_where_it_stopped(
    newsroom: dict[str, Any],
    photo: Callable[..., Any],
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(references, "READ", 1)
    for number in range(4):
        story(newsroom["en"], photo, f"Story {number}")
    whole, expected = check(run), rows()
    ReferenceIndex.objects.all().delete()
    (run / references.PLACE).unlink()
    done = 0
    while references.is_due(run, timezone.now()):
        done += next(references.check(run, timezone.now(), no_pause), 0)  # and is cut off
    assert done == whole
    assert rows() == expected


def test_what_an_editor_saves_in_between_is_what_is_noted(
    newsroom: dict[str, Any],
    photo: Callable[..., Any],
    run: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, other = story(newsroom["en"], photo), photo("other")
    ReferenceIndex.objects.all().delete()

    @contextmanager
    def late(pause: object) -> Iterator[None]:
        Story.objects.filter(pk=mine.pk).update(lead_photo=other)  # read already, not yet written
        with turn(no_pause):
            yield

    monkeypatch.setattr(references, "turn", late)
    check(run)
    to_photos = ReferenceIndex.get_references_for_object(mine).filter(model_path="lead_photo")
    assert [each.to_object_id for each in to_photos] == [str(other.pk)]


def test_it_is_due_again_after_a_week(
    newsroom: dict[str, Any], run: Path, clock: time_machine.Traveller
) -> None:
    assert references.is_due(run, timezone.now())
    check(run)
    assert not references.is_due(run, timezone.now())
    clock.shift(references.EVERY + timedelta(seconds=1))
    assert references.is_due(run, timezone.now())


def test_after_a_turn_a_job_stays_away_longer_than_it_held_the_lock(db: None) -> None:
    pauses: list[float] = []
    with turn(pauses.append):
        pass
    assert len(pauses) == 1
    assert pauses[0] >= 0
    assert AWAY > 1


def test_wagtails_name_for_the_rebuild_leads_to_ours(newsroom: dict[str, Any], run: Path) -> None:
    call_command("rebuild_references_index", verbosity=0)
    assert not references.is_due(run, timezone.now())
