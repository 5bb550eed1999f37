"""Where subscribers' pages are, in one language."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from tamizdat.desk.links import FORM
from tamizdat.newsletters.subscribers import views

TOKEN = "[A-Za-z0-9_-]{22}"  # noqa: S105 - the form of one, and none itself


def of(language: str, prefix: str) -> list[URLPattern]:
    """Return the pages of a language; ``prefix`` is empty for the first, else ``ru/``."""
    said = {"language": language}
    return [
        path(f"{prefix}subscribe/", views.subscribe, said),
        path(f"{prefix}subscribe/asked/", views.asked, said),
        re_path(f"^{prefix}confirm/(?P<token>{TOKEN})/$", views.confirm, said),
        path(f"{prefix}letters/back/", views.back, said),
        re_path(f"^{prefix}letters/(?P<token>{FORM})/$", views.letters, said),
        re_path(f"^{prefix}leave/(?P<token>{FORM})$", views.leave, said),
    ]
