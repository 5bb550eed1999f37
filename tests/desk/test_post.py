"""The post: who gets a letter, how often, and what is left when something breaks."""

from __future__ import annotations

import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd import smtp
from aiosmtpd.controller import Controller
from django.db import OperationalError
from django.db.models import QuerySet

from tamizdat.databases import PEOPLE
from tamizdat.desk.models import HELD, WISH_HOLDS, Letter, Link, Wish
from tamizdat.desk.post import office as offices
from tamizdat.desk.post.office import Office, claim, leave_claimed, take_up
from tamizdat.desk.post.smtp import Smtp
from tamizdat.desk.post.ways import TryLater, server_of
from tamizdat.vault import keys, tokens
from tamizdat.vault.models import Address, Suppression
from tamizdat.vault.opening import Opener
from tests.desk.conftest import Vaulted

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
ANNA = "Anna@example.org"


@dataclass
class Sink:
    """A real mail server on loopback, and what it was given."""

    answers: list[str] = field(default_factory=list)  # to the next letters' ends
    to_recipient: str = "250 OK"
    letters: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, to: str, options: Any
    ) -> str:
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(to)
        return self.to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - likewise
        answer = self.answers.pop(0) if self.answers else "250 taken"
        if answer == "hang up":
            self._keep(envelope)
            server.transport.abort()
            return "250 nobody hears it"
        if answer.startswith("250"):
            self._keep(envelope)
        return answer

    def _keep(self, envelope: Any) -> None:
        read = message_from_bytes(envelope.original_content, policy=email.policy.SMTP)
        assert isinstance(read, EmailMessage)
        self.letters.append((list(envelope.rcpt_tos), read))


@pytest.fixture
def sink() -> Iterator[Sink]:
    found = Sink()

    class Quiet(Controller):
        def factory(self) -> smtp.SMTP:
            return smtp.SMTP(self.handler, enable_SMTPUTF8=True)

    with socket.create_server(("127.0.0.1", 0)) as free:
        found.port = free.getsockname()[1]
    serving = Quiet(found, hostname="127.0.0.1", port=found.port)
    serving.start()
    yield found
    serving.stop()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def office(sink: Sink, vaulted: Vaulted, complaints: list[str]) -> Iterator[Office]:
    opener = Opener.unlock(vaulted.folder, "pass phrase")
    way = Smtp(server_of(f"smtp://127.0.0.1:{sink.port}"))
    yield Office(opener, way, "post@desk.example", _page, tokens.new, complaints.append)
    way.close()


def _page(language: str, path: str) -> str:
    return f"https://desk.example/{language}{path}"


@pytest.fixture
def known(vaulted: Vaulted) -> Address:
    return Address.objects.keep(vaulted.client.seal(ANNA), NOW)


@pytest.fixture
def wish(vaulted: Vaulted) -> Callable[..., Wish]:
    def make(address: str = "anna@EXAMPLE.org", language: str = "en") -> Wish:
        index = vaulted.client.index(address)
        return Wish.objects.create(
            index=index, kind=HELD, language=language, gone_at=NOW + WISH_HOLDS
        )

    return make


def test_a_known_address_gets_a_letter_with_a_link_that_works_for_an_hour(
    office: Office, sink: Sink, known: Address, wish: Any
) -> None:
    wish()
    assert office.round(NOW) == 1
    ((to, letter),) = sink.letters
    assert to == [ANNA]  # as it was kept, not as somebody typed it
    assert (letter["Subject"], letter["From"]) == ("Your link", "post@desk.example")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"] == "Sun, 29 Nov 2026 12:00:00 +0000"
    (row,) = Letter.objects.all()
    assert letter["Message-ID"] == f"<{row.pk.hex}@desk.example>"
    assert (row.state, Wish.objects.count()) == (Letter.State.GONE, 0)
    token = letter.get_content().partition("https://desk.example/en/me/")[2].partition("/")[0]
    assert Link.objects.of(token, NOW + timedelta(minutes=59)).address == known
    assert Link.objects.of(token, NOW + timedelta(minutes=61)) is None
    assert token not in repr(list(Link.objects.values_list()))


@pytest.mark.parametrize("language", ["ru", "fa"])
def test_a_letter_is_in_the_language_of_the_form(
    office: Office, sink: Sink, known: Address, wish: Any, language: str
) -> None:
    wish(language=language)
    office.round(NOW)
    ((_, letter),) = sink.letters
    assert letter["Content-Language"] == language
    assert letter.get_content_type() == "text/plain"
    assert f"/{language}/me/" in letter.get_content()


def test_unknown_and_suppressed_get_nothing_and_leave_nothing(
    office: Office, sink: Sink, known: Address, wish: Any
) -> None:
    wish("stranger@example.org")
    wish()
    Suppression.objects.create(index=bytes(known.index), reason="refused", month="2026-11")
    assert office.round(NOW) == 0
    assert sink.letters == []
    assert (Wish.objects.count(), Letter.objects.count()) == (0, 0)


def test_an_address_gets_one_letter_a_day_however_often_it_is_asked_for(
    office: Office, sink: Sink, known: Address, wish: Any
) -> None:
    for spelling in ("anna@example.org", "ANNA@example.org", " Anna@EXAMPLE.ORG "):
        for _ in range(100):
            wish(spelling)
    for minute in range(5):
        office.round(NOW + timedelta(minutes=minute))
    assert len(sink.letters) == 1
    wish()
    office.round(NOW + timedelta(hours=13))  # tomorrow
    assert len(sink.letters) == 2


def test_without_the_unique_row_it_would_get_more(
    office: Office, sink: Sink, known: Address, wish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: letters of a day of their own, as if no row said that there was one."""
    days = iter(range(10))
    made = offices.letter_to

    def other_day(*given: Any) -> Letter:
        letter = made(*given)
        letter.day += timedelta(days=next(days))
        return letter

    monkeypatch.setattr(offices, "letter_to", other_day)
    wish()
    wish()
    office.round(NOW)
    assert len(sink.letters) == 2


# What breaks


def test_what_is_refused_for_now_is_tried_later_and_once_only(
    office: Office, sink: Sink, known: Address, wish: Any, complaints: list[str]
) -> None:
    wish()
    sink.answers = ["451 later"]
    assert office.round(NOW) == 0
    assert complaints == ["post: a letter waits: the server answered 451"]
    assert office.round(NOW + timedelta(seconds=59)) == 0
    assert office.round(NOW + timedelta(seconds=61)) == 1
    assert len(sink.letters) == 1


def test_what_is_refused_while_the_database_fails_is_tried_later(
    sink: Sink, office: Office, known: Address, wish: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.answers = ["451 try again"]
    wish()
    with monkeypatch.context() as failing:
        update, tried = QuerySet.update, []

        def fail_once(rows: QuerySet[Any], **values: Any) -> int:
            if "tries" in values and not tried:
                tried.append(values)
                raise OperationalError("the disk is full")
            return update(rows, **values)

        failing.setattr(QuerySet, "update", fail_once)
        with pytest.raises(OperationalError):
            office.round(NOW)
    assert Letter.objects.get().state == Letter.State.CLAIMED
    assert office.round(NOW) == 0  # not yet
    assert office.round(NOW + timedelta(minutes=2)) == 1
    assert len(sink.letters) == 1
    assert office.unwritten == {}


def test_what_is_refused_for_good_is_given_up_without_naming_anybody(
    office: Office, sink: Sink, known: Address, wish: Any, complaints: list[str]
) -> None:
    wish()
    sink.to_recipient = "550 no such user here: Anna@example.org"
    office.round(NOW)
    assert Letter.objects.get().state == Letter.State.FAILED
    assert complaints == ["post: a letter is given up: the server answered 550"]


def test_a_server_that_is_away_is_tried_eight_times(
    office: Office, known: Address, wish: Any, complaints: list[str]
) -> None:
    object.__setattr__(office, "way", Smtp(server_of("smtp://127.0.0.1:1")))
    wish()
    for hour in range(20):
        office.round(NOW + timedelta(hours=hour))
    assert Letter.objects.get().state == Letter.State.FAILED
    assert len(complaints) == offices.TRIES


def test_a_line_that_breaks_after_the_last_byte_sends_nothing_twice(
    office: Office, sink: Sink, known: Address, wish: Any, complaints: list[str]
) -> None:
    wish()
    sink.answers = ["hang up"]
    office.round(NOW)
    office.round(NOW + timedelta(hours=2))
    assert len(sink.letters) == 1
    assert "is not sent again" in complaints[0]


def test_a_post_that_died_while_handing_over_sends_nothing_twice(
    office: Office, sink: Sink, known: Address, wish: Any
) -> None:
    wish()
    take_up(NOW)
    assert claim(Letter.objects.get(), tokens.new(), NOW)  # and here it died
    assert leave_claimed() == 1
    assert office.round(NOW + timedelta(hours=1)) == 0
    assert (sink.letters, Letter.objects.get().state) == ([], Letter.State.GONE)


def test_of_two_posts_one_claims_a_letter(known: Address, wish: Any) -> None:
    wish()
    take_up(NOW)
    letter = Letter.objects.get()
    assert claim(letter, tokens.new(), NOW)
    assert not claim(letter, tokens.new(), NOW)


def test_a_key_that_is_not_here_yet_keeps_the_letter(
    office: Office, vaulted: Vaulted, known: Address, wish: Any, complaints: list[str]
) -> None:
    object.__setattr__(office, "opener", Opener({}, keys.index_key(vaulted.folder)))
    wish()
    office.round(NOW)
    assert Letter.objects.get().state == Letter.State.READY
    assert complaints[0].startswith("post: a letter waits: the private key ")


def test_a_server_elsewhere_must_encrypt_or_nothing_is_said_to_it(sink: Sink) -> None:
    server = server_of(f"smtp://127.0.0.1:{sink.port}")
    object.__setattr__(server, "must_start", True)  # as for any host but this machine
    way = Smtp(server, ssl.create_default_context())
    with pytest.raises(TryLater, match="STARTTLS"):
        way.announce("post@desk.example", ANNA)
    assert sink.letters == []


def test_an_international_address_is_written_to_as_it_is(
    office: Office, sink: Sink, vaulted: Vaulted, wish: Any
) -> None:
    Address.objects.keep(vaulted.client.seal("анна@example.org"), NOW)
    wish("анна@example.org")
    office.round(NOW)
    ((to, _),) = sink.letters
    assert to == ["анна@example.org"]
