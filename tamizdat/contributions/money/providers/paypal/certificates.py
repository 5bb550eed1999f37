"""Checking PayPal's messages by ourselves: its certificate, and the chain that it hangs on.

PayPal would check a message for us, at the price of a question for each one that is forged. So:

1. A certificate is fetched from one address alone (``place``), and kept.
2. Its chain must lead to a root that this machine trusts, and its name be NAME.
3. Somebody may name certificates that are not there: one is fetched in so many seconds (PAUSE); who
   comes in between is told to come again.
4. What is signed is the message's id, its moment, our webhook's id and the body's CRC-32; signed
   with RSA and SHA-256.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from tamizdat.contributions.money.errors import BadWebhook, MoneyError, Unsure
from tamizdat.contributions.money.providers.http import Line

NAME = "messageverificationcerts.paypal.com"
LIVE, SANDBOX = "https://api.paypal.com", "https://api.sandbox.paypal.com"
PATH = re.compile(r"/v1/notifications/certs/CERT-[0-9a-zA-Z-]{1,80}")
PAUSE = 30.0  # seconds
KEPT = 8
ALGORITHM = "SHA256withRSA"


class Certificates:
    """Fetches and keeps certificates; ``roots`` are those that are trusted."""

    def __init__(self, place: str, roots: Sequence[x509.Certificate], name: str = NAME) -> None:
        self.line = Line(place, {})
        self._store = Store(list(roots))
        self._name = name
        self._kept: dict[str, RSAPublicKey] = {}
        self._fetched_at: float = 0.0
        self._lock = threading.Lock()

    def check(self, webhook: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Raise BadWebhook where a message is not signed by PayPal; Unsure where its certificate
        cannot be had now."""
        names = ("transmission-id", "transmission-time", "transmission-sig", "auth-algo")
        found = {name: headers.get(f"paypal-{name}", "") for name in names}
        if not all(found.values()) or found["auth-algo"] != ALGORITHM:
            raise BadWebhook("the message is not signed by PayPal")
        key = self._key(headers.get("paypal-cert-url", ""), now)
        parts = (found["transmission-id"], found["transmission-time"], webhook, zlib.crc32(body))
        said = "|".join(map(str, parts)).encode()
        try:
            signature = _decoded(found["transmission-sig"])
            key.verify(signature, said, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            raise BadWebhook("the message is not signed by PayPal") from None

    def _key(self, address: str, now: datetime) -> RSAPublicKey:
        path = address.removeprefix(self.line.base)
        if path == address or not PATH.fullmatch(path):
            raise BadWebhook("the message names a certificate that is not PayPal's")
        with self._lock:
            if path not in self._kept:
                if now.timestamp() - self._fetched_at < PAUSE:
                    raise Unsure("another certificate was fetched a moment ago")
                self._fetched_at = now.timestamp()
                while len(self._kept) >= KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[path] = self._fetched(path, now)
            return self._kept[path]

    def _fetched(self, path: str, now: datetime) -> RSAPublicKey:
        try:
            status, answer = self.line.exchange("GET", path, None, {})
        except MoneyError:
            raise Unsure("PayPal's certificate cannot be fetched now") from None
        if status != 200:
            raise BadWebhook("the message names a certificate that PayPal does not have")
        try:
            leaf, *others = x509.load_pem_x509_certificates(answer)
            builder = PolicyBuilder().store(self._store).time(now)
            builder.build_server_verifier(x509.DNSName(self._name)).verify(leaf, others)
        except (ValueError, VerificationError):
            raise BadWebhook("the certificate of the message is not PayPal's") from None
        return cast(RSAPublicKey, leaf.public_key())


def trusted() -> list[x509.Certificate]:
    """Return the roots that this machine trusts."""
    import ssl

    context = ssl.create_default_context()
    return [x509.load_der_x509_certificate(each) for each in context.get_ca_certs(binary_form=True)]


def _decoded(text: str) -> bytes:
    import base64

    return base64.b64decode(text, validate=True)
