"""Where the pages of giving are, in one language."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from tamizdat.contributions.giving import later, views

TOKEN = "[A-Za-z0-9_-]{1,120}"  # noqa: S105 - whatever looks like one: a wrong one is told so


def of(language: str, prefix: str) -> list[URLPattern]:
    """Return the pages of a language; ``prefix`` is empty for the first, else ``ru/``."""
    said = {"language": language}
    return [
        path(f"{prefix}give/", views.give, said),
        re_path(f"^{prefix}give/thanks/(?P<token>{TOKEN})/$", views.thanks, said),
        path(f"{prefix}give/remind/", later.remind, said),
        re_path(f"^{prefix}give/remind/stop/(?P<token>{TOKEN})/$", later.stop, said),
    ]
