"""Tasks outlive the worker that had them in hand; the search index follows by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings as DjangoSettings
from wagtail.models import ReferenceIndex
from wagtail.search.models import IndexEntry

from tamizdat.databases import PEOPLE
from tamizdat.serving import search, tasks
from tamizdat.stories import cleaning, references
from tamizdat.stories.models import Story
from tests.writing import draft, published

READY, RUNNING, FAILED = TaskResultStatus.READY, TaskResultStatus.RUNNING, TaskResultStatus.FAILED


@pytest.fixture
def queue(
    settings: DjangoSettings, newsroom: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let tasks go through the database, as they do outside of tests."""
    # It would end the transaction that the test lives in.
    monkeypatch.setattr(db_worker, "close_old_connections", lambda: None)
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
    DBTaskResult.objects.all().delete()


@pytest.fixture
def working(queue: None, folders: Path) -> tasks.Working:
    return tasks.Working(folders / "run", timezone.now)


def found(words: str) -> list[str]:
    return [story.title for story in Story.objects.all().search(words)]


def test_a_saved_page_is_found_once_the_worker_has_looked(
    working: tasks.Working, newsroom: dict[str, Any]
) -> None:
    draft(newsroom["en"], "Salt workers of Ostra")
    assert found("salt") == []
    working.look()
    assert found("salt") == ["Salt workers of Ostra"]
    assert not DBTaskResult.objects.ready().exists()


def test_a_deleted_story_leaves_no_word_in_the_index(
    working: tasks.Working, newsroom: dict[str, Any]
) -> None:
    story = published(newsroom["en"], "Salt workers of Ostra")
    working.look()
    entries = IndexEntry.objects.filter(
        object_id=story.pk, content_type=ContentType.objects.get_for_model(Story)
    )
    assert entries.exists()
    Story.objects.get(pk=story.pk).delete()
    assert not entries.exists()


def test_the_references_of_a_story_follow_too(
    working: tasks.Working, newsroom: dict[str, Any], photo: Callable[..., Any]
) -> None:
    picture = photo()
    published(newsroom["en"], lead_photo=picture)
    assert not ReferenceIndex.get_references_to(picture).exists()
    working.look()
    assert ReferenceIndex.get_references_to(picture).exists()


def test_a_task_is_queued_only_if_its_change_is_kept(
    working: tasks.Working, newsroom: dict[str, Any]
) -> None:
    with transaction.atomic():
        draft(newsroom["en"])
        assert DBTaskResult.objects.exists()
        transaction.set_rollback(True)
    assert not DBTaskResult.objects.exists()


def test_what_a_killed_worker_left_is_queued_again(
    working: tasks.Working, newsroom: dict[str, Any]
) -> None:
    draft(newsroom["en"], "Salt workers of Ostra")
    for task in DBTaskResult.objects.all():
        task.claim("killed")
    assert tasks.requeue(timezone.now()) == DBTaskResult.objects.count()
    working.look()
    assert found("salt") == ["Salt workers of Ostra"]


def test_a_task_that_kills_every_worker_is_given_up(
    working: tasks.Working, newsroom: dict[str, Any]
) -> None:
    draft(newsroom["en"])
    DBTaskResult.objects.update(status=RUNNING, worker_ids=["a", "b", "c"])
    assert tasks.requeue(timezone.now()) == 0
    assert set(DBTaskResult.objects.values_list("status", flat=True)) == {FAILED}


def test_a_failing_task_does_not_end_the_worker(
    working: tasks.Working, newsroom: dict[str, Any]
) -> None:
    story = draft(newsroom["en"])
    Story.objects.filter(pk=story.pk).delete()
    working.look()
    assert DBTaskResult.objects.failed().exists()
    assert not DBTaskResult.objects.ready().exists()


def test_finished_tasks_are_forgotten(
    working: tasks.Working, newsroom: dict[str, Any], clock: time_machine.Traveller
) -> None:
    draft(newsroom["en"])
    working.look()
    assert DBTaskResult.objects.successful().exists()
    clock.shift(timedelta(minutes=11))
    working.look()
    assert not DBTaskResult.objects.exists()


def test_what_is_finished_is_forgotten_in_turns(
    working: tasks.Working,
    newsroom: dict[str, Any],
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(3):
        draft(newsroom["en"], f"Story {number}")
    working.drain()
    clock.shift(timedelta(minutes=11))
    done = DBTaskResult.objects.count()
    monkeypatch.setattr(tasks, "SLICE", 2)
    pauses: list[float] = []
    assert tasks.forget(timezone.now(), pauses.append) == done
    assert len(pauses) == (done + 1) // 2
    assert not DBTaskResult.objects.exists()


def test_the_weekly_look_at_references_lets_tasks_in_between(
    working: tasks.Working, newsroom: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, now = working.run_folder, timezone.now()
    monkeypatch.setattr(references, "READ", 1)
    ticks = iter(range(0, 10_000, 3))  # seconds; a look has five
    looks = 0
    while references.is_due(run, now):
        tasks.look_through_references(now, lambda: float(next(ticks)))
        looks += 1
    assert 1 < looks < references.count()


def test_a_broken_database_does_not_end_the_worker(
    working: tasks.Working,
    newsroom: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail() -> None:
        raise OSError("a secret")

    monkeypatch.setattr(working, "drain", fail)
    draft(newsroom["en"])
    working.look()
    assert "the worker failed: OSError" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.django_db(databases=["default", PEOPLE])
def test_an_idle_worker_asks_one_question(
    working: tasks.Working, django_assert_num_queries: Callable[[int], Any]
) -> None:
    working.look()
    with django_assert_num_queries(1):
        working.look()


def test_nightly_work_is_done_once_a_night(
    working: tasks.Working, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    nights: list[int] = []
    monkeypatch.setattr(tasks, "nightly", lambda: nights.append(1))
    working = tasks.Working(working.run_folder, timezone.now)
    working.look()
    clock.shift(timedelta(hours=1))
    working.look()
    assert len(nights) == 1
    clock.shift(timedelta(hours=12))  # one in the morning
    working.look()
    assert len(nights) == 1
    clock.shift(timedelta(hours=1))
    working.look()
    assert len(nights) == 2


def test_title_norms_wait_for_the_night_and_go_in_slices(
    working: tasks.Working, newsroom: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        draft(newsroom["en"], " ".join(f"word{each}" for each in range(number + 1)))
    working.drain()
    stories = IndexEntry.objects.filter(content_type=ContentType.objects.get_for_model(Story))
    assert set(stories.values_list("title_norm", flat=True)) == {1.0}
    monkeypatch.setattr(search, "SLICE", 2)
    assert search.refresh_norms() >= 5
    norms = list(stories.order_by("pk").values_list("title_norm", flat=True))
    assert norms == sorted(norms, reverse=True)
    assert len(set(norms)) == 5


def test_the_worker_cleans_the_database_where_names_were_taken_out(
    working: tasks.Working, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleaned: list[None] = []
    monkeypatch.setattr(cleaning, "clean", lambda: cleaned.append(None))
    working.look()
    working.look()
    assert len(cleaned) == 1
    clock.shift(tasks.CLEAN_EVERY)
    working.look()
    assert len(cleaned) == 2


def test_a_second_worker_is_refused(working: tasks.Working, folders: Path) -> None:
    with tasks._only_one(folders / "run"), pytest.raises(tasks.AlreadyWorking):
        working.stay()


def test_a_failed_task_keeps_classes_and_places_and_no_words(transactional_db: None) -> None:
    task = DBTaskResult.objects.create(
        args_kwargs={"args": [], "kwargs": {}},
        task_path="tests.serving.test_tasks.fail",
        backend_name="default",
    )
    try:
        raise ValueError("kanarienvogel@lantern.example")
    except ValueError as error:
        task.set_failed(error)
    task.refresh_from_db()
    assert "kanarienvogel" not in task.traceback
    assert task.traceback.endswith("ValueError")


def test_a_chore_that_fails_keeps_no_other_waiting(working: tasks.Working) -> None:
    done: list[str] = []

    def fail(now: Any) -> None:
        done.append("tried")
        raise ValueError

    def good(now: Any) -> None:
        done.append("done")

    always = lambda now, last: last is None  # noqa: E731 - as chores are written
    working.chores = [tasks.Chore(fail, always), tasks.Chore(good, always)]
    working.look()
    working.look()
    assert done == ["tried", "done", "tried"]
