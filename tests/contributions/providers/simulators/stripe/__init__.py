"""Stripe: Checkout, Billing, refunds, disputes, payouts and events, of the version that is pinned.

What it does not show: Connect, taxes, prorations, coupons, Link, trials, more than one item of a
subscription, and the minimum amounts of most currencies.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

from tests.contributions.providers.simulators.serving import Request, Response
from tests.contributions.providers.simulators.stripe.deeds import Deeds
from tests.contributions.providers.simulators.stripe.forms import (
    Found,
    Wrong,
    check,
    decoded,
    listed,
    number,
)
from tests.contributions.providers.simulators.stripe.things import RATES, VERSION

__all__ = ["StripeSimulator", "Wrong"]

KEYS_HOLD = timedelta(hours=24)
LISTS = {
    "sessions": "checkout.session",
    "payment_intents": "payment_intent",
    "invoice_payments": "invoice_payment",
    "refunds": "refund",
    "disputes": "dispute",
    "payouts": "payout",
    "events": "event",
}
LOCALES = "auto de en es fr it nl pl pt ru sv tr uk".split()
NEEDS = {"payment": "payment_intent_data", "subscription": "subscription_data"}


class StripeSimulator(Deeds):
    """The API, and the hosted page at ``/c/pay/``."""

    def __init__(self, key: str, secret: str) -> None:
        super().__init__(key, secret)
        self.used: dict[str, tuple[float, str, Response]] = {}

    def answer(self, request: Request) -> Response:
        try:
            if request.path.startswith("/c/pay/"):
                return self._page(request)
            if self.fail:
                self.fail -= 1
                return _json(500, {"error": {"type": "api_error", "message": "sorry"}})
            return self._api(request)
        except Wrong as wrong:
            return _json(wrong.status, wrong.body)

    def _api(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            raise Wrong(401, "invalid_api_key")
        if request.headers.get("stripe-version") != VERSION:
            raise Wrong(400, "version_is_not_pinned")
        parts = request.path.strip("/").split("/")[1:]
        parts = parts[1:] if parts[0] == "checkout" else parts
        asked = decoded(request.query if request.method != "POST" else request.body.decode())
        check(asked, f"{request.method} {parts[0]}")
        if request.method == "GET":
            return _json(200, self._look(parts, asked))
        if request.method == "DELETE":
            self.end(self.get(parts[1], "subscription"))
            return _json(200, self.shown(self.things[parts[1]]))
        return self._once(request, parts, asked)

    def _once(self, request: Request, parts: list[str], asked: Found) -> Response:
        """Do a deed; or replay the answer of its key, which must come with the same parameters."""
        key = request.headers.get("idempotency-key", "")
        said = json.dumps([request.path, asked], sort_keys=True)
        before = self.used.get(key)
        if key and before and self.seconds - before[0] < KEYS_HOLD.total_seconds():
            if before[1] != said:
                raise Wrong(400, "", "idempotency_error")
            headers = (*before[2].headers, ("Idempotent-Replayed", "true"))
            return Response(before[2].status, before[2].body, headers=headers)
        found = _json(200, self._do(parts, asked))  # what is refused unexecuted is not kept
        if key:
            self.used[key] = (self.seconds, said, found)
        return found

    def _do(self, parts: list[str], asked: Found) -> Found:
        deeds: dict[str, Callable[[list[str], Found], Found]] = {
            "sessions": self._session,
            "refunds": self._refund,
            "subscriptions": self._change,
        }
        if parts[0] not in deeds:
            raise Wrong(404, "no_such_address")
        return self.shown(deeds[parts[0]](parts, asked), asked.get("expand"))

    def _look(self, parts: list[str], asked: Found) -> Found:
        kind = LISTS.get(parts[0], parts[0].removesuffix("s"))
        if len(parts) == 2:
            return self.shown(self.get(parts[1], kind), asked.get("expand"))
        if parts[0] not in LISTS:
            raise Wrong(404, "no_such_address")
        return self.page([each for each in self.of(kind) if _fits(each, asked)], asked)

    # Deeds

    def _session(self, parts: list[str], asked: Found) -> Found:
        mode = asked.get("mode")
        if mode not in ("payment", "subscription", "setup") or not asked.get("success_url"):
            raise Wrong(400, "parameter_missing")
        if asked.get("locale", "auto") not in LOCALES:
            raise Wrong(400, "parameter_invalid", param="locale")
        for other, name in NEEDS.items():
            if name in asked and mode != other:
                raise Wrong(400, "parameter_unknown", param=name)
        priced = _priced(asked, mode) if mode != "setup" else {"currency": None, "amount_total": 0}
        if mode == "setup":
            self.get(asked.get("customer"), "customer")
        made = self.make(
            "checkout.session",
            "cs_test",
            mode=mode,
            status="open",
            payment_status="unpaid",
            client_reference_id=asked.get("client_reference_id"),
            metadata=asked.get("metadata", {}),
            success_url=asked["success_url"],
            expires_at=self.seconds + 24 * 3600,
            payment_intent=None,
            subscription=None,
            invoice=None,
            setup_intent=None,
            customer=asked.get("customer"),
            _intent="",
            _intent_metadata=asked.get("payment_intent_data", {}).get("metadata", {}),
            _subscription_metadata=asked.get("subscription_data", {}).get("metadata", {}),
            **priced,
        )
        made["url"] = f"{self.base}/c/pay/{made['id']}"
        return made

    def _refund(self, parts: list[str], asked: Found) -> Found:
        intent = self.get(asked.get("payment_intent"), "payment_intent")
        amount = number(asked, "amount", 1) if "amount" in asked else intent["amount"]
        return self.give_back(intent, amount, asked.get("metadata", {}))

    def _change(self, parts: list[str], asked: Found) -> Found:
        agreement = self.get(parts[1], "subscription")
        if agreement["status"] == "canceled":
            raise Wrong(400, "subscription_is_canceled")
        if "default_payment_method" in asked:
            self.get(asked["default_payment_method"], "payment_method")
            agreement["default_payment_method"] = asked["default_payment_method"]
        if "pause_collection" in asked:
            agreement["pause_collection"] = asked["pause_collection"] or None
        for item in listed(asked.get("items")):
            self._reprice(agreement, item)
        self.tell("customer.subscription.updated", agreement)
        return agreement

    def _reprice(self, agreement: Found, asked: Found) -> None:
        (item,) = agreement["items"]["data"]
        if asked.get("id") != item["id"]:
            raise Wrong(400, "resource_missing", param="items[0][id]")
        data = asked["price_data"]
        self.get(data.get("product"), "product")
        if data["currency"] != item["price"]["currency"]:
            raise Wrong(400, "currency_mismatch")
        if data["recurring"]["interval"] != item["price"]["recurring"]["interval"]:
            raise Wrong(400, "this_simulator_changes_no_interval")
        item["price"] = {**item["price"], "unit_amount": number(data, "unit_amount", 1)}

    # The hosted page

    def _page(self, request: Request) -> Response:
        session = self.get(request.path.removeprefix("/c/pay/"), "checkout.session")
        if request.method == "POST":
            said = {name: value[-1] for name, value in parse_qs(request.body.decode()).items()}
            intent = self.things.get(session["_intent"] or "")
            if intent is not None and intent["status"] == "requires_action":
                self.answer_bank(intent, said["decision"])
            else:
                self.decide(session, said["decision"], said.get("ends", "2030-12"))
            where = session["success_url"] if session["status"] == "complete" else request.path
            return Response(303, headers=(("Location", where),))
        form = "".join(f"<button name=decision value={each}>" for each in ("approve", "decline"))
        page = f"<title>Checkout</title><form method=post>{form}</form>"
        return Response(200, page.encode(), "text/html; charset=utf-8")

    def answer_bank(self, intent: Found, decision: str) -> None:
        """Answer 3-D Secure: the supporter approves, or goes away."""
        self.attempt(intent, "approve" if decision == "approve" else "gone")


def _priced(asked: Found, mode: str) -> dict[str, Any]:
    (item,) = listed(asked.get("line_items")) or [{}]
    data = item.get("price_data", {})
    amount, currency = number(data, "unit_amount", 1), data.get("currency", "")
    if currency not in RATES or not data.get("product_data", {}).get("name"):
        raise Wrong(400, "parameter_invalid", param="currency")
    if currency == "kwd" and amount % 10:
        raise Wrong(400, "amount_not_a_multiple_of_ten")
    if currency == "isk" and amount % 100:
        raise Wrong(400, "amount_not_whole")
    recurring = data.get("recurring")
    if (mode == "subscription") != bool(recurring):
        raise Wrong(400, "recurring_does_not_fit_mode")
    return {
        "currency": currency,
        "amount_total": amount * int(item.get("quantity", 1)),
        "_interval": (recurring or {}).get("interval", ""),
        "_name": data["product_data"]["name"],
    }


def _fits(thing: Found, asked: Found) -> bool:
    wanted = asked.get("payment_intent") or (asked.get("payment") or {}).get("payment_intent")
    if wanted is None:
        return True
    theirs = thing.get("payment_intent") or thing.get("_intent")
    return bool((thing.get("payment") or {}).get("payment_intent", theirs) == wanted)


def _json(status: int, found: Any) -> Response:
    return Response(status, json.dumps(found).encode())
