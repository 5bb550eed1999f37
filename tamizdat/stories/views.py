"""What the newsroom's desk has beyond Wagtail: begin a story, look through a pile, withdraw one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages

from tamizdat.stories import withdrawing
from tamizdat.stories.dashboard import rows, starts
from tamizdat.stories.filing import month_of
from tamizdat.stories.models import Home, Story
from tamizdat.stories.piles import PILES, stories_for

PER_PAGE = 40


@require_safe
def new_story(request: HttpRequest, language: str = "") -> HttpResponse:
    """Lead to an empty story under the present month; ask for the language where none is given."""
    if not language:
        return _choose_language(request)
    home = get_object_or_404(Home, locale__language_code=language)
    if not home.permissions_for_user(request.user).can_add_subpage():
        raise PermissionDenied
    # A GET that may make the present month's pages. Here that harms nobody: they are made by
    # themselves anyway, once, and the newsroom's door is for staff alone.
    month = month_of(home, timezone.now())
    return redirect("wagtailadmin_pages:add", "stories", "story", month.pk)


def _choose_language(request: HttpRequest) -> HttpResponse:
    ways = starts(request.user)
    if not ways:
        raise PermissionDenied
    if len(ways) == 1:
        return redirect(ways[0].address)
    return render(request, "stories/new.html", {"starts": ways, "page_title": "New story"})


@require_safe
def pile(request: HttpRequest, name: str) -> HttpResponse:
    """Show all of a pile on the dashboard, page by page."""
    wanted = next((each for each in PILES if each.name == name), None)
    if wanted is None:
        raise Http404
    found = wanted.find(stories_for(request.user), timezone.now())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    values = {"pile": wanted, "page": page, "rows": rows(page.object_list)}
    return render(request, "stories/pile.html", values)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, page_id: int) -> HttpResponse:
    """Give account of where a story is; take it from readers when that is confirmed."""
    story = get_object_or_404(Story, pk=page_id)
    rights = story.permissions_for_user(request.user)
    if not rights.can_publish():
        # Wagtail would turn PermissionDenied into a visit to the dashboard.
        return render(request, "stories/refused.html", status=403)
    if rights.is_held():
        messages.error(request, f"“{story.title}” is locked; unlock it before you withdraw it.")
        return redirect("wagtailadmin_pages:edit", story.pk)
    if not story.live:
        messages.warning(
            request, f"“{story.title}” is not published: there is nothing to withdraw."
        )
        return redirect("wagtailadmin_pages:edit", story.pk)
    if request.method == "POST":
        return _withdraw(request, story)
    values: dict[str, Any] = {
        "account": withdrawing.account_of(story, timezone.now()),
        "back": reverse("wagtailadmin_pages:edit", args=[story.pk]),
    }
    return render(request, "stories/withdraw.html", values)


def _withdraw(request: HttpRequest, story: Story) -> HttpResponse:
    wanted = bool(request.POST.get("translations"))
    gone = withdrawing.withdraw(story, request.user, with_translations=wanted)
    names = ", ".join(f"“{each.title}” ({each.locale})" for each in gone)
    messages.success(
        request,
        f"Withdrawn: {names}. The pages that showed it are made again without it, within a second "
        "or two; it stays here as a draft.",
    )
    return redirect("wagtailadmin_pages:edit", story.pk)
