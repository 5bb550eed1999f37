"""Stripe's things: what is kept, how it is shown, and the events that tell of it."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import secrets
from typing import Any

from tests.contributions.providers.simulators.serving import Outbox, Simulator
from tests.contributions.providers.simulators.stripe.forms import Found, Wrong, listed

VERSION = "2026-10-28.endive"
# The account settles in euros; so much is a smallest unit of another currency worth in cents.
RATES = {"eur": 1.0, "usd": 0.9, "jpy": 0.6, "kwd": 0.3, "gbp": 1.15, "isk": 0.0066}
SHARE, FIXED, DISPUTED = 0.015, 25, 2000


class Things(Simulator):
    """Keeps things by their names, in the order in which they were made."""

    def __init__(self, key: str, secret: str) -> None:
        super().__init__()
        self.key, self.secret = key, secret
        self.things: dict[str, Found] = {}
        self.outbox = Outbox()
        self.lose_events = 0

    def make(self, kind: str, prefix: str, **values: Any) -> Found:
        name = f"{prefix}_{secrets.token_hex(12)}"
        thing = {"id": name, "object": kind, "created": self.seconds, "livemode": False, **values}
        self.things[name] = thing
        return thing

    def of(self, kind: str) -> list[Found]:
        """Return the things of a kind, the latest first."""
        return [each for each in reversed(self.things.values()) if each["object"] == kind]

    def get(self, name: Any, kind: str) -> Found:
        found = self.things.get(str(name))
        if found is None or found["object"] != kind:
            raise Wrong(404, "resource_missing", param="id")
        return found

    def one(self, kind: str, **values: Any) -> Found | None:
        """Return the latest thing with such values."""
        return next(
            (each for each in self.of(kind) if all(each.get(n) == v for n, v in values.items())),
            None,
        )

    # Showing

    def shown(self, thing: Found, expand: Any = None) -> Found:
        """Show a thing; what Stripe shows only when asked is left out."""
        found = _plain(thing)
        for path in listed(expand):
            self._expand(found, path.split("."))
        return found

    def page(self, found: list[Found], asked: Found) -> Found:
        """Return a page of a list: 10 things, 100 at most, after a name."""
        size = max(1, min(100, int(asked.get("limit", 10))))
        span = asked.get("created") or {}
        some = [each for each in found if _is_in(each["created"], span)]
        after = asked.get("starting_after")
        if after:
            names = [each["id"] for each in some]
            if after not in names:
                raise Wrong(400, "resource_missing", param="starting_after")
            some = some[names.index(after) + 1 :]
        shown = {
            "object": "list",
            "data": [_plain(each) for each in some[:size]],
            "has_more": len(some) > size,
        }
        for path in listed(asked.get("expand")):
            self._expand(shown, path.split("."))
        return shown

    def _expand(self, found: Found, path: list[str]) -> None:
        head, *rest = path
        if head == "data" and found.get("object") == "list":
            for each in found["data"]:
                if rest:
                    self._expand(each, rest)
            return
        value = found.get(head)
        if (found["object"], head) in (("charge", "refunds"), ("invoice", "payments")):
            value = self._part(found, head)
        elif isinstance(value, str) and value in self.things:
            value = _plain(self.things[value])
        elif value is None and head not in found:
            raise Wrong(400, "property_cannot_be_expanded", param=head)
        found[head] = value
        if rest and isinstance(value, dict):
            self._expand(value, rest)

    def _part(self, found: Found, head: str) -> Found:
        kind, name = {"refunds": ("refund", "charge"), "payments": ("invoice_payment", "invoice")}[
            head
        ]
        mine = [_plain(each) for each in self.of(kind) if each[name] == found["id"]]
        return {"object": "list", "data": mine[:10], "has_more": len(mine) > 10}

    # Events

    def tell(self, kind: str, thing: Found) -> None:
        """Note an event: it shows the thing as it is now, and is sent and listed."""
        event = self.make(
            "event", "evt", type=kind, api_version=VERSION, data={"object": _plain(thing)}
        )
        if self.lose_events:
            self.lose_events -= 1
            return
        self.outbox.waiting.append(event)

    def body(self, event: Found) -> bytes:
        return json.dumps(_plain(event)).encode()

    def signed(self, body: bytes, at: float) -> dict[str, str]:
        said = b"%d." % int(at) + body
        signature = hmac.new(self.secret.encode(), said, hashlib.sha256).hexdigest()
        # While a secret is being changed Stripe signs with both, and v0 is for nobody.
        return {"stripe-signature": f"t={int(at)},v1={'0' * 64},v1={signature},v0=00"}

    # Money

    def moved(self, currency: str, amount: int, kind: str, fee: int = 0) -> Found:
        """Note what an amount does to our balance, which is in euros."""
        settled = round(amount * RATES[currency])
        return self.make(
            "balance_transaction",
            "txn",
            amount=settled,
            currency="eur",
            fee=fee,
            net=settled - fee,
            type=kind,
            exchange_rate=None if currency == "eur" else RATES[currency],
        )


def fee_of(amount: int) -> int:
    return round(amount * SHARE) + FIXED


def _plain(thing: Found) -> Found:
    return {name: copy.deepcopy(value) for name, value in thing.items() if not name.startswith("_")}


def _is_in(made: int, span: Any) -> bool:
    if not isinstance(span, dict):
        return made == int(span)
    tests = {
        "gte": lambda edge: made >= edge,
        "gt": lambda edge: made > edge,
        "lte": lambda edge: made <= edge,
        "lt": lambda edge: made < edge,
    }
    return all(tests[name](int(edge)) for name, edge in span.items())
