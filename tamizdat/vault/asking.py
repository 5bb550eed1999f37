"""What goes over the vault's socket: one question and one answer for each connection.

A question is a frame: four bytes of length (big end first), one byte that says what is asked, and
the address as it was typed, or another text to seal, in UTF-8. An answer is a frame: one byte that
says how it went, and what was asked for:

=========  =====================================================
``seal``   8 bytes of key id, 16 bytes of index, then the box
``index``  16 bytes of index
``text``   8 bytes of key id, then the box
``day``    1 byte: how much of the day is used, in percent
=========  =====================================================

There is no question that lists or opens. No answer holds an address.
"""

from __future__ import annotations

import struct

from tamizdat.vault.errors import BadAddress, VaultBusy, VaultGone
from tamizdat.vault.sealing import INDEX_BYTES, LONGEST_BOX, Sealed

SEAL, INDEX, TEXT, DAY = b"S", b"I", b"T", b"D"
DONE, BAD_ADDRESS, BUSY, BAD_QUESTION, NO_KEYS = b"K", b"A", b"B", b"Q", b"N"

HEAD = struct.Struct(">I")
KEY_ID_BYTES = 8
LONGEST_QUESTION = 1 + 4 * 320  # bytes: what may be typed, each letter in four bytes
LONGEST_TEXT = 1200  # bytes
LONGEST_ANSWER = 1 + KEY_ID_BYTES + INDEX_BYTES + max(LONGEST_BOX, LONGEST_TEXT + 128)


def frame(*parts: bytes) -> bytes:
    body = b"".join(parts)
    return HEAD.pack(len(body)) + body


def question(kind: bytes, text: str) -> bytes:
    """Write a question. Raises BadAddress where it is longer than any address."""
    try:
        typed = text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        raise BadAddress("this is no e-mail address that mail can be sent to") from None
    if len(typed) >= LONGEST_QUESTION:
        raise BadAddress("an e-mail address has at most 254 characters")
    return frame(kind, typed)


def answer_sealed(sealed: Sealed) -> bytes:
    return DONE + bytes.fromhex(sealed.key_id) + sealed.index + sealed.box


def read_sealed(body: bytes) -> Sealed:
    """Read the answer to ``seal``. Raises VaultError."""
    found = read(body)
    if len(found) <= KEY_ID_BYTES + INDEX_BYTES:
        raise VaultGone("the vault's answer was cut short")
    key_id, rest = found[:KEY_ID_BYTES], found[KEY_ID_BYTES:]
    return Sealed(key_id.hex(), rest[INDEX_BYTES:], rest[:INDEX_BYTES])


def answer_text(key_id: str, box: bytes) -> bytes:
    return DONE + bytes.fromhex(key_id) + box


def read_text(body: bytes) -> Sealed:
    """Read the answer to ``text``; it has no index. Raises VaultError."""
    found = read(body)
    if len(found) <= KEY_ID_BYTES:
        raise VaultGone("the vault's answer was cut short")
    return Sealed(found[:KEY_ID_BYTES].hex(), found[KEY_ID_BYTES:], b"")


def read_index(body: bytes) -> bytes:
    """Read the answer to ``index``. Raises VaultError."""
    found = read(body)
    if len(found) != INDEX_BYTES:
        raise VaultGone("the vault's answer was cut short")
    return found


def answer_day(used: float) -> bytes:
    return DONE + bytes([round(100 * used)])


def read_day(body: bytes) -> float:
    """Read the answer to ``day``, from 0 to 1. Raises VaultError."""
    found = read(body)
    if len(found) != 1 or found[0] > 100:
        raise VaultGone("the vault's answer was cut short")
    return found[0] / 100


def read(body: bytes) -> bytes:
    """Return what an answer holds. Raises BadAddress, VaultBusy, VaultGone."""
    sign, rest = body[:1], body[1:]
    if sign == DONE:
        return rest
    if sign == BAD_ADDRESS:
        raise BadAddress("this is no e-mail address that mail can be sent to")
    if sign == BUSY:
        raise VaultBusy("the vault was asked too often; ask again later")
    if sign == NO_KEYS:
        raise VaultGone("the vault has no keys, or they are damaged; see: tamizdat keys vault")
    raise VaultGone("the vault did not understand the question")
