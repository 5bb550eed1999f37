"""A seized newsroom cannot tell who wrote what a protected author signed (must never happen, 10).

The staff of these tests have keys and names that stand out in any file: they are looked for in
the bytes of the database itself and of its journal.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from PIL import Image
from wagtail.models import Locale, PageLogEntry, ReferenceIndex, Revision, TaskState

from tamizdat.accounts.models import Session, User
from tamizdat.stories import booking, cleaning, masking, protection
from tamizdat.stories.booking import PASSING, ROWS
from tamizdat.stories.models import Author, Byline, Home, Photo, Protected, Story
from tests import writing
from tests.stories.desk import Desk, edit

WRITER, EDITOR = 0x5EC2E7C0FFEE, 0x5EC2E7BEEF01
NAMES = {WRITER: "wilhelmina-quokka", EDITOR: "edeltraud-quokka"}


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
    """Count where these members' keys and names stand in the files of a SQLite database."""
    if connection.vendor != "sqlite":
        return 0
    name = str(connection.settings_dict["NAME"])
    files = [Path(f"{name}{ending}") for ending in ("", "-wal", "-journal")]
    raw = b"".join(file.read_bytes() for file in files if file.exists())
    wanted = [pk.to_bytes(6, "big") for pk in members]
    wanted += [str(pk).encode() for pk in members]
    wanted += [NAMES[pk].encode() for pk in members]
    return sum(raw.count(each) for each in wanted)


def traces_after_cleaning(*members: int) -> int:
    """Count the traces that the accounts themselves leave."""
    if connection.vendor == "sqlite":
        cleaning._clean_sqlite()
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


# The rows and the file


def test_neither_rows_nor_bytes_tell_who_worked_on_a_protected_authors_story(
    transactional_db: None,
    newsroom: dict[str, Home],
    staff: dict[int, Desk],
    anonymous: Author,
) -> None:
    before = traces_after_cleaning(WRITER, EDITOR)
    story = work_on(staff, newsroom["en"], anonymous)
    assert story.live
    assert PageLogEntry.objects.filter(page=story.pk).count() > 8
    assert of_pages(rows_naming(WRITER, EDITOR)) == []
    assert traces_on_disk(WRITER, EDITOR) == before


@pytest.mark.long
def test_without_the_booking_rows_and_bytes_would_tell(
    transactional_db: None,
    newsroom: dict[str, Home],
    staff: dict[int, Desk],
    anonymous: Author,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protection, "book", lambda *_: None)
    monkeypatch.setattr(protection, "notice", lambda *_: None)
    monkeypatch.setattr(masking, "needs_mask", lambda *_: False)
    before = traces_after_cleaning(WRITER, EDITOR)
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
    if connection.vendor == "sqlite":
        assert traces_on_disk(WRITER, EDITOR) > before + 20


@pytest.mark.long
@pytest.mark.parametrize("how", ["the author's flag", "another byline", "a translation"])
def test_a_story_that_becomes_protected_later_loses_its_whole_history(
    transactional_db: None,
    how: str,
    newsroom: dict[str, Home],
    staff: dict[int, Desk],
    anonymous: Author,
    mira: Author,
) -> None:
    before = traces_after_cleaning(WRITER, EDITOR)
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[mira.pk])
    staff[WRITER].save(story, comments=["Is this name right?"])
    staff[WRITER].save(story, "submit")
    assert of_pages(rows_naming(WRITER))
    protect(how, story, staff[EDITOR], anonymous, mira)
    assert of_pages(rows_naming(WRITER, EDITOR)) == []
    assert not cleaning.is_wanted()
    assert traces_on_disk(WRITER, EDITOR) == before


def protect(how: str, story: Story, desk: Desk, anonymous: Author, mira: Author) -> None:
    if how == "another byline":
        desk.autosave(story, bylines=[anonymous.pk])
    elif how == "the author's flag":
        mira.is_protected = True
        mira.save_revision()  # a draft of the author's page: it counts at once
    else:
        russian = story.copy_for_translation(Locale.objects.get(language_code="ru"))
        russian.bylines = [Byline(author=anonymous)]
        russian.save_revision()


def test_a_flag_that_stands_is_not_followed_up_at_every_save(
    newsroom: dict[str, Home], anonymous: Author, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(booking, "protect_work_of", lambda *_: pytest.fail("read it all again"))
    anonymous.role = "Correspondent"
    anonymous.save_revision().publish()
    anonymous.copy_for_translation(Locale.objects.get(language_code="ru"))


def test_what_was_protected_once_stays_booked_under_any_byline(
    newsroom: dict[str, Home], staff: dict[int, Desk], anonymous: Author, mira: Author
) -> None:
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[anonymous.pk])
    staff[EDITOR].save(story, bylines=[mira.pk])
    staff[EDITOR].save(story, title="The dam holds")
    assert of_pages(rows_naming(WRITER, EDITOR)) == []


def test_a_file_in_use_is_cleaned_the_next_time(
    newsroom: dict[str, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_busy() -> bool:
        raise OperationalError("database is locked")

    kept = Protected.objects.create(translation_key=uuid.uuid4(), is_clean=False)
    for name in ("_clean_sqlite", "_clean_postgresql"):
        monkeypatch.setattr(cleaning, name, is_busy)
    assert not cleaning.clean()
    assert cleaning.is_wanted()
    for name in ("_clean_sqlite", "_clean_postgresql"):
        monkeypatch.setattr(cleaning, name, lambda: True)
    assert cleaning.clean()
    kept.refresh_from_db()
    assert kept.is_clean


# Unsigned work, and signed


def test_a_story_without_a_byline_is_booked_and_one_with_an_open_byline_is_not(
    newsroom: dict[str, Home], staff: dict[int, Desk], mira: Author
) -> None:
    desk = staff[WRITER]
    story = desk.begin(newsroom["en"], "Who will sign this?")
    assert desk.autosave(story, title="Nobody yet")["success"]
    assert of_pages(rows_naming(WRITER)) == []
    assert desk.autosave(story, bylines=[mira.pk])["success"]
    assert desk.autosave(story, title="Mira will")["success"]
    desk.save(story, title="Mira did")
    revision = Story.objects.get(pk=story.pk).latest_revision
    assert revision.user_id == WRITER
    assert PageLogEntry.objects.filter(page=story.pk, user=WRITER).exists()


def test_an_authors_page_is_nobodys_work(
    newsroom: dict[str, Home], staff: dict[int, Desk], mira: Author
) -> None:
    address = reverse("wagtailadmin_pages:edit", args=[mira.pk])
    form = staff[WRITER].form(address)
    form["bio"] = "null"
    form["role"] = "Correspondent"
    staff[WRITER].post(address, form)
    page = Author.objects.get(pk=mira.pk)
    assert page.get_latest_revision_as_object().role == "Correspondent"
    assert of_pages(rows_naming(WRITER)) == []


def test_a_deleted_storys_log_names_nobody(
    newsroom: dict[str, Home], staff: dict[int, Desk], anonymous: Author
) -> None:
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[anonymous.pk])
    staff[EDITOR].post(reverse("wagtailadmin_pages:delete", args=[story.pk]))
    assert not Story.objects.filter(pk=story.pk).exists()
    assert PageLogEntry.objects.filter(action="wagtail.delete").exists()
    assert of_pages(rows_naming(WRITER, EDITOR)) == []


# Beside the pages


def test_an_upload_is_nobodys(newsroom: dict[str, Home], staff: dict[int, Desk]) -> None:
    drawn = BytesIO()
    Image.new("RGB", (40, 30), "navy").save(drawn, "PNG")
    file = SimpleUploadedFile("weir.png", drawn.getvalue(), "image/png")
    staff[WRITER].post(reverse("wagtailimages:add_multiple"), {"files[]": file})
    photo = Photo.objects.get()
    assert photo.uploaded_by_user.is_shared
    address = reverse("wagtailimages:edit", args=[photo.pk])
    assert staff[WRITER].get(address)
    assert of_pages(rows_naming(WRITER)) == []


SIGNED_IN = {"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "began", "otp_device_id"}


def test_sessions_say_who_is_signed_in_and_nothing_of_stories(
    newsroom: dict[str, Home], staff: dict[int, Desk], anonymous: Author
) -> None:
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[anonymous.pk])
    staff[WRITER].save(story, title="The dam holds")
    for session in Session.objects.all():
        assert set(session.get_decoded()) <= SIGNED_IN


def test_wagtails_index_of_references_leads_to_nobody(
    newsroom: dict[str, Home], staff: dict[int, Desk], mira: Author
) -> None:
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[mira.pk])
    staff[WRITER].save(story, comments=["Is this name right?"])
    people = ContentType.objects.get_for_model(User)
    assert ReferenceIndex.objects.exists()
    assert not ReferenceIndex.objects.filter(to_content_type=people).exists()


def test_no_public_file_names_staff(
    newsroom: dict[str, Home],
    staff: dict[int, Desk],
    mira: Author,
    bake: Callable[..., Any],
    edition: Path,
) -> None:
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[mira.pk])
    staff[EDITOR].save(story, "publish")
    bake(full=True)
    files = [file for file in edition.rglob("*") if file.is_file()]
    assert any(b"Mira Solen" in file.read_bytes() for file in files)
    told = [*NAMES.values(), str(WRITER), str(EDITOR)]
    assert not [f for f in files for name in told if name.encode() in f.read_bytes()]


# The mask


def test_the_mask_has_the_rights_of_its_bearer_and_no_others(
    newsroom: dict[str, Home], writer: Any, editor: Any
) -> None:
    story = writing.draft(newsroom["en"])
    chief = User.objects.create_superuser("chief", password="a long enough password")
    for member in (writer, editor, chief):
        mask = masking.masked(member.pk)
        theirs, its = story.permissions_for_user(member), story.permissions_for_user(mask)
        for right in ("can_edit", "can_publish", "can_delete", "can_lock", "can_withdraw"):
            assert getattr(its, right)() == getattr(theirs, right)(), right
        assert mask.get_all_permissions() == member.get_all_permissions()
        assert set(mask.groups.all()) == set(member.groups.all())
        assert mask.pk == User.shared().pk
    assert not story.permissions_for_user(User.shared()).can_edit()


def test_the_mask_is_never_saved(newsroom: dict[str, Home], editor: Any) -> None:
    mask = masking.masked(editor.pk)
    with pytest.raises(TypeError):
        mask.save()
    assert not User.shared().check_password("a long enough password")


def test_nobody_signs_in_as_the_newsroom(newsroom: dict[str, Home], client: Client) -> None:
    shared = User.shared()
    assert not any((shared.is_active, shared.is_superuser, shared.has_usable_password()))
    assert not client.login(username=shared.username, password="")


def test_a_writer_whose_work_is_booked_still_finds_and_edits_it(
    newsroom: dict[str, Home], staff: dict[int, Desk], anonymous: Author
) -> None:
    story = staff[WRITER].begin(newsroom["en"], "The dam", bylines=[anonymous.pk])
    page = staff[WRITER].see(edit(story))
    assert page.find(attrs={"name": "action-submit"})
    staff[WRITER].save(story, title="The dam holds")
    assert Story.objects.get(pk=story.pk).draft_title == "The dam holds"
