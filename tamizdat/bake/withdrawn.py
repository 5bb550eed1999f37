"""Stories that were withdrawn since a backup are withdrawn again by a restore of it.

Rules:

* A story that readers may not see any more is noted when it leaves the baker's books, in the same
  transaction; one that is deleted, when it is deleted. ``serving.backups.retractions`` seals the
  notes beside the backups.
* A note names the story by chance that it was given when it was begun, and its language: neither
  another address nor another story at its old address misleads.
* One that was published anew since it was withdrawn is withdrawn all the same: an editor can
  publish it again, and nobody can take back what should not have been public.
* What is withdrawn again is noted again: a second restore knows of it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import pre_delete
from django.utils import timezone
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import Page

from tamizdat.bake import parts
from tamizdat.bake.models import Withdrawn
from tamizdat.databases import slices
from tamizdat.stories.models import Story
from tamizdat.stories.withdrawing import LOG_ACTION

NOTED_FOR = timedelta(days=90)  # where nobody makes backups, and so nothing is sealed


def watch() -> None:
    """Begin to watch for stories that are deleted; called once, when Django is ready."""
    # As in ``stories.watching``: the admin deletes bare pages.
    pre_delete.connect(_goes, sender=Page, dispatch_uid="withdrawn: page goes")


def note(recipes: Iterable[str], now: datetime) -> None:
    """Note the stories among recipes that left the books, but those that are public all the same
    (their language is off line)."""
    numbers = [parts.id_of(name) for name in recipes if parts.is_story(name)]
    for part in slices(numbers):
        stories = Story.objects.filter(pk__in=part).select_related("locale")
        public = set(stories.public(now).values_list("pk", flat=True))
        _note([story for story in stories if story.pk not in public], now)


def forget_old(today: date) -> None:
    Withdrawn.objects.filter(day__lt=today - NOTED_FOR).delete()


def withdraw_again(thing: bytes, reason: str, now: datetime) -> bool:
    """Withdraw a story, and call off what would publish it (``vault.redoing``)."""
    story = Story.objects.filter(
        translation_key=UUID(bytes=thing), locale__language_code=reason
    ).first()
    if story is None:
        return False
    with transaction.atomic():
        waiting = story.revisions.filter(approved_go_live_at__isnull=False)
        is_any = bool(waiting.update(approved_go_live_at=None)) or story.live
        # What is no longer live, Wagtail leaves alone.
        UnpublishPageAction(story, log_action=LOG_ACTION).execute(skip_permission_checks=True)
        _note([story], now)
    return is_any


def _goes(instance: Page, **_: Any) -> None:
    if instance.cached_content_type.model_class() is Story:
        _note([instance], timezone.now())


def _note(stories: Iterable[Page], now: datetime) -> None:
    rows = [
        Withdrawn(story=each.translation_key, language=each.locale.language_code, day=now.date())
        for each in stories
    ]
    Withdrawn.objects.bulk_create(rows)
