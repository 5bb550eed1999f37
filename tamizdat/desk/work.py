"""Work: what a browser does once before the desk acts for it (ALTCHA, a proof of work).

The challenge is bound to one ticket, signed, and answered with the page; ``scripts/work.js`` solves
it with the browser's own cryptography, and nobody else is asked. What a machine does in a blink for
one person takes a flood of requests hours.

Rules:

1. A solution counts for the ticket for which its challenge was made, and for no other.
2. It is checked by computing one key, however long it was looked for.
3. The level is signed into the challenge; an easy one that was saved up runs out in GOOD_FOR.

The format: https://altcha.org/docs/v2/ (``PBKDF2/SHA-256``, counter as a 32-bit number).
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import altcha

from tamizdat.desk.tickets import Ticket

ALGORITHM = "PBKDF2/SHA-256"
PREFIX = "00"  # one key in 256 begins with it
# Rounds of one key by level of pressure. A desktop of 2020 looks for the first 0.3 s, an old
# phone about 3 s; each level twice as long.
ROUNDS = (2_000, 4_000, 8_000, 16_000, 32_000)
GOOD_FOR = 30 * 60  # seconds
LONGEST = 2_000  # characters of an answer


class NoWork(Exception):
    """The work was not done, or not for this ticket."""


@dataclass(frozen=True)
class Workshop:
    """Sets work and checks it, with one key."""

    key: bytes

    def set(self, ticket: Ticket, level: int, now: float) -> str:
        """Return the challenge for a ticket, as JSON."""
        made = altcha.create_challenge(
            ALGORITHM,
            ROUNDS[min(level, len(ROUNDS) - 1)],
            key_prefix=PREFIX,
            expires_at=int(now) + GOOD_FOR,
            data={"ticket": ticket.number.hex()},
            hmac_secret=self._secret,
        )
        return json.dumps(made.to_dict(), separators=(",", ":"))

    def check(self, ticket: Ticket, answer: str) -> int:
        """Check the answer to a ticket's challenge; return the level of its work. Raises NoWork."""
        if not answer or len(answer) > LONGEST or not _is_for(ticket, answer):
            raise NoWork
        try:
            found = altcha.verify_solution(answer, self._secret)
        except Exception as error:  # the answer is a stranger's: whatever breaks on it is no work
            raise NoWork from error
        if not found.verified:
            raise NoWork
        return _level_of(answer)

    @property
    def _secret(self) -> bytes:
        return hashlib.blake2b(self.key, person=b"desk work").digest()


def _level_of(answer: str) -> int:
    """Return the level that stands, signed, in an answer that was checked."""
    cost = int(json.loads(base64.b64decode(answer))["challenge"]["parameters"]["cost"])
    return sum(cost >= rounds for rounds in ROUNDS) - 1


def _is_for(ticket: Ticket, answer: str) -> bool:
    """Say whether an answer claims this ticket; whether rightly, its signature says."""
    try:
        read: Any = json.loads(base64.b64decode(answer, validate=True))
        named = read["challenge"]["parameters"]["data"]["ticket"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return bool(named == ticket.number.hex())
