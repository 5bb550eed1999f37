"""The search index written anew: in turns, to the same end, and nothing is left over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models import QuerySet
from modelsearch.backends import get_search_backend
from wagtail.search.models import IndexEntry

from tamizdat.serving import search
from tamizdat.stories.models import Story
from tamizdat.turns import no_pause, turn
from tests.writing import draft


def entries() -> dict[tuple[int, str], tuple[str, str, float]]:
    rows = IndexEntry.objects.values_list(
        "content_type_id", "object_id", "title", "body", "title_norm"
    )
    return {(kind, pk): (title, body, round(norm, 6)) for kind, pk, title, body, norm in rows}


def rebuild() -> int:
    return sum(search.rebuild(no_pause))


@pytest.fixture
def stories(newsroom: dict[str, Any]) -> list[Story]:
    words = ("Salt workers of Ostra", "The dam", "Nine letters from the harbour of Tamna")
    return [draft(newsroom["en"], each) for each in words]


def test_it_comes_to_what_wagtails_own_rebuild_comes_to(stories: list[Story]) -> None:
    from modelsearch.management.commands.rebuild_modelsearch_index import Command

    IndexEntry.objects.all().delete()
    call_command(Command(), verbosity=0)
    expected = entries()
    assert len(expected) > len(stories)
    IndexEntry.objects.all().delete()
    assert rebuild() == search.count() == len(expected)
    assert entries() == expected
    assert [found.pk for found in Story.objects.all().search("harbour")] == [stories[2].pk]


def test_entries_of_what_is_gone_are_taken_away(stories: list[Story]) -> None:
    rebuild()
    expected = entries()
    kind = ContentType.objects.get_for_model(Story)
    unknown = ContentType.objects.create(app_label="stories", model="pamphlet")
    for content_type in (kind, unknown):
        IndexEntry.objects.create(content_type=content_type, object_id="424242", title="Gone")
    rebuild()
    assert entries() == expected


def test_each_turn_is_short(stories: list[Story], monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []

    @contextmanager
    def counted(pause: object) -> Iterator[None]:
        turns.append(1)
        with turn(no_pause):
            yield

    monkeypatch.setattr(search, "turn", counted)
    monkeypatch.setattr(search, "SLICE", 1)
    indexed, taken = rebuild(), len(turns)
    norms = search.refresh_norms(no_pause, are_all=True)
    assert taken == indexed + norms


@pytest.mark.django_db(transaction=True)
def test_the_upload_and_the_worker_do_not_make_the_same_entry(
    stories: list[Story], monkeypatch: pytest.MonkeyPatch
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL makes or changes an entry in one statement")
    story = stories[0]
    mine = IndexEntry.objects.filter(object_id=str(story.pk))
    mine.delete()
    make, others = IndexEntry.objects.none().bulk_create, []

    def index_meanwhile() -> None:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 0")  # do not wait; say so
        try:
            get_search_backend().add(story)
            others.append("made it too")
        except OperationalError:
            others.append("had to wait")
        finally:
            connection.close()

    def making(self: QuerySet[IndexEntry], rows: list[IndexEntry]) -> list[IndexEntry]:
        monkeypatch.undo()
        beside = Thread(target=index_meanwhile)
        beside.start()
        beside.join()
        return make(rows)

    monkeypatch.setattr(QuerySet, "bulk_create", making)
    get_search_backend().add(story)
    assert others == ["had to wait"]
    assert mine.count() == 1


@pytest.mark.parametrize(
    "name", ["update_index", "wagtail_update_index", "rebuild_modelsearch_index"]
)
def test_wagtails_names_for_the_rebuild_lead_to_ours(stories: list[Story], name: str) -> None:
    IndexEntry.objects.all().delete()
    call_command(name, verbosity=0)
    assert len(entries()) == search.count()
