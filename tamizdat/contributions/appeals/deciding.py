"""Which appeal a view shows, and why no other.

Rules:

* The appeals are gone through in order: messages before the standing line, then by their position.
  The first that every filter lets pass stands; the others are told what stood against them.
* A story has room at its end and at its top, other pages at the top. One appeal takes one place:
  the end before the top.
* The filters are few, pure and named. What they ask for is the page and the day, never the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class View(StrEnum):
    """What a reader looks at."""

    STORY = "story"
    LIST = "list"  # the front, a section, an author …
    PAGE = "page"  # the appeal's own
    NEWSLETTER = "newsletter"


class Place(StrEnum):
    """Where an appeal stands in it."""

    END = "end"
    TOP = "top"
    PAGE = "page"
    NEWSLETTER = "newsletter"


@dataclass(frozen=True)
class Candidate:
    """An appeal as far as it is decided on."""

    key: str
    name: str
    is_on: bool = True
    is_line: bool = False
    position: int = 10
    places: frozenset[Place] = frozenset()
    begins_on: date | None = None
    ends_on: date | None = None
    only_for: frozenset[str] = frozenset()
    not_for: frozenset[str] = frozenset()
    sections: frozenset[UUID] = frozenset()


@dataclass(frozen=True)
class Seen:
    """A view of a day: of what, in which section, in an edition for whom."""

    view: View
    day: date
    section: UUID | None = None
    audience: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Verdict:
    """What was decided on one appeal; ``why`` is a sentence for an editor."""

    candidate: Candidate
    is_chosen: bool
    why: str


@dataclass(frozen=True)
class Decision:
    """What a view shows; None: nothing. ``verdicts`` are in the order of the looking."""

    chosen: Candidate | None
    place: Place | None
    verdicts: tuple[Verdict, ...]


ROOM = {
    View.STORY: (Place.END, Place.TOP),
    View.LIST: (Place.TOP,),
    View.PAGE: (Place.PAGE,),
    View.NEWSLETTER: (Place.NEWSLETTER,),
}
SAID = {
    Place.END: "at the end of the story",
    Place.TOP: "at the top",
    Place.PAGE: "on the page of its own",
    Place.NEWSLETTER: "in the newsletter",
}


def decide(candidates: Iterable[Candidate], seen: Seen) -> Decision:
    """Choose among the appeals of one language."""
    chosen: Candidate | None = None
    verdicts = []
    for each in sorted(candidates, key=lambda c: (c.is_line, c.position, c.key)):
        against = _against(each, seen)
        if not against and chosen is not None:
            against = f"“{chosen.name}” comes before it, and a view shows one appeal"
        if not against:
            chosen = each
        place = place_of(each, seen.view)
        why = against or f"stands {SAID[place]}" if place else against
        verdicts.append(Verdict(each, not against, why))
    place = place_of(chosen, seen.view) if chosen else None
    return Decision(chosen, place, tuple(verdicts))


def place_of(candidate: Candidate, view: View) -> Place | None:
    return next((each for each in ROOM[view] if each in candidate.places), None)


def _against(candidate: Candidate, seen: Seen) -> str:
    return next(filter(None, (each(candidate, seen) for each in FILTERS)), "")


def is_on(candidate: Candidate, seen: Seen) -> str:
    return "" if candidate.is_on else "is switched off"


def has_begun(candidate: Candidate, seen: Seen) -> str:
    if candidate.begins_on and seen.day < candidate.begins_on:
        return f"begins on {candidate.begins_on}"
    return ""


def has_not_ended(candidate: Candidate, seen: Seen) -> str:
    if candidate.ends_on and candidate.ends_on < seen.day:
        return f"ended on {candidate.ends_on}"
    return ""


def fits_audience(candidate: Candidate, seen: Seen) -> str:
    made_for = ", ".join(sorted(seen.audience)) or "no country in particular"
    if candidate.only_for and not candidate.only_for & seen.audience:
        wanted = ", ".join(sorted(candidate.only_for))
        return f"is only for editions for {wanted}; this one is made for {made_for}"
    if candidate.not_for & seen.audience:
        return f"is not for editions for {', '.join(sorted(candidate.not_for & seen.audience))}"
    return ""


def has_place(candidate: Candidate, seen: Seen) -> str:
    if place_of(candidate, seen.view) is None:
        return f"has no place there: {' or '.join(SAID[each] for each in ROOM[seen.view])}"
    return ""


def fits_section(candidate: Candidate, seen: Seen) -> str:
    if seen.view in (View.PAGE, View.NEWSLETTER) or not candidate.sections:
        return ""
    return "" if seen.section in candidate.sections else "is for other sections"


FILTERS: tuple[Callable[[Candidate, Seen], str], ...] = (
    is_on,
    has_begun,
    has_not_ended,
    fits_audience,
    has_place,
    fits_section,
)
