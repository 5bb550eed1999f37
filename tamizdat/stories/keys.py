"""The names of things that pages show: the outbox and the dependency rows share them.

``p:12``       the page (story, section, author, topic, home, text) with that id
``k:<uuid>``   the set of translations of one page
``i:7``        the photo with that id
``m:7``        the recording with that id
``h``          which languages are public
``s:ru``       what stands around every page in that language
``l:<list>``   which stories a list holds, and in which order; lists are named below
``c:ru``       the corrections in that language
``t:12``       nothing but the story with that id, of which a file is a later part
``d``          which day it is, to those who speak of the newest stories
``y``          which half of the year it is
``a:ru``       the appeals of that language (tamizdat.contributions.appeals.baking)
``g``          how far the appeals' goals are reached
"""

from __future__ import annotations

from uuid import UUID


def page(pk: int) -> str:
    return f"p:{pk}"


def translations(key: UUID) -> str:
    return f"k:{key.hex}"


def photo(pk: int) -> str:
    return f"i:{pk}"


def recording(pk: int) -> str:
    return f"m:{pk}"


def site(language: str) -> str:
    return f"s:{language}"


def homes() -> str:
    """Name the set of languages that are public."""
    return "h"


def stories_in(list_name: str) -> str:
    return f"l:{list_name}"


def parts_of(pk: int) -> str:
    """Name what all later parts of a story have in common, and no other page has."""
    return f"t:{pk}"


def corrections(language: str) -> str:
    return f"c:{language}"


def day() -> str:
    """Name the day: the news of two days ago are none any more."""
    return "d"


def half_year() -> str:
    return "y"


# Lists of stories.


def all_of(language: str) -> str:
    return language


def shelf(pk: int) -> str:
    """Name the list of a section, an author or a topic: all of them are pages."""
    return f"p{pk}"


def is_shelf(name: str) -> bool:
    """Tell a shelf's list from a language's ("p12", not "pt")."""
    return name.startswith("p") and name[1:].isdigit()


def month(language: str, year: int, number: int) -> str:
    return f"{language}/{year:04}/{number:02}"


def months(language: str) -> str:
    """Name the list of months that hold a story."""
    return f"{language}/months"
