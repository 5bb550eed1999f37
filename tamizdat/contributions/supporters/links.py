"""The link in a letter by which a supporter stops letters of thanks, without being let in.

It bears a contribution's id and a keyed hash of it, so it need not be kept. It stops and starts
letters, and does nothing else. Pure; knows nothing of Django.

Rules:

1. The hash is checked in constant time, before the id is believed.
2. What the token tells its holder is the random id of a row, and nothing of the person.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from uuid import UUID

ID_BYTES, HASH_BYTES = 16, 16
LETTERS = 43  # of a token: 32 bytes in base64url without padding
FORM = "[A-Za-z0-9_-]{43}"
_LABEL = b"tamizdat silence 1\x00"


class BadLink(Exception):
    """A token was not made by us, or was changed on its way."""


@dataclass(frozen=True)
class Links:
    """Makes and reads tokens with the key that desk and post share."""

    key: bytes = field(repr=False)

    def token(self, contribution: UUID) -> str:
        """Return the token of a contribution, 43 letters."""
        whole = contribution.bytes + self._sign(contribution.bytes)
        return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()

    def read(self, token: str) -> UUID:
        """Return the contribution that a token was made for. Raises BadLink."""
        whole = _decoded(token)
        if not hmac.compare_digest(whole[ID_BYTES:], self._sign(whole[:ID_BYTES])):
            raise BadLink("this link was not made by this newsroom")
        return UUID(bytes=whole[:ID_BYTES])

    def _sign(self, number: bytes) -> bytes:
        return hmac.digest(self.key, _LABEL + number, "sha256")[:HASH_BYTES]


def _decoded(token: str) -> bytes:
    try:
        whole = base64.b64decode(token.encode("ascii") + b"=", b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadLink("this link holds letters that no link has") from None
    # The last letter has bits to spare: only the one spelling that we give out is taken.
    if base64.urlsafe_b64encode(whole).rstrip(b"=").decode() != token or len(token) != LETTERS:
        raise BadLink("this link was changed on its way")
    return whole
