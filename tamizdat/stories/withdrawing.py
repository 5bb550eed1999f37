"""Withdrawing: taking a story from readers, after a plain account of where it still is.

Rules (must never happen, 14):

* Nothing is withdrawn before its account was shown; the account says what cannot be taken back.
* The parts of the house that carry stories on (the bake, later mirrors and newsletters) say
  themselves what they hold: ``wiring`` puts their answers into PLACES and BEYOND.
* The story stays in the newsroom, as a draft with all its revisions.
* What follows the story (Wagtail's aliases of it) goes with it, as Wagtail has it anyway; so the
  account names it, the right to it is asked for, and its own history says what happened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from wagtail.actions.unpublish_page import UnpublishPageAction
from wagtail.models import ReferenceIndex, get_default_page_content_type

from tamizdat.stories.models import Home, HomeTop, Story

LOG_ACTION = "stories.withdraw"


@dataclass(frozen=True)
class Place:
    """Somewhere that readers can find the story now: in plain words, with its address."""

    words: str
    path: str = ""
    becomes: str = ""  # what happens to it
    group: str = "Other places"


PLACES: list[Callable[[Story], Iterable[Place]]] = []
BEYOND: list[Callable[[Story], Iterable[str]]] = []

# True of every publication, whoever carries it.
ALWAYS_BEYOND = (
    "Copies that readers saved, printed or sent on, and pages that are open in a browser.",
    "What search engines show from memory, until they look again; public web archives keep it.",
    "What other media quoted or reprinted.",
)


@dataclass(frozen=True)
class Group:
    """Places of one kind."""

    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Account:
    """Every place that a story is in, and what withdrawing it will do."""

    story: Story
    is_public: bool  # or held back by its embargo
    is_scheduled: bool  # a version that would go live by itself is called off as well
    groups: tuple[Group, ...]
    followers: tuple[Story, ...]
    translations: tuple[Story, ...]
    mentions: tuple[str, ...]
    beyond: tuple[str, ...]

    @property
    def count(self) -> int:
        return sum(len(group.places) for group in self.groups)


def account_of(story: Story, now: datetime) -> Account:
    """Say where a story is. Changes nothing."""
    return Account(
        story=story,
        is_public=story.is_public(now),
        is_scheduled=story.revisions.filter(approved_go_live_at__isnull=False).exists(),
        groups=grouped(place for ask in PLACES for place in ask(story)),
        followers=followers_of(story),
        translations=translations_of(story),
        mentions=tuple(dict.fromkeys(_mentions(story))),
        beyond=(*ALWAYS_BEYOND, *(words for ask in BEYOND for words in ask(story))),
    )


def grouped(places: Iterable[Place]) -> tuple[Group, ...]:
    """Put places of one kind together; kinds keep the order in which they first came."""
    found = list(places)
    names = list(dict.fromkeys(place.group for place in found))
    found.sort(key=lambda place: names.index(place.group))
    return tuple(Group(name, tuple(each)) for name, each in groupby(found, attrgetter("group")))


def followers_of(story: Story) -> tuple[Story, ...]:
    """Return the published pages that repeat the story and are withdrawn with it."""
    return tuple(Story.objects.live().filter(alias_of=story.pk).select_related("locale"))


def translations_of(story: Story) -> tuple[Story, ...]:
    """Return the story's own translations that are published."""
    found = story.get_translations().live().exclude(alias_of=story.pk).select_related("locale")
    return tuple(found.order_by("locale__language_code"))


def _mentions(story: Story) -> Iterable[str]:
    """Name where editors put the story by hand."""
    for home in Home.objects.filter(lead=story).select_related("locale"):
        yield f"The front page ({home.locale}) leads with it; the next story takes the place."
    for top in HomeTop.objects.filter(story=story).select_related("home__locale"):
        yield f"It is a top story of the front page ({top.home.locale}); the place fills itself."
    for page in _referring(story):
        yield f"“{page.title}” names it or links to it; the words stay, without the link."


def _referring(story: Story) -> list[Story]:
    pages_only = get_default_page_content_type()
    references = ReferenceIndex.get_references_to(story).filter(base_content_type=pages_only)
    found = references.values_list("object_id", flat=True)
    picking = Story.objects.filter(picked__other=story)
    linking = Story.objects.filter(pk__in=[int(each) for each in found])
    pages = {page.pk: page for page in (*picking, *linking) if page.pk != story.pk}
    return sorted(pages.values(), key=lambda page: page.title)


def withdraw(story: Story, user: Any, *, with_translations: bool = False) -> tuple[Story, ...]:
    """Unpublish a story, and its translations if wanted; return what was withdrawn.

    Raises PermissionDenied where the user may not publish one of them; then none is withdrawn.
    """
    wanted = (story, *(translations_of(story) if with_translations else ()))
    # Followers first: what is no longer live, Wagtail leaves alone.
    found = {each.pk: each for one in wanted for each in (*followers_of(one), one)}
    stories = tuple(found.values())
    if not all(each.permissions_for_user(user).can_withdraw() for each in stories):
        raise PermissionDenied
    with transaction.atomic():
        for each in stories:
            action = UnpublishPageAction(each, user=user, log_action=LOG_ACTION)
            action.execute(skip_permission_checks=True)  # checked just now, by our own rule
    return stories
