"""What came back, for which letter, and whether the address is dead."""

from __future__ import annotations

import pytest

from tamizdat.newsletters.inbox.letters import read
from tamizdat.newsletters.inbox.reports import (
    Bounce,
    Complaint,
    Nothing,
    bounce,
    complaint,
    is_hard,
    token_in,
)
from tests.newsletters.inbox.mails import MESSAGE_ID, OURS, TOKEN, arf, dsn, formless

QMAIL = """Hi. This is the qmail-send program at old.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<anna@old.example>:
{said}

--- Below this line is a copy of the message.

Return-Path: <bounces@lantern.example>
Subject: 550 5.1.1 is what this subject says
"""


@pytest.mark.parametrize(
    ("status", "diagnostic", "hard"),
    [
        ("5.1.1", "smtp; 550 5.1.1 no such user", True),
        ("5.1.10", "", True),
        ("5.2.1", "smtp; 550 mailbox disabled", True),
        ("5.4.4", "x-postfix; host not found", True),
        ("5.0.0", "smtp; 550 no such user here", True),
        ("5.0.0", "", True),
        ("5.0.0", "smtp; 554 you are on a list", False),
        ("5.0.0", "smtp; 550 5.7.1 blocked by policy", False),
        ("5.7.1", "smtp; 550 5.7.1 message refused: spam", False),
        ("5.7.606", "smtp; 550 5.7.606 access denied, banned sending IP", False),
        ("5.2.2", "smtp; 552 5.2.2 mailbox full", False),
        ("5.3.4", "smtp; 552 too big", False),
        ("4.4.1", "smtp; connection timed out", False),
        ("4.2.2", "smtp; 452 over quota", False),
        ("9.9.9", "", False),
        ("", "", False),
        ("5.1", "", False),
        ("15.1.1", "", False),
    ],
)
def test_only_a_dead_address_is_a_hard_bounce(status: str, diagnostic: str, hard: bool) -> None:
    assert is_hard(status, diagnostic) is hard


def test_a_report_names_its_letter_twice() -> None:
    assert bounce(read(dsn()), TOKEN) == Bounce(True, TOKEN, MESSAGE_ID)
    assert bounce(read(dsn("4.4.1")), TOKEN) == Bounce(False, TOKEN, MESSAGE_ID)
    assert bounce(read(dsn(to=f"post@{OURS}")), "") == Bounce(True, "", MESSAGE_ID)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", "", "FAILURE"])
def test_what_has_not_failed_is_no_bounce(action: str) -> None:
    assert isinstance(bounce(read(dsn(action=action)), TOKEN), Nothing)


def test_a_report_about_nothing_of_ours_is_nothing() -> None:
    raw = dsn(to=f"post@{OURS}", returned="none")
    assert isinstance(bounce(read(raw), ""), Nothing)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Sorry, no mailbox here by that name. (#5.1.1)", Bounce(True, TOKEN)),
        ("user is over quota (#5.2.2)", Bounce(False, TOKEN)),
        ("550 rejected", Bounce(False, TOKEN)),
        ("Remote host said: 452 try later", Bounce(False, TOKEN)),
    ],
)
def test_what_old_servers_write_is_understood_as_far_as_it_is_sure(
    said: str, found: Bounce
) -> None:
    assert bounce(read(formless(QMAIL.format(said=said))), TOKEN) == found


def test_what_stands_in_the_returned_letter_is_not_what_the_server_said() -> None:
    assert isinstance(bounce(read(formless(QMAIL.format(said="Sorry."))), TOKEN), Nothing)


def test_a_person_who_writes_to_a_deliverys_address_does_not_end_it() -> None:
    """ "Out of office", and somebody who quotes a server."""
    raw = formless("550 5.1.1 no such user", "Anna <anna@reader.example>")
    raw = raw.replace(b"Return-Path: <>", b"Return-Path: <anna@reader.example>")
    assert isinstance(bounce(read(raw), TOKEN), Nothing)


def test_without_a_deliverys_address_no_form_is_no_bounce() -> None:
    assert isinstance(bounce(read(formless(QMAIL.format(said="(#5.1.1)"))), ""), Nothing)


def test_a_complaint_names_its_letter() -> None:
    assert complaint(read(arf()), "") == Complaint(TOKEN, MESSAGE_ID)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "", "opt-out-of-something"])
def test_what_calls_nothing_unwanted_is_no_complaint(kind: str) -> None:
    assert isinstance(complaint(read(arf(kind)), ""), Nothing)


@pytest.mark.parametrize(
    ("address", "token"),
    [
        (f"bounces+{TOKEN}@{OURS}", TOKEN),
        (f"<Bounces+{TOKEN}@{OURS}>", TOKEN),
        (f"bounces@{OURS}", ""),
        (f"other+{TOKEN}@{OURS}", ""),
        ("", ""),
    ],
)
def test_the_token_stands_behind_the_plus(address: str, token: str) -> None:
    assert token_in(address) == token
