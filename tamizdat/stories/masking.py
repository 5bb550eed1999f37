"""The mask: whoever works on a booked page does so as the newsroom.

``protection`` books each row as it is written. But Wagtail also looks rows up by who made them (a
preview, an editing session, the revision that saving goes on with), and would no longer find
them. So, for requests about a booked page, ``request.user`` is a stand-in: the shared account's
key and name, with the rights of the person who is signed in. The name in the corner of the page
tells that person so.

Rules:

* The mask has the rights of its bearer, no more and no fewer; the shared account itself has none.
* It is never saved.
* It may be worn too often, never too seldom: the rows are booked either way.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from django.apps import apps
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch
from wagtail.admin.models import EditingSession
from wagtail.models import Page
from wagtail.permissions import policy_registry
from wagtail_localize.models import Translation

from tamizdat.accounts.models import User
from tamizdat.stories.models import Photo
from tamizdat.stories.protection import are_protected, is_booked

BYLINE = re.compile(r"bylines-([0-9]+)-author")
LIBRARIES = ("wagtailimages", "wagtailmedia", "wagtaildocs")
BOOKED_KINDS = ("story", "author")


class WorkAsTheNewsroom:
    """Put the mask on for every request about a page whose work is booked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]
    ) -> None:
        match = request.resolver_match
        if match and request.user.is_authenticated and needs_mask(request, match):
            request.user = masked(request.user.pk)


def masked(pk: int) -> User:
    """Return a stand-in for this member of staff, under the shared account's key and name."""
    user, shared = User.objects.get(pk=pk), User.shared()
    user.get_all_permissions()
    for model in (Page, Photo):  # rights are looked up by key: look them up before it changes
        policy_registry.get_by_type(model).get_cached_permissions_for_user(user)
    getattr(user, "wagtail_userprofile", None)
    mask = copy.copy(user)
    mask.pk, mask.username = shared.pk, shared.username
    mask.first_name, mask.last_name = shared.first_name, shared.last_name
    mask._prefetched_objects_cache = {  # type: ignore[attr-defined]  # Django's own cache
        "groups": user.groups.all(),
        "user_permissions": user.user_permissions.all(),
    }
    mask.save = _refuse  # type: ignore[method-assign]
    return mask


def _refuse(*_: object, **__: object) -> NoReturn:
    raise TypeError("the mask is not an account and cannot be saved")


def needs_mask(request: HttpRequest, match: ResolverMatch) -> bool:
    """Say whether a request is about booked work."""
    if match.namespaces and match.namespaces[0].startswith(LIBRARIES):
        return _brings_photos(request.user)
    if str(match.url_name).startswith("preview_on_"):  # what is typed there is booked always
        return True
    if _is_of_kind(match) and not _is_signed_openly(request):
        return True
    posted = _authors_posted(request)
    return any(is_booked(pk) for pk in _pages(request, match)) or are_protected(posted)


def _brings_photos(user: Any) -> bool:
    """Say whether somebody may bring photos in. Nobody else works in the libraries, and what waits
    there under the newsroom's name is not theirs to delete."""
    return bool(policy_registry.get_by_type(Photo).user_has_permission(user, "add"))


def _is_of_kind(match: ResolverMatch) -> bool:
    """Say whether this is a new story or author: unsigned so far."""
    return match.kwargs.get("content_type_model_name") in BOOKED_KINDS


def _is_signed_openly(request: HttpRequest) -> bool:
    posted = _authors_posted(request)
    return bool(posted) and not are_protected(posted)


def _authors_posted(request: HttpRequest) -> list[int]:
    """Return the authors that a posted story form names."""
    if request.method != "POST":
        return []
    found = []
    for name, value in request.POST.items():
        row = BYLINE.fullmatch(name)
        if row and str(value).isdigit() and not request.POST.get(f"bylines-{row[1]}-DELETE"):
            found.append(int(str(value)))
    return found


def _pages(request: HttpRequest, match: ResolverMatch) -> Iterator[int]:
    """Name the pages that a request is about, as far as its address says."""
    kwargs = match.kwargs
    for name in ("page_id", "page_to_move_id"):
        if name in kwargs:
            yield int(kwargs[name])
    if "object_id" in kwargs and _is_page(kwargs):
        yield int(kwargs["object_id"])
    if match.url_name == "release":
        yield from _of_session(kwargs["session_id"])
    if match.url_name == "wagtail_bulk_action":
        yield from (int(each) for each in request.GET.getlist("id") if each.isdigit())
    if "translation_id" in kwargs:
        yield from _of_translation(kwargs["translation_id"])


def _is_page(kwargs: dict[str, Any]) -> bool:
    try:
        model = apps.get_model(kwargs.get("app_label", ""), kwargs.get("model_name", ""))
    except LookupError:
        return False
    return issubclass(model, Page)


def _of_session(pk: int) -> Iterator[int]:
    found = EditingSession.objects.filter(pk=pk).values_list("object_id", flat=True)
    yield from (int(each) for each in found if each.isdigit())


def _of_translation(pk: int) -> Iterator[int]:
    keys = Translation.objects.filter(pk=pk).values("source__object_id")
    yield from Page.objects.filter(translation_key__in=keys).values_list("pk", flat=True)
