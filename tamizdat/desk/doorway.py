"""The desk's doorway: what no request passes without, and what no answer leaves without.

Rules:

1. GET, HEAD and POST; anything else is 405. A form is ``application/x-www-form-urlencoded`` and at
   most LONGEST bytes (413); longer ones are not read. What providers report, at HOOKS, is JSON and
   at most LONGEST_REPORT bytes. A mail program that leaves for somebody (LEAVING, RFC 8058) sends
   what form it likes, and nothing of it is read; nor where it stops other letters for her.
2. The host is one of ours (400). No address in an answer is made from it.
3. Every answer: not kept anywhere, no referrer, no frame around it, no device of the reader's, no
   search engine, no other site that reads it. What brings no policy gets the strictest.
4. No cookie but COOKIE, which tells one browser from another while a supporter is in her portal
   (``contributions.supporters``): a random token, for half an hour, for no script or other site.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from tamizdat.desk.views import refused

LONGEST = 8_192  # bytes of a form
HOOKS = "/hooks/"
LONGEST_REPORT = 262_144  # bytes
METHODS = ("GET", "HEAD", "POST")
FORM, REPORT = "application/x-www-form-urlencoded", "application/json"
LEAVING = re.compile(r"/(?:[a-z]{2,3}/)?(?:leave|supporters/stop)/")
COOKIE = "desk"  # with __Host- before it, where the desk is reached by https
CLOSED = (
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), clipboard-read=(), "
    "display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), "
    "hid=(), identity-credentials-get=(), idle-detection=(), magnetometer=(), microphone=(), "
    "midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(), "
    "screen-wake-lock=(), serial=(), sync-xhr=(), usb=(), xr-spatial-tracking=()"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "Permissions-Policy": CLOSED,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "DENY",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-Robots-Tag": "noindex, nofollow",
}
STRICTEST = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HSTS = "max-age=63072000; includeSubDomains"

Answer = Callable[[HttpRequest], HttpResponse]


class Doorway:
    """Stands around every view."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response
        self.is_encrypted = settings.DESK_ADDRESS.startswith("https://")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        status = fault_of(request)
        answer = refused(request, status) if status else self.get_response(request)
        for name, value in HEADERS.items():
            answer.setdefault(name, value)
        answer.setdefault("Content-Security-Policy", STRICTEST)
        if self.is_encrypted:
            answer["Strict-Transport-Security"] = HSTS
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
        if answer.status_code == 405:
            answer["Allow"] = ", ".join(METHODS)
        for name in set(answer.cookies) - {cookie_name()}:
            del answer.cookies[name]
        return answer


def cookie_name() -> str:
    """Return what the one cookie is called: browsers hold ``__Host-`` to this host and to https."""
    is_encrypted = settings.DESK_ADDRESS.startswith("https://")
    return f"__Host-{COOKIE}" if is_encrypted else COOKIE


def fault_of(request: HttpRequest) -> int:
    """Return the status with which a request is refused unread, 0 for none."""
    try:
        request.get_host()
    except DisallowedHost:
        return 400
    if request.method not in METHODS:
        return 405
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        return 400
    is_report = request.path_info.startswith(HOOKS)
    if int(length) > (LONGEST_REPORT if is_report else LONGEST):
        return 413
    is_read = not LEAVING.match(request.path_info)
    kind = REPORT if is_report else FORM
    if request.method == "POST" and request.content_type != kind and is_read:
        return 400
    return 0
