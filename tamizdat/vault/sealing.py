"""Boxes and indexes: an address sealed so that only the sender opens it, and found by a keyed hash.

Rules:

* A box is a libsodium sealed box (X25519, XSalsa20-Poly1305, a new key pair for each): whoever
  seals cannot open again, and two boxes of one address are not alike.
* What is sealed is padded to steps of STEP bytes, so that a box's length does not tell one
  address from another: nearly all come in one class of 112 bytes.
* A box says which key opens it only by the row that it lies in: ``key_id``, the first 8 bytes of
  the SHA-256 of the public key, as hexadecimal digits.
* The index is HMAC-SHA-256 of what ``addressing.folded`` gives, under a key of its own, cut to 16
  bytes (RFC 2104, section 5). Among a million addresses two meet by chance once in 10^26 newsrooms.
  Without that key nobody can try out whether an address is there.
* Who opens checks that the box belongs to the row's index: who can write to the database
  cannot have a letter for one person sent to another by moving a box.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from nacl import bindings
from nacl.exceptions import CryptoError

from tamizdat.vault.addressing import folded, normalise
from tamizdat.vault.errors import CannotOpen

STEP = 64  # bytes; most addresses have 15 to 40
INDEX_BYTES = 16
KEY_BYTES = 32
KEY_ID_DIGITS = 16
LONGEST_BOX = 320 + 48  # bytes: an address of 254 padded, and what a sealed box adds
_LABEL = b"tamizdat address index 1\x00"


@dataclass(frozen=True)
class Sealed:
    """What sealing one address gives."""

    key_id: str
    box: bytes
    index: bytes


@dataclass(frozen=True)
class Pair:
    """A key pair: X25519, 32 bytes each half."""

    public: bytes
    private: bytes = field(repr=False)

    @classmethod
    def make(cls) -> Pair:
        return cls(*bindings.crypto_box_keypair())

    @classmethod
    def of(cls, private: bytes) -> Pair:
        """Return the pair of a private key. Raises ValueError where it has not 32 bytes."""
        if len(private) != KEY_BYTES:
            raise ValueError(f"a private key has {KEY_BYTES} bytes, not {len(private)}")
        return cls(bindings.crypto_scalarmult_base(private), private)

    @property
    def key_id(self) -> str:
        return key_id_of(self.public)


def key_id_of(public: bytes) -> str:
    """Return the 16 digits by which rows and people know a key."""
    return hashlib.sha256(public).hexdigest()[:KEY_ID_DIGITS]


def seal(text: str, public: bytes, index_key: bytes) -> Sealed:
    """Seal what a person typed. Raises BadAddress."""
    address = normalise(text)
    return Sealed(key_id_of(public), box_of(address, public), index_of(address, index_key))


def box_of(address: str, public: bytes) -> bytes:
    """Seal a normalised address to a public key."""
    return bindings.crypto_box_seal(bindings.sodium_pad(address.encode(), STEP), public)


def index_of(address: str, index_key: bytes) -> bytes:
    """Return the 16 bytes by which a normalised address is found."""
    message = _LABEL + folded(address).encode()
    return hmac.digest(index_key, message, "sha256")[:INDEX_BYTES]


def open_box(box: bytes, pair: Pair) -> str:
    """Return the address in a box. Raises CannotOpen."""
    try:
        padded = bindings.crypto_box_seal_open(box, pair.public, pair.private)
        return bindings.sodium_unpad(padded, STEP).decode()
    except (CryptoError, UnicodeDecodeError, ValueError, TypeError):
        raise CannotOpen(f"a box does not open with the key {pair.key_id}") from None


def open_own(sealed: Sealed, pair: Pair, index_key: bytes) -> str:
    """Return the address in a box that lies in its own row. Raises CannotOpen."""
    address = open_box(sealed.box, pair)
    if not hmac.compare_digest(index_of(address, index_key), sealed.index):
        raise CannotOpen("a box lies in a row that is not its own: somebody has moved it")
    return address


def reseal(sealed: Sealed, pair: Pair, index_key: bytes, public: bytes) -> Sealed:
    """Seal to another key what opens with this one. Raises CannotOpen."""
    address = open_own(sealed, pair, index_key)
    return Sealed(key_id_of(public), box_of(address, public), sealed.index)
