"""The links in every letter: what leads a subscriber to her own choices, and out.

A link bears a *token*: the subscription's id and a keyed hash of it and of what the link is for.
So it need not be kept, the sender makes a million of them without asking anybody, and it works as
long as the subscription does. Pure; knows nothing of Django.

Rules:

1. The hash is checked in constant time, before the id in a token is believed.
2. A token for one purpose does nothing for another.
3. What a token tells its holder is the random id of a row, and nothing of the person.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

PREFERENCES, LEAVE = "prefs", "leave"
PURPOSES = (PREFERENCES, LEAVE)
ID_BYTES, HASH_BYTES = 16, 16
LETTERS = 43  # of a token: 32 bytes in base64url without padding
FORM = "[A-Za-z0-9_-]{43}"


class BadLink(Exception):
    """A token was not made by us for this purpose, or was changed on its way."""


@dataclass(frozen=True)
class Links:
    """Makes and reads tokens with one key, which desk and sender share."""

    key: bytes = field(repr=False)

    def token(self, subscription_id: UUID, purpose: str) -> str:
        """Return the token of a subscription for a purpose (one of PURPOSES), 43 letters."""
        whole = subscription_id.bytes + self._sign(subscription_id.bytes, purpose)
        return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()

    def read(self, token: str, purpose: str) -> UUID:
        """Return the id of the subscription that a token was made for. Raises BadLink."""
        whole = _decoded(token)
        number, signature = whole[:ID_BYTES], whole[ID_BYTES:]
        if not hmac.compare_digest(signature, self._sign(number, purpose)):
            raise BadLink("this link was not made by this newsroom")
        return UUID(bytes=number)

    def _sign(self, number: bytes, purpose: str) -> bytes:
        if purpose not in PURPOSES:
            raise ValueError(f"a link is for one of {', '.join(PURPOSES)}, not for {purpose}")
        what = b"tamizdat link 1\x00" + purpose.encode() + b"\x00" + number
        return hmac.digest(self.key, what, hashlib.sha256)[:HASH_BYTES]


def _decoded(token: str) -> bytes:
    if len(token) != LETTERS:
        raise BadLink("this link is cut short, or something was added to it")
    try:
        whole = base64.b64decode(token.encode("ascii") + b"=", b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadLink("this link holds letters that no link has") from None
    # The last letter has bits to spare: only the one spelling that we give out is taken.
    if base64.urlsafe_b64encode(whole).rstrip(b"=").decode() != token:
        raise BadLink("this link was changed on its way")
    return whole


@dataclass(frozen=True)
class Places:
    """Where links lead: addresses on the desk. ``first`` is the language without a prefix."""

    desk: str  # "https://desk.example", without a slash
    first: str

    def preferences(self, language: str, token: str) -> str:
        return f"{self._in(language)}/letters/{token}/"

    def leave(self, language: str, token: str) -> str:
        return f"{self._in(language)}/leave/{token}"

    def subscribe(self, language: str) -> str:
        return f"{self._in(language)}/subscribe/"

    def _in(self, language: str) -> str:
        return self.desk if language == self.first else f"{self.desk}/{language}"
