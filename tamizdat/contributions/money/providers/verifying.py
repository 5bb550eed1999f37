"""What all verifying of messages has in common: they are fresh, and JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from tamizdat.contributions.money.errors import BadWebhook

TOLERANCE = 300  # seconds between a message's moment and ours


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
