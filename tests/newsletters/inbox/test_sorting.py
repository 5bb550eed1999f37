"""What a mail asks for; and that no machine is ever answered."""

from __future__ import annotations

import pytest

from tamizdat.newsletters.inbox.letters import read
from tamizdat.newsletters.inbox.reports import Bounce, Complaint, Nothing
from tamizdat.newsletters.inbox.sorting import Deed, Getting, Joining, Leaving, Ours, sort
from tests.newsletters.inbox.mails import HOST, MESSAGE_ID, OURS, TOKEN, arf, asking, dsn, lines

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
    assert isinstance(sorted_(asking(to="friends@other.example"), f"get@{OURS}"), Getting)
    assert isinstance(sorted_(asking(), f"editor@{OURS}"), Getting)  # it was named, too
