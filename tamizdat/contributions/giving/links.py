"""The links that giving hands out: back from a processor's page, and out of a reminder.

A link bears a row's random id and a keyed hash of it and of what the link is for. It is the same
whenever it is made, as a processor wants it for one key. Pure; knows nothing of Django.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

THANKS, STOP = "thanks", "stop"
PURPOSES = (THANKS, STOP)
FORM = "[A-Za-z0-9_-]{43}"
_ID, _HASH = 16, 16  # bytes


class BadLink(Exception):
    """A token was not made by us for this purpose, or was changed on its way."""


@dataclass(frozen=True)
class Links:
    """Makes and reads tokens with one key."""

    key: bytes = field(repr=False)

    def token(self, row: UUID, purpose: str) -> str:
        """Return the token of a row for a purpose (one of PURPOSES), 43 letters."""
        return _encoded(row.bytes + self._sign(row.bytes, purpose))

    def read(self, token: str, purpose: str) -> UUID:
        """Return the id of the row that a token was made for. Raises BadLink."""
        try:
            whole = base64.b64decode(token.encode("ascii") + b"=", b"-_", validate=True)
        except (binascii.Error, UnicodeEncodeError):
            raise BadLink("this link holds letters that no link has") from None
        number, signature = whole[:_ID], whole[_ID:]
        if not hmac.compare_digest(signature, self._sign(number, purpose)):
            raise BadLink("this link was not made by this newsroom")
        # The last letter has bits to spare: only the one spelling that we give out is taken.
        if _encoded(whole) != token:
            raise BadLink("this link was changed on its way")
        return UUID(bytes=number)

    def _sign(self, number: bytes, purpose: str) -> bytes:
        if purpose not in PURPOSES:
            raise ValueError(f"a link is for one of {', '.join(PURPOSES)}, not for {purpose}")
        what = b"tamizdat giving link 1\x00" + purpose.encode() + b"\x00" + number
        return hmac.digest(self.key, what, hashlib.sha256)[:_HASH]


def _encoded(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()
