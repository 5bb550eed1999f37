"""The ids that a mail bears: they tell us which delivery it was, and everybody else nothing.

A mark is one AES block, under a key of the sender's: eight bytes of the delivery's number, and
eight that say what the mark is for. So it looks like chance, the same delivery has the same mark
for ever, nothing is kept to find a delivery by it, and nobody makes one up (2^-64 for each try).

* ``bounces+MARK@…`` is the envelope's sender: what comes back there names its delivery (VERP).
* ``MARK@…`` is the Message-ID: a mailbox that got a mail twice can tell.

Names of issues and newsletters in Feedback-ID are keyed hashes, cut short.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BOUNCE, MESSAGE = b"bounce\x00\x00", b"message\x00"
PURPOSES = (BOUNCE, MESSAGE)
LETTERS = 26  # of a mark: 16 bytes in base32, without padding; case does not matter
BOX = "bounces"  # the mailbox that gets what comes back
_LABEL = b"tamizdat sender marks 1\x00"


class BadMark(Exception):
    """This is no mark of ours, or was made for something else."""


class Marks:
    """Makes and reads marks. ``key`` is the vault's index key; a key of our own is made of it."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, _LABEL, hashlib.sha256)
        # One block at a time, each different, under a key for nothing else: this is what AES is.
        cipher = Cipher(algorithms.AES(self._key), modes.ECB())  # noqa: S305 - see above
        self._encryptor, self._decryptor = cipher.encryptor(), cipher.decryptor()

    def make(self, delivery: int, purpose: bytes) -> str:
        """Return the mark of a delivery, by its number: LETTERS lower-case letters and digits."""
        block = self._encryptor.update(delivery.to_bytes(8, "big") + purpose)
        return base64.b32encode(block)[:LETTERS].decode().lower()

    def read(self, mark: str) -> int:
        """Return the delivery's number from a mark, an address or a Message-ID that holds one.

        Raises BadMark.
        """
        for each in _candidates(mark):
            block = self._decryptor.update(each)
            if block[8:] in PURPOSES:
                return int.from_bytes(block[:8], "big")
        raise BadMark("expected a mark that this newsroom made, found something else")

    def name(self, what: UUID) -> str:
        """Return a short keyed hash of an issue or newsletter, for Feedback-ID."""
        return hmac.digest(self._key, what.bytes, hashlib.sha256)[:6].hex()

    def domain(self, domain: str) -> bytes:
        """Return the keyed hash under which a domain is remembered (16 bytes)."""
        return hmac.digest(self._key, b"domain\x00" + domain.encode(), hashlib.sha256)[:16]


def _candidates(text: str) -> Iterator[bytes]:
    """Yield the blocks that a text may stand for: itself, behind "+", before "@"."""
    local = text.strip().strip("<>").partition("@")[0]
    for part in _parts(local):
        if len(part) == LETTERS and part.isascii() and part.isalnum():
            try:
                yield base64.b32decode(part.upper() + "======")
            except ValueError:
                continue


def _parts(local: str) -> Iterable[str]:
    return {local, local.rpartition("+")[2], local.rpartition("=")[2]}
