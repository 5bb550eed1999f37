"""Boxes on a real mail server: read with encryption alone, emptied only by us."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import partial

import pytest

from tamizdat.newsletters.inbox import boxes
from tamizdat.newsletters.inbox.boxes import BadBox, BoxAway, Place, open_box, place_of
from tamizdat.newsletters.inbox.letters import LONGEST, read
from tests.newsletters.inbox.dovecot import PROGRAM, Dovecot, dovecot
from tests.newsletters.inbox.mails import asking

KINDS = ["imap", "imaps", "pop3", "pop3s"]
with_a_server = pytest.mark.skipif(PROGRAM is None, reason="Debian's dovecot is not installed")


@pytest.fixture(scope="module")
def started() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def server(started: Dovecot) -> Dovecot:
    for folder in ("new", "cur"):
        for file in (started.root / "mail" / folder).iterdir():
            file.unlink()
    return started


def take_all(server: Dovecot, kind: str) -> list[bytes]:
    box = open_box(place_of(server.setting(kind)), server.context)
    try:
        found = []
        for name, raw in box.mails():
            found.append(raw)
            box.take_away(name)
        return found
    finally:
        box.close()


@with_a_server
@pytest.mark.parametrize("kind", KINDS)
def test_mails_come_out_of_the_box_once(kind: str, server: Dovecot) -> None:
    for number in range(3):
        server.put(asking(f"number {number}"))
    found = take_all(server, kind)
    assert {read(raw).subject for raw in found} == {"number 0", "number 1", "number 2"}
    assert server.left() == 0
    assert take_all(server, kind) == []


@with_a_server
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_taken_away_stays(kind: str, server: Dovecot) -> None:
    server.put(asking())
    for _ in range(2):
        box = open_box(place_of(server.setting(kind)), server.context)
        assert len(list(box.mails())) == 1
        box.close()
    assert server.left() == 1


@with_a_server
@pytest.mark.parametrize("kind", KINDS)
def test_what_lies_there_for_long_keeps_nothing_new_from_being_seen(
    kind: str, server: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        server.put(asking(f"number {number}"))
    looked = partial(open_box, place_of(server.setting(kind)), server.context)
    box = looked()
    names = [name for name, _ in box.mails()]
    box.close()
    monkeypatch.setattr(boxes, "AT_ONCE", 2)
    box = looked()
    found = [name for name, _ in box.mails(without=names[:1], last=names[1:2])]
    box.close()
    assert found == names[2:]
    box = looked()
    found = [name for name, _ in box.mails(without=names[:2], last=names[2:3])]
    box.close()
    assert found == [names[3], names[2]]


@with_a_server
@pytest.mark.parametrize("kind", ["imaps", "pop3s"])
def test_of_a_mail_without_end_the_beginning_comes(kind: str, server: Dovecot) -> None:
    server.put(asking() + b"x" * 30_000 + b"\r\n" + b"word " * 300_000 + b"\r\n")
    (raw,) = take_all(server, kind)
    assert len(raw) <= LONGEST
    assert read(raw).subject == "the dam"
    assert server.left() == 0


@with_a_server
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_to_a_server_that_cannot_prove_its_name(kind: str, server: Dovecot) -> None:
    with pytest.raises(BoxAway, match="SSLCertVerificationError"):
        open_box(place_of(server.setting(kind)), ssl.create_default_context())


@with_a_server
@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_password_is_told_without_it(kind: str, server: Dovecot) -> None:
    with pytest.raises(BoxAway) as failed:
        open_box(place_of(server.setting(kind, "wrong")), server.context)
    assert "wrong" not in str(failed.value)


def test_another_machine_is_asked_for_encryption_first() -> None:
    assert place_of("imap://box:x@mail.example").must_start
    assert place_of("pop3://box:x@mail.example").must_start
    assert not place_of("imap://box:x@localhost").must_start
    assert not place_of("imaps://box:x@mail.example").must_start


def test_a_setting_names_a_place() -> None:
    assert place_of("imaps://box%40a.example:p%2Fw@mail.example/In%20box") == Place(
        "imaps", "mail.example", 993, "box@a.example", "p/w", "In box"
    )
    assert "p/w" not in repr(place_of("imaps://box:p%2Fw@mail.example"))


@pytest.mark.parametrize(
    "setting",
    ["", "imaps://", "imaps://mail.example", "https://box:secret@mail.example",
     "imaps://box:secret@mail.example:x", "imaps://box:secret@[", "box:secret@mail.example"],
)  # fmt: skip
def test_a_setting_that_names_none_is_told_and_never_repeated(setting: str) -> None:
    with pytest.raises(BadBox) as failed:
        place_of(setting)
    assert "secret" not in str(failed.value)


def test_a_folders_name_cannot_end_its_quotes() -> None:
    assert boxes._quoted('a" b\\') == '"a\\" b\\\\"'
