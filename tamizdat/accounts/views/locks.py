"""What a member of staff signs in with, and where: their own page, and nobody else's."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from tamizdat.accounts import factors, sessions
from tamizdat.accounts.models import Session, User
from tamizdat.accounts.views.second_factor import bind, member


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def locks(request: HttpRequest) -> HttpResponse:
    """Show factors and sessions; take one away where that was asked."""
    user = member(request)
    if request.method == "POST":
        return _change(request, user)
    now = timezone.now()
    values = {
        "passkeys": user.passkey_set.order_by("pk"),
        "apps": user.authenticator_set.order_by("pk"),
        "codes_left": factors.codes_left(user),
        "sessions": sessions.of(user, now),
        "here": sessions.digest(request.session.session_key or ""),
    }
    return render(request, "accounts/locks.html", values)


def _change(request: HttpRequest, user: User) -> HttpResponse:
    match request.POST.get("deed"):
        case "remove":
            _remove(request, user)
        case "end":
            sessions.end_one(user, request.POST.get("session", ""))
            messages.success(request, "That session has ended.")
        case "end-others":
            count = sessions.end(user, spare=request.session.session_key or "")
            messages.success(request, f"Signed out everywhere else: {count}.")
    if not Session.objects.filter(
        session_key=sessions.digest(request.session.session_key or "")
    ).exists():
        logout(request)
        return redirect("wagtailadmin_login")
    return redirect("accounts_locks")


def _remove(request: HttpRequest, user: User) -> None:
    kind, pk = request.POST.get("kind", ""), request.POST.get("pk", "")
    if not pk.isdigit() or not factors.remove(user, kind, int(pk), timezone.now()):
        messages.error(request, "That is your last one: add another before you remove it.")
        return
    bind(request, user)
    messages.success(request, "Removed. Every other session of yours has ended.")
