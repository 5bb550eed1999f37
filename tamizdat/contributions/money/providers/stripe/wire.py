"""The wire to Stripe: its own library over connections of ours, and its errors as ours.

Rules:

1. The version of the API is pinned. What stands in ``reading`` was written for that one.
2. Stripe hears what is asked and no more. Its library would tell of this machine, too; those
   headers, and its telemetry, are left out.
3. Whether a deed was done is what an error says: 401, 403 and 429 come before anything is done;
   409 means that the same key is at work; after 5xx nobody knows.
4. Nothing is logged: names of Stripe's lead to persons.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import stripe
from stripe import HTTPClient, StripeClient, StripeError
from stripe import _error as errors

from tamizdat.contributions.money.errors import (
    MoneyError,
    NotThere,
    Refused,
    Unreachable,
    Unsure,
)
from tamizdat.contributions.money.providers.http import ANSWERING, Line

VERSION = "2026-10-28.endive"
BASE = "https://api.stripe.com"
PAGE = 100  # things in a page of a list: as many as Stripe gives
TOLD = ("authorization", "content-type", "idempotency-key", "stripe-version")

Found = dict[str, Any]
stripe.enable_telemetry = False
logging.getLogger("stripe").disabled = True


class Carrier(HTTPClient):
    """Carries the library's requests over a ``Line``, with the headers that are needed."""

    name = "tamizdat"

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def request(  # type: ignore[override]  # the library's own clients leave _usage out as well
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        told = {name: value for name, value in (headers or {}).items() if name.lower() in TOLD}
        body = post_data.encode() if isinstance(post_data, str) else post_data
        path = url.removeprefix(self._line.base)
        status, answer = self._line.exchange(method.upper(), path, body, told)
        return answer, status, {}

    def close(self) -> None:
        self._line.close()


class Wire:
    """Stripe's API for one account."""

    def __init__(self, key: str, base: str = BASE, answering: float = ANSWERING) -> None:
        self.line = Line(base, {}, answering)
        self._client = StripeClient(
            key,
            stripe_version=VERSION,
            base_addresses={"api": base},
            http_client=Carrier(self.line),
            max_network_retries=0,  # whether to ask again is ours to say
        )

    def get(self, path: str, **asked: Any) -> Found:
        """Read. Raises Unreachable, Unsure, Refused, NotThere."""
        return self._ask("get", path, asked)

    def post(self, path: str, asked: Mapping[str, Any], key: str = "") -> Found:
        """Do something; with a key, once. Raises as ``get``."""
        return self._ask("post", path, {**asked, **({"idempotency_key": key} if key else {})})

    def delete(self, path: str) -> Found:
        return self._ask("delete", path, {})

    def every(self, path: str, **asked: Any) -> Iterator[Found]:
        """Go through a list, page by page, the latest first."""
        after: dict[str, str] = {}
        while True:
            page = self.get(path, limit=PAGE, **asked, **after)
            yield from page["data"]
            if not page["has_more"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def _ask(self, method: str, path: str, asked: Mapping[str, Any]) -> Found:
        try:
            found: Found = self._client.raw_request(method, path, **asked).data
        except StripeError as error:
            raise told(error) from None
        return found


def told(error: StripeError) -> MoneyError:
    """Return what an error of Stripe's is to us."""
    status = error.http_status or 0
    if isinstance(error, errors.IdempotencyError):
        return Refused("key-was-used-otherwise")
    if status in (401, 403, 429):
        return Unreachable(f"Stripe let nothing in ({status}); look at its key and its limits")
    if status == 404:
        return NotThere("Stripe knows no such thing")
    if status in (400, 402):
        return Refused(str(error.code or "invalid").replace("_", "-"))
    return Unsure("Stripe failed; it may have done what was asked")
