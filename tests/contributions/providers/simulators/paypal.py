"""PayPal: orders and captures (version 2), refunds, disputes, transactions, events; and messages
signed with a certificate that hangs on a root of the tests' own.

A known ``PayPal-Request-Id`` is answered with what the first one did, whatever comes with it, for
six hours. What it does not show: subscriptions, vaults, authorisations, payouts to others.
"""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.contributions.providers.simulators.serving import (
    BEGIN,
    Outbox,
    Request,
    Response,
    Simulator,
)

Found = dict[str, Any]
CLIENT, NAME = "client-of-the-tests", "messageverificationcerts.paypal.com"
CERT = "/v1/notifications/certs/CERT-360caa42-fca2a594-a5f1d2b7"
KEYS_HOLD = 6 * 3600  # seconds
CONTEXT = {"return_url", "cancel_url", "user_action", "shipping_preference", "locale"}
RATES = {"EUR": Decimal(1), "USD": Decimal("0.9"), "JPY": Decimal("0.006")}


class Wrong(Exception):
    def __init__(self, status: int, issue: str) -> None:
        super().__init__(issue)
        self.status, self.issue = status, issue


class PayPalSimulator(Simulator):
    def __init__(self, secret: str, webhook: str) -> None:
        super().__init__()
        self.secret, self.webhook = secret, webhook
        self.token = ""
        self.orders: dict[str, Found] = {}
        self.captures: dict[str, Found] = {}
        self.disputes: dict[str, Found] = {}
        self.transactions: list[Found] = []
        self.events: list[Found] = []
        self.used: dict[str, tuple[int, Response]] = {}
        self.outbox = Outbox()
        self.declines: set[str] = set()
        self.certificate = issued(NAME)

    def answer(self, request: Request) -> Response:
        try:
            if request.path == CERT:
                return Response(200, self.certificate[0], "application/x-pem-file")
            if request.path == "/v1/oauth2/token":
                return self._new_token(request)
            if self.fail:
                self.fail -= 1
                raise Wrong(500, "INTERNAL_SERVER_ERROR")
            if request.headers.get("authorization") != f"Bearer {self.token}":
                raise Wrong(401, "INVALID_TOKEN")
            return self._once(request) if request.method == "POST" else self._look(request)
        except Wrong as wrong:
            details = [{"issue": wrong.issue}]
            return _json(wrong.status, {"name": wrong.issue, "details": details})

    def _new_token(self, request: Request) -> Response:
        wanted = base64.b64encode(f"{CLIENT}:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {wanted}":
            raise Wrong(401, "invalid_client")
        self.token = secrets.token_hex(8)
        return _json(200, {"access_token": self.token, "expires_in": 32_400})

    def _once(self, request: Request) -> Response:
        key = request.headers["paypal-request-id"]
        at, before = self.used.get(key, (0, None))
        if before is not None and self.seconds - at < KEYS_HOLD:
            return before
        found = self._do(request.path.strip("/").split("/"), json.loads(request.body))
        self.used[key] = (self.seconds, found)
        return found

    def _do(self, parts: list[str], body: Found) -> Response:
        if parts == ["v2", "checkout", "orders"]:
            return _json(201, self._make(body))
        if parts[:3] == ["v2", "checkout", "orders"] and parts[4:] == ["capture"]:
            return _json(201, self._capture(self._get(self.orders, parts[3])))
        if parts[:3] == ["v2", "payments", "captures"] and parts[4:] == ["refund"]:
            capture = self._get(self.captures, parts[3])
            return _json(201, self.give_back(capture, body["amount"], body.get("custom_id", "")))
        raise Wrong(404, "no-such-address")

    def _look(self, request: Request) -> Response:
        parts = request.path.strip("/").split("/")
        asked = {name: values[-1] for name, values in parse_qs(request.query).items()}
        if parts[:3] == ["v2", "checkout", "orders"]:
            return _json(200, self._get(self.orders, parts[3]))
        if parts[:3] == ["v2", "payments", "captures"]:
            return _json(200, self._get(self.captures, parts[3]))
        if parts[:3] == ["v1", "customer", "disputes"] and len(parts) == 4:
            return _json(200, self._get(self.disputes, parts[3]))
        if parts[:3] == ["v1", "customer", "disputes"]:
            wanted = asked["disputed_transaction_id"]
            found = [each for each in self.disputes.values() if each["_capture"] == wanted]
            return _json(200, {"items": [{"dispute_id": each["dispute_id"]} for each in found]})
        if parts[1:] == ["reporting", "transactions"]:
            span = asked["start_date"], asked["end_date"]
            if _read(span[1]) - _read(span[0]) > timedelta(days=31) or _read(span[1]) > self.clock:
                raise Wrong(400, "INVALID_REQUEST")
            some = [
                {"transaction_info": each}
                for each in self.transactions
                if span[0] <= each["transaction_initiation_date"] <= span[1]
            ]
            return self._page(request.path, asked, "transaction_details", some)
        if parts[1:] == ["notifications", "webhooks-events"]:
            new = [each for each in self.events if each["create_time"] >= asked["start_time"]]
            return self._page(request.path, asked, "events", new)
        raise Wrong(404, "no-such-address")

    def _page(self, path: str, asked: dict[str, str], name: str, found: list[Found]) -> Response:
        size, page = int(asked.get("page_size", 10)), int(asked.get("page", 1))
        some = found[(page - 1) * size : page * size]
        links = []
        if page * size < len(found):
            query = "&".join(f"{k}={v}" for k, v in {**asked, "page": page + 1}.items())
            links = [{"rel": "next", "href": f"{self.base}{path}?{query}"}]
        return _json(200, {name: some, "links": links})

    def _get(self, things: dict[str, Found], name: str) -> Found:
        if name not in things:
            raise Wrong(404, "RESOURCE_NOT_FOUND")
        return things[name]

    # Deeds

    def _make(self, body: Found) -> Found:
        (unit,) = body["purchase_units"]
        context = body["payment_source"]["paypal"]["experience_context"]
        if set(unit) - {"custom_id", "amount"} or set(context) - CONTEXT:
            raise Wrong(400, "INVALID_REQUEST")
        if unit["amount"]["currency_code"] not in RATES:
            raise Wrong(422, "CURRENCY_NOT_SUPPORTED")
        if unit["amount"]["currency_code"] == "JPY" and "." in unit["amount"]["value"]:
            raise Wrong(422, "DECIMALS_NOT_SUPPORTED")
        name = secrets.token_hex(9).upper()[:17]
        self.orders[name] = {
            "id": name,
            "status": "PAYER_ACTION_REQUIRED",
            "intent": body["intent"],
            "purchase_units": [{**unit, "reference_id": "default"}],
            "create_time": self._time(),
            "links": [{"rel": "payer-action", "href": f"{self.base}/checkoutnow?token={name}"}],
        }
        return self.orders[name]

    def approve(self, order: Found) -> None:
        order["status"] = "APPROVED"
        self.tell("CHECKOUT.ORDER.APPROVED", order)

    def _capture(self, order: Found) -> Found:
        if order["status"] != "APPROVED":
            raise Wrong(422, "ORDER_NOT_APPROVED")
        if order["id"] in self.declines:
            self.declines.discard(order["id"])
            order["status"] = "PAYER_ACTION_REQUIRED"
            raise Wrong(422, "INSTRUMENT_DECLINED")
        (unit,) = order["purchase_units"]
        capture = self._captured(order, unit)
        unit["payments"] = {"captures": [capture], "refunds": []}
        order["status"] = "COMPLETED"
        self.tell("PAYMENT.CAPTURE.COMPLETED", capture)
        return order

    def _captured(self, order: Found, unit: Found) -> Found:
        name, amount = secrets.token_hex(9).upper()[:17], unit["amount"]
        currency = amount["currency_code"]
        gross = Decimal(amount["value"])
        fee = (gross * RATES[currency] * Decimal("0.0249") + Decimal("0.35")).quantize(
            Decimal("0.01")
        )
        parts: Found = {"gross_amount": amount, "paypal_fee": _money("EUR", fee)}
        if currency != "EUR":
            net = (gross * RATES[currency]).quantize(Decimal("0.01")) - fee
            parts["paypal_fee_in_receivable_currency"] = _money("EUR", fee)
            parts["receivable_amount"] = _money("EUR", net)
        self.captures[name] = {
            "id": name,
            "status": "COMPLETED",
            "amount": amount,
            "custom_id": unit["custom_id"],
            "seller_receivable_breakdown": parts,
            "create_time": self._time(),
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
            "_fee": fee,
        }
        self._transaction(name, "T0006", amount["value"], currency)
        return self.captures[name]

    def give_back(self, capture: Found, amount: Found, custom: str) -> Found:
        order = self.orders[capture["supplementary_data"]["related_ids"]["order_id"]]
        refunds = order["purchase_units"][0]["payments"]["refunds"]
        gone = sum(Decimal(each["amount"]["value"]) for each in refunds)
        whole = Decimal(capture["amount"]["value"])
        if gone + Decimal(amount["value"]) > whole:
            raise Wrong(422, "REFUND_AMOUNT_EXCEEDED")
        refund = {
            "id": secrets.token_hex(9).upper()[:17],
            "status": "COMPLETED",
            "amount": amount,
            "custom_id": custom,
            "create_time": self._time(),
            "links": [{"rel": "up", "href": f"{self.base}/v2/payments/captures/{capture['id']}"}],
        }
        refunds.append(refund)
        is_all = gone + Decimal(amount["value"]) == whole
        capture["status"] = "REFUNDED" if is_all else "PARTIALLY_REFUNDED"
        self._transaction(refund["id"], "T1107", f"-{amount['value']}", "EUR")
        self.tell("PAYMENT.CAPTURE.REFUNDED", refund)
        return refund

    def dispute(self, capture: Found, outcome: str, stage: str = "CHARGEBACK") -> None:
        found = next(
            (each for each in self.disputes.values() if each["_capture"] == capture["id"]), None
        )
        if found is None:
            found = {
                "dispute_id": f"PP-D-{len(self.disputes) + 1}",
                "dispute_amount": capture["amount"],
                "create_time": self._time(),
                "disputed_transactions": [{"seller_transaction_id": capture["id"]}],
                "_capture": capture["id"],
            }
            self.disputes[found["dispute_id"]] = found
        found |= {"dispute_life_cycle_stage": stage, "update_time": self._time()}
        codes = {"won": "RESOLVED_SELLER_FAVOUR", "lost": "RESOLVED_BUYER_FAVOUR"}
        if outcome in codes:
            found["dispute_outcome"] = {"outcome_code": codes[outcome]}
        self.tell("CUSTOMER.DISPUTE.UPDATED", found)

    def withdraw(self, value: str) -> None:
        self._transaction("W-1", "T0400", f"-{value}", "EUR")

    def _transaction(self, name: str, code: str, value: str, currency: str) -> None:
        self.transactions.append(
            {
                "transaction_id": name,
                "transaction_event_code": code,
                "transaction_status": "S",
                "transaction_amount": _money(currency, value),
                "transaction_initiation_date": self._time(),
            }
        )

    # Messages

    def tell(self, kind: str, resource: Found) -> None:
        event = {
            "id": f"WH-{len(self.events)}-{secrets.token_hex(4)}",
            "event_type": kind,
            "create_time": self._time(),
            "resource": json.loads(_json(200, resource).body),
        }
        self.events.append(event)
        self.outbox.waiting.append(event)

    def signed(self, body: bytes, at: datetime) -> dict[str, str]:
        key = self.certificate[1]
        moment = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        said = f"transmission-1|{moment}|{self.webhook}|{zlib.crc32(body)}".encode()
        signature = key.sign(said, padding.PKCS1v15(), hashes.SHA256())
        return {
            "paypal-transmission-id": "transmission-1",
            "paypal-transmission-time": moment,
            "paypal-transmission-sig": base64.b64encode(signature).decode(),
            "paypal-auth-algo": "SHA256withRSA",
            "paypal-cert-url": f"{self.base}{CERT}",
        }

    def _time(self) -> str:
        return f"{self.clock:%Y-%m-%dT%H:%M:%SZ}"


def _money(currency: str, value: object) -> Found:
    return {"currency_code": currency, "value": f"{value}"}


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _json(status: int, found: Any) -> Response:
    return Response(status, json.dumps(_plain(found)).encode())


def _plain(found: Any) -> Any:
    if isinstance(found, dict):
        return {k: _plain(v) for k, v in found.items() if not k.startswith("_")}
    return [_plain(each) for each in found] if isinstance(found, list) else found


# Certificates


@cache
def root() -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root of the tests")])
    made = (
        _begun(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                *(False, False, False, False, False, True, True), encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
    )  # fmt: skip
    return made.sign(key, hashes.SHA256()), key


@cache
def issued(host: str) -> tuple[bytes, rsa.RSAPrivateKey]:
    """Return a certificate for a host (PEM), and its key."""
    above, signer = root()
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    made = (
        _begun(name, above.subject, key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )
    leaf = made.sign(signer, hashes.SHA256())
    return leaf.public_bytes(serialization.Encoding.PEM), key


def _begun(subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey) -> Any:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN - timedelta(days=30))
        .not_valid_after(BEGIN + timedelta(days=365))
    )
