"""Which files appeals have in the edition (see ``bake.recipes``, which this does not import).

    support:ru     the page of its own of a language's appeal
    meter:json     the meters of all goals

What all pages of a language show of appeals comes with what stands around them
(``showing.around``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from tamizdat.contributions.appeals import showing as show
from tamizdat.reader import meters, pages

METER = "meter:json"
METERS_KEY = "g"  # names the goals' meters to the trace
RANKS = {"support": 3, "meter": 1}


class Trace(Protocol):
    def saw(self, *keys: str) -> None: ...


class Showing(Protocol):
    """One page in the making (``stories.showing``)."""

    @property
    def now(self) -> datetime: ...
    @property
    def homes(self) -> Mapping[str, Any]: ...
    @property
    def trace(self) -> Trace: ...
    def site(self, language: str) -> pages.Site: ...
    def languages(self, page: None, language: str) -> tuple[pages.Language, ...]: ...


def key_of(language: str) -> str:
    """Name a language's appeals to the trace."""
    return f"a:{language}"


def support(language: str, showing: Showing) -> tuple[pages.Page, pages.Site] | None:
    """Make the page of a language's appeal; None where there is none."""
    home = showing.homes.get(language)
    if home is None:
        return None
    showing.trace.saw(METERS_KEY, *map(key_of, showing.homes))
    heading, text = show.heading_of(home, showing.now)
    head = pages.Head(
        path=f"{home.public_path}{show.SLUG}/",
        title=heading,
        description=" ".join(text.split()),
        languages=tuple(_languages(showing, language)),
    )
    page = show.support_page(head, home, showing.now)
    return (page, showing.site(language)) if page else None


def _languages(showing: Showing, language: str) -> Iterable[pages.Language]:
    """Let the language switch lead to the same page in other languages, where there is one."""
    for each in showing.languages(None, language):
        home = showing.homes[each.code]
        if show.heading_of(home, showing.now)[0]:
            address = f"{home.public_path}{show.SLUG}/"
            yield replace(each, url=address, is_translation=True)
        else:
            yield each


def meter(rest: str, showing: Showing) -> pages.Document | None:
    """Make the file of all meters; None where nothing is published."""
    showing.trace.saw(METERS_KEY)
    data = show.meter_file(showing.homes)
    return None if data is None else pages.Document(meters.FILE, data)


def of_language(language: str) -> list[str]:
    """Name what a language's home page brings with it."""
    return [f"support:{language}", METER]
