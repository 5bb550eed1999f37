"""Messages: what the processor tells the newsroom, signed, again and again until it is taken.

The signature is HMAC-SHA-256 over the moment and the raw body, as ``t=…,v1=…`` in the header
``Processor-Signature``. A message is sent again after 5 s, 30 s, … for three days.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from tamizdat.contributions.money.providers.processor.store import Store, Thing

HEADER = "Processor-Signature"
PAUSES = (5, 30, 300, 3_600, 14_400, 43_200, 86_400, 86_400)  # seconds
Send = Callable[[bytes, dict[str, str]], bool]
Spread = Callable[..., Iterable[bool]]


def announce(store: Store, kind: str, thing: Thing) -> None:
    """Note a message about a thing, in the transaction that changed it."""
    if store.fact("lose_messages", "0") != "0":
        store.set_fact("lose_messages", str(int(store.fact("lose_messages")) - 1))
        return
    now = store.now()
    event = {
        "id": f"evt_{secrets.token_hex(12)}",
        "account": store.fact("account", "demo"),
        "kind": kind,
        "at": now.isoformat(),
        # As with real ones, the body shows the thing as it was then. Who believes it is wrong.
        "thing": {"kind": thing["kind"], "id": thing["id"], "state": thing["state"]},
    }
    store.connection.execute(
        "INSERT INTO message (id, at, next, body) VALUES (?, ?, ?, ?)",
        [event["id"], now.timestamp(), now.timestamp(), json.dumps(event)],
    )


def signed(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """Return the headers of a message that is sent now."""
    moment = int(at.timestamp())
    signature = hmac.new(secret.encode(), b"%d." % moment + body, hashlib.sha256).hexdigest()
    return {HEADER: f"t={moment},v1={signature}", "Content-Type": "application/json"}


def waiting(store: Store) -> list[tuple[int, bytes]]:
    """Return the messages that are to be sent now, by number."""
    with store.lock:
        rows = store.connection.execute(
            "SELECT number, body FROM message WHERE next IS NOT NULL AND next <= ? "
            "ORDER BY next, number LIMIT 100",
            [store.now().timestamp()],
        )
        return [(number, body.encode()) for number, body in rows]


def deliver(store: Store, secret: str, send: Send, spread: Spread = map) -> int:
    """Send what is waiting; return how many messages were taken. ``spread`` may send several at
    once, as an executor's ``map``."""

    def one(message: tuple[int, bytes]) -> bool:
        number, body = message
        is_taken = send(body, signed(secret, body, store.now()))
        with store.transaction():
            _note(store, number, is_taken)
        return is_taken

    return sum(spread(one, waiting(store)))


def _note(store: Store, number: int, is_taken: bool) -> None:
    tries = store.connection.execute(
        "SELECT tries FROM message WHERE number = ?", [number]
    ).fetchone()[0]
    again = None
    if not is_taken and tries < len(PAUSES):
        again = store.now().timestamp() + PAUSES[tries]
    store.connection.execute(
        "UPDATE message SET next = ?, tries = tries + 1 WHERE number = ?", [again, number]
    )
