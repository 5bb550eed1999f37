"""Sending an issue: what it would do, the one button, how far it is, and what is uncertain."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin import messages

from tamizdat.newsletters import announcing, deciding, testing
from tamizdat.newsletters.models import Issue
from tamizdat.newsletters.progress import Shown, shown
from tamizdat.newsletters.sender import sendings
from tamizdat.newsletters.views.rights import may_send, seen_issue, sent_issue


@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Say what sending would do; do it when that is confirmed."""
    if request.method == "POST":
        return _confirm(request, sent_issue(request, issue_id))
    issue, now = seen_issue(request, issue_id), timezone.now()
    if shown(issue, now) is not None:
        return redirect("newsletters_progress", issue.pk)
    values = {
        "account": announcing.account_of(issue, now),
        "may_send": may_send(request, issue),
        "most": testing.MOST,
    }
    return render(request, "newsletters/send.html", values)


def _confirm(request: HttpRequest, issue: Issue) -> HttpResponse:
    now = timezone.now()
    try:
        goes_at = announcing.confirm(issue, request.POST.get("seal", ""), request.user, now)
    except (announcing.CannotGo, announcing.HasChanged) as error:
        messages.error(request, f"{error}")
        return redirect("newsletters_send", issue.pk)
    when = timezone.localtime(goes_at)
    words = f"goes at {when:%H:%M} on {when:%d.%m.%Y}" if goes_at > now else "begins in a moment"
    messages.success(request, f"Confirmed: “{issue.title}” {words}.")
    return redirect("newsletters_send", issue.pk)


@require_POST
def act(request: HttpRequest, issue_id: int, deed: str) -> HttpResponse:
    """Call an issue off, stop it, or go on with it."""
    issue = sent_issue(request, issue_id)
    if deed not in DEEDS:
        raise Http404
    try:
        DEEDS[deed](issue, request.user)
    except announcing.CannotGo as error:
        messages.error(request, f"{error}")
    else:
        messages.success(request, f"“{issue.title}”: {SAID[deed]}")
    return redirect("newsletters_send", issue.pk)


DEEDS = {"call-off": announcing.call_off, "stop": announcing.stop, "go-on": announcing.go_on}
SAID = {
    "call-off": "called off. Nobody got it; it can be confirmed again.",
    "stop": "stopped. What was being handed over is finished, nothing more goes.",
    "go-on": "goes on.",
}


@require_safe
def progress(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Show how far an issue is."""
    issue = seen_issue(request, issue_id)
    found = shown(issue, timezone.now())
    if found is None:
        return redirect("newsletters_send", issue.pk)
    return render(request, "newsletters/progress.html", _values(request, issue, found))


@require_safe
def progress_part(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Return what changes on the page that shows how far an issue is."""
    issue = seen_issue(request, issue_id)
    found = shown(issue, timezone.now())
    if found is None:
        return HttpResponse(status=204)
    answer = render(request, "newsletters/progress_part.html", _values(request, issue, found))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _values(request: HttpRequest, issue: Issue, found: Shown) -> dict[str, Any]:
    return {
        "issue": issue,
        "shown": found,
        "told": issue.notices.filter(is_answered=False),
        "may_send": may_send(request, issue),
    }


@require_http_methods(["GET", "HEAD", "POST"])
def uncertain(request: HttpRequest, issue_id: int) -> HttpResponse:
    """List by number the mails of which nobody knows whether they arrived; decide on them."""
    if request.method == "POST":
        issue = sent_issue(request, issue_id)
        count = deciding.decide(
            issue, request.POST.getlist("number"), request.POST.get("decision", ""), request.user
        )
        messages.success(request, f"Decided on {count}.")
        return redirect("newsletters_uncertain", issue.pk)
    issue = seen_issue(request, issue_id)
    values = {"issue": issue, "page": deciding.page_of(issue, request.GET.get("p"))}
    return render(
        request, "newsletters/uncertain.html", {**values, "may_send": may_send(request, issue)}
    )


@require_POST
def test(request: HttpRequest, issue_id: int) -> HttpResponse:
    """Send an issue as it is now to addresses that the editor types; they are kept nowhere."""
    issue = seen_issue(request, issue_id)
    typed, variant = request.POST.get("addresses", ""), request.POST.get("variant", "")
    try:
        count = testing.send(issue, typed, variant, timezone.now())
    except (testing.BadTest, sendings.SendingError) as error:
        messages.error(request, f"{error}")
    else:
        messages.success(request, f"A test went to {count}. The addresses are kept nowhere.")
    return redirect("newsletters_send", issue.pk)
