"""The second factor's pages: prove it, enrol one, make recovery codes."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_otp import login as mark_proven

from tamizdat.accounts import factors, guessing
from tamizdat.accounts.doorkeeping import is_proven
from tamizdat.accounts.forms import CodeForm, NewAppForm
from tamizdat.accounts.models import User

SECRET = "new-authenticator"  # noqa: S105 - the name under which a session keeps it
WRONG = "That code is wrong, or it was used already. Wait for the next one."


def next_address(request: HttpRequest) -> str:
    """Return where somebody wanted to go: an address of ours, or the dashboard."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours and wanted.startswith("/") else reverse("wagtailadmin_home")


def member(request: HttpRequest) -> User:
    """Return who is signed in, by the row (a lazy stand-in may lie over it), read once."""
    found: User | None = getattr(request, "_member", None)
    if found is None or found.pk != request.user.pk:
        found = User.objects.get(pk=request.user.pk or 0)
        request._member = found  # type: ignore[attr-defined]  # ours, for as long as the request
    return found


def let_in(request: HttpRequest, device: Any) -> None:
    """Mark this session as proven, under a new key."""
    mark_proven(request, device)
    request.session.cycle_key()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for a passkey or a code."""
    user = member(request)
    if is_proven(request.user):
        return redirect(next_address(request))
    if not factors.has_factor(user):
        return redirect("accounts_enrol")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_right(request, user, form):
        return redirect(next_address(request))
    values = {"form": form, "next": next_address(request), **_passkeys(request)}
    values["has_passkey"] = user.passkey_set.exists() and values["can_use_passkeys"]
    return render(request, "accounts/prove.html", values)


def _is_right(request: HttpRequest, user: User, form: CodeForm) -> bool:
    now, name = timezone.now(), str(user.pk)
    try:
        guessing.attempt("code", name, now)
    except guessing.TooMany as error:
        wait = guessing.in_words(error.seconds)
        form.add_error("code", f"Too many wrong codes. The next one counts in {wait}.")
        return False
    device = factors.prove(user, form.cleaned_data["code"], now)
    if device is None:
        form.add_error("code", WRONG)
        return False
    guessing.succeed("code", name)
    let_in(request, device)
    return True


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest) -> HttpResponse:
    """Add a passkey or an authenticator app."""
    user = member(request)
    if factors.has_factor(user) and not is_proven(request.user):
        return redirect("accounts_prove")
    secret = request.session.setdefault(SECRET, factors.new_secret())
    form = NewAppForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_added(request, user, form, secret):
        return redirect(after_enrolling(user, request))
    address = factors.address(user, secret, settings.NEWSROOM_NAME)
    values = {
        "form": form,
        "is_first": not factors.has_factor(user),
        "secret": _in_fours(factors.in_letters(secret)),
        "address": address,
        "picture": picture(address),
        "next": next_address(request),
        "after": after_enrolling(user, request),
        **_passkeys(request),
    }
    return render(request, "accounts/enrol.html", values)


def _is_added(request: HttpRequest, user: User, form: NewAppForm, secret: str) -> bool:
    added = factors.add_authenticator(user, secret, form.cleaned_data["code"], timezone.now())
    if added is None:
        form.add_error(
            "code", "That is not the code which the app should show. Is its clock right?"
        )
        return False
    del request.session[SECRET]
    bind(request, user)
    if not is_proven(request.user):
        let_in(request, added)
    return True


def bind(request: HttpRequest, user: User) -> None:
    """Let the present session hold, after the factors have changed."""
    fresh = User.objects.get(pk=user.pk)
    update_session_auth_hash(request, fresh)


def after_enrolling(user: User, request: HttpRequest) -> str:
    """Lead to the recovery codes where somebody has none yet."""
    return next_address(request) if factors.codes_left(user) else reverse("accounts_codes")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    """Make recovery codes, and show them this once."""
    user = member(request)
    made = []
    if request.method == "POST":
        made = factors.new_sheet(user, timezone.now())
        bind(request, user)
    values = {"codes": made, "left": factors.codes_left(user)}
    return render(request, "accounts/codes.html", values)


def picture(address: str) -> SafeString:
    """Draw an otpauth address as a QR picture: SVG that needs neither style nor script."""
    drawn = segno.make(address, error="m").svg_inline(scale=5, border=3, light="#fff")
    return mark_safe(drawn)  # noqa: S308 - segno's own marks; the address is drawn, not written


def _in_fours(letters: str) -> str:
    return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _passkeys(request: HttpRequest) -> dict[str, Any]:
    """Say whether passkeys work under the name in the browser's address bar."""
    here = f"{request.scheme}://{request.get_host()}"
    known = settings.OTP_WEBAUTHN_ALLOWED_ORIGINS
    secure = settings.NEWSROOM_ADDRESS.startswith("https://")
    fits = here in known or (secure and f"https://{request.get_host()}" in known)
    return {"can_use_passkeys": fits, "passkey_address": known[0] if known else ""}
