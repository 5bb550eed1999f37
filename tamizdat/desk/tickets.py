"""Tickets: what a form carries, so that the desk need not remember that it gave one out.

A ticket says for which form it was given and when, and is signed. It is bought with work (``work``)
or with waiting, and used once: whoever accepts one writes its number into ``models.Used``.

Rules:

1. Nothing in a ticket, and nothing that it is made of, comes from the request.
2. A ticket is good for its own form alone, and for LIFETIME.
3. The signature is checked in constant time, before anything else in the ticket is believed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Callable
from dataclasses import dataclass

LIFETIME = 60 * 60  # seconds
_EARLY = 5  # seconds: another process's clock may be a little ahead
_NUMBER, _SIGNATURE = 16, 32  # bytes
_MADE_AT = struct.Struct(">Q")
_LENGTH = _MADE_AT.size + _NUMBER + _SIGNATURE


class NoTicket(Exception):
    """There is no ticket, or none that is good: the person needs a new one."""


@dataclass(frozen=True)
class Ticket:
    """One ticket that was given out by us."""

    number: bytes
    made_at: int  # seconds since 1970
    text: str = ""  # as it stands in the form

    def age(self, now: float) -> float:
        """Return how long ago it was given, in seconds."""
        return now - self.made_at


class Tickets:
    """Gives and reads the tickets of one key. ``random`` gives that many bytes nobody can guess."""

    def __init__(self, key: bytes, random: Callable[[int], bytes]) -> None:
        self._key = hashlib.blake2b(key, person=b"desk tickets").digest()
        self._random = random

    def give(self, form: str, now: float) -> Ticket:
        """Give a ticket for a form."""
        made_at, number = int(now), self._random(_NUMBER)
        signature = self._sign(form, made_at, number)
        whole = _MADE_AT.pack(made_at) + number + signature
        return Ticket(number, made_at, base64.urlsafe_b64encode(whole).rstrip(b"=").decode())

    def read(self, form: str, text: str, now: float, lifetime: float = LIFETIME) -> Ticket:
        """Read a ticket that came with a form. Raises NoTicket."""
        whole = _decoded(text)
        (made_at,) = _MADE_AT.unpack_from(whole)
        number = whole[_MADE_AT.size : _MADE_AT.size + _NUMBER]
        if not hmac.compare_digest(whole[-_SIGNATURE:], self._sign(form, made_at, number)):
            raise NoTicket
        if not -_EARLY <= now - made_at <= lifetime:
            raise NoTicket
        return Ticket(number, made_at, text)

    def _sign(self, form: str, made_at: int, number: bytes) -> bytes:
        what = _MADE_AT.pack(made_at) + number + form.encode()
        return hmac.digest(self._key, what, "sha256")


def _decoded(text: str) -> bytes:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        whole = base64.b64decode(padded, b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise NoTicket from None
    if len(whole) != _LENGTH:
        raise NoTicket
    return whole
