"""Whatever comes in is read, or is nothing; it never stops the one who reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.newsletters.inbox import letters, reports, sorting
from tamizdat.newsletters.inbox.letters import parts, read, text_of
from tests.newsletters.inbox.mails import HOST, OURS, arf, asking, dsn, lines


def test_a_mail_says_who_wrote_it_for_whom_and_about_what() -> None:
    found = read(asking("=?utf-8?b?0J/Qu9C+0YLQuNC90LA=?="))
    assert (found.sender, found.subject) == ("anna@reader.example", "Плотина")
    assert (found.named, found.delivered_to) == ((f"get@{OURS}",), ())
    assert (found.envelope_sender, found.message_id) == (
        "anna@reader.example",
        "<one@reader.example>",
    )


def test_who_hands_it_over_knows_best_whom_it_is_for() -> None:
    raw = lines("Delivered-To: somebody@else.example", "To: get@lantern.example", "", "")
    assert read(raw).delivered_to == ("somebody@else.example",)
    assert read(raw, "subscribe@lantern.example").delivered_to == ("subscribe@lantern.example",)


@pytest.mark.parametrize(
    "sender",
    [
        "From: anna@one.example, boris@two.example",
        "From: anna@one.example\r\nFrom: boris@two.example",
        "From: Friends: anna@one.example, boris@two.example;",
        "From: anna",
        'From: "anna@one.example" <>',
        "From: " + "(" * 500 + "anna@one.example",
        "From: =?utf-8?q?" + "=FF" * 600 + "?= <anna@one.example>" + "x" * 3000,
        "Subject: none",
    ],
)
def test_where_not_exactly_one_person_wrote_nobody_did(sender: str) -> None:
    assert read(lines(sender, "", "")).sender == ""


def test_an_empty_envelope_is_not_an_unknown_one() -> None:
    assert read(lines("Return-Path: <>", "", "")).envelope_sender == ""
    assert read(lines("Subject: a", "", "")).envelope_sender is None


def test_parts_within_parts_within_parts_are_not_followed() -> None:
    deep = b"Content-Type: multipart/mixed; boundary=b0\n\n"
    for number in range(1, 2_000):
        deep += b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (number - 1, number)
    found = read(deep)
    assert len(list(parts(found.message))) == 1


def test_of_a_long_mail_the_beginning_is_read() -> None:
    report = dsn()
    found = read(report + b"x" * (2 * letters.LONGEST))
    assert reports.is_report(found, "delivery-status")
    many = read(asking() + b"\n" * 300_000)
    assert many.subject == "the dam"


def test_an_unknown_charset_is_read_as_far_as_it_goes() -> None:
    raw = lines("Content-Type: text/plain; charset=x-nobody-knows", "", "words")
    assert text_of(read(raw).message).strip() == "words"
    odd = lines("Content-Type: text/plain; charset*=utf-8''%FF%FE; charset=utf-8", "", "words")
    assert "words" in text_of(read(odd).message)


@given(
    st.binary(max_size=600)
    | st.sampled_from([asking(), dsn(), arf()]).flatmap(
        lambda good: st.integers(0, len(good)).flatmap(
            lambda at: st.binary(max_size=20).map(lambda new: good[:at] + new + good[at + 5 :])
        )
    )
)
def test_nothing_that_comes_in_stops_the_reading(raw: bytes) -> None:
    sorting.sort(read(raw), sorting.Ours(OURS, HOST))
