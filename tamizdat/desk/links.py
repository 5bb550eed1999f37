"""Tokens in addresses: what leads a person to one row for one purpose, from a letter or a page.

A token bears a row's random id and a keyed hash of it and of what the link is for. So it need not
be kept, a million are made without asking anybody, each is the same whenever it is made, and it
works as long as the row does. Each part above has a label of its own, and its purposes. Pure; knows
nothing of Django.

Rules:

1. The hash is checked in constant time, before the id in a token is believed.
2. A token for one purpose does nothing for another, and one part's does nothing for another part.
3. What a token tells its holder is the random id of a row, and nothing of the person.
4. Each token is spelt in one way.
5. Labels and purposes stand in letters already: one that changes takes their links away.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

LETTERS = 43  # of a token: 32 bytes in base64url without padding
FORM = "[A-Za-z0-9_-]{43}"  # of a token in an address
_ID, _HASH = 16, 16  # bytes


class BadLink(Exception):
    """A token was not made by us for this purpose, or was changed on its way."""


@dataclass(frozen=True)
class Tokens:
    """Makes and reads the tokens of one part with one key."""

    label: ClassVar[bytes]
    purposes: ClassVar[tuple[str, ...]]
    key: bytes = field(repr=False)

    def token(self, row: UUID, purpose: str) -> str:
        """Return the token of a row for a purpose (one of ``purposes``), 43 letters."""
        return _encoded(row.bytes + self._sign(row.bytes, purpose))

    def read(self, token: str, purpose: str) -> UUID:
        """Return the id of the row that a token was made for. Raises BadLink."""
        whole = _decoded(token)
        number, signature = whole[:_ID], whole[_ID:]
        if not hmac.compare_digest(signature, self._sign(number, purpose)):
            raise BadLink("this link was not made by this newsroom")
        return UUID(bytes=number)

    def _sign(self, number: bytes, purpose: str) -> bytes:
        if purpose not in self.purposes:
            raise ValueError(f"a link is for one of {', '.join(self.purposes)}, not for {purpose}")
        what = self.label + b"\x00" + purpose.encode() + b"\x00" + number
        return hmac.digest(self.key, what, hashlib.sha256)[:_HASH]


def _encoded(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()


def _decoded(token: str) -> bytes:
    if len(token) != LETTERS:
        raise BadLink("this link is cut short, or something was added to it")
    try:
        whole = base64.b64decode(token.encode("ascii") + b"=", b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise BadLink("this link holds letters that no link has") from None
    # The last letter has bits to spare: only the one spelling that we give out is taken.
    if _encoded(whole) != token:
        raise BadLink("this link was changed on its way")
    return whole
