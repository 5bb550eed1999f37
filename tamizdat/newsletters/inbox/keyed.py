"""Keyed hashes: that a mail was here, and that somebody asked, without saying which and who.

The key is made from the one that signs links, so there is one secret less to keep; what is made
with one cannot be made with the other.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date

from tamizdat.newsletters.inbox.letters import LONGEST, Mail, values_of

HEAD = ("message-id", "date", "from", "subject")


@dataclass(frozen=True)
class Keyed:
    """Makes the digests of one newsroom, 32 bytes each."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, link_key: str) -> Keyed:
        return cls(hmac.digest(link_key.encode(), b"tamizdat inbox 1\x00", hashlib.sha256))

    def mail(self, mail: Mail, raw: bytes, place: str) -> bytes:
        """Return what a mail is known by when it comes again to the same place (``known_as``).

        Its Message-ID alone would not do: whoever guesses one could keep another's mail from being
        taken. What hosts write into a mail's head on its way is not looked at, nor is white space:
        a signature may hold whatever becomes of that (RFC 6376, section 3.4.4).
        """
        head = "\x00".join(value for name in HEAD for value in values_of(mail.message, name))
        told = (each.encode("utf-8", "replace") for each in (head, place))
        return self._digest(b"mail", *told, _body(raw))

    def asker(self, index: bytes, day: date) -> bytes:
        """Return what an asker is counted by on one day."""
        return self._digest(b"asker", index, day.isoformat().encode())

    def domain(self, domain: str, day: date) -> bytes:
        """Return what all askers of one domain are counted by on one day."""
        return self._digest(b"domain", domain.encode("utf-8", "replace"), day.isoformat().encode())

    def everybody(self, day: date) -> bytes:
        return self._digest(b"everybody", day.isoformat().encode())

    def event(self, provider: str, number: str) -> bytes:
        return self._digest(b"event", provider.encode(), number.encode("utf-8", "replace"))

    def _digest(self, *parts: bytes) -> bytes:
        whole = b"".join(len(part).to_bytes(8) + part for part in parts)
        return hmac.digest(self.key, whole, hashlib.sha256)


def _body(raw: bytes) -> bytes:
    """Return the words that stand behind the head."""
    plain = raw[:LONGEST].replace(b"\r\n", b"\n")
    return b" ".join(plain.partition(b"\n\n")[2].split())
