"""Protected authors: who wrote is never kept.

Rules (must never happen, 10):

* A story's work is *booked*: every row that says who filed, revised, commented on, locked, moved
  or translated it names the shared account. So the seized database cannot tell who wrote.
* Booked is a story that a protected author signs, or signed in any revision, in any language; and
  a story that nobody has signed yet, because whoever begins to write has no byline so far. Every
  author's page is booked, and every upload.
* A row is booked *before* it is written (the editor's name never reaches the disk). Where a
  story becomes protected later, its rows are booked afterwards and the file is cleaned.
* Each foreign key to the user model is in this module: in TABLES, or in REASONS with the reason
  why it needs no booking. A test counts them.

The rows are Wagtail's, written in some fifty places of it. The one seam that all of them pass is
Django's ``pre_save``; hooks and views see only some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models.signals import pre_save
from wagtail.models import COMMENTS_RELATION_NAME, Page, Revision

from tamizdat.accounts.models import User
from tamizdat.stories.models import Author, Byline, Protected, Story

Row = Any
Content = dict[str, Any]


# Which work is booked


def is_booked(pk: int) -> bool:
    """Say whether the work on this page is booked to the shared account."""
    return bool(_booking_of(pk))


def _booking_of(pk: int) -> bool | None:
    """Say whether the work on this page is booked; None: there is no such page."""
    found = Page.objects.filter(pk=pk).values_list(
        "content_type_id", "translation_key", "latest_revision_id"
    )
    for kind, key, revision in found:
        if kind == _type_of(Author):
            return True
        return kind == _type_of(Story) and (is_protected(key) or _is_unsigned(pk, revision))
    return None


def is_protected(key: UUID) -> bool:
    """Say whether a protected author signed this set of translations at some time."""
    return Protected.objects.filter(translation_key=key).exists()


def are_protected(authors: Iterable[int]) -> bool:
    """Say whether one of these authors is protected, in any language."""
    keys = Author.objects.filter(pk__in=list(authors)).values("translation_key")
    return Author.objects.filter(translation_key__in=keys, is_protected=True).exists()


def authors_in(content: Content) -> list[int]:
    """Return the authors that a revision names."""
    return [row["author"] for row in content.get("bylines") or () if row.get("author")]


def _is_unsigned(pk: int, revision: int | None) -> bool:
    if revision is not None:
        bylines = Revision.objects.filter(pk=revision).values_list("content__bylines", flat=True)
        for found in bylines:
            if found is not None:
                return not found
    return not Byline.objects.filter(story_id=pk).exists()


def _type_of(model: type[models.Model]) -> int:
    return ContentType.objects.get_for_model(model).pk


# Which row is about which page


def _page(row: Page) -> bool:
    if isinstance(row, Story):
        signed = [byline.author_id for byline in row.bylines.all()]
        return not signed or is_protected(row.translation_key)
    return isinstance(row, Author) or (row.pk is not None and is_booked(row.pk))


def _revision(row: Revision) -> bool:
    if row.content_type_id == _type_of(Story):
        key = row.content.get("translation_key")
        return not authors_in(row.content) or bool(key and is_protected(UUID(str(key))))
    return row.content_type_id == _type_of(Author)


def _log_entry(row: Row) -> bool:
    """A deleted page leaves its log behind: then nobody can say whose it was, so it is booked."""
    booked = _booking_of(row.page_id)
    if booked is not None:
        return booked
    return row.content_type_id in (_type_of(Story), _type_of(Author))


def _of_page(row: Row) -> bool:
    return is_booked(row.page_id)


def _reply(row: Row) -> bool:
    return is_booked(row.comment.page_id)


def _workflow(row: Row) -> bool:
    return _of_object(row.base_content_type_id, row.object_id)


def _task(row: Row) -> bool:
    return _workflow(row.workflow_state)


def _session(row: Row) -> bool:
    return _of_object(row.content_type_id, row.object_id)


def _of_object(content_type: int, pk: str) -> bool:
    """Look a page up that a row names by content type and id."""
    model = ContentType.objects.get_for_id(content_type).model_class()
    return model is not None and issubclass(model, Page) and is_booked(int(pk))


def _form(row: Row) -> bool:
    """What is typed and not saved may name anybody: all of it is booked."""
    return row.content_type_id in (_type_of(Story), _type_of(Author))


def _translation(row: Row) -> bool:
    key = row.context.object_id
    pages = Page.objects.filter(translation_key=key).values_list("pk", flat=True)
    return is_protected(key) or any(is_booked(pk) for pk in pages)


def _upload(row: Row) -> bool:
    return True


def _upload_log(row: Row) -> bool:
    return row.content_type_id in [_type_of(apps.get_model(name)) for name in UPLOADS]


def _source(row: Row) -> bool:
    """The copy of a page that its translations are made from; it holds the page's owner."""
    return row.specific_content_type_id in (_type_of(Story), _type_of(Author))


# The tables

UPLOADS = ("stories.Photo", "stories.Recording", "wagtaildocs.Document", "wagtailimages.Image")


@dataclass(frozen=True)
class Table:
    """A table that names staff: which columns, and which of its rows are booked."""

    model: str
    columns: tuple[str, ...]
    is_booked: Callable[[Row], bool]
    json: str = ""  # a column of JSON that names staff too

    @property
    def keys(self) -> list[str]:
        return [f"{self.model}.{column}" for column in self.columns]


TABLES = (
    Table("wagtailcore.Page", ("owner", "locked_by"), _page),
    Table("wagtailcore.Revision", ("user",), _revision, json="content"),
    Table("wagtailcore.PageLogEntry", ("user",), _log_entry),
    Table("wagtailcore.ModelLogEntry", ("user",), _upload_log),
    Table("wagtailcore.Comment", ("user", "resolved_by"), _of_page),
    Table("wagtailcore.CommentReply", ("user",), _reply),
    Table("wagtailcore.PageSubscription", ("user",), _of_page),
    Table("wagtailcore.WorkflowState", ("requested_by",), _workflow),
    Table("wagtailcore.TaskState", ("finished_by",), _task),
    Table("wagtailcore.UploadedFile", ("uploaded_by_user",), _upload),
    Table("wagtailadmin.EditingSession", ("user",), _session),
    Table("wagtailadmin.FormState", ("user",), _form),
    Table("wagtail_localize.StringTranslation", ("last_translated_by",), _translation),
    Table("wagtail_localize.SegmentOverride", ("last_translated_by",), _translation),
    Table("wagtail_localize.TranslationSource", (), _source, json="content_json"),
    Table("stories.Photo", ("uploaded_by_user",), _upload),
    Table("stories.Recording", ("uploaded_by_user",), _upload),
    Table("wagtaildocs.Document", ("uploaded_by_user",), _upload),
    Table("wagtailimages.Image", ("uploaded_by_user",), _upload),
    Table("wagtailmedia.Media", ("uploaded_by_user",), _upload),
)

REASONS = {
    "accounts.User_groups.user": "says which rights somebody has, and names no page",
    "accounts.User_user_permissions.user": "says which rights somebody has, and names no page",
    "wagtailusers.UserProfile.user": "holds somebody's language and colours, and names no page",
    "wagtailcore.APIToken.user": "lets a program sign in, and names no page",
    "accounts.Passkey.user": "a public key and no time",
    "accounts.Authenticator.user": "a secret; the time of its last code goes within minutes",
    "accounts.RecoverySheet.user": "digests of codes and no time",
    "accounts.Session.account": "who is signed in now, to the hour; it goes at the end",
    "accounts.TwoPersonRequest.asked_by": "names an export or the like, never a page",
    "accounts.TwoPersonRequest.approved_by": "names an export or the like, never a page",
    "django_otp_webauthn.WebAuthnCredential.user": "empty: accounts.Passkey is in its place",
    "django_otp_webauthn.WebAuthnUserHandle.user": "64 random bytes, and no time",
}


# Booking a row before it is written


def watch() -> None:
    """See every row of TABLES before it is written; called once, when Django is ready."""
    for table in TABLES:
        for column in table.columns:  # Wagtail's index of references would note who commented
            field = apps.get_model(table.model)._meta.get_field(column)
            field.wagtail_reference_index_ignore = True
        for model in _classes_of(table):
            pre_save.connect(
                _receiver(table), sender=model, weak=False, dispatch_uid=f"book {model._meta.label}"
            )


def _classes_of(table: Table) -> list[type[models.Model]]:
    model = apps.get_model(table.model)
    return [model, Story, Author] if model is Page else [model]


def _receiver(table: Table) -> Callable[..., None]:
    def receive(instance: Row, raw: bool = False, **_: object) -> None:
        if not raw:
            notice(instance)
            if table.is_booked(instance):
                book(table, instance)

    return receive


def notice(row: Row) -> None:
    """Note for good that a protected author signs the story that is being written."""
    from tamizdat.stories.booking import protect

    match row:
        case Story() if are_protected(byline.author_id for byline in row.bylines.all()):
            protect(row.translation_key)
        case Author(is_protected=True):
            _notice_author(row.translation_key)
        case Revision() if row.content_type_id == _type_of(Story):
            if are_protected(authors_in(row.content)):
                protect(UUID(row.content["translation_key"]))
        case Revision() if row.content_type_id == _type_of(Author):
            # At once, and not only when the author's page is published.
            if row.content.get("is_protected"):
                _notice_author(UUID(row.content["translation_key"]))


def _notice_author(key: UUID) -> None:
    """Protect an author's work when the flag is new; that reads through every story's history."""
    from tamizdat.stories.booking import protect_work_of

    if Author.objects.filter(translation_key=key, is_protected=False).exists():
        protect_work_of(key)


def book(table: Table, row: Row) -> None:
    """Let a row name the shared account wherever it names anybody."""
    shared = User.shared()
    for column in table.columns:
        if getattr(row, f"{column}_id") not in (None, shared.pk):
            setattr(row, column, shared)
    if table.json:
        setattr(row, table.json, without_names(getattr(row, table.json), shared.pk))


def without_names(content: Any, shared: int) -> Any:
    """Return a page's serialised content with the shared account in every staff member's place."""
    if isinstance(content, str):
        import json

        return json.dumps(without_names(json.loads(content), shared))
    booked = dict(content)
    for column in ("owner", "locked_by"):
        if booked.get(column):
            booked[column] = shared
    comments = content.get(COMMENTS_RELATION_NAME) or []
    booked[COMMENTS_RELATION_NAME] = [_comment(each, shared) for each in comments]
    return booked


def _comment(comment: Content, shared: int) -> Content:
    booked = {**comment, "user": shared}
    if comment.get("resolved_by"):
        booked["resolved_by"] = shared
    booked["replies"] = [{**reply, "user": shared} for reply in comment.get("replies") or ()]
    return booked
