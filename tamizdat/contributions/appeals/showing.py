"""Appeals as readers see them: rows to values of ``reader.pages``.

All appeals of a language are read once for a batch of pages (with what stands around every page);
which story shows which follows from its section, without another question.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from tamizdat.contributions.appeals.deciding import (
    Candidate,
    Decision,
    Place,
    Seen,
    View,
    decide,
)
from tamizdat.contributions.appeals.models import Appeal, Goal, Measured, codes_in
from tamizdat.contributions.money.amounts import Money, shown
from tamizdat.reader import meters, pages

SLUG = "support"


class Home(Protocol):
    """A language's home page."""

    @property
    def language(self) -> str: ...
    @property
    def public_path(self) -> str: ...
    @property
    def locale_id(self) -> int: ...


class Section(Protocol):
    @property
    def public_path(self) -> str: ...
    @property
    def translation_key(self) -> UUID: ...


class Stock(Protocol):
    """What a batch of pages is made of."""

    @property
    def now(self) -> datetime: ...
    def sections(self, home: Any) -> Iterable[Any]: ...


def around(stock: Stock, home: Home) -> pages.Appeals | None:
    """Say which appeals the pages of a language show; None: none at all."""
    rows = {each.key: each for each in appeals_of(home)}
    if not rows:
        return None
    day, sections = today(stock.now), list(stock.sections(home))
    own = decide_on(rows.values(), View.PAGE, day)
    address = f"{home.public_path}{SLUG}/" if own.chosen else give(home)

    def asks(view: View) -> tuple[tuple[str, pages.Ask], ...]:
        keys: list[tuple[str, UUID | None]] = [("", None)]
        keys += [(each.public_path, each.translation_key) for each in sections]
        found = ((path, decide_on(rows.values(), view, day, key)) for path, key in keys)
        return tuple(
            (path, _ask(rows[each.chosen.key], each.place, address))
            for path, each in found
            if each.chosen and each.place
        )

    link = None
    if own.chosen:
        link = pages.Link(rows[own.chosen.key].button, address)
    return pages.Appeals(asks(View.STORY), asks(View.LIST), link)


def appeals_of(home: Home) -> list[Appeal]:
    """Return the appeals of a language that are switched on, with their goals."""
    rows = Appeal.objects.filter(locale_id=home.locale_id, is_on=True)
    return list(rows.select_related("goal__measured").prefetch_related("sections__section"))


def decide_on(
    rows: Iterable[Appeal], view: View, day: date, section: UUID | None = None
) -> Decision:
    """Decide among these appeals, for this edition."""
    audience = frozenset(settings.AUDIENCE)
    return decide(map(candidate, rows), Seen(view, day, section, audience))


def candidate(row: Appeal) -> Candidate:
    places = {
        Place.END: row.at_end,
        Place.TOP: row.at_top,
        Place.PAGE: row.on_page and row.kind == Appeal.Kind.MESSAGE,
        Place.NEWSLETTER: row.in_newsletter,
    }
    return Candidate(
        key=row.key,
        name=row.name,
        is_on=row.is_on,
        is_line=row.kind == Appeal.Kind.LINE,
        position=row.position,
        places=frozenset(place for place, is_there in places.items() if is_there),
        begins_on=row.begins_on,
        ends_on=row.ends_on,
        only_for=frozenset(codes_in(row.only_for)),
        not_for=frozenset(codes_in(row.not_for)),
        sections=frozenset(each.section.translation_key for each in row.sections.all()),
    )


def _ask(row: Appeal, place: Place, address: str) -> pages.Ask:
    return pages.Ask(
        key=row.key,
        heading=row.heading,
        text=row.text,
        button=row.button,
        url=address,
        place=place.value,
        is_line=row.kind == Appeal.Kind.LINE,
        dismiss=row.dismiss,
        has_meter=bool(row.goal and row.goal.is_public),
    )


def give(home: Home) -> str:
    """Return the address of the form to give, at the desk."""
    return f"{settings.DESK_ADDRESS}{home.public_path}give/"


def today(now: datetime) -> date:
    """Return the newsroom's day."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def in_newsletter(home: Home, now: datetime) -> pages.Ask | None:
    """Return the appeal that a language's newsletters carry; None for none. It leads to a page."""
    rows = {each.key: each for each in appeals_of(home)}
    found = decide_on(rows.values(), View.NEWSLETTER, today(now))
    own = decide_on(rows.values(), View.PAGE, today(now))
    if found.chosen is None or found.place is None or own.chosen is None:
        return None
    return _ask(rows[found.chosen.key], found.place, f"{home.public_path}{SLUG}/")


# The page of its own


def support_page(head: pages.Head, home: Home, now: datetime) -> pages.SupportPage | None:
    """Show the appeal that has a page of its own in this language; None: there is none."""
    rows = {each.key: each for each in appeals_of(home)}
    found = decide_on(rows.values(), View.PAGE, today(now))
    if found.chosen is None:
        return None
    row = rows[found.chosen.key]
    address = give(home)
    return pages.SupportPage(
        head=head,
        heading=row.heading,
        text=row.page_text or row.text,
        key=row.key,
        rhythms=tuple((each, f"{address}?rhythm={each}") for each in pages.RHYTHMS),
        remind=f"{address}remind/",
        goal=_goal(row, home.language) if row.goal else None,
    )


def heading_of(home: Home, now: datetime) -> tuple[str, str]:
    """Return the heading and the first words of a language's appeal with a page of its own."""
    rows = {each.key: each for each in appeals_of(home)}
    found = decide_on(rows.values(), View.PAGE, today(now))
    row = rows[found.chosen.key] if found.chosen else None
    return (row.heading, row.text) if row else ("", "")


def _goal(row: Appeal, language: str) -> pages.Goal:
    goal = row.goal
    assert goal is not None  # noqa: S101 - the caller looked
    measured = Measured.objects.filter(goal=goal).first() if goal.is_public else None
    return pages.Goal(
        amount=shown(goal.money, language, bare=True),
        is_public=goal.is_public,
        pays_for=row.pays_for,
        is_monthly=goal.period == Goal.Period.MONTH,
        measure=measure(goal, measured) if measured else None,
        by_day=goal.by_day,
        since=goal.since if goal.period == Goal.Period.TOTAL else None,
    )


def measure(goal: Goal, found: Measured) -> pages.Measure:
    """Return what is published of a goal."""
    sum_ = None if found.minor is None else Money(goal.currency, found.minor)
    return pages.Measure(
        percent=found.percent,
        until=found.until,
        is_monthly=goal.period == Goal.Period.MONTH,
        sums=tuple((code, shown(sum_, code)) for code, _ in settings.LANGUAGES) if sum_ else (),
    )


def meter_file(languages: Iterable[str]) -> bytes | None:
    """Write the file of all goals' meters; None where nothing is published."""
    rows = Appeal.objects.filter(is_on=True, goal__is_public=True, goal__measured__isnull=False)
    found = {
        row.key: measure(row.goal, row.goal.measured)
        for row in rows.select_related("goal__measured")
        if row.goal
    }
    return meters.file(found, languages) if found else None
