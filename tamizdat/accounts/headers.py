"""What the newsroom's door tells a browser to refuse, beyond what Django and django-csp say.

* Passkeys are for this origin; every other power of a browser is for nobody.
* No other origin may load what is here, nor hold a window of it.
* Over https a browser comes back by https alone (HSTS). A proxy before the door ends TLS, so it is
  the newsroom's address that says so, not the connection.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

REFUSED = (
    "accelerometer autoplay camera display-capture encrypted-media geolocation gyroscope "
    "magnetometer microphone midi payment picture-in-picture usb xr-spatial-tracking"
).split()
POWERS = ", ".join(
    [
        *(f"{name}=()" for name in REFUSED),
        "fullscreen=(self)",
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)
TWO_YEARS = 2 * 365 * 24 * 60 * 60  # seconds


class TellBrowsers:
    """Put our headers on every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        answer.headers.setdefault("Permissions-Policy", POWERS)
        if settings.SESSION_COOKIE_SECURE:
            age = f"max-age={TWO_YEARS}; includeSubDomains"
            answer.headers.setdefault("Strict-Transport-Security", age)
        return answer
