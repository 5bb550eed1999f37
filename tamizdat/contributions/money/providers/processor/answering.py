"""What the processor answers: its API under /v1/, what a supporter sees under /pay/, and under
/test/ what makes it late, forgetful or unlucky.

* Every request of the API bears the key of the account: ``Authorization: Bearer …``.
* A POST may bear an ``Idempotency-Key``. It is remembered for 24 hours: the same key with the same
  values gets the same answer, and nothing is done; with others it is refused (409).
* Lists come in pages of ``limit`` (100 at most) with ``after``, the number of the last one seen.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from tamizdat.contributions.money.providers.processor import billing, deeds, pages
from tamizdat.contributions.money.providers.processor.deeds import Wrong
from tamizdat.contributions.money.providers.processor.loopback import (
    LostReply,
    Request,
    Response,
)
from tamizdat.contributions.money.providers.processor.store import Store, Thing

KEYS_HOLD = timedelta(hours=24)
PAGE = 100
TEST_ANSWER: dict[str, Any] = {"done": True}


@dataclass(frozen=True)
class Processor:
    """Answers requests. ``base`` is where it stands, as http://127.0.0.1:8010."""

    store: Store
    key: str
    base: str

    def answer(self, request: Request) -> Response:
        """Answer one request. Raises LostReply where the connection is to be cut."""
        try:
            if request.method not in ("GET", "POST"):
                raise Wrong(405, "no-such-method")
            parts = [part for part in request.path.split("/") if part]
            if parts[:1] == ["pay"] and len(parts) in (2, 3):
                return self._pay(request, parts[1:])
            if parts[:1] not in (["v1"], ["test"]) or len(parts) < 2:
                raise Wrong(404, "no-such-address")
            said = request.headers.get("authorization", "")
            if not hmac.compare_digest(said, f"Bearer {self.key}"):
                raise Wrong(401, "bad-key")
            return self._api(request, parts)
        except Wrong as wrong:
            return _json(wrong.status, {"error": wrong.kind})

    # The API

    def _api(self, request: Request, parts: list[str]) -> Response:
        if request.method == "GET":
            with self.store.lock:
                return _json(200, self._look(parts[1:], request.query))
        asked = _asked(request)
        if parts[0] == "test":
            if parts[1] == "clock":
                moment = datetime.fromisoformat(asked["to"])
                return _json(200, {"deeds": billing.advance(self.store, moment)})
            with self.store.transaction():
                return _json(200, self._test(parts[1:], asked))
        return self._once(request, parts[1:], asked)

    def _once(self, request: Request, parts: list[str], asked: dict[str, Any]) -> Response:
        """Do a deed, or answer as before."""
        key = request.headers.get("idempotency-key", "")
        said = json.dumps([request.path, asked], sort_keys=True)
        try:
            with self.store.transaction():
                if self._is_unlucky("fail"):
                    return _json(500, {"error": "sorry"})
                answer = self._before(key, said)
                if answer is None:
                    status, found = self._do(parts, asked)
                    answer = _json(status, found)
                    self._remember(key, said, answer)
                is_lost = self._is_unlucky("lose_replies")
        except Wrong as wrong:
            return _json(wrong.status, {"error": wrong.kind})
        if is_lost:
            raise LostReply
        return answer

    def _before(self, key: str, said: str) -> Response | None:
        since = (self.store.now() - KEYS_HOLD).timestamp()
        row = self.store.connection.execute(
            "SELECT said, status, answer FROM used WHERE key = ? AND at > ?", [key, since]
        ).fetchone()
        if not key or row is None:
            return None
        if row[0] != said:
            raise Wrong(409, "key-was-used-otherwise")
        return Response(row[1], row[2].encode(), headers=(("Idempotent-Replayed", "true"),))

    def _remember(self, key: str, said: str, answer: Response) -> None:
        if key:
            self.store.connection.execute(
                "INSERT OR REPLACE INTO used VALUES (?, ?, ?, ?, ?)",
                [key, self.store.now().timestamp(), said, answer.status, answer.body.decode()],
            )

    def _do(self, parts: list[str], asked: dict[str, Any]) -> tuple[int, Any]:
        if parts == ["visits"]:
            return 201, self._visit(deeds.open_visit(self.store, asked))
        if parts == ["charges"]:
            return 201, deeds.charge(self.store, asked)
        if parts == ["refunds"]:
            return 201, deeds.refund(self.store, asked)
        if parts[0] == "standings" and len(parts) == 2:
            return 200, deeds.change(self.store, self._get(parts[1], "standing"), asked)
        if parts[0] == "standings" and parts[2:] == ["page"]:
            standing = self._get(parts[1], "standing")
            return_url = str(asked.get("return_url", ""))
            page = self.store.make("method", standing=standing["id"], return_url=return_url)
            return 201, {"url": f"{self.base}/pay/{page['id']}"}
        raise Wrong(404, "no-such-address")

    def _look(self, parts: list[str], query: str) -> Any:
        asked = {name: values[-1] for name, values in parse_qs(query).items()}
        if len(parts) == 2:
            kinds = {"visits": "visit", "payments": "payment"}
            kinds |= {"standings": "standing", "payouts": "payout"}
            return self._get(parts[1], kinds.get(parts[0], ""))
        size = max(1, min(PAGE, int(asked.get("limit", PAGE))))
        after, since = int(asked.get("after", 0)), float(asked.get("since", 0))
        if parts == ["changes"]:
            found = self.store.changed(since, after, size + 1)
        elif parts in (["payments"], ["payouts"]):
            until = float(asked.get("until", "9e12"))
            found = self.store.page(parts[0][:-1], since, until, after, size + 1)
        else:
            raise Wrong(404, "no-such-address")
        return {"things": found[:size], "more": len(found) > size}

    def _get(self, name: str, kind: str) -> Thing:
        found = self.store.get(name, kind)
        if found is None:
            raise Wrong(404, f"no-such-{kind or 'thing'}")
        return found

    def _visit(self, visit: Thing) -> Thing:
        return {**visit, "url": f"{self.base}/pay/{visit['id']}"}

    # Luck

    def _test(self, parts: list[str], asked: dict[str, Any]) -> Any:
        """Set the account's facts, an agreement's script, a dispute, a refund, a payout."""
        if parts == ["facts"]:
            for name, value in asked.items():
                self.store.set_fact(name, str(value))
        elif parts[0] == "standings":
            standing = self._get(parts[1], "standing")
            self.store.save({**standing, **asked})
        elif parts == ["payouts"]:
            return deeds.pay_out(self.store, **asked)
        elif parts[0] == "payments":
            self._to_payment(self._get(parts[1], "payment"), asked["do"])
        else:
            raise Wrong(404, "no-such-address")
        return TEST_ANSWER

    def _to_payment(self, payment: Thing, deed: str) -> None:
        if deed == "come":
            billing.come(self.store, payment)
        elif deed == "take-back-refund":
            deeds.take_back_refund(self.store, payment)
        elif deed == "refund":
            left = payment["amount"] - sum(each["amount"] for each in payment["refunds"])
            deeds.refund(self.store, {"payment": payment["id"], "amount": left})
        else:
            deeds.dispute(self.store, payment, deed.removeprefix("dispute-"))

    def _is_unlucky(self, name: str) -> bool:
        left = int(self.store.fact(name, "0"))
        if left:
            self.store.set_fact(name, str(left - 1))
        return left > 0

    # What a supporter sees

    def _pay(self, request: Request, parts: list[str]) -> Response:
        name = parts[0]
        if request.method == "GET":
            with self.store.lock:
                return _html(200, self._page(name))
        decision = parse_qs(request.body.decode("ascii", "replace")).get("decision", [""])[0]
        with self.store.transaction():
            back = self._decide(name, decision)
            is_lost = decision == "lost-reply"
        if is_lost:
            raise LostReply
        if back is None:
            return Response(HTTPStatus.SEE_OTHER, b"", headers=(("Location", f"/pay/{name}"),))
        return Response(HTTPStatus.SEE_OTHER, b"", headers=(("Location", back),))

    def _page(self, name: str) -> str:
        thing = self.store.get(name)
        if thing is None:
            raise Wrong(404, "no-such-page")
        payment = self.store.get(thing["payment"]) if thing.get("payment") else None
        return pages.page(thing, payment)

    def _decide(self, name: str, decision: str) -> str | None:
        """Do what the supporter chose; return where she goes, None where she stays on the page."""
        thing = self.store.get(name)
        if thing is None:
            raise Wrong(404, "no-such-page")
        if thing["kind"] == "method":
            if decision == "approve":
                standing = self._get(thing["standing"], "standing")
                deeds.change(self.store, standing, {"change": "method"})
            return str(thing["return_url"])
        if thing["kind"] == "payment":
            return self._confirm(thing, decision)
        if decision not in pages.DECISIONS:
            raise Wrong(400, "no-such-decision")
        if decision == "lost-message":
            self.store.set_fact("lose_messages", "1")
        payment = deeds.decide(self.store, thing, decision)
        stays = payment["state"] == "failed" or payment["confirming"]
        return None if stays else str(thing["return_url"])

    def _confirm(self, payment: Thing, decision: str) -> str | None:
        """The bank asks the supporter about a renewal."""
        if payment["state"] == "pending" and decision == "approve":
            billing.come(self.store, payment)
        return None


def _asked(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.body or b"{}")
    except ValueError:
        raise Wrong(400, "no-json") from None
    if not isinstance(found, dict):
        raise Wrong(400, "no-json")
    return found


def _json(status: int, answer: Any) -> Response:
    return Response(status, json.dumps(answer).encode())


def _html(status: int, text: str) -> Response:
    policy = "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'"
    headers = (("Content-Security-Policy", policy), ("Cache-Control", "no-store"))
    return Response(status, text.encode(), "text/html; charset=utf-8", headers)
