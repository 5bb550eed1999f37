"""Ending a colleague's sessions: a laptop was lost, a telephone was taken at a border.

An operator sees in how many places somebody is signed in, and nothing of when or where.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages

from tamizdat.accounts import audit, roles, sessions
from tamizdat.accounts.models import SHARED_USERNAME, User
from tamizdat.accounts.views.second_factor import member


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def colleague(request: HttpRequest, account_id: int) -> HttpResponse:
    """Say what will be done; on a POST end every session of an account."""
    user = member(request)
    if not roles.is_operator(user):
        raise PermissionDenied
    other = get_object_or_404(User.objects.exclude(username=SHARED_USERNAME), pk=account_id)
    if other.pk == user.pk:
        return redirect("accounts_locks")
    if request.method == "POST":
        count = end(other, user)
        messages.success(request, f"{other.get_username()} is signed out everywhere: {count}.")
        return redirect("wagtailusers_users:edit", other.pk)
    values = {"other": other, "count": sessions.of(other, timezone.now()).count()}
    return render(request, "accounts/colleague.html", values)


def end(other: User, by: User) -> int:
    """End a colleague's sessions, with their row in the audit log; return how many."""
    with transaction.atomic():
        audit.note("sessions.ended", f"account {other.pk}", who=by.pk)
        return sessions.end(other)
