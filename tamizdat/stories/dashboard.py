"""The dashboard: what a member of staff sees first.

Rules:

* It shows what is to be done and what was just done: waiting, drafts, scheduled, published.
* It names nobody where the work on a story is booked to the shared account: the rows themselves
  name that account, and it is called "The newsroom".
* Whether everything has reached the readers is the bake's to say: ``wiring`` fills BAKE.
* It asks the database a fixed number of questions, however many stories there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component
from wagtail.admin.utils import get_user_display_name

from tamizdat.stories import cleaning
from tamizdat.stories.models import Home, Section, Story
from tamizdat.stories.piles import PILES, Pile, stories_for

SHOWN = 8  # rows of a panel
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")
SHARED_NAME = "The newsroom"


@dataclass(frozen=True)
class BakeState:
    """Whether everything that was published has reached the readers, in plain words."""

    words: str
    is_trouble: bool = False
    is_busy: bool = False


BAKE: list[Callable[[datetime], BakeState]] = []


@dataclass(frozen=True)
class Row:
    """One story on the dashboard. ``who`` worked on it last; empty: nobody is known."""

    headline: str
    address: str
    language: str
    language_name: str
    direction: str
    kind: str
    section: str
    who: str
    when: datetime | None
    note: str = ""


@dataclass(frozen=True)
class Start:
    """A way to begin a story in one language."""

    language: str
    name: str
    address: str


class StartPanel(Component):
    """The buttons to begin with, and the state of the bake."""

    name = "start"
    order = 10
    template_name = "stories/dashboard/start.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        request = parent_context["request"]
        states = [ask(timezone.now()) for ask in BAKE]
        return {"starts": starts(request.user), "states": [*states, *_cleaning()]}


def starts(user: Any) -> list[Start]:
    """Return the languages in which this member of staff may begin a story."""
    homes = Home.objects.select_related("locale").order_by("pk")
    return [
        Start(home.language, str(home.locale), reverse("stories_new", args=[home.language]))
        for home in homes
        if home.permissions_for_user(user).can_add_subpage()
    ]


def _cleaning() -> Iterable[BakeState]:
    if cleaning.is_wanted():
        yield BakeState(
            "A story was protected after it had been worked on. The database's file still holds "
            "old traces of who did; it is cleaned as soon as nobody else is using it.",
            is_trouble=True,
        )


class PilePanel(Component):
    """The first rows of a pile of stories, and the way to all of it."""

    template_name = "stories/dashboard/panel.html"

    def __init__(self, pile: Pile, order: int, rows: list[Row]) -> None:
        self.name, self.heading, self.empty = pile.name, pile.heading, pile.empty
        self.order, self.rows, self.has_more = order, rows[:SHOWN], len(rows) > SHOWN

    @property
    def everything(self) -> str:
        return reverse("stories_pile", args=[self.name])

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        return {"panel": self, "rows": self.rows}


def panels_for(request: HttpRequest) -> list[Component]:
    stories, now = stories_for(request.user), timezone.now()
    found = {pile.name: list(pile.find(stories, now)[: SHOWN + 1]) for pile in PILES}
    shown = iter(rows([story for each in found.values() for story in each]))
    panels = [
        PilePanel(pile, order, [next(shown) for _ in found[pile.name]])
        for order, pile in enumerate(PILES, start=100)
    ]
    return [StartPanel(), *panels]


def rows(found: Iterable[Any]) -> list[Row]:
    """Show the stories of a pile, each as its latest revision has it."""
    in_pile = list(found)
    stories = {story.pk: story for story in _whole(each.pk for each in in_pile)}
    sections = _sections({_section_of(story) for story in stories.values()})
    return [_row(stories[each.pk], sections, each.when, each.note) for each in in_pile]


def _whole(ids: Iterable[int]) -> QuerySet[Any]:
    """Load stories with what a row shows; the body and the revision's content stay on disk."""
    found = Story.objects.filter(pk__in=list(ids)).select_related("locale", "latest_revision__user")
    return found.defer("body", "latest_revision__content").annotate(
        drafted_kind=F("latest_revision__content__kind"),
        drafted_section=F("latest_revision__content__section"),
    )


def _section_of(story: Any) -> int | None:
    return story.drafted_section if story.latest_revision_id else story.section_id


def _sections(ids: set[int | None]) -> dict[int | None, str]:
    return dict(Section.objects.filter(pk__in=ids - {None}).values_list("pk", "title"))


def _row(story: Any, sections: dict[int | None, str], when: datetime | None, note: str) -> Row:
    kind = story.drafted_kind or story.kind
    return Row(
        headline=story.draft_title or story.title,
        address=reverse("wagtailadmin_pages:edit", args=[story.pk]),
        language=story.language,
        language_name=str(story.locale),
        direction="rtl" if story.language in RIGHT_TO_LEFT else "ltr",
        kind=dict(Story.Kind.choices).get(kind, kind),
        section=sections.get(_section_of(story), ""),
        who=_who(story),
        when=when,
        note=note,
    )


def _who(story: Story) -> str:
    user = story.latest_revision.user if story.latest_revision else None
    if user is None:
        return ""
    return SHARED_NAME if user.is_shared else str(get_user_display_name(user))
