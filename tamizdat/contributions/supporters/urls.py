"""Where supporters' pages are, in one language."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from tamizdat.contributions.supporters import changes, papers, views
from tamizdat.desk.links import FORM

TOKEN = "[A-Za-z0-9_-]{22}"  # noqa: S105 - the form of one, and none itself
NUMBER = "[0-9a-f]{32}"  # of a contribution or a payment
YEAR = "20[0-9]{2}"


def of(language: str, prefix: str) -> list[URLPattern]:
    """Return the pages of a language; ``prefix`` is empty for the first, else ``ru/``."""
    said, at = {"language": language}, f"{prefix}supporters/"
    return [
        path(at, views.portal, said),
        path(f"{at}asked/", views.asked, said),
        path(f"{at}back/", views.back, said),
        re_path(f"^{at}open/(?P<token>{TOKEN})/$", views.open_, said),
        re_path(f"^{at}stop/(?P<token>{FORM})$", views.stop, said),
        re_path(f"^{at}gift/(?P<number>{NUMBER})/$", changes.gift, said),
        re_path(f"^{at}receipt/(?P<number>{NUMBER})/$", papers.receipt, said),
        re_path(f"^{at}year/(?P<year>{YEAR})/$", papers.year, said),
    ]
