"""An editor's test goes the way that the issue will go: by its relays, and signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.newsletters import testing
from tamizdat.newsletters.models import Issue
from tests import homes, writing
from tests.newsletters import writing as letters
from tests.newsletters.sender.servers import Server, serving
from tests.newsletters.sender.test_dkim import KEY, SIGNER

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


@pytest.fixture
def issue(newsroom: dict[str, Any]) -> Issue:
    letter = letters.newsletter(newsroom["en"], zone="UTC")
    story = writing.published(newsroom["en"], "The dam holds", at=writing.at(18))
    return letters.approved(letters.issue(letter, [story], due_at=FRIDAY))


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as found:
        yield found


@pytest.fixture(autouse=True)
def mail(settings: DjangoSettings) -> None:
    """The one way of TAMIZDAT_MAIL leads nowhere: whoever goes it fails."""
    settings.MAIL = f"smtp://127.0.0.1:{homes.free_ports(1)[0]}"
    settings.MAIL_FROM = "letter@lantern.example"


def relays(settings: DjangoSettings, folder: Path, *ports: int, more: str = "") -> None:
    each = "".join(f'[[relay]]\nserver = "smtp://127.0.0.1:{port}"\nweight = {99 - at * 90}\n'
                   for at, port in enumerate(ports))  # fmt: skip
    file = folder / "relays.toml"
    file.write_text(f'bounces = "back.example"\n{each}{more}')
    settings.RELAYS_FILE = str(file)


def signing(folder: Path) -> str:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "dkim.pem").write_bytes(pem)
    return '[dkim]\ndomain = "lantern.example"\nselector = "n1"\nkey_file = "dkim.pem"\n'


def verifies(data: bytes) -> bool:
    record = {b"n1._domainkey.lantern.example.": SIGNER.record.encode()}
    return bool(dkim.verify(data, dnsfunc=lambda name, timeout=5: record.get(name)))


def test_it_goes_by_the_relays_and_is_signed_as_the_issue_will_be(
    issue: Issue, server: Server, settings: DjangoSettings, tmp_path: Path
) -> None:
    relays(settings, tmp_path, server.port, more=signing(tmp_path))
    assert testing.send(issue, "one@example.org two@example.org", "digest", timezone.now()) == 2
    assert server.recipients == ["one@example.org", "two@example.org"]
    assert {taken.sender for taken in server.mails} == {"bounces@back.example"}
    assert all(verifies(taken.data) for taken in server.mails)
    assert "The dam holds" in letters.text_of(server.mails[0].data)


def test_where_a_relay_is_down_another_takes_it(
    issue: Issue, server: Server, settings: DjangoSettings, tmp_path: Path
) -> None:
    relays(settings, tmp_path, homes.free_ports(1)[0], server.port)
    assert testing.send(issue, "one@example.org", "digest", timezone.now()) == 1
    assert server.recipients == ["one@example.org"]


def test_without_a_file_of_relays_the_one_server_takes_it(
    issue: Issue, server: Server, settings: DjangoSettings
) -> None:
    settings.MAIL = f"smtp://127.0.0.1:{server.port}"
    assert testing.send(issue, "one@example.org", "full", timezone.now()) == 1
    assert server.mails[0].sender == "bounces@lantern.example"


def test_where_no_relay_answers_the_editor_is_told_which(
    issue: Issue, settings: DjangoSettings, tmp_path: Path
) -> None:
    (port,) = homes.free_ports(1)
    relays(settings, tmp_path, port)
    with pytest.raises(testing.BadTest, match=f"0 went.*127.0.0.1:{port}") as error:
        testing.send(issue, "one@example.org", "digest", timezone.now())
    assert "example.org" not in f"{error.value}"


def test_what_a_server_says_of_one_address_keeps_no_other_waiting(
    issue: Issue, settings: DjangoSettings, tmp_path: Path
) -> None:
    def no_such(step: str, about: str) -> str:
        is_it = step == "rcpt" and "one@" in about
        return "550 5.1.1 <one@example.org> is unknown" if is_it else ""

    with serving(Server(fault=no_such)) as server:
        relays(settings, tmp_path, server.port)
        with pytest.raises(testing.BadTest) as error:
            testing.send(issue, "one@example.org two@example.org", "digest", timezone.now())
    assert server.recipients == ["two@example.org"]
    told = "Of 2 test mails 1 went; the others: no such address (550 5.1.1)."
    assert f"{error.value}" == told


def test_a_wrong_file_of_relays_is_told(
    issue: Issue, settings: DjangoSettings, tmp_path: Path
) -> None:
    relays(settings, tmp_path)
    with pytest.raises(testing.BadTest, match="TAMIZDAT_RELAYS_FILE: expected at least one"):
        testing.send(issue, "one@example.org", "digest", timezone.now())
