"""Tokens: what a link in a mail bears, to prove that whoever follows it got the mail.

* 128 bits from the system's randomness, in letters that any mail program leaves in a link.
* What is stored is SHA-256 of the token: who reads the database can follow no link. Nothing slower
  is needed, since nobody can try out 2^128.
* A token is looked up by its hash, in a unique index. How long that takes tells nothing about a
  token: the hash of a guess is not near the hash of the token.
"""

from __future__ import annotations

import hashlib
import re
import secrets

BYTES = 16
HASH_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


def new() -> str:
    """Make a token: 22 letters for an address."""
    return secrets.token_urlsafe(BYTES)


def hash_of(token: str) -> bytes:
    """Return the 32 bytes that are stored of a token. What has not a token's form has a hash too,
    which no token has."""
    is_one = _FORM.fullmatch(token) is not None
    return hashlib.sha256(token.encode() if is_one else b"").digest()
