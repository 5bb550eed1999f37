"""A till at a real processor over HTTP, a supporter with a browser, and a clock that both share."""

from __future__ import annotations

import http.client
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import pytest

from tamizdat.contributions.money import ledger, pledging, reconciling, renewing, webhooks
from tamizdat.contributions.money.amounts import Money
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.counter import Counter, Listening
from tamizdat.contributions.money.errors import MoneyError
from tamizdat.contributions.money.handles import Keyring
from tamizdat.contributions.money.models import Contribution, Payment
from tamizdat.contributions.money.periods import day_in
from tamizdat.contributions.money.providers.processor import billing, messages
from tamizdat.contributions.money.providers.processor.serving import Server, served
from tamizdat.contributions.money.providers.sandbox import Sandbox
from tamizdat.contributions.money.till import Till
from tamizdat.databases import PEOPLE
from tamizdat.vault.keys import index_key
from tamizdat.vault.opening import Opener
from tests.desk.serving import make_keys

KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"
ZONE = ZoneInfo("Europe/Riga")
both = pytest.mark.django_db(databases=["default", PEOPLE])
committing = pytest.mark.django_db(databases=["default", PEOPLE], transaction=True)


@pytest.fixture(scope="session")
def vault_keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("vault") / "keys"
    return folder, make_keys(folder)


@pytest.fixture
def keyring(vault_keys: tuple[Path, Any]) -> Keyring:
    folder, pair = vault_keys
    return Keyring(folder, lambda: Opener({pair.key_id: pair}, index_key(folder)))


@pytest.fixture
def processor(tmp_path: Path) -> Iterator[Server]:
    with served(tmp_path / "processor.sqlite3", KEY) as server:
        yield server


@pytest.fixture(params=["the provider bills"])
def bills(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "the provider bills")


@pytest.fixture
def shop(processor: Server, keyring: Keyring, bills: bool) -> Iterator[Shop]:
    provider = Sandbox(processor.processor.base, KEY, SECRET, bills=bills)
    found = Shop(processor, provider, keyring)
    yield found
    found.close()


@contextmanager
def listening(
    shop: Shop, place: Path, say: Callable[[str], None], user: int | None = None
) -> Iterator[TillClient]:
    """Let the till answer behind a socket, as it does to the desk; ``say``: its complaints."""
    user = os.geteuid() if user is None else user
    counter = Listening(place, Counter(shop.till, say), frozenset({user}))
    thread = threading.Thread(target=counter.serve, daemon=True)
    thread.start()
    try:
        yield TillClient(place, patience=30)
    finally:
        counter.close()
        thread.join()


@dataclass
class Shop:
    """A newsroom's till, its processor and a supporter, in one place."""

    server: Server
    provider: Sandbox
    keyring: Keyring
    till: Till = field(init=False)

    def __post_init__(self) -> None:
        self.till = self.new_till()

    def new_till(self) -> Till:
        """Return a till as after a start: with nothing in memory."""
        return Till({self.provider.facts.name: self.provider}, self.keyring, ZONE, self.now)

    def close(self) -> None:
        self.provider.line.close()

    @property
    def store(self) -> Any:
        return self.server.processor.store

    def now(self) -> datetime:
        return self.store.now()

    @property
    def today(self) -> Any:
        return day_in(self.now(), ZONE)

    # The supporter

    def pledge(self, rhythm: str = "once", amount: int = 1000, **more: Any) -> Contribution:
        wanted = {
            "key": secrets.token_bytes(16),
            "provider": self.provider.facts.name,
            "method": "card",
            "money": Money(more.pop("currency", "EUR"), amount),
            "language": "en",
        }
        return pledging.pledge(pledging.Pledge(rhythm=rhythm, **{**wanted, **more}), self.today)

    def page(self, row: Contribution) -> str:
        return self.till.page(row.pk, "http://127.0.0.1:1/back")

    def choose(self, url: str, decision: str) -> int | None:
        """Press a button of the processor's page; return the status, None where no answer came."""
        parts = urlsplit(url)
        browser = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        try:
            browser.request("POST", parts.path, urlencode({"decision": decision}), kind)
            return browser.getresponse().status
        except http.client.HTTPException:
            return None
        finally:
            browser.close()

    def give(self, rhythm: str = "once", amount: int = 1000, **more: Any) -> Contribution:
        """Pledge, pay, and let the newsroom hear of it."""
        row = self.pledge(rhythm, amount, **more)
        self.choose(self.page(row), "approve")
        self.deliver()
        row.refresh_from_db()
        return row

    # What goes between

    def deliver(self) -> int:
        """Let the processor send what is waiting."""
        return messages.deliver(self.store, SECRET, self.take)

    def take(self, body: bytes, headers: dict[str, str]) -> bool:
        try:
            webhooks.hear(self.till, self.provider.facts.name, body, headers)
        except MoneyError:
            return False
        return True

    def compare(self) -> reconciling.Report:
        return reconciling.hourly(self.till, self.provider.facts.name)

    def nightly(self) -> reconciling.Report:
        return reconciling.nightly(self.till, self.provider.facts.name)

    def pass_days(self, days: int, each: Callable[[], object] | None = None) -> None:
        """Let days go by: the processor bills, messages come, the newsroom does its daily work."""
        for _ in range(days):
            billing.advance(self.store, self.now() + timedelta(days=1))
            self.deliver()
            renewing.daily(self.till)
            self.deliver()
            if each is not None:
                each()

    def facts(self, **values: Any) -> None:
        with self.store.transaction():
            for name, value in values.items():
                self.store.set_fact(name, str(value))

    def things(self, kind: str) -> list[dict[str, Any]]:
        return self.store.page(kind, 0, 9e12, 0, 10_000)

    def to(self, thing: dict[str, Any], **values: Any) -> None:
        with self.store.transaction():
            self.store.save({**self.store.get(thing["id"]), **values})

    def posts(self, path: str) -> int:
        """Count the deeds that the processor remembers at an address."""
        rows = self.store.connection.execute("SELECT said FROM used").fetchall()
        return sum(f'"{path}"' in said for (said,) in rows)

    # What came of it

    def books(self) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Return what each account got and gave, by day."""
        from tamizdat.contributions.money.models import DayTotal

        rows = DayTotal.objects.values_list("account__code", "day", "debit", "credit")
        return {(code, f"{day}"): (debit, credit) for code, day, debit, credit in rows}

    def holds(self) -> None:
        """The newsroom's payments and books are what the processor has; nothing is off."""
        theirs = [each for each in self.things("payment") if each["state"] == "confirmed"]
        ours = Payment.objects.filter(state=Payment.State.CONFIRMED)
        assert ours.count() == len(theirs)
        gross = sum(each["amount"] for each in theirs)
        assert sum(each.amount for each in ours) == gross
        assert ledger.audit().faults == ()
        gifts = [value for (code, _), value in self.books().items() if code.startswith("gifts")]
        assert sum(credit - debit for debit, credit in gifts) == gross
