"""What a mail asks for; and that no machine is ever answered."""

from __future__ import annotations

import pytest

from tamizdat.newsletters.inbox.letters import read
from tamizdat.newsletters.inbox.reports import Bounce, Complaint, Nothing
from tamizdat.newsletters.inbox.sorting import Deed, Getting, Joining, Leaving, Ours, sort
from tests.newsletters.inbox.mails import (
    HOST,
    MESSAGE_ID,
    OURS,
    PASSED,
    TOKEN,
    arf,
    asking,
    dsn,
    lines,
)

LINK = "A" * 43  # as long as a token that leads out


def sorted_(raw: bytes, recipient: str = "") -> Deed:
    return sort(read(raw, recipient), Ours(OURS, HOST))


def test_each_address_has_its_deed() -> None:
    anna = "anna@reader.example"
    assert sorted_(asking()) == Getting(anna, "the dam", "<one@reader.example>")
    assert sorted_(asking(to=f"subscribe@{OURS}")) == Joining(anna, "", "the dam")
    assert sorted_(asking(to=f"Subscribe+Friday@{OURS}")) == Joining(anna, "friday", "the dam")
    assert sorted_(asking(to=f"unsubscribe@{OURS}")) == Leaving((), anna, is_authentic=True)
    assert sorted_(dsn()) == Bounce(True, TOKEN, MESSAGE_ID)
    assert sorted_(arf()) == Complaint(TOKEN, MESSAGE_ID)


def test_a_token_leads_out_behind_the_plus_or_in_the_subject() -> None:
    for raw in (
        asking(to=f"unsubscribe+{LINK}@{OURS}", results=""),
        asking(LINK, f"unsubscribe@{OURS}", results=""),
        asking(f"unsubscribe {LINK}", f"unsubscribe@{OURS}", results=""),
    ):
        assert sorted_(raw) == Leaving((LINK,), "anna@reader.example", is_authentic=False)


def test_a_mail_program_may_send_the_token_by_itself() -> None:
    raw = lines("Return-Path: <>", "Auto-Submitted: auto-generated", "Precedence: bulk",
                f"To: unsubscribe+{LINK}@{OURS}", "From: robot@mail.example", "", "")  # fmt: skip
    assert sorted_(raw) == Leaving((LINK,), "", is_authentic=False)


LOOPS = [
    "Return-Path: <>\r\n",
    "Auto-Submitted: auto-replied\r\n",
    "Auto-Submitted: auto-generated; type=x\r\n",
    "Precedence: bulk\r\n",
    "Precedence: LIST\r\n",
    "Precedence: junk\r\n",
    "List-Id: <friends.example>\r\n",
    "List-Unsubscribe: <mailto:x@y.example>\r\n",
    "X-Autoreply: yes\r\n",
    "X-Loop: get@lantern.example\r\n",
]


@pytest.mark.parametrize("head", LOOPS)
@pytest.mark.parametrize("name", ["get", "subscribe", "unsubscribe"])
def test_no_machine_is_answered(head: str, name: str) -> None:
    assert isinstance(sorted_(head.encode() + asking(to=f"{name}@{OURS}")), Nothing)


def test_a_mail_that_says_no_machine_wrote_it_is_answered() -> None:
    assert isinstance(sorted_(b"Auto-Submitted: no\r\n" + asking()), Getting)


@pytest.mark.parametrize(
    "sender",
    ["MAILER-DAEMON", "postmaster", "no-reply", "noreply", "friends-request", "owner-friends",
     "bounces+abc", "listserv"],
)  # fmt: skip
def test_nobody_reads_behind_some_addresses(sender: str) -> None:
    assert isinstance(sorted_(asking(sender=f"{sender}@reader.example")), Nothing)


def test_we_do_not_write_to_ourselves() -> None:
    results = f"{HOST}; dmarc=pass header.from={OURS}"
    assert isinstance(sorted_(asking(sender=f"get@{OURS}", results=results)), Nothing)


@pytest.mark.parametrize("name", ["get", "subscribe"])
def test_who_is_not_known_for_sure_gets_nothing(name: str) -> None:
    assert isinstance(sorted_(asking(to=f"{name}@{OURS}", results="")), Nothing)


def test_other_addresses_and_other_peoples_get_nothing() -> None:
    assert isinstance(sorted_(asking(to=f"editor@{OURS}")), Nothing)
    assert isinstance(sorted_(asking(to="get@other.example")), Nothing)
    assert isinstance(sorted_(b""), Nothing)


def test_the_host_that_hands_it_over_decides_which_address_it_was() -> None:
    both = asking(to=f"get@{OURS}, subscribe+friday@{OURS}")
    assert isinstance(sorted_(both, f"get@{OURS}"), Getting)
    assert isinstance(sorted_(both, f"subscribe+Friday@{OURS}"), Joining)
    assert isinstance(sorted_(asking(), f"editor@{OURS}"), Getting)  # it was named, too


def test_a_host_may_leave_out_what_stands_behind_the_plus() -> None:
    anna = "anna@reader.example"
    friday = asking(to=f"subscribe+friday@{OURS}")
    assert sorted_(friday, f"subscribe@{OURS}") == Joining(anna, "friday", "the dam")
    leaving = asking(to=f"unsubscribe+{LINK}@{OURS}")
    for recipient in (f"unsubscribe@{OURS}", f"unsubscribe+{LINK.lower()}@{OURS}"):
        assert sorted_(leaving, recipient) == Leaving((LINK,), anna, is_authentic=True)


# A mail of hers to somebody else, which he hands in here: it is signed, so she did write it.

SIGNED = "DKIM-Signature: v=1; d=reader.example; bh=abc=; h=from : to:\r\n\tsubject:date; b=abc="
TO_A_STRANGER = [
    "stranger@evil.example",
    f'"unsubscribe@{OURS}" <stranger@evil.example>',
    f"unsubscribe@{OURS} <stranger@evil.example>",
    f'unsubscribe@{OURS} <"a b"@evil.example>',
    f"stranger@evil.example (unsubscribe@{OURS})",
    f"=?utf-8?q?unsubscribe=40{OURS}?= <stranger@evil.example>",
    f"unsubscribe@{OURS}.evil.example",
    "undisclosed-recipients:;",
]


@pytest.mark.parametrize("name", ["get", "get+1", "subscribe", "subscribe+friday", "unsubscribe"])
@pytest.mark.parametrize("to", TO_A_STRANGER)
def test_a_mail_that_she_wrote_to_somebody_else_does_nothing(to: str, name: str) -> None:
    to = to.replace("unsubscribe", name.partition("+")[0])
    raw = asking("the flat", to, "anna@reader.example", PASSED, SIGNED)
    assert isinstance(sorted_(raw, f"{name}@{OURS}"), Nothing)


@pytest.mark.parametrize("name", ["get+1", "subscribe", "subscribe+monday", "unsubscribe"])
def test_nor_does_one_that_she_wrote_to_another_address_of_ours(name: str) -> None:
    for to in ("get", "bounces", "subscribe+friday"):
        found = sorted_(asking(to=f"{to}@{OURS}"), f"{name}@{OURS}")
        assert isinstance(found, Nothing) or (to, name) == ("subscribe+friday", "subscribe")


def test_a_made_up_token_in_the_envelope_does_not_stand_for_her_word() -> None:
    raw = asking("the flat", "stranger@evil.example", "anna@reader.example", PASSED, SIGNED)
    assert sorted_(raw, f"unsubscribe+{LINK}@{OURS}") == Leaving((LINK,), "", is_authentic=True)


@pytest.mark.parametrize(
    "added",
    [
        f"To: unsubscribe@{OURS}",
        f"Cc: unsubscribe@{OURS}",
        f"Cc: unsubscribe@{OURS}\r\nDKIM-Signature: v=1; d=evil.example; h=from:to:cc; b=abc",
        f"DKIM-Signature: {'x' * 2000}; h=cc\r\nCc: unsubscribe@{OURS}",
        "\r\n".join([f"Cc: unsubscribe@{OURS}", *["DKIM-Signature: h=to:cc"] * 20]),
    ],
)
def test_a_field_that_nobody_signed_does_not_count(added: str) -> None:
    raw = asking("the flat", "stranger@evil.example", "anna@reader.example", PASSED, added, SIGNED)
    assert isinstance(sorted_(raw, f"unsubscribe@{OURS}"), Nothing)


def test_if_it_had_no_addressee_nobody_can_add_one() -> None:
    signed = SIGNED.replace(" to:", "")
    raw = asking("the flat", f"unsubscribe@{OURS}", "anna@reader.example", PASSED, signed)
    assert isinstance(sorted_(raw, f"unsubscribe@{OURS}"), Nothing)


def test_what_she_wrote_to_us_counts_in_to_and_in_cc() -> None:
    wanted = Leaving((), "anna@reader.example", is_authentic=True)
    for to in (f"Lantern <unsubscribe@{OURS}>", f"a.b@other.example, unsubscribe@{OURS}"):
        raw = asking("no more", to, "anna@reader.example", PASSED, SIGNED)
        assert sorted_(raw, f"unsubscribe@{OURS}") == wanted
    signed, cc = SIGNED.replace("to:", "to:cc:"), f"Cc: unsubscribe@{OURS}"
    raw = asking("no more", "a@other.example", "anna@reader.example", PASSED, signed, cc)
    assert sorted_(raw, f"unsubscribe@{OURS}") == wanted
