"""Changes that Wagtail makes past our models' own ``save()`` and ``delete()``.

The admin deletes pages with the tree's own query, unpublishes in bulk on bare ``Page`` rows, ends
expired pages the same way, and deletes photos by the set. Django's signals are the one seam that
all of these pass; they fire inside the same transaction, so that the outbox still agrees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models.signals import post_save, pre_delete
from wagtail.models import Page

from tamizdat.stories import changes, keys
from tamizdat.stories.models import (
    AuthorIndex,
    Home,
    Photo,
    Recording,
    Section,
    TextPage,
    TopicIndex,
)
from tamizdat.stories.models.public import BOOKKEEPING

AROUND_EVERY_PAGE = (AuthorIndex, Home, Section, TextPage, TopicIndex)
# Who names what else changes with a page of another app (tamizdat.wiring).
MORE: list[Callable[[Page], Iterable[str]]] = []


def watch() -> None:
    """Begin to watch; called once, when Django is ready."""
    post_save.connect(_saved_bare, sender=Page, dispatch_uid="outbox: bare page saved")
    pre_delete.connect(_page_goes, sender=Page, dispatch_uid="outbox: page goes")
    pre_delete.connect(_photo_goes, sender=Photo, dispatch_uid="outbox: photo goes")
    pre_delete.connect(_recording_goes, sender=Recording, dispatch_uid="outbox: recording goes")


def _saved_bare(
    instance: Page, update_fields: frozenset[str] | None = None, raw: bool = False, **_: Any
) -> None:
    if not raw and not (update_fields is not None and set(update_fields) <= BOOKKEEPING):
        changes.record(_keys(instance))


def _page_goes(instance: Page, **_: Any) -> None:
    changes.record(_keys(instance))


def _keys(page: Page) -> list[str]:
    """Name all that readers may see differently when this page changed, whatever it is."""
    language = page.locale.language_code
    kind = page.cached_content_type.model_class()
    found = [keys.page(page.pk), keys.translations(page.translation_key)]
    found.append(keys.corrections(language))
    if kind in AROUND_EVERY_PAGE:
        found.append(keys.site(language))
    if kind is Home:
        found.append(keys.homes())
    return [*found, *(key for more in MORE for key in more(page))]


def _photo_goes(instance: Photo, **_: Any) -> None:
    changes.record([keys.photo(instance.pk)])


def _recording_goes(instance: Recording, **_: Any) -> None:
    changes.record([keys.recording(instance.pk)])
