"""The wire to PayPal: its REST API in JSON, with a token that is asked for as long as it holds.

What is asked for with a key (``PayPal-Request-Id``) is done once; PayPal answers a repetition with
what the first one did, *whatever* it says, so whoever asks compares what came back.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from tamizdat.contributions.money.errors import NotThere, Refused, Unreachable, Unsure
from tamizdat.contributions.money.providers.http import ANSWERING, Line

Found = dict[str, Any]
LIVE, SANDBOX = "https://api-m.paypal.com", "https://api-m.sandbox.paypal.com"
EARLIER = 60.0  # seconds before its end that a token is asked for anew


class Wire:
    """PayPal's API for one account. ``clock`` counts seconds, from whenever it likes."""

    def __init__(
        self,
        client: str,
        secret: str,
        base: str = LIVE,
        answering: float = ANSWERING,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.line = Line(base, {}, answering)
        basic = base64.b64encode(f"{client}:{secret}".encode()).decode()
        self._basic = {"Authorization": f"Basic {basic}"}
        self._clock = clock
        self._token, self._until = "", 0.0
        self._lock = threading.Lock()

    def get(self, path: str, **asked: Any) -> Found:
        """Read. Raises Unreachable, Unsure, Refused, NotThere."""
        return self._ask("GET", f"{path}?{urlencode(asked)}" if asked else path, None, {})

    def post(self, path: str, asked: Mapping[str, Any], key: str) -> Found:
        """Do something once. Raises as ``get``."""
        more = {"PayPal-Request-Id": key, "Prefer": "return=representation"}
        return self._ask("POST", path, json.dumps(asked).encode(), more)

    def every(self, path: str, name: str, **asked: Any) -> Iterator[Found]:
        """Go through a list, page by page, along the links that each one bears."""
        page = self.get(path, **asked)
        while True:
            yield from page.get(name) or []
            onward = link(page, "next")
            if not onward:
                return
            parts = urlsplit(onward)
            page = self._ask("GET", f"{parts.path}?{parts.query}", None, {})

    def _ask(self, method: str, path: str, body: bytes | None, more: Mapping[str, str]) -> Found:
        headers = {"Authorization": f"Bearer {self._bearer()}", **more}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return read(*self.line.exchange(method, path, body, headers))

    def _bearer(self) -> str:
        with self._lock:
            if self._clock() >= self._until:
                headers = {**self._basic, "Content-Type": "application/x-www-form-urlencoded"}
                body = b"grant_type=client_credentials"
                found = read(*self.line.exchange("POST", "/v1/oauth2/token", body, headers))
                self._token = str(found["access_token"])
                self._until = self._clock() + float(found["expires_in"]) - EARLIER
            return self._token


def read(status: int, answer: bytes) -> Found:
    """Return what an answer holds. Raises Unreachable, Unsure, Refused, NotThere."""
    if status in (401, 403, 429):
        raise Unreachable(f"PayPal let nothing in ({status}); look at its keys and its limits")
    if status == 404:
        raise NotThere("PayPal knows no such thing")
    if status >= 500 or status == 409:
        raise Unsure("PayPal failed; it may have done what was asked")
    try:
        found = json.loads(answer or b"{}")
    except ValueError:
        raise Unsure("PayPal's answer is no JSON") from None
    if status >= 400:
        issues = found.get("details") or [{}]
        said = issues[0].get("issue") or found.get("name") or status
        raise Refused(str(said).lower().replace("_", "-"))
    return dict(found)


def link(found: Found, rel: str) -> str:
    """Return where a link of an answer leads."""
    return next((str(each["href"]) for each in found.get("links") or [] if each["rel"] == rel), "")
