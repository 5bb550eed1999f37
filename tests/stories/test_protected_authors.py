"""A seized newsroom cannot tell who wrote what a protected author signed (must never happen, 10).

The staff of these tests have keys and names that stand out in any file: they are looked for in
the bytes of the database itself and of its journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse
from wagtail.models import PageLogEntry, Revision, TaskState

from tamizdat.accounts.models import User
from tamizdat.stories import cleaning, masking, protection
from tamizdat.stories.booking import PASSING, ROWS
from tamizdat.stories.models import Author, Home, Story
from tests import writing
from tests.stories.desk import Desk, edit

WRITER, EDITOR = 0x5EC2E7C0FFEE, 0x5EC2E7BEEF01
NAMES = {WRITER: "wilhelmina-quokka", EDITOR: "edeltraud-quokka"}
on_sqlite = pytest.mark.skipif(
    "connection.vendor != 'sqlite'", reason="reads SQLite's own file; the rows are read below"
)


@pytest.fixture
def staff(newsroom: dict[str, Home]) -> dict[int, Desk]:
    """Desks of a writer and an editor whose keys and names cannot be mistaken."""
    desks = {}
    for pk, role in ((WRITER, "Writers"), (EDITOR, "Editors")):
        member = User.objects.create_user(NAMES[pk], password="a long enough password", pk=pk)
        member.groups.add(Group.objects.get(name=role))
        desks[pk] = Desk(member)
    return desks


@pytest.fixture
def anonymous(newsroom: dict[str, Home]) -> Author:
    return writing.author(newsroom["en"], "A. Nonymous", is_protected=True)


@pytest.fixture
def mira(newsroom: dict[str, Home]) -> Author:
    return writing.author(newsroom["en"], "Mira Solen")


def rows_naming(*members: int) -> Iterator[str]:
    """Name the columns of the whole newsroom in which one of these members stands."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_fields:
            if field.is_relation and field.related_model is User:
                for row in model._base_manager.filter(**{f"{field.attname}__in": members}):
                    yield f"{model._meta.label}.{field.name}: {row!r}"


def of_pages(found: Iterator[str]) -> list[str]:
    return [each for each in found if not each.startswith(tuple(protection.REASONS))]


def traces_on_disk(*members: int) -> int:
    """Count where these members' keys and names stand in the database's files."""
    name = str(connection.settings_dict["NAME"])
    raw = b"".join(
        file.read_bytes()
        for file in (Path(name), Path(f"{name}-wal"), Path(f"{name}-journal"))
        if file.exists()
    )
    wanted = [pk.to_bytes(6, "big") for pk in members]
    wanted += [str(pk).encode() for pk in members]
    wanted += [NAMES[pk].encode() for pk in members]
    return sum(raw.count(each) for each in wanted)


def traces_after_cleaning(*members: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return traces_on_disk(*members)


def work_on(staff: dict[int, Desk], home: Home, signed_by: Author) -> Story:
    """Let a writer write and an editor publish, with every kind of row that Wagtail keeps."""
    writer, editor = staff[WRITER], staff[EDITOR]
    story = writer.begin(home, "Untitled")
    writer.autosave(story, title="The dam", bylines=[signed_by.pk])
    preview(writer, story)
    assert ping(writer, story).status_code == 200
    writer.save(story, title="The dam holds", comments=["Is this name right?"])
    writer.save(story, "submit")
    reject(editor, story)
    editor.save(story, title="The dam still holds")
    writer.save(story, "submit")
    editor.post(reverse("wagtailadmin_pages:lock", args=[story.pk]))
    editor.post(reverse("wagtailadmin_pages:unlock", args=[story.pk]))
    editor.save(story, "publish", title="The dam holds after all")
    old = Revision.objects.filter(object_id=str(story.pk)).order_by("pk")[0]
    editor.get(reverse("wagtailadmin_pages:revisions_revert", args=[story.pk, old.pk]))
    return Story.objects.get(pk=story.pk)


def preview(desk: Desk, story: Story) -> None:
    address = reverse("wagtailadmin_pages:preview_on_edit", args=[story.pk])
    form = desk.form(edit(story))
    form["body-count"], form["title"] = "0", "A headline not yet saved"
    assert json.loads(desk.client.post(address, form).content)["is_valid"]
    assert b"A headline not yet saved" in desk.get(address).content


def ping(desk: Desk, story: Story) -> Any:
    page = desk.see(edit(story))
    module = page.select_one(".w-editing-sessions")
    assert module is not None
    return desk.client.post(str(module["data-w-swap-src-value"]), {"is_editing": "1"})


def reject(desk: Desk, story: Story) -> None:
    state = Story.objects.get(pk=story.pk).current_workflow_task_state
    names = [story.pk, "reject", state.pk]
    desk.post(reverse("wagtailadmin_pages:workflow_action", args=names), {"comment": "Which dam?"})
    assert TaskState.objects.get(pk=state.pk).status == TaskState.STATUS_REJECTED


# The table


def test_every_key_to_a_member_of_staff_is_booked_or_has_a_reason() -> None:
    found = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.local_fields
        if field.is_relation and field.related_model is User
    }
    booked = {key for table in protection.TABLES for key in table.keys}
    assert found == booked | set(protection.REASONS)
    assert not booked & set(protection.REASONS)


def test_history_is_booked_in_every_table_that_says_something_of_a_page() -> None:
    uploads = {t.model for t in protection.TABLES if t.is_booked is protection._upload}
    tables = {table.model for table in protection.TABLES} - uploads
    assert tables == set(ROWS) | set(PASSING) | {"wagtailcore.ModelLogEntry"}


# The rows


def test_no_row_tells_who_worked_on_a_protected_authors_story(
    newsroom: dict[str, Home], staff: dict[int, Desk], anonymous: Author
) -> None:
    story = work_on(staff, newsroom["en"], anonymous)
    assert story.live
    assert PageLogEntry.objects.filter(page=story.pk).count() > 8
    assert of_pages(rows_naming(WRITER, EDITOR)) == []
    kept = [str(each.content) for each in Revision.objects.all()]
    assert not [each for each in kept if str(WRITER) in each or str(EDITOR) in each]


def test_without_the_booking_the_rows_would_tell(
    newsroom: dict[str, Home],
    staff: dict[int, Desk],
    anonymous: Author,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leave_names(monkeypatch)
    work_on(staff, newsroom["en"], anonymous)
    told = {each.partition(":")[0] for each in of_pages(rows_naming(WRITER, EDITOR))}
    assert told >= {
        "wagtailcore.Page.owner",
        "wagtailcore.Revision.user",
        "wagtailcore.PageLogEntry.user",
        "wagtailcore.Comment.user",
        "wagtailcore.PageSubscription.user",
        "wagtailcore.WorkflowState.requested_by",
        "wagtailcore.TaskState.finished_by",
        "wagtailadmin.EditingSession.user",
        "wagtailadmin.FormState.user",
    }


def leave_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "book", lambda *_: None)
    monkeypatch.setattr(protection, "notice", lambda *_: None)
    monkeypatch.setattr(masking, "needs_mask", lambda *_: False)


# The file


@on_sqlite
def test_the_seized_file_holds_no_trace_of_who_wrote(
    transactional_db: None, newsroom: dict[str, Home], staff: dict[int, Desk], anonymous: Author
) -> None:
    before = traces_after_cleaning(WRITER, EDITOR)
    assert before > 0  # the accounts themselves
    work_on(staff, newsroom["en"], anonymous)
    assert traces_on_disk(WRITER, EDITOR) == before


@on_sqlite
def test_without_the_booking_the_seized_file_would_tell(
    transactional_db: None,
    newsroom: dict[str, Home],
    staff: dict[int, Desk],
    anonymous: Author,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leave_names(monkeypatch)
    before = traces_after_cleaning(WRITER, EDITOR)
    work_on(staff, newsroom["en"], anonymous)
    assert traces_on_disk(WRITER, EDITOR) > before + 20


@on_sqlite
@pytest.mark.parametrize("how", ["the author's flag", "another byline"])
def test_a_story_that_becomes_protected_later_loses_its_whole_history_on_disk(
    transactional_db: None,
    how: str,
    newsroom: dict[str, Home],
    staff: dict[int, Desk],
    anonymous: Author,
    mira: Author,
) -> None:
    before = traces_after_cleaning(WRITER, EDITOR)
    story = work_on(staff, newsroom["en"], mira)
    assert traces_on_disk(WRITER, EDITOR) > before + 20
    if how == "another byline":
        staff[EDITOR].save(story, bylines=[anonymous.pk])
    else:
        mira.is_protected = True
        mira.save_revision()  # a draft of the author's page: it counts at once
    assert of_pages(rows_naming(WRITER, EDITOR)) == []
    assert not cleaning.is_wanted()
    assert traces_on_disk(WRITER, EDITOR) == before
