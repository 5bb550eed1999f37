"""The inbox at work on a real box: each mail once, whatever goes wrong; and the commands."""

from __future__ import annotations

import io
import sys
import uuid
from collections.abc import Collection, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings as DjangoSettings

from tamizdat.databases import PEOPLE
from tamizdat.desk.post.ways import TryLater
from tamizdat.newsletters.inbox import boxes, take_command
from tamizdat.newsletters.inbox import staying as module
from tamizdat.newsletters.inbox.boxes import BoxAway, open_box, place_of
from tamizdat.newsletters.inbox.bringing.lists import ListError
from tamizdat.newsletters.inbox.errors import AnswerWaits, InboxError, NotNow
from tamizdat.newsletters.inbox.hooks.carrying_out import carry_out
from tamizdat.newsletters.inbox.models import Closed, Event
from tamizdat.newsletters.inbox.staying import Staying
from tamizdat.newsletters.inbox.taking import Taker
from tamizdat.newsletters.subscribers.models import Offered, Subscription
from tamizdat.vault.models import Address, Suppression
from tests.desk.conftest import Vaulted
from tests.newsletters.inbox.dovecot import PROGRAM, Dovecot, dovecot
from tests.newsletters.inbox.mails import OURS, TOKEN, asking
from tests.newsletters.inbox.test_taking import Out, out, subscribed, taker
from tests.vault.boxes import NOW

__all__ = ["out", "subscribed", "taker"]

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
with_a_server = pytest.mark.skipif(PROGRAM is None, reason="Debian's dovecot is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot() as running:
        yield running


@pytest.fixture
def said() -> list[str]:
    return []


def make(taker: Taker, tmp_path: Path, said: list[str], **more: Any) -> Staying:
    values = {"open_box": None, "now": lambda: NOW, "say": said.append}
    return Staying(lock=tmp_path / "inbox.lock", taker=taker, **(values | more))


@with_a_server
def test_mails_are_carried_out_and_taken_away(
    server: Dovecot, taker: Taker, out: Out, tmp_path: Path, said: list[str]
) -> None:
    place = place_of(server.setting("imaps"))
    inbox = make(taker, tmp_path, said, open_box=lambda: open_box(place, server.context))
    for number in range(3):
        server.put(asking(f"number {number}").replace(b"<one@", f"<{number}@".encode()))
    assert inbox.look()
    assert (len(out.letters), server.left(), said) == (3, 0, [])


@with_a_server
@pytest.mark.parametrize("kind", ["imaps", "pop3s"])
def test_who_dies_before_a_mail_is_taken_away_finds_it_and_does_nothing(
    kind: str,
    server: Dovecot,
    taker: Taker,
    out: Out,
    tmp_path: Path,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    place = place_of(server.setting(kind))
    inbox = make(taker, tmp_path, said, open_box=lambda: open_box(place, server.context))
    server.put(asking())
    with monkeypatch.context() as patch:
        patch.setattr("tamizdat.newsletters.inbox.boxes.Imap.take_away", lambda *_: None)
        patch.setattr("tamizdat.newsletters.inbox.boxes.Pop.take_away", lambda *_: None)
        inbox.look()
    assert (len(out.letters), server.left()) == (1, 1)
    inbox.look()
    assert (len(out.letters), server.left()) == (1, 0)


@with_a_server
def test_a_mail_that_cannot_be_carried_out_now_stays(
    server: Dovecot, taker: Taker, out: Out, tmp_path: Path, said: list[str]
) -> None:
    place = place_of(server.setting("imaps"))
    inbox = make(taker, tmp_path, said, open_box=lambda: open_box(place, server.context))
    server.put(asking())
    out.fault = TryLater("the server answered 421")
    assert not inbox.look()
    assert not inbox.look()
    assert (server.left(), said) == (1, ["inbox: mails wait: the server answered 421"])
    out.fault = None
    assert inbox.look()
    assert server.left() == 0


class Shelf:
    """A box in memory."""

    def __init__(self, *mails: bytes) -> None:
        self.left = {str(number): raw for number, raw in enumerate(mails)}

    def mails(
        self, without: Collection[str] = (), last: Collection[str] = ()
    ) -> Iterator[tuple[str, bytes]]:
        for name in boxes._of_one_look(self.left, without, last):
            yield name, self.left[name]

    def take_away(self, name: str) -> None:
        del self.left[name]

    def close(self) -> None:
        """Nothing is held."""


def test_a_mail_at_which_we_fail_stays_and_is_told_without_a_word_of_it(
    taker: Taker, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Shelf(b"Subject: anna@reader.example", asking())
    tried: list[bytes] = []

    def take(self: Taker, raw: bytes, now: Any, recipient: str = "") -> str:
        tried.append(raw)
        if b"one@" not in raw:
            raise ZeroDivisionError("anna@reader.example")
        return "an answer"

    monkeypatch.setattr(Taker, "take", take)
    inbox = make(taker, tmp_path, said, open_box=lambda: box)
    assert inbox.look()
    assert inbox.look()
    assert (list(box.left), len(tried)) == (["0"], 2)
    assert said == ["inbox: a mail stays in the box: ZeroDivisionError"]


def test_an_answer_that_nobody_takes_keeps_no_other_mail_waiting_and_is_given_up_in_a_day(
    taker: Taker, out: Out, tmp_path: Path, said: list[str]
) -> None:
    box = Shelf(asking(), asking(to=f"nobody@{OURS}").replace(b"<one@", b"<two@"))
    moment = [NOW]
    inbox = make(taker, tmp_path, said, open_box=lambda: box, now=lambda: moment[0])
    out.fault = TryLater("the server answered 451")
    assert not inbox.look()
    assert list(box.left) == ["0"]
    moment[0] += timedelta(hours=23)
    assert not inbox.look()
    assert list(box.left) == ["0"]
    moment[0] += timedelta(hours=1)
    inbox.look()
    assert (list(box.left), said) == ([], ["inbox: mails wait: the server answered 451"])


def test_what_cannot_be_done_is_not_in_the_way_of_what_came_later(
    taker: Taker, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boxes, "AT_ONCE", 2)
    box = Shelf(b"fails", b"fails", b"waits", b"waits", b"sound")
    tried: list[bytes] = []

    def take(self: Taker, raw: bytes, now: Any, recipient: str = "") -> str:
        tried.append(raw)
        if raw == b"fails":
            raise ZeroDivisionError
        if raw == b"waits":
            raise AnswerWaits("the server answered 451")
        return "an answer"

    monkeypatch.setattr(Taker, "take", take)
    inbox = make(taker, tmp_path, said, open_box=lambda: box)
    for _ in range(3):
        inbox.look()
    assert sorted(box.left) == ["0", "1", "2", "3"]
    assert tried.count(b"fails") == 2


def test_a_box_that_is_away_is_told_once(taker: Taker, tmp_path: Path, said: list[str]) -> None:
    def away() -> Any:
        raise BoxAway("the box could not be reached: TimeoutError")

    inbox = make(taker, tmp_path, said, open_box=away)
    assert not inbox.look()
    assert not inbox.look()
    assert said == ["inbox: mails wait: the box could not be reached: TimeoutError"]


def test_two_do_not_read_one_box(taker: Taker, tmp_path: Path, said: list[str]) -> None:
    from tamizdat.desk.post.staying import alone

    with alone(tmp_path / "inbox.lock"), pytest.raises(InboxError, match="at work already"):
        make(taker, tmp_path, said).stay()


def test_what_told_to_end_ends(
    taker: Taker, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)
    inbox = make(taker, tmp_path, said)
    inbox.told.set()
    inbox.stay()


# What providers reported


def event(kind: str, index: bytes, mark: str = "") -> Event:
    return Event.objects.create(
        digest=uuid.uuid4().bytes * 2, kind=kind, index=index, mark=mark, gone_at=NOW
    )


@pytest.mark.parametrize(("kind", "reason"), [("hard", "bounced"), ("complained", "complained")])
def test_an_event_suppresses_who_is_known_and_nobody_else(
    kind: str, reason: str, taker: Taker, subscribed: Subscription, vaulted: Vaulted
) -> None:
    known = event(kind, bytes(subscribed.address.index))
    event(kind, vaulted.client.index("stranger@reader.example"))
    assert carry_out(NOW) == 2
    assert list(Suppression.objects.values_list("reason", flat=True)) == [reason]
    known.refresh_from_db()
    assert (known.kind, known.mark, bytes(known.index)) == ("", "", b"")
    assert carry_out(NOW) == 0


def test_a_soft_event_of_an_unknown_mail_is_nothing(taker: Taker, subscribed: Subscription) -> None:
    event("soft", bytes(subscribed.address.index))
    event("soft", b"", f"<{TOKEN}@{OURS}>")
    carry_out(NOW)
    assert not Suppression.objects.exists()


def test_who_left_at_the_provider_has_left(taker: Taker, subscribed: Subscription) -> None:
    event("left", bytes(subscribed.address.index))
    carry_out(NOW)
    assert not Subscription.objects.exists()


# Commands


@pytest.fixture
def at_home(settings: DjangoSettings, tmp_path: Path, vaulted: Vaulted) -> Path:
    settings.HOME, settings.RUN_ROOT = tmp_path, tmp_path
    settings.EDITION_ROOT = tmp_path / "edition"
    settings.VAULT_SOCKET, settings.VAULT_KEYS_ROOT = vaulted.socket, vaulted.folder
    settings.INBOX_DOMAIN, settings.INBOX_AUTHSERV = OURS, "mx.lantern.example"
    return tmp_path


def take(raw: bytes, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("newsletters", "take", *words)


def test_the_pipe_takes_a_mail(
    at_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Offered.objects.create(newsletter=uuid.uuid4(), language="en", name="Friday")
    both = asking(to=f"get@{OURS}, subscribe@{OURS}")
    take(both, monkeypatch, "--to", f"subscribe@{OURS}", "--verbose")
    assert capsys.readouterr().out == "a sign-up\n"
    take(b"nonsense", monkeypatch)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("error", [NotNow("the vault rests"), ZeroDivisionError("anna@a.example")])
def test_whatever_goes_wrong_the_mail_is_tried_again(
    error: Exception,
    at_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> str:
        raise error

    monkeypatch.setattr(Taker, "take", fail)
    with pytest.raises(SystemExit) as end:
        take(asking(), monkeypatch)
    assert end.value.code == take_command.TRY_AGAIN == 75
    assert "anna" not in capsys.readouterr().err


def test_a_provider_is_switched_off_and_on(
    settings: DjangoSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.HOOKS = {"postmark": "a:b"}
    call_command("newsletters", "hooks", "off", "postmark")
    assert "postmark     off  http://localhost:8002/hooks/postmark/" in capsys.readouterr().out
    assert Closed.objects.count() == 1
    call_command("newsletters", "hooks", "on", "postmark")
    assert "postmark     on" in capsys.readouterr().out
    with pytest.raises(InboxError, match="may report"):
        call_command("newsletters", "hooks", "off", "brevo")


@pytest.fixture
def offered() -> uuid.UUID:
    newsletter = uuid.uuid4()
    for language in ("en", "ru"):
        Offered.objects.create(
            newsletter=newsletter, language=language, name="Friday", path="/newsletters/friday/"
        )
    return newsletter


LISTS = Path(__file__).parent / "lists"


def bring(*words: object) -> None:
    named = ("--newsletter", "friday", "--language", "ru")
    call_command("newsletters", "import", *map(str, words), *named)


def test_an_import_says_what_it_would_do_and_asks(
    at_home: Path, offered: uuid.UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [LISTS / f"mailchimp-{name}.csv" for name in ("subscribed", "unsubscribed", "cleaned")]
    bring(*files, "--dry-run")
    said = capsys.readouterr().out
    assert "      1  new subscriptions\n" in said
    assert "      3  left, bounced or complained there (they are never written to" in said
    assert "      4  lines" in said
    assert not Address.objects.exists()
    with pytest.raises(InboxError, match="say --yes"):
        bring(*files)
    bring(*files, "--yes")
    assert Subscription.objects.get().newsletter == offered
    assert Suppression.objects.count() == 3
    assert "@" not in capsys.readouterr().out


def test_an_import_of_listmonk_signs_up_who_is_said_to_have_confirmed(
    at_home: Path, offered: uuid.UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(LISTS / "listmonk.csv", "--consented-on", "2024-05-01", "--yes")
    said = capsys.readouterr().out
    assert "      1  never confirmed there, or nobody says so" in said
    assert "! listmonk.csv: lines that do not say whether somebody confirmed or left: 1." in said
    assert not Subscription.objects.exists()
    confirmed = ("--exported", "confirmed", "--yes")
    bring(LISTS / "listmonk.csv", *confirmed)
    assert "      1  without a day of consent" in capsys.readouterr().out
    bring(LISTS / "listmonk.csv", *confirmed, "--consented-on", "2024-05-01")
    assert Subscription.objects.count() == 1
    assert Suppression.objects.count() == 2
    bring(LISTS / "listmonk.csv", "--exported", "unsubscribed", "--yes")
    assert not Subscription.objects.audience(offered, "ru", NOW).exists()


def test_of_a_list_with_a_quote_that_is_not_closed_nothing_is_brought_in(
    at_home: Path, offered: uuid.UUID
) -> None:
    good, bad = at_home / "good.csv", at_home / "bad.csv"
    good.write_text("email,consented_at\nanna@example.org,2024-05-01\n")
    bad.write_text('email,status\nboris@example.org,left\n"gleb@example.org,left\nvera@a.example,"')
    for words in (("--yes",), ("--dry-run",)):
        with pytest.raises(ListError, match=r"bad\.csv, line 3: "):
            bring(good, bad, *words)
    assert not Address.objects.exists()
    assert not Suppression.objects.exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--newsletter", "monday", "--language", "ru"], r"expected the name of one \(friday\)"),
        (["--newsletter", "friday", "--language", "de"], "is there in en, ru, not in 'de'"),
    ],
)
def test_an_import_wants_a_newsletter_that_is_there(
    words: list[str], complaint: str, at_home: Path, offered: uuid.UUID
) -> None:
    complaint = complaint.replace("of one ", "of one newsletter ")
    with pytest.raises(InboxError, match=complaint):
        call_command("newsletters", "import", str(LISTS / "ghost.csv"), *words)


def test_a_deed_that_is_none_is_told() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("newsletters", "dance")


def test_the_bar_says_how_far_it_is() -> None:
    from tamizdat.newsletters.inbox.bringing.lists import open_list
    from tamizdat.newsletters.inbox.import_command import Bar

    bar = Bar([open_list(LISTS / "ghost.csv")], "looking", lambda: 0.0)
    assert "looking" in bar.state(1_000, 2.0)
    assert "1,000 lines, 500 a second" in bar.state(1_000, 2.0)
