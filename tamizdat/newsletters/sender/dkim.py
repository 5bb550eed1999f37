"""Signing mails (DKIM, RFC 6376; rsa-sha256, relaxed/relaxed), so that they are known for ours.

Rules:

1. Every field of our header is signed. Those in OVERSIGNED are named once more than they stand
   there, so that nobody adds another one (section 5.4).
2. The body is signed whole; there is no ``l=``.
3. The parts of a mail are encoded so that the relaxed form of the body is the body itself
   (``stencil.quoted_printable``): nothing is rewritten before it is hashed.
4. What is the same for everybody is hashed once: the body up to its first placeholder.
5. No time stands in a signature (``t=`` may be left out): the same mail has the same bytes whenever
   it is sent again, and tells nobody when that was.

Keys are RSA of 2048 bits or more: not every receiver knows Ed25519 (RFC 8463).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cached_property

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tamizdat.newsletters.sender.stencil import Coding, Cut, Stencil, cut

LEAST_BITS = 2048
OVERSIGNED = ("from", "to", "subject", "date", "message-id", "reply-to", "content-type")
_LINE = 72  # letters of the signature in a line


class BadKey(Exception):
    """A key cannot sign mails; the message says what was expected."""


class Signer:
    """Signs with one key, which receivers find at ``SELECTOR._domainkey.DOMAIN``."""

    def __init__(self, key: RSAPrivateKey, domain: str, selector: str) -> None:
        if key.key_size < LEAST_BITS:
            raise BadKey(f"expected an RSA key of {LEAST_BITS} bits, found {key.key_size}")
        self._key, self.domain, self.selector = key, domain, selector

    @classmethod
    def load(cls, pem: bytes, domain: str, selector: str) -> Signer:
        """Read a private key in PEM. Raises BadKey."""
        try:
            key = load_pem_private_key(pem, None)
        except (ValueError, TypeError):
            raise BadKey("expected an RSA private key in PEM, without a passphrase") from None
        if not isinstance(key, RSAPrivateKey):
            raise BadKey("expected an RSA private key, found another kind")
        return cls(key, domain, selector)

    def signature(self, header: bytes, opening: bytes) -> str:
        """Sign canonical fields and the field of the signature itself, up to its ``b=``."""
        made = self._key.sign(header + opening, padding.PKCS1v15(), hashes.SHA256())
        return base64.b64encode(made).decode()

    @cached_property
    def record(self) -> str:
        """What the TXT record of the selector has to say (RFC 6376, section 3.6.1)."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self._key.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


class Signed:
    """A stencil whose mails are signed."""

    def __init__(self, stencil: Stencil, signer: Signer) -> None:
        self._stencil, self._signer = stencil, signer
        names = [name.lower() for name, _ in stencil.fields]
        listed = ":".join([*names, *OVERSIGNED])
        self._opening = (
            f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={signer.domain};\r\n"
            f" s={signer.selector};\r\n h={_folded(listed)};\r\n bh="
        )
        self._canonical_opening = f"dkim-signature:{relaxed(self._opening)}".encode()
        self._header = canonical(stencil)
        self._prefix = stencil.body.pieces[0].forms[0]
        self._begun = hashlib.sha256(self._prefix)

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Return one person's mail, signed. Raises as ``Stencil.fill``."""
        head, body = self._stencil.head.fill(values), self._stencil.body.fill(values)
        digest = self._begun.copy()
        digest.update(memoryview(body)[len(self._prefix) :])
        bh = base64.b64encode(digest.digest()).decode()
        opening = self._canonical_opening + f"{bh}; b=".encode()
        made = self._signer.signature(self._header.fill(values), opening)
        lines = "\r\n ".join(made[at : at + _LINE] for at in range(0, len(made), _LINE))
        field = f"DKIM-Signature: {self._opening}{bh};\r\n b={lines}\r\n"
        return field.encode() + head + body


def canonical(stencil: Stencil) -> Cut:
    """Return the header of a stencil in its relaxed form (RFC 6376, section 3.4.2)."""
    fields = (f"{name.lower()}:{relaxed(value)}\r\n" for name, value in stencil.fields)
    return cut("".join(fields), Coding.HEADER)


def relaxed(value: str) -> str:
    """Unfold a field's value, and make each run of white space one blank."""
    return re.sub(r"[ \t]+", " ", value.replace("\r\n", "")).strip(" ")


def _folded(names: str) -> str:
    """Break a list of names into lines; white space counts for nothing there (section 3.5)."""
    lines = [""]
    for name in re.findall(r"[^:]+:?", names):
        if len(lines[-1]) + len(name) > _LINE:
            lines.append("")
        lines[-1] += name
    return "\r\n ".join(lines)
