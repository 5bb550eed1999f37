"""Stripe's forms: nested names, documented parameters alone, and errors in its words."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

Found = dict[str, Any]
LIST = (
    "limit starting_after ending_before expand created "
    "created.gte created.gt created.lte created.lt"
)
PRICE = "line_items.price_data"
SESSION = (
    "mode client_reference_id metadata.* success_url cancel_url locale expand currency customer "
    "allowed_payment_method_types excluded_payment_method_types adaptive_pricing.enabled "
    "wallet_options.link.display line_items.quantity line_items.price submit_type expires_at "
    f"{PRICE}.currency {PRICE}.unit_amount {PRICE}.product {PRICE}.product_data.name "
    f"{PRICE}.recurring.interval {PRICE}.recurring.interval_count customer_creation "
    "payment_intent_data.metadata.* payment_intent_data.description "
    "subscription_data.metadata.* subscription_data.description setup_intent_data.metadata.*"
)
ITEM = "items.price_data"
DOCUMENTED = {
    "POST sessions": SESSION,
    "GET sessions": f"{LIST} payment_intent subscription status",
    "GET payment_intents": f"{LIST} customer",
    "GET invoice_payments": f"{LIST} invoice status payment.type payment.payment_intent",
    "POST refunds": "payment_intent charge amount reason metadata.* expand",
    "GET refunds": f"{LIST} payment_intent charge",
    "GET disputes": f"{LIST} payment_intent charge",
    "GET payouts": f"{LIST} status arrival_date",
    "GET events": f"{LIST} type types delivery_success",
    "GET subscriptions": "expand",
    "POST subscriptions": (
        "expand default_payment_method pause_collection pause_collection.behavior "
        "pause_collection.resumes_at proration_behavior items.id items.quantity metadata.* "
        f"{ITEM}.currency {ITEM}.product {ITEM}.recurring.interval {ITEM}.unit_amount"
    ),
    "DELETE subscriptions": "invoice_now prorate",
}
MOST_EXPANDED = 4  # levels


class Wrong(Exception):
    """An error as Stripe answers it."""

    def __init__(
        self, status: int, code: str = "", kind: str = "invalid_request_error", **more: Any
    ) -> None:
        super().__init__(code)
        self.status, self.code = status, code
        self.body = {"error": {"type": kind, "code": code, "message": code, **more}}


def decoded(text: str) -> Found:
    """Read ``a[b][0][c]=d`` as nested values; lists have numbers for names."""
    found: Found = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        parts = re.findall(r"[^\[\]]+", name)
        place = found
        for part in parts[:-1]:
            place = place.setdefault(part, {})
        place[parts[-1]] = value
    return found


def check(asked: Found, deed: str) -> None:
    """Refuse what is not documented."""
    known = DOCUMENTED[deed].split()
    for name in _names(asked):
        if name.split(".")[-1] == "payment_method_types":
            raise Wrong(400, "payment_method_types_no_longer_supported")
        is_free = any(each.endswith(".*") and name.startswith(each[:-1]) for each in known)
        if name not in known and not is_free:
            raise Wrong(400, "parameter_unknown", param=name)
    for path in listed(asked.get("expand")):
        if len(path.split(".")) > MOST_EXPANDED:
            raise Wrong(400, "expand_too_deep")


def _names(asked: Found, before: str = "") -> list[str]:
    found: list[str] = []
    for name, value in asked.items():
        full = before if name.isdigit() else f"{before}.{name}".lstrip(".")
        found += _names(value, full) if isinstance(value, dict) else [full]
    return found


def listed(found: Any) -> list[Any]:
    """Return a list that was sent as numbered values."""
    return [found[name] for name in sorted(found, key=int)] if isinstance(found, dict) else []


def number(asked: Found, name: str, least: int = 0) -> int:
    try:
        found = int(asked[name])
    except KeyError:
        raise Wrong(400, "parameter_missing", param=name) from None
    except ValueError:
        raise Wrong(400, "parameter_invalid_integer", param=name) from None
    if found < least:
        raise Wrong(400, "amount_too_small", param=name)
    return found
