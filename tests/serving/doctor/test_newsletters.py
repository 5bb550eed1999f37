"""What the doctor finds about newsletters: relays, keys, the box, and what waits for somebody."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.utils import timezone
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.desk.post.office import letter_to
from tamizdat.newsletters.inbox.models import EVENTS_STAY, Event
from tamizdat.newsletters.sender.models import Delivery, Sending
from tamizdat.newsletters.subscribers.letters import CONFIRM
from tamizdat.newsletters.subscribers.models import Offered
from tamizdat.serving.doctor import newsletters
from tamizdat.vault.models import Address
from tests.homes import free_ports
from tests.newsletters.sender import people
from tests.newsletters.sender.servers import Server, serving
from tests.newsletters.sender.test_dkim import KEY, SIGNER
from tests.serving.doctor.conftest import Looking
from tests.serving.doctor.test_outside import Zone, zone  # noqa: F401 - a fixture
from tests.vault.boxes import sealed

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])

Relays = Callable[[str], None]


@pytest.fixture(autouse=True)
def nothing_set(settings: DjangoSettings) -> None:
    settings.MAIL = settings.RELAYS_FILE = settings.INBOX = ""


@pytest.fixture
def relays(settings: DjangoSettings, folders: Path) -> Relays:
    """Return what writes the file of relays."""

    def write(text: str) -> None:
        (folders / "relays.toml").write_text(text)
        settings.RELAYS_FILE = str(folders / "relays.toml")

    return write


def relay(port: int, more: str = "") -> str:
    return f'[[relay]]\nserver = "smtp://127.0.0.1:{port}"\n{more}'


# Relays


def test_a_relay_that_takes_us_is_well_and_gets_no_mail(looking: Looking, relays: Relays) -> None:
    with serving(Server()) as server:
        relays(relay(server.port))
        assert looking(newsletters.relays) == []
    assert (server.mails, server.connections) == ([], 1)


def test_a_relay_that_does_not_answer_is_an_error(looking: Looking, relays: Relays) -> None:
    (port,) = free_ports(1)
    relays(relay(port))
    (said,) = looking(newsletters.relays)
    assert said.startswith(f"error relay 127.0.0.1:{port}: does not take us: ")


def test_a_relay_that_turns_us_away_is_an_error(looking: Looking, relays: Relays) -> None:
    with serving(Server(greeting=b"554 5.7.1 not you\r\n")) as server:
        relays(relay(server.port))
        (said,) = looking(newsletters.relays)
    assert "does not take us: 554" in said
    assert "not you" not in said


def test_a_relay_that_does_not_let_us_sign_in_is_an_error(looking: Looking, relays: Relays) -> None:
    with serving(Server()) as server:  # which offers no way to
        relays(relay(server.port, 'user = "newsroom"\npassword = "secret"\n'))
        (said,) = looking(newsletters.relays)
    assert "no way to sign in" in said
    assert "secret" not in said


def test_a_file_of_relays_that_is_wrong_is_an_error(looking: Looking, relays: Relays) -> None:
    relays("relay = 1")
    (said,) = looking(newsletters.relays)
    assert said.startswith("error TAMIZDAT_RELAYS_FILE: cannot be used")


def test_offline_no_relay_is_asked(looking: Looking, relays: Relays) -> None:
    relays(relay(free_ports(1)[0]))
    looking.is_offline = True
    assert looking(newsletters.relays)[0].startswith("unseen relays")


def test_newsletters_without_a_way_out_are_an_error_and_no_newsletter_is_none(
    looking: Looking,
) -> None:
    assert looking(newsletters.relays) == []
    Offered.objects.create(newsletter=uuid4(), language="en", name="The Friday Letter")
    (said,) = looking(newsletters.relays)
    assert said.startswith("error newsletters: no mail server is named; issues wait")


# Keys and names


@pytest.fixture
def signed(relays: Relays, folders: Path) -> None:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folders / "dkim.pem").write_bytes(pem)
    dkim = '[dkim]\ndomain = "lantern.example"\nselector = "n1"\nkey_file = "dkim.pem"\n'
    relays('bounces = "back.example"\n' + relay(25, dkim))


def published(zone: Zone, record: str) -> None:  # noqa: F811 - the fixture
    halves = record[:200], record[200:]  # as name servers keep what is long
    zone["n1._domainkey.lantern.example.", "TXT"] = [" ".join(f'"{half}"' for half in halves)]


@pytest.mark.usefixtures("signed")
def test_the_key_that_signs_is_published(looking: Looking, zone: Zone) -> None:  # noqa: F811
    published(zone, SIGNER.record)
    assert looking(newsletters.key) == []


@pytest.mark.usefixtures("signed")
@pytest.mark.parametrize(
    ("record", "what"), [("v=DKIM1; p=MIIB", "another key"), ("v=DKIM1; p=", "no key")]
)
def test_another_key_than_the_one_that_signs_is_an_error(
    looking: Looking,
    zone: Zone,  # noqa: F811
    record: str,
    what: str,
) -> None:
    published(zone, record)
    (said,) = looking(newsletters.key)
    assert said.startswith("error DKIM of newsletters, n1._domainkey.lantern.example: ")
    assert f"{what} is published" in said


@pytest.mark.usefixtures("signed")
def test_a_domain_that_gets_no_bounces_is_an_error(looking: Looking, zone: Zone) -> None:  # noqa: F811
    lost, spf = looking(newsletters.bounces)
    assert lost.startswith("error back.example: gets no mail: bounces are lost")
    assert spf.startswith("warning SPF of back.example: no record")
    zone["back.example.", "MX"] = ["10 mail.lantern.example."]
    zone["back.example.", "TXT"] = ['"v=spf1 mx -all"']
    assert looking(newsletters.bounces) == []


# The box


def test_without_a_box_nothing_is_said(looking: Looking) -> None:
    assert looking(newsletters.box) == []


def test_a_box_that_is_none_is_an_error(looking: Looking, settings: DjangoSettings) -> None:
    settings.INBOX = "imaps://lantern.example"
    (said,) = looking(newsletters.box)
    assert said.startswith("error TAMIZDAT_INBOX: names no box")


def test_a_box_that_does_not_open_is_an_error_and_says_no_password(
    looking: Looking, settings: DjangoSettings
) -> None:
    settings.INBOX = f"imap://box:secret@127.0.0.1:{free_ports(1)[0]}"
    settings.INBOX_AUTHSERV = "mail.lantern.example"
    (said,) = looking(newsletters.box)
    assert said.startswith("error inbox: the box could not be reached: ConnectionRefusedError")
    assert "secret" not in said


def test_without_who_judges_senders_nobody_is_answered_and_that_is_said(
    looking: Looking, settings: DjangoSettings
) -> None:
    settings.INBOX, settings.INBOX_AUTHSERV = "imap://box:x@127.0.0.1", ""
    looking.is_offline = True
    said, unseen = looking(newsletters.box)
    assert said.startswith("warning TAMIZDAT_INBOX_AUTHSERV: is empty")
    assert unseen.startswith("unseen inbox")


@pytest.fixture
def held(folders: Path) -> Iterator[Callable[[str], None]]:
    """Return what holds a program's lock."""
    files = []

    def hold(name: str) -> None:
        file = (folders / "run" / name).open("w")
        fcntl.flock(file, fcntl.LOCK_EX)
        files.append(file)

    yield hold
    for file in files:
        file.close()


def test_a_newsroom_at_work_whose_inbox_is_not_is_an_error(
    looking: Looking, settings: DjangoSettings, held: Callable[[str], None]
) -> None:
    settings.INBOX, settings.INBOX_AUTHSERV = "imap://box:x@127.0.0.1", "mail.example"
    looking.is_offline = True
    held("serve.lock")
    assert any("error inbox: is not running" in said for said in looking(newsletters.box))
    held("inbox.lock")
    assert not any("error" in said for said in looking(newsletters.box))


def test_reports_that_nobody_carried_out_are_an_error(looking: Looking) -> None:
    now = timezone.now()
    gone_at = now + EVENTS_STAY
    Event.objects.create(digest=b"1" * 32, kind="hard", gone_at=gone_at)
    assert looking(newsletters.reports) == []
    Event.objects.update(gone_at=gone_at - timedelta(minutes=11))
    (said,) = looking(newsletters.reports)
    assert said.startswith("error inbox: 1 reports of providers have waited")


# What waits


def test_an_issue_on_its_way_without_a_sender_is_an_error(
    looking: Looking, held: Callable[[str], None]
) -> None:
    people.subscribe("ada")
    people.begun()
    (said,) = looking(newsletters.issues)
    assert said.startswith("error sender: is not running, and 1 issues are on their way")
    held("send.lock")
    assert looking(newsletters.issues) == []


def test_what_a_person_must_decide_is_a_warning(
    looking: Looking, held: Callable[[str], None]
) -> None:
    held("send.lock")
    people.subscribe("ada")
    people.begun()
    Delivery.objects.update(state="uncertain")
    people.scheduled()
    Sending.objects.filter(state="scheduled").update(state="late")
    late, uncertain = looking(newsletters.issues)
    assert late.startswith("warning issues: 1 are too late to go unasked")
    assert uncertain.startswith("warning issues: of 1 mails nobody knows")


def test_the_day_s_letters_are_counted_before_they_are_used_up(
    looking: Looking, settings: DjangoSettings
) -> None:
    settings.CONFIRMATIONS_A_DAY = 5
    now = timezone.now()
    for number in range(4):
        assert looking(newsletters.confirmations) == []
        address = Address.objects.keep(sealed(f"reader{number}"), now)
        letter_to(address, CONFIRM, "en", now).save(force_insert=True)
    (said,) = looking(newsletters.confirmations)
    assert said.startswith("warning confirmations: 4 of today's 5 letters are used; 0 sign-ups")
