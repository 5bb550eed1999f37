"""Booking what is already on disk: the history of a story that becomes protected later.

It is rare, because unsigned work is booked from the start: a story that somebody open had signed,
or an author whose flag is set after stories were published. The names are taken out of every row
in one transaction; then the file is cleaned (``tamizdat.stories.cleaning``).

Nobody else can save meanwhile, so the stories of an author are booked many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from wagtail.models import Page, Revision, WorkflowState, get_default_page_content_type

from tamizdat.accounts.models import User
from tamizdat.stories import cleaning
from tamizdat.stories.models import Author, Byline, Protected, Story
from tamizdat.stories.protection import TABLES, Table, authors_in, without_names

SLICE = 200


def protect(key: UUID) -> None:
    """Note that a protected author signs this set of translations; book all its work so far."""
    protect_all([key])


def protect_all(keys: Iterable[UUID]) -> None:
    """Note that a protected author signs these sets of translations; book all their work so far."""
    wanted = list(dict.fromkeys(keys))
    with transaction.atomic():
        for start in range(0, len(wanted), SLICE):
            _protect(wanted[start : start + SLICE])


def _protect(keys: Sequence[UUID]) -> None:
    noted = Protected.objects.filter(translation_key__in=keys)
    known = set(noted.values_list("translation_key", flat=True))
    fresh = [key for key in keys if key not in known]
    rows = [Protected(translation_key=key) for key in fresh]
    Protected.objects.bulk_create(rows, ignore_conflicts=True)
    if fresh and book_history(fresh):
        Protected.objects.filter(translation_key__in=fresh).update(is_clean=False)
        transaction.on_commit(cleaning.clean_soon)


def protect_work_of(key: UUID) -> None:
    """Protect an author in every language, and every story that it signs or signed."""
    with transaction.atomic():
        Author.objects.filter(translation_key=key).update(is_protected=True)
        protect_all(_stories_of(key))


def _stories_of(key: UUID) -> Iterator[UUID]:
    authors = Author.objects.filter(translation_key=key)
    signed = Byline.objects.filter(author__in=authors)
    yield from signed.values_list("story__translation_key", flat=True)
    for pk in authors.values_list("pk", flat=True):
        yield from _signed_in_revisions(pk)


def _signed_in_revisions(author: int) -> Iterator[UUID]:
    revisions = Revision.objects.filter(content_type=ContentType.objects.get_for_model(Story))
    # The text is a first sieve (it also finds 123 when asked for 12); the content decides.
    likely = revisions.annotate(text=Cast("content", TextField())).filter(
        text__contains=f'"author": {author}'
    )
    for content in likely.values_list("content", flat=True).iterator(chunk_size=SLICE):
        if author in authors_in(content):
            yield UUID(content["translation_key"])


class Work:
    """The pages of some sets of translations, and how to find the rows about them."""

    def __init__(self, keys: Sequence[UUID]) -> None:
        self.keys = list(keys)
        pages = Page.objects.filter(translation_key__in=self.keys)
        self.pages = list(pages.values_list("pk", flat=True))
        names = [str(pk) for pk in self.pages]  # as generic relations keep them
        page = get_default_page_content_type()
        self.of_object = Q(object_id__in=names, base_content_type=page)
        self.of_session = Q(object_id__in=names, content_type__app_label__in=["wagtailcore"])
        self.of_form = Q(object_id__in=names, content_type__app_label="stories")


# Uploads are not here: they are booked from the start, and say nothing of a page.
ROWS: dict[str, Callable[[Work], Q]] = {
    "wagtailcore.Page": lambda work: Q(pk__in=work.pages),
    "wagtailcore.Revision": lambda work: work.of_object,
    "wagtailcore.PageLogEntry": lambda work: Q(page_id__in=work.pages),
    "wagtailcore.Comment": lambda work: Q(page_id__in=work.pages),
    "wagtailcore.CommentReply": lambda work: Q(comment__page_id__in=work.pages),
    "wagtailcore.WorkflowState": lambda work: work.of_object,
    "wagtailcore.TaskState": lambda work: Q(
        workflow_state__in=WorkflowState.objects.filter(work.of_object)
    ),
    "wagtail_localize.StringTranslation": lambda work: Q(context__object_id__in=work.keys),
    "wagtail_localize.SegmentOverride": lambda work: Q(context__object_id__in=work.keys),
    "wagtail_localize.TranslationSource": lambda work: Q(object_id__in=work.keys),
}

# These pass within hours, and one page may have only one of a member's; so they simply go.
PASSING: dict[str, Callable[[Work], Q]] = {
    "wagtailcore.PageSubscription": lambda work: Q(page_id__in=work.pages),
    "wagtailadmin.EditingSession": lambda work: work.of_session,
    "wagtailadmin.FormState": lambda work: work.of_form,
}


def book_history(keys: Sequence[UUID]) -> bool:
    """Book every row about these sets of translations; say whether any had named somebody."""
    work, shared = Work(keys), User.shared()
    changed = 0
    for table in TABLES:
        model = apps.get_model(table.model)
        if table.model in ROWS:
            changed += _book(table, model.objects.filter(ROWS[table.model](work)), shared.pk)
        if table.model in PASSING:
            named = model.objects.filter(PASSING[table.model](work)).exclude(user=shared)
            changed += named.delete()[0]
    return bool(changed)


def _book(table: Table, rows: models.QuerySet[Any], shared: int) -> int:
    changed = 0
    for column in table.columns:
        named = rows.filter(**{f"{column}__isnull": False}).exclude(**{column: shared})
        changed += named.update(**{column: shared})
    if table.json:
        changed += _book_json(table.json, rows, shared)
    return changed


def _book_json(column: str, rows: models.QuerySet[Any], shared: int) -> int:
    changed = 0
    for row in rows.only("pk", column).iterator(chunk_size=SLICE):
        content = getattr(row, column)
        booked = without_names(content, shared)
        if booked != content:
            changed += rows.filter(pk=row.pk).update(**{column: booked})
    return changed
