"""Subscribers under test: the desk's views, a real vault, and a post that writes into a folder."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from tamizdat.desk.post.folder import Folder
from tamizdat.desk.post.office import Office
from tamizdat.newsletters.subscribers import consent
from tamizdat.newsletters.subscribers.models import Subscription, day_of
from tamizdat.newsletters.subscribers.offering import Offer, offer
from tamizdat.turns import no_pause
from tamizdat.vault import retention, tokens
from tamizdat.vault.models import Address
from tamizdat.vault.opening import Opener
from tests.desk.conftest import (  # noqa: F401 - fixtures
    Vaulted,
    cheap,
    desk,
    limits,
    posted,
    solved,
    vaulted,
)

FRIDAY, DAILY = UUID(int=5), UUID(int=6)
ANNA = "Anna.K@example.org"


@dataclass
class Post:
    """The post at work, and what it has written."""

    office: Office
    folder: Path
    complaints: list[str]

    def round(self, now: datetime | None = None) -> list[EmailMessage]:
        """Work one round; return what it wrote in it."""
        before = self._files()
        self.office.round(now or timezone.now())
        return [self._read(each) for each in sorted(self._files() - before)]

    def _files(self) -> set[Path]:
        return set(self.folder.glob("*.eml")) if self.folder.exists() else set()

    def _read(self, file: Path) -> EmailMessage:
        read = message_from_bytes(file.read_bytes(), policy=email.policy.SMTP)
        assert isinstance(read, EmailMessage)
        return read


@pytest.fixture
def post(vaulted: Vaulted, tmp_path: Path) -> Post:  # noqa: F811 - the fixture
    opener = Opener.unlock(vaulted.folder, "pass phrase")
    complaints: list[str] = []
    folder = tmp_path / "outbox"
    page: Callable[[str, str], str] = lambda language, path: (  # noqa: E731 - short as it is
        f"https://desk.example{'' if language == 'en' else '/' + language}{path}"
    )
    way = Folder(folder)
    office = Office(opener, way, "post@desk.example", page, tokens.new, complaints.append)
    return Post(office, folder, complaints)


@pytest.fixture
def offered() -> None:
    """Two newsletters, in English and Russian."""
    for language, friday, daily, quiet in (
        ("en", "The Friday Letter", "Every Morning", False),
        ("ru", "Пятничное письмо", "Каждое утро", True),
    ):
        offer(
            Offer(
                FRIDAY,
                language,
                friday,
                sender_name="The Lantern",
                is_quiet=quiet,
                schedule_text="Fridays" if language == "en" else "По пятницам",
                description="What the week was about.",
                path=f"/{language}/newsletters/friday/",
                offers_full_text=True,
            )
        )
        offer(
            Offer(
                DAILY,
                language,
                daily,
                is_quiet=quiet,
                path=f"/{language}/newsletters/morning/",
                position=1,
            )
        )


@pytest.fixture(autouse=True)
def _uncut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the journal as it is: inside a test's transaction it cannot be cut."""
    monkeypatch.setattr(retention, "checkpoint", lambda: True)


def swept() -> None:
    """Let go what is due."""
    retention.sweep(timezone.now(), no_pause)


def signed_up(client: Client, path: str = "/subscribe/", address: str = ANNA, **fields: str) -> Any:
    """Sign up as a browser with scripts does."""
    page = client.get(path).content.decode()
    usual = {"address": address, "newsletter": FRIDAY.hex, "consent": consent.CURRENT}
    return posted(client, path, {**usual, **solved(page), **fields})


def link_in(letter: EmailMessage, path: str = "/confirm/") -> str:
    """Return the path of the link to a page of the desk that stands in a letter."""
    found = re.search(rf"https://desk\.example((?:/ru|/fa)?{path}\S+)", letter.get_content())
    assert found, letter.get_content()
    return found[1]


def subscribed(
    vault: Vaulted, address: str = ANNA, newsletter: UUID = FRIDAY, **values: Any
) -> Subscription:
    """Return a subscription of somebody who confirmed it."""
    row = Address.objects.keep(vault.client.seal(address), timezone.now())
    Address.objects.confirm(row.pk)
    usual = {"language": "en", "consent": consent.CURRENT, "consented_at": day_of(timezone.now())}
    return Subscription.objects.create(address=row, newsletter=newsletter, **(usual | values))
