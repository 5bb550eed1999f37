"""Giving under test: the desk's views, a real vault's process, and a till at a real processor."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.giving import views
from tamizdat.contributions.money import rates
from tamizdat.contributions.money.client import TillClient
from tamizdat.contributions.money.counter import Counter
from tamizdat.contributions.money.rates import Given
from tamizdat.vault import retention
from tests.contributions.conftest import Shop
from tests.desk.conftest import (  # noqa: F401 - fixtures
    cheap,
    desk,
    limits,
    posted,
    solved,
    vaulted,
)

ANNA = "Anna.K@example.org"
SAFE = {"lives": "DE", "card": "DE", "returns": "no"}
# Units for one euro, near to those of autumn 2026.
PER_EURO = {
    "USD": "1.16", "GBP": "0.87", "CHF": "0.93", "JPY": "178", "KWD": "0.356", "PLN": "4.24",
    "SEK": "10.9", "NOK": "11.7", "DKK": "7.46", "CZK": "24.3", "HUF": "388", "RON": "5.09",
    "BGN": "1.9558", "CAD": "1.63", "AUD": "1.77", "NZD": "2.04", "GEL": "3.14", "KZT": "610",
    "ILS": "3.80", "TRY": "48.9", "UAH": "48.7", "AED": "4.26", "AMD": "444", "INR": "103",
    "KRW": "1690", "MXN": "21.4", "BRL": "6.2", "ISK": "147", "CLP": "1090", "ZAR": "20.1",
    "HKD": "9.03", "SGD": "1.51", "MDL": "19.7",
}  # fmt: skip


@dataclass(frozen=True)
class Direct(TillClient):
    """The till without the socket: the same questions, the same answers."""

    counter: Counter | None = None
    asked: tuple[list[str], ...] = ()

    def _ask(self, **question: Any) -> dict[str, Any]:
        assert self.counter is not None
        for each in self.asked:
            each.append(question["ask"])
        found = json.loads(self.counter.answer(json.dumps(question).encode()))
        if "error" in found:
            from tamizdat.contributions.money.client import _error

            raise _error(str(found["error"]), str(found["kind"]))
        return dict(found)


@pytest.fixture
def asked() -> list[str]:
    """What the till was asked, in order."""
    return []


@pytest.fixture
def till(shop: Shop, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> TillClient:
    found = Direct(Path("/nowhere"), counter=Counter(shop.till, print), asked=(asked,))
    monkeypatch.setattr(views, "till", lambda: found)
    return found


@pytest.fixture
def stored() -> None:
    """Exchange rates of every currency that is offered."""
    day = date(2026, 1, 1)
    rates.keep(Given(day, code, Decimal(value)) for code, value in PER_EURO.items())


@pytest.fixture
def giver(
    desk: Client,  # noqa: F811 - the fixture
    till: TillClient,
    stored: None,
    cheap: None,  # noqa: F811 - the fixture
    settings: DjangoSettings,
) -> Giver:
    settings.TIME_ZONE = "Europe/Riga"
    settings.LINK_KEY = "links-of-the-tests-" + "2" * 30
    settings.DESK_ADDRESS = "https://desk.example"
    settings.HOME_COUNTRIES = ["RU", "BY", "IR"]
    settings.STATEMENT_NAME = "SLOW READING"
    return Giver(desk)


@pytest.fixture(autouse=True)
def _uncut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the journal as it is: inside a test's transaction it cannot be cut."""
    monkeypatch.setattr(retention, "checkpoint", lambda: True)


@dataclass(frozen=True)
class Page:
    """An answer of the desk, as a reader sees it."""

    status: int
    html: str
    answer: Any

    @property
    def text(self) -> str:
        bare = re.sub(r"<(style|head)>.*?</\1>", "", self.html, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())

    @property
    def heading(self) -> str:
        found = re.search(r"<h1>(.*?)</h1>", self.html)
        return unescape(found[1]) if found else ""

    @property
    def onward(self) -> str:
        """Return where the page leads by itself."""
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', self.html)
        return unescape(found[1]) if found else ""

    def fields(self) -> dict[str, str]:
        """Return what the page's form sends as it stands."""
        found: dict[str, str] = {}
        for tag in re.findall(r"<input [^>]*>", self.html):
            kind = _part(tag, "type")
            if kind in ("radio", "checkbox") and " checked" not in tag:
                continue
            found[_part(tag, "name")] = _part(tag, "value")
        for select in re.findall(r"<select.*?</select>", self.html, re.DOTALL):
            chosen = re.search(r'value="([^"]*)" selected', select)
            found[_part(select, "name")] = chosen[1] if chosen else ""
        area = re.search(
            r'<textarea [^>]*name="note"[^>]*>\n(.*?)</textarea>', self.html, re.DOTALL
        )
        if area:
            found["note"] = unescape(area[1])
        return found

    def wrongs(self) -> list[str]:
        return [unescape(each) for each in re.findall(r'class="wrong"[^>]*>(.*?)</p>', self.html)]


def _part(tag: str, name: str) -> str:
    found = re.search(rf' {name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""


@dataclass(frozen=True)
class Giver:
    """A supporter at the desk, with a browser that does its work."""

    desk: Client

    def get(self, path: str = "/give/") -> Page:
        return _page(self.desk.get(path))

    def post(self, fields: dict[str, str], path: str = "/give/", **headers: str) -> Page:
        return _page(posted(self.desk, path, fields, **headers))

    def form(self, path: str = "/give/", **answers: str) -> Page:
        """Pass the question; return the form."""
        first = self.get(path)
        return self.post({**first.fields(), **SAFE, **answers}, path.partition("?")[0])

    def send(self, form: Page, path: str = "/give/", **changed: str) -> Page:
        """Do a form's work, and send it with these changes."""
        return self.post({**form.fields(), **solved(form.html), **changed}, path)

    def give(self, path: str = "/give/", **changed: str) -> Page:
        """Go the whole way to the page that leads on."""
        return self.send(self.form(path), path, **changed)


def _page(answer: Any) -> Page:
    return Page(answer.status_code, answer.content.decode(), answer)


Sender = Callable[..., Page]
