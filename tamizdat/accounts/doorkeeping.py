"""The newsroom's doorkeepers: every request passes them, whatever its address.

Rules:

* A session that was not used for SESSION_IDLE seconds ends. The moment of the last use is in a
  signed cookie of the browser, bound to its session; the database keeps the hour. What a page asks
  by itself (the editor's ping) is no use.
* Who is signed in without the second factor reaches the pages to enrol and to prove, and the way
  out. All else, the admin's API and the uploads included, is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.core import signing
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse
from django.utils import timezone

from tamizdat.accounts import factors
from tamizdat.accounts.models import Session
from tamizdat.accounts.sessions import digest, hour_of

SALT = "tamizdat.accounts.seen"
RENEW = 60  # seconds: the cookie is not written anew more often
BY_ITSELF = {"wagtailadmin_editing_sessions:ping", "newsletters_progress_part"}
# What is open to those who are signed in without the second factor.
OPEN = {
    "accounts_prove",
    "accounts_enrol",
    "otp_webauthn:credential-registration-begin",
    "otp_webauthn:credential-registration-complete",
    "otp_webauthn:credential-authentication-begin",
    "otp_webauthn:credential-authentication-complete",
    "otp_webauthn:js-i18n-catalog",
    "wagtailadmin_login",
    "wagtailadmin_logout",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_sprite",
}

Answer = Callable[[HttpRequest], HttpResponseBase]


class EndIdleSessions:
    """Sign out whoever was away for too long."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        seen = None
        if request.user.is_authenticated:
            seen = last_seen(request)
            if seen is None:
                logout(request)
        answer = self.get_response(request)
        if request.session.get("_auth_user_id") and request.session.session_key:
            self._note(request, answer, seen)
        return answer

    def _note(self, request: HttpRequest, answer: HttpResponseBase, seen: datetime | None) -> None:
        match = request.resolver_match
        if seen is not None and match is not None and match.view_name in BY_ITSELF:
            return
        now = timezone.now()
        is_bound = seen is not None and request.COOKIES[settings.SEEN_COOKIE_NAME].startswith(
            f"{digest(str(request.session.session_key))}:"
        )
        if is_bound and seen is not None and (now - seen).total_seconds() < RENEW:
            return
        note_seen(answer, str(request.session.session_key))
        here = Session.objects.filter(session_key=digest(str(request.session.session_key)))
        here.exclude(used=hour_of(now)).update(used=hour_of(now))


def last_seen(request: HttpRequest) -> datetime | None:
    """Return when this browser last used its session; None: too long ago, or never."""
    text = request.COOKIES.get(settings.SEEN_COOKIE_NAME, "")
    signer = signing.TimestampSigner(salt=SALT)
    try:
        key = signer.unsign(text, max_age=settings.SESSION_IDLE)
    except signing.BadSignature:
        return None
    if key != digest(request.session.session_key or ""):
        return None
    stamp = signing.b62_decode(text.rsplit(":", 2)[1])
    return datetime.fromtimestamp(stamp, tz=timezone.now().tzinfo)


def seen_now(key: str) -> str:
    """Return the cookie that says: the session with this key was used now."""
    return signing.TimestampSigner(salt=SALT).sign(digest(key))


def note_seen(answer: Any, key: str) -> None:
    answer.set_cookie(
        settings.SEEN_COOKIE_NAME,
        seen_now(key),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


class DemandSecondFactor:
    """Let nobody past who has not proved the second factor in this session."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponseBase | None:
        user, match = request.user, request.resolver_match
        if not user.is_authenticated or (match and match.view_name in OPEN):
            return None
        if is_proven(user) or not factors.is_demanded_of(user):
            return None
        return _refuse(request, match)


def is_proven(user: Any) -> bool:
    """Say whether the second factor was proved in this session (django-otp keeps it there)."""
    return getattr(user, "otp_device", None) is not None


def _refuse(request: HttpRequest, match: ResolverMatch | None) -> HttpResponseBase:
    """Lead a person to the second factor; tell a program."""
    is_program = request.headers.get("x-requested-with") == "XMLHttpRequest"
    accepts = request.headers.get("accept", "")
    is_program |= "application/json" in accepts and "text/html" not in accepts
    if is_program or request.method not in ("GET", "HEAD"):
        words = "the second factor is needed first; reload the page"
        return JsonResponse({"error": words}, status=403)
    name = "accounts_prove" if factors.has_factor(request.user) else "accounts_enrol"  # type: ignore[arg-type]  # it is signed in
    return redirect(f"{reverse(name)}?{urlencode({'next': request.get_full_path()})}")
