"""The sandbox does what every provider must, whoever bills; and its pages say what they are."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tamizdat.contributions.money.providers import Page
from tamizdat.contributions.money.providers.processor import billing, deeds, messages, pages
from tamizdat.contributions.money.providers.processor.loopback import (
    Loopback,
    LostReply,
    Request,
    Response,
)
from tamizdat.contributions.money.providers.processor.serving import Messenger, Server, served
from tamizdat.contributions.money.providers.sandbox import Sandbox
from tests.contributions.conftest import KEY, SECRET
from tests.contributions.providers.contract import Account, Disputed, Regular
from tests.contributions.providers.till_contract import (  # noqa: F401 - a fixture
    TillContract,
    newsroom,
)
from tests.homes import until


class SandboxAccount(Account):
    def __init__(self, server: Server, *, bills: bool) -> None:
        self.server = server
        self.store = server.processor.store
        self.provider = Sandbox(server.processor.base, KEY, SECRET, bills=bills)

    def _choose(self, page: Page, decision: str) -> None:
        with self.store.transaction():
            deeds.decide(self.store, self.store.get(page.visit) or {}, decision)

    def approve(self, page: Page) -> None:
        self._choose(page, "approve")

    def decline(self, page: Page) -> None:
        self._choose(page, "decline")

    def lose_replies(self) -> None:
        with self.store.transaction():
            self.store.set_fact("lose_replies", "2")
        assert isinstance(self.provider, Sandbox)
        if not self.provider.line._free:
            with self.store.transaction():
                self.store.set_fact("lose_replies", "1")

    def fail(self) -> None:
        with self.store.transaction():
            self.store.set_fact("fail", "1")

    def cut(self) -> None:
        assert isinstance(self.provider, Sandbox)
        self.provider.line.close()
        self.provider.line.base = "http://127.0.0.1:9"

    def last(self) -> Page:
        visit = self.store.page("visit", 0, 9e12, 0, 1000)[-1]
        return Page(f"{self.server.processor.base}/pay/{visit['id']}", visit["id"])

    def balance(self) -> int:
        payments = self.store.page("payment", 0, 9e12, 0, 1000)
        came = [each for each in payments if each["state"] == "confirmed"]
        total = sum(each["settled"][0] - each["fee"] for each in came)
        for each in came:
            total -= sum(refund["amount"] for refund in each["refunds"])
            for dispute in each["disputes"]:
                total -= dispute["fee"] + (dispute["state"] != "won") * dispute["amount"]
        return int(total)

    def refund(self, payment: str, amount: int) -> None:
        with self.store.transaction():
            deeds.refund(self.store, {"payment": payment, "amount": amount})

    def visits(self) -> int:
        return len(self.store.page("visit", 0, 9e12, 0, 1000))

    def dispute(self, payment: str, outcome: str) -> None:
        with self.store.transaction():
            deeds.dispute(self.store, self.store.get(payment) or {}, outcome)

    def now(self) -> datetime:
        return self.store.now()

    def pass_days(self, days: int) -> None:
        billing.advance(self.store, self.now() + timedelta(days=days))

    def messages(self) -> list[tuple[bytes, Mapping[str, str]]]:
        found = messages.waiting(self.store)
        return [(body, self.signed(body, self.now())) for _, body in found]

    def signed(self, body: bytes, at: datetime) -> Mapping[str, str]:
        headers = messages.signed(SECRET, body, at)
        return {name.lower(): value for name, value in headers.items()}

    def sent(self) -> list[Any]:
        rows = self.store.connection.execute("SELECT said FROM used").fetchall()
        return [value for (said,) in rows for value in json.loads(said)[1].values()]


@pytest.fixture(params=[True, False], ids=["it bills", "we bill"])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Account]:
    with served(tmp_path / "processor.sqlite3", KEY) as server:
        found = SandboxAccount(server, bills=request.param)
        yield found
        found.provider.line.close()


class TestSandbox(Regular, Disputed):
    """All of the contract."""


class TestTillAtSandbox(TillContract):
    """All of the way."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with served(tmp_path / "processor.sqlite3", KEY) as found:
        yield found


def asked(server: Server, method: str, path: str, body: str = "") -> tuple[int, str]:
    parts = urlsplit(server.processor.base)
    browser = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    browser.request(method, path, body or None, headers)
    answer = browser.getresponse()
    found = answer.status, answer.read().decode()
    browser.close()
    return found


@pytest.mark.parametrize("language", ["en", "ru", "fa"])
def test_its_page_says_that_no_money_moves(server: Server, language: str) -> None:
    with server.processor.store.transaction():
        visit = deeds.open_visit(
            server.processor.store,
            {"amount": 500, "currency": "EUR", "language": language, "reference": "r"},
        )
    status, text = asked(server, "GET", f"/pay/{visit['id']}")
    assert status == 200
    assert pages.WORDS[language]["nothing"] in text
    assert f'lang="{language}"' in text
    assert "<script" not in text
    assert text.count("<button") == len(pages.DECISIONS)
    assert set(pages.WORDS[language]) == set(pages.WORDS["en"])


def test_what_is_asked_without_its_key_is_refused(server: Server) -> None:
    assert asked(server, "GET", "/v1/payments")[0] == 401
    assert asked(server, "POST", "/v1/visits", "{}")[0] == 401
    assert asked(server, "POST", "/test/clock", "{}")[0] == 401
    assert asked(server, "GET", "/elsewhere")[0] == 404
    assert asked(server, "GET", "/pay/vis_none")[0] == 404
    assert asked(server, "PUT", "/v1/visits", "{}")[0] == 405


def test_messages_are_sent_until_they_are_taken(server: Server) -> None:
    store, taken = server.processor.store, []
    with store.transaction():
        visit = deeds.open_visit(store, {"amount": 500, "currency": "EUR", "reference": "r"})
        deeds.decide(store, visit, "approve")
    assert messages.deliver(store, SECRET, lambda body, headers: False) == 0
    assert messages.deliver(store, SECRET, lambda body, headers: True) == 0  # not yet again
    with store.transaction():
        store.move_clock(store.now() + timedelta(seconds=6))
    sender = Messenger(store, SECRET, "http://127.0.0.1:9/")
    sender.send = lambda body, headers: taken.append(body) is None  # type: ignore[method-assign]  # no newsroom is there
    sender.start()
    until(lambda: bool(taken))
    sender.stop()
    assert json.loads(taken[0])["kind"] == "payment.confirmed"


class Taker(Loopback):
    """Takes messages; counts them and the connections that they came over; cuts some."""

    taken = connections = cuts = 0

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def answer(self, request: Request) -> Response:
        if self.cuts:
            self.cuts -= 1
            raise LostReply
        self.taken += 1
        return Response(200)


def test_messages_share_a_connection_and_one_that_is_cut_is_opened_anew(server: Server) -> None:
    taker = Taker(0)
    messenger = Messenger(server.processor.store, SECRET, f"{taker.base}/hooks/")
    with taker.at_work():
        assert [messenger.send(b"{}", {}) for _ in range(3)] == [True] * 3
        assert (taker.taken, taker.connections) == (3, 1)
        taker.cuts = 1
        assert messenger.send(b"{}", {})
        assert (taker.taken, taker.connections) == (4, 2)
        taker.cuts = 2
        assert not messenger.send(b"{}", {})
        assert messenger.send(b"{}", {})
        assert taker.taken == 5
        messenger._own.connection.close()
