"""BTCPay Server: Greenfield's invoices, refunds by pull payments, and signed webhooks.

What it does not show: Lightning, other coins, the server's own administration. Rates stand still.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from tests.contributions.providers.simulators.serving import Outbox, Request, Response, Simulator

Found = dict[str, Any]
STORE = "store-of-the-tests"
RATES = {"EUR": Decimal(50_000), "JPY": Decimal(8_000_000), "KWD": Decimal(16_000)}
INVOICE = {"amount", "currency", "metadata", "checkout"}
CHECKOUT = {"redirectURL", "redirectAutomatically", "defaultLanguage", "expirationMinutes"}
REFUND = {"name", "description", "refundVariant", "customAmount", "customCurrency"}
EXPIRES = 15 * 60  # seconds


class Wrong(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class BTCPaySimulator(Simulator):
    def __init__(self, key: str, secret: str) -> None:
        super().__init__()
        self.key, self.secret = key, secret
        self.invoices: dict[str, Found] = {}
        self.pulls: dict[str, Found] = {}
        self.outbox = Outbox()
        self.lose_events = 0

    def answer(self, request: Request) -> Response:
        try:
            if self.fail:
                self.fail -= 1
                return Response(500, b"sorry", "text/plain")
            if request.headers.get("authorization") != f"token {self.key}":
                raise Wrong(401, "unauthenticated")
            return _json(200, self._api(request))
        except Wrong as wrong:
            return _json(wrong.status, {"code": wrong.code, "message": wrong.code})

    def _api(self, request: Request) -> Any:
        parts = request.path.strip("/").split("/")[2:]
        asked = {name: values[-1] for name, values in parse_qs(request.query).items()}
        body = json.loads(request.body) if request.body else {}
        if parts[0] == "pull-payments" and parts[2:] == ["payouts"]:
            return self._pull(parts[1])["_claims"]
        if parts[:2] != ["stores", STORE]:
            raise Wrong(404, "store-not-found")
        if parts[2] == "pull-payments":
            return [_plain(each) for each in self.pulls.values()]
        if request.method == "POST":
            return self._post(parts[3:], body)
        if len(parts) == 3:
            return self._list(asked)
        invoice = self._invoice(parts[3])
        if parts[4:] == ["payment-methods"]:
            rate = RATES[invoice["currency"]]
            method = {"paymentMethodId": "BTC-CHAIN", "rate": f"{rate}"}
            return [{**method, "payments": invoice["_payments"]}]
        return _plain(invoice)

    def _post(self, parts: list[str], body: Found) -> Found:
        if parts == []:
            return _plain(self._make(body))
        if parts[1:] == ["refund"]:
            return _plain(self._give_back(self._invoice(parts[0]), body))
        raise Wrong(404, "no-such-address")

    def _list(self, asked: dict[str, str]) -> list[Found]:
        """The latest first; ``take`` is 50 where it is not said."""
        found = [
            each
            for each in reversed(self.invoices.values())
            if asked.get("orderId") in (None, each["metadata"].get("orderId"))
            and int(asked.get("startDate", 0)) <= each["createdTime"]
            and each["createdTime"] <= int(asked.get("endDate", 9e12))
        ]
        skip = int(asked.get("skip", 0))
        return [_plain(each) for each in found[skip : skip + int(asked.get("take", 50))]]

    def _invoice(self, name: str) -> Found:
        if name not in self.invoices:
            raise Wrong(404, "invoice-not-found")
        return self.invoices[name]

    def _pull(self, name: str) -> Found:
        if name not in self.pulls:
            raise Wrong(404, "pullpayment-not-found")
        return self.pulls[name]

    # Deeds

    def _make(self, body: Found) -> Found:
        if set(body) - INVOICE or set(body.get("checkout", {})) - CHECKOUT:
            raise Wrong(422, "validation-error")
        if body["currency"] not in RATES or Decimal(body["amount"]) <= 0:
            raise Wrong(422, "validation-error")
        name = secrets.token_urlsafe(16)
        invoice = {
            "id": name,
            "storeId": STORE,
            "status": "New",
            "additionalStatus": "None",
            "amount": body["amount"],
            "currency": body["currency"],
            "metadata": body.get("metadata", {}),
            "checkoutLink": f"{self.base}/i/{name}",
            "createdTime": self.seconds,
            "expirationTime": self.seconds + EXPIRES,
            "_payments": [],
        }
        self.invoices[name] = invoice
        self.tell("InvoiceCreated", invoice)
        return invoice

    def send(self, invoice: Found, share: Decimal, *, settled: bool = True) -> None:
        """Be a supporter who sends a share of what is asked for."""
        value = Decimal(invoice["amount"]) * share / RATES[invoice["currency"]]
        status = "Settled" if settled else "Processing"
        payment = {
            "id": secrets.token_hex(16),
            "receivedDate": self.seconds,
            "value": f"{value}",
            "status": status,
        }
        invoice["_payments"].append(payment)
        self.tell("InvoiceReceivedPayment", invoice)
        self._look(invoice)

    def settle(self, invoice: Found) -> None:
        """Let the network confirm what was sent."""
        for each in invoice["_payments"]:
            each["status"] = "Settled"
        self._look(invoice)

    def vanish(self, invoice: Found) -> None:
        """Let a transaction be replaced by another one (a double spend)."""
        for each in invoice["_payments"]:
            each["status"] = "Invalid"
        invoice["status"] = "Invalid"
        self.tell("InvoiceInvalid", invoice)

    def _look(self, invoice: Found) -> None:
        """Bring an invoice to what its payments say."""
        rate, asked = RATES[invoice["currency"]], Decimal(invoice["amount"])
        paid = sum(Decimal(each["value"]) * rate for each in invoice["_payments"])
        is_late = invoice["status"] == "Expired"
        if paid < asked:
            invoice["additionalStatus"] = "PaidPartial"
            return
        over = "PaidOver" if paid > asked else "None"
        invoice["additionalStatus"] = "PaidLate" if is_late else over
        if is_late:
            self.tell("InvoicePaymentSettled", invoice)
            return
        is_settled = all(each["status"] == "Settled" for each in invoice["_payments"])
        invoice["status"] = "Settled" if is_settled else "Processing"
        self.tell("InvoiceSettled" if is_settled else "InvoiceProcessing", invoice)

    def expire(self) -> None:
        """Close what is open for too long."""
        for each in self.invoices.values():
            if each["status"] == "New" and each["expirationTime"] <= self.seconds:
                each["status"] = "Expired"
                self.tell("InvoiceExpired", each)

    def _give_back(self, invoice: Found, body: Found) -> Found:
        if set(body) - REFUND or body.get("refundVariant") != "Custom":
            raise Wrong(422, "validation-error")
        if not invoice["_payments"]:
            raise Wrong(422, "non-refundable")
        name = secrets.token_urlsafe(15)
        self.pulls[name] = {
            "id": name,
            "name": body["name"],
            "amount": body["customAmount"],
            "currency": body["customCurrency"],
            "archived": False,
            "startsAt": self.seconds,
            "viewLink": f"{self.base}/pull-payments/{name}",
            "_claims": [],
        }
        return self.pulls[name]

    def claim_all(self) -> None:
        """Be the supporters who claim what is given back."""
        for each in self.pulls.values():
            if not each["_claims"]:
                each["_claims"].append({"id": "p", "date": self.seconds, "state": "Completed"})

    # Webhooks

    def tell(self, kind: str, invoice: Found) -> None:
        if self.lose_events:
            self.lose_events -= 1
            return
        delivery = secrets.token_urlsafe(15)
        self.outbox.waiting.append(
            {
                "deliveryId": delivery,
                "originalDeliveryId": delivery,
                "webhookId": "w",
                "isRedelivery": False,
                "type": kind,
                "timestamp": self.seconds,
                "storeId": STORE,
                "invoiceId": invoice["id"],
                "metadata": invoice["metadata"],
            }
        )

    def body(self, event: Found, at: float) -> bytes:
        return json.dumps({**event, "timestamp": int(at)}).encode()

    def signed(self, body: bytes) -> dict[str, str]:
        found = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        return {"btcpay-sig": f"sha256={found}"}


def _plain(found: Found) -> Found:
    return {name: value for name, value in found.items() if not name.startswith("_")}


def _json(status: int, found: Any) -> Response:
    return Response(status, json.dumps(found).encode())
