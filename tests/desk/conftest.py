"""A desk under test: its views in this process, and a real vault's process behind its socket."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import altcha
import pytest
from django.test import Client
from pytest_django import Settings as DjangoSettings

from tamizdat.desk import admission
from tamizdat.desk.limits import Limits
from tamizdat.vault.client import Vault
from tamizdat.vault.sealing import Pair
from tests.desk.serving import make_keys, vault_process

KEY = "only-for-tests-" + "1" * 40


@dataclass(frozen=True)
class Vaulted:
    """A vault's process, and the keys that it and the back room have."""

    folder: Path
    socket: Path
    pair: Pair

    @property
    def client(self) -> Vault:
        return Vault(self.socket)


@pytest.fixture(scope="session")
def vaulted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vaulted]:
    root = tmp_path_factory.mktemp("vault")
    folder, place = root / "keys", root / "v.sock"
    pair = make_keys(folder)
    with vault_process(folder, place):
        yield Vaulted(folder, place, pair)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Limits:
    """Counts of this test's own."""
    fresh = Limits(*admission.ALL)
    monkeypatch.setattr(admission, "LIMITS", fresh)
    monkeypatch.setattr(admission.Gate, "__init__", _gate_with(fresh))
    return fresh


def _gate_with(fresh: Limits) -> Callable[..., None]:
    made = admission.Gate.__init__

    def init(self: Any, key: bytes, limits: Limits = fresh, **more: Any) -> None:
        made(self, key, limits, **more)

    return init


@pytest.fixture
def desk(settings: DjangoSettings, vaulted: Vaulted, limits: Limits) -> Client:
    """A browser at the desk's views, in this process."""
    settings.ROOT_URLCONF = "tamizdat.urls.desk"
    settings.MIDDLEWARE = ["tamizdat.desk.doorway.Doorway"]
    settings.DESK_KEY = KEY
    settings.VAULT_SOCKET = vaulted.socket
    settings.APPEND_SLASH = False
    return Client(raise_request_exception=False)


def field(page: str, name: str) -> str:
    """Return what a page's hidden field or data attribute holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"|data-{name}="([^"]*)"', page)
    assert found, f"no {name} on the page"
    return unescape(found[1] if found[1] is not None else found[2])


def solved(page: str) -> dict[str, str]:
    """Do a page's work as the script does; return the form's fields but the address."""
    import base64
    import json

    read = json.loads(field(page, "challenge"))
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(read))
    assert solution is not None
    answer = {"challenge": read, "solution": solution.to_dict()}
    encoded = base64.b64encode(json.dumps(answer).encode()).decode()
    return {"ticket": field(page, "ticket"), "altcha": encoded}


def posted(desk: Client, path: str, fields: dict[str, str], **headers: str) -> Any:
    from urllib.parse import urlencode

    kind = "application/x-www-form-urlencoded"
    return desk.post(path, urlencode(fields), content_type=kind, headers=headers)


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let work take a moment only."""
    from tamizdat.desk import work

    monkeypatch.setattr(work, "ROUNDS", (10, 20, 40, 80, 160))
