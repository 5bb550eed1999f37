"""What all verifying of messages has in common: they are signed, fresh, and JSON."""

from __future__ import annotations

import hmac
import json
from datetime import datetime
from typing import Any

from tamizdat.contributions.money.errors import BadWebhook

TOLERANCE = 300  # seconds between a message's moment and ours


def is_same(wanted: str, told: str) -> bool:
    """Compare a signature with what a header holds, in constant time. That may be any text, and
    ``compare_digest`` takes no text beyond ASCII."""
    return hmac.compare_digest(wanted.encode(), told.encode("utf-8", "replace"))


def must_be_fresh(moment: float, now: datetime) -> None:
    """Raise BadWebhook where a signed moment (seconds since 1970) is too far from now."""
    if not abs(now.timestamp() - moment) <= TOLERANCE:
        raise BadWebhook("the message is too old")


def loaded(body: bytes) -> dict[str, Any]:
    """Return what a message holds. Raises BadWebhook."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadWebhook("the message is no JSON object")
    return found
