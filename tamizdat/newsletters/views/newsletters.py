"""All newsletters, one newsletter, and what begins an issue."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages

from tamizdat.newsletters import beginning, overview
from tamizdat.newsletters.models import Newsletter, NewsletterIndex
from tamizdat.newsletters.views.rights import seen_newsletter
from tamizdat.stories.models import Story


@require_safe
def all_newsletters(request: HttpRequest) -> HttpResponse:
    """Show every newsletter: what comes next, what is on its way, what is asked."""
    now = timezone.now()
    found = [overview.standing(each, now) for each in overview.newsletters_for(request.user)]
    indexes = [
        each
        for each in NewsletterIndex.objects.select_related("locale")
        if each.permissions_for_user(request.user).can_add_subpage()
    ]
    if not found and not indexes:
        raise PermissionDenied
    return render(request, "newsletters/all.html", {"standings": found, "indexes": indexes})


@require_safe
def newsletter(request: HttpRequest, newsletter_id: int) -> HttpResponse:
    """Show one newsletter: its issues, its readers, its figures."""
    found, now = seen_newsletter(request, newsletter_id), timezone.now()
    values = {
        "standing": overview.standing(found, now),
        "readers": overview.readers_of(found),
        "figures": overview.figures(found, now),
        "occasions": found.occasions.all()[:8],
        "highlights": found.highlights.select_related("story"),
    }
    return render(request, "newsletters/newsletter.html", values)


@require_POST
def draft_now(request: HttpRequest, newsletter_id: int) -> HttpResponse:
    """Draft an issue of what came since the last one, or an empty one."""
    found = seen_newsletter(request, newsletter_id)
    issue = beginning.begin(
        found, timezone.now(), request.user, is_single=bool(request.POST.get("single"))
    )
    messages.success(request, f"A draft: “{issue.title}”. Nobody has got anything yet.")
    return redirect("wagtailadmin_pages:edit", issue.pk)


@require_POST
def highlight(request: HttpRequest, newsletter_id: int, story_id: int) -> HttpResponse:
    """Put a story on the pile for a newsletter's next issue, or take it off."""
    found = seen_newsletter(request, newsletter_id)
    story = get_object_or_404(Story, pk=story_id, locale_id=found.locale_id)
    is_on = beginning.highlight(found, story)
    words = "is on the pile for the next issue of" if is_on else "is off the pile of"
    messages.success(request, f"“{story.title}” {words} “{found.title}”.")
    return redirect("newsletters_choose", story.pk)


@require_safe
def choose(request: HttpRequest, story_id: int) -> HttpResponse:
    """Show on which newsletters' piles a story is."""
    story = get_object_or_404(Story.objects.select_related("locale"), pk=story_id)
    offered = [
        each
        for each in Newsletter.objects.filter(locale=story.locale).order_by("position", "title")
        if each.permissions_for_user(request.user).can_add_subpage()
    ]
    if not offered:
        raise PermissionDenied
    on = set(story.highlights.values_list("newsletter_id", flat=True))
    rows = [{"newsletter": each, "is_on": each.pk in on} for each in offered]
    return render(request, "newsletters/choose.html", {"story": story, "rows": rows})
