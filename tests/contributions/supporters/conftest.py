"""A supporter, her browser, the desk's views, the post, a till behind its socket, a processor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.contributions.money import rates
from tamizdat.contributions.money.models import Contribution
from tamizdat.vault import retention
from tamizdat.vault.models import Address
from tests.contributions.conftest import Shop, listening
from tests.desk.conftest import (  # noqa: F401 - fixtures
    Vaulted,
    cheap,
    desk,
    field,
    limits,
    posted,
    solved,
    vaulted,
)
from tests.newsletters.subscribers.conftest import Post, post  # noqa: F401 - a fixture

ANNA = "Anna.K@example.org"
SAFE = {"lives": "DE", "card": "DE", "returns": "no"}  # what she answers to the country question
RATES = b"day,currency,per_euro\n2026-01-01,USD,1.1\n2026-01-01,JPY,160\n"


@pytest.fixture(scope="session")
def vault_keys(vaulted: Vaulted) -> tuple[Path, Any]:  # noqa: F811 - the fixture
    """The till seals with the keys of the vault's process, as in a newsroom."""
    return vaulted.folder, vaulted.pair


@pytest.fixture(autouse=True)
def _uncut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the journal as it is: inside a test's transaction it cannot be cut."""
    monkeypatch.setattr(retention, "checkpoint", lambda: True)


@pytest.fixture
def counter(shop: Shop, tmp_path: Path, settings: DjangoSettings) -> Iterator[list[str]]:
    """The till behind the socket at which the desk asks; what it complains of."""
    said: list[str] = []
    place = tmp_path / "till.sock"
    settings.TILL_SOCKET = place
    with listening(shop, place, said.append):
        yield said


def address_of(vault: Vaulted, address: str = ANNA) -> Address:
    """Return the row of an address that was typed into the form, and that nobody confirmed."""
    return Address.objects.keep(vault.client.seal(address), timezone.now())


@dataclass
class Portal:
    """Anna's browser at the desk."""

    desk: Client
    post: Post
    vault: Vaulted
    prefix: str = ""

    @property
    def door(self) -> str:
        return f"{self.prefix}/supporters/"

    def knock(self, address: str = ANNA) -> Any:
        """Ask for a link as a browser with scripts does."""
        page = self.desk.get(self.door).content.decode()
        return posted(self.desk, self.door, {"address": address, **solved(page)})

    def letter(self) -> EmailMessage:
        (found,) = self.post.round()
        return found

    def link(self) -> str:
        """Let the post work, and return the path of the link that it sent."""
        return link_in(self.letter())

    def enter(self) -> None:
        self.knock()
        answer = posted(self.desk, self.link(), {"do": "open"})
        assert answer.status_code == 303, answer.content.decode()

    def enter_after_thanks(self) -> None:
        """Enter, with the letter of thanks out of the way."""
        self.post.round()
        self.enter()

    def gift(self, row: Contribution) -> str:
        return f"{self.prefix}/supporters/gift/{row.pk.hex}/"

    def do(self, path: str, **fields: str) -> Any:
        """Send a form, and go where the answer leads."""
        answer = posted(self.desk, path, {**fields})
        return self.desk.get(answer["Location"]) if answer.status_code == 303 else answer

    def sure(self, path: str, **fields: str) -> dict[str, str]:
        """Press a button; return the fields of the page that asks whether it is meant."""
        page = self.do(path, **fields)
        assert page.status_code == 200, page.content.decode()
        return fields_of(page.content.decode())

    def change(self, path: str, **fields: str) -> Any:
        """Press a button, and then the one that says yes."""
        return self.do(path, **self.sure(path, **fields))


def fields_of(page: str) -> dict[str, str]:
    """Return what a page's last form sends by its first button."""
    form = page.rpartition("<form")[2]
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    button = re.search(r'name="do" value="([\w-]+)"', form)
    assert button, page
    return {**hidden, "do": button[1]}


@pytest.fixture
def portal(desk: Client, post: Post, vaulted: Vaulted, cheap: None) -> Portal:  # noqa: F811 - fixtures
    rates.keep(rates.read(RATES))
    return Portal(desk, post, vaulted)


def link_in(letter: EmailMessage, path: str = "/supporters/open/") -> str:
    found = re.search(rf"https://desk\.example((?:/ru|/fa)?{path}\S+)", letter.get_content())
    assert found, letter.get_content()
    return found[1]


def give(shop: Shop, vault: Vaulted, rhythm: str = "monthly", **more: Any) -> Contribution:
    """Give as Anna, with her address left at the form."""
    address: UUID = more.pop("address", None) or address_of(vault).pk
    return shop.give(rhythm, more.pop("amount", 1000), address=address, **more)
