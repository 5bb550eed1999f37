"""Requests that need two persons: ask, approve, call off."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from wagtail.admin import messages

from tamizdat.accounts import pairs
from tamizdat.accounts.models import TwoPersonRequest, User
from tamizdat.accounts.views.second_factor import member

SHOWN = 100


@require_http_methods(["GET", "HEAD", "POST"])
def requests(request: HttpRequest) -> HttpResponse:
    """Show what was asked for; ask for something."""
    user, now = member(request), timezone.now()
    kinds = pairs.kinds_for(user)
    if not kinds:
        raise PermissionDenied
    if request.method == "POST":
        return _ask(request, user)
    names = [kind.name for kind in kinds]
    found = TwoPersonRequest.objects.filter(kind__in=names).select_related(
        "asked_by", "approved_by"
    )
    rows = [
        {
            "row": row,
            "title": pairs.KINDS[row.kind].title,
            "page": pairs.KINDS[row.kind].page,
            "state": row.state(now),
            "is_open": row.is_open(now),
            "can_approve": row.is_open(now)
            and not row.approved_at
            and row.asked_by_id not in (None, user.pk)
            and user.pk in row.may_approve,
        }
        for row in found[:SHOWN]
    ]
    return render(
        request,
        "accounts/requests.html",
        {"rows": rows, "kinds": kinds, "hours": int(pairs.delay().total_seconds() // 3600)},
    )


def _ask(request: HttpRequest, user: User) -> HttpResponse:
    kind = pairs.KINDS.get(request.POST.get("kind", ""))
    if kind is not None and kind.page:  # it needs more than a word
        return redirect(kind.page)
    try:
        asked = pairs.ask(user, request.POST.get("kind", ""), timezone.now(), {})
    except pairs.Refused as error:
        messages.error(request, str(error))
        return redirect("accounts_requests")
    messages.success(
        request, f"Asked: request {asked.pk}. Somebody else has to approve it, and it has to wait."
    )
    return redirect("accounts_requests")


@require_POST
def decide(request: HttpRequest, request_id: int) -> HttpResponse:
    """Approve a request, or call it off."""
    user, now = member(request), timezone.now()
    asked = get_object_or_404(TwoPersonRequest, pk=request_id)
    if asked.kind not in [kind.name for kind in pairs.kinds_for(user)]:
        raise PermissionDenied
    deeds = {"approve": pairs.approve, "call-off": pairs.call_off}
    deed = deeds.get(request.POST.get("deed", ""))
    try:
        if deed is not None:
            deed(asked, user, now)
            messages.success(request, f"Request {asked.pk} is {_done(request)}.")
    except pairs.Refused as error:
        messages.error(request, str(error))
    return redirect("accounts_requests")


def _done(request: HttpRequest) -> str:
    return "approved" if request.POST.get("deed") == "approve" else "called off"
