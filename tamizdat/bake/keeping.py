"""Recipes for what stands around files that readers keep, and for the page that checks them.

verify:en       /verify/
frame:en        verify/saved.json, around a saved story
week:en         verify/week.json, around a week of them
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from tuf.api.metadata import Root

from tamizdat.edition.metadata import read
from tamizdat.edition.roles import ROOT, file_name
from tamizdat.edition.trust import fingerprint
from tamizdat.reader import pages
from tamizdat.stories.showing import Showing, keeping

Made = tuple[pages.Page, pages.Site] | pages.Document


def of_language(code: str) -> list[str]:
    return [f"verify:{code}", f"frame:{code}", f"week:{code}"]


def frame_recipe(language: str) -> str:
    return f"frame:{language}"


def week_recipe(language: str) -> str:
    return f"week:{language}"


def _verify(language: str, showing: Showing) -> Made | None:
    if language not in showing.homes:
        return None
    page = keeping.verify_page(showing, language, first_fingerprint())
    return page, showing.site(language)


def _frame(language: str, showing: Showing) -> Made | None:
    return keeping.story_frame(showing, language) if language in showing.homes else None


def _week(language: str, showing: Showing) -> Made | None:
    return keeping.week_frame(showing, language) if language in showing.homes else None


KINDS: dict[str, Callable[[str, Showing], Made | None]] = {
    "verify": _verify,
    "frame": _frame,
    "week": _week,
}


def first_fingerprint() -> str:
    """Return the fingerprint of the newsroom's first root, by which it is known."""
    name = file_name(ROOT, 1)
    return fingerprint(read(Root, Path(settings.KEYS_ROOT, name).read_bytes(), name))
