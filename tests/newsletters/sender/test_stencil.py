"""A mail that is filled in says what a mail that was made for one person would say."""

from __future__ import annotations

import html
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tamizdat.newsletters.sender.stencil import (
    TOKENS,
    BadValue,
    Coding,
    Cut,
    Stencil,
    StencilError,
    UnknownToken,
    base64_lines,
    cut,
    quoted_printable,
)

VALUES = {name: f"{name}.example" for name in TOKENS}
texts = st.text(st.characters(exclude_characters="\r[]", exclude_categories=("Cs",)), max_size=200)
values = st.text(st.characters(exclude_categories=("C", "Z")), max_size=200)
ENCODINGS = {
    Coding.QP_TEXT: ("quoted-printable", False),
    Coding.QP_HTML: ("quoted-printable", True),
    Coding.B64_TEXT: ("base64", False),
    Coding.B64_HTML: ("base64", True),
}


def read(name: str, body: bytes) -> str:
    head = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {name}\r\n\r\n"
    mail = message_from_bytes(head.encode() + body, policy=default)
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


@pytest.mark.parametrize("coding", ENCODINGS)
@given(st.lists(texts, min_size=1, max_size=5), st.lists(values, min_size=4, max_size=4))
def test_a_part_that_is_filled_in_reads_as_if_it_had_been_written_whole(
    coding: Coding, pieces: list[str], given_values: list[str]
) -> None:
    name, is_html = ENCODINGS[coding]
    chosen = [TOKENS[index % 4] for index in range(len(pieces) - 1)]
    template = pieces[0] + "".join(
        f"[[{token}]]{text}" for token, text in zip(chosen, pieces[1:], strict=True)
    )
    filling = dict(zip(TOKENS, given_values, strict=False))
    expected = template
    for token, value in filling.items():
        expected = expected.replace(f"[[{token}]]", html.escape(value) if is_html else value)
    body = cut(template, coding).fill(filling)
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    if name == "quoted-printable":
        expected = expected.replace("\n", "\r\n")
        assert b"  " not in body
        assert b" \r\n" not in body
        assert not body.startswith(b".")
        assert b"\r\n." not in body
    assert body.isascii()
    assert read(name, body) == expected


@given(st.lists(st.tuples(st.sampled_from(list(Coding)), texts), max_size=6))
def test_cuts_can_be_joined_and_each_is_filled_in_as_alone(parts: list[tuple[Coding, str]]) -> None:
    cuts = [cut(f"{text}[[leave]]{text}", coding) for coding, text in parts]
    joined = Cut.plain(b"")
    for each in cuts:
        joined = joined + Cut.plain(b"--") + each
    assert joined.fill(VALUES) == b"".join(b"--" + each.fill(VALUES) for each in cuts)


def test_a_placeholder_that_nobody_knows_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownToken, match=r"\[\[name\]\].*\[\[preferences\]\]"):
        cut("Dear [[name]],", Coding.QP_TEXT)


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UnknownToken, match=r"no value for \[\[leave\]\]"):
        cut("[[leave]]", Coding.QP_TEXT).fill({})


@pytest.mark.parametrize("value", ["a\r\nBcc: b@example.org", "a\nb", "a\0b", "a\x85b", "a\u2028b"])
def test_a_value_cannot_begin_another_line(value: str) -> None:
    for coding in Coding:
        with pytest.raises(BadValue):
            cut("[[to]]", coding).fill({"to": value})


def test_what_a_value_holds_is_never_looked_at_again() -> None:
    values = {"to": "[[leave]]", "leave": "x"}
    assert cut("[[to]] [[leave]]", Coding.HEADER).fill(values) == b"[[leave]] x"


def test_a_value_that_begins_with_a_full_stop_or_is_long_is_encoded_too() -> None:
    part = cut("see [[leave]]", Coding.QP_TEXT)
    for value in (".hidden", "a" * 75 + ".b", "x=y", "ж" * 60, ""):
        body = part.fill({"leave": value})
        assert read("quoted-printable", body) == f"see {value}"
        assert b"\r\n." not in body
        assert all(len(line) <= 76 for line in body.split(b"\r\n"))


def test_a_stencil_can_be_kept_and_read_again() -> None:
    body = cut("Hello [[to]]\nПривет", Coding.QP_TEXT) + cut("ж[[to]]ы[[leave]]", Coding.B64_HTML)
    stencil = Stencil((("To", "<[[to]]>"), ("Subject", "Наше")), body)
    again = Stencil.unpack(stencil.pack())
    assert again.fill(VALUES) == stencil.fill(VALUES)
    assert again == stencil


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"format": 2}', b'{"format":1,"fields":3}', b"\xff"]
)
def test_a_stencil_that_is_damaged_or_of_another_version_says_so(data: bytes) -> None:
    with pytest.raises(StencilError):
        Stencil.unpack(data)


def test_no_line_of_base64_is_longer_than_76_and_nothing_gives_nothing() -> None:
    assert base64_lines(b"") == b""
    assert [len(line) for line in base64_lines(b"x" * 200).split(b"\r\n")] == [76, 76, 76, 40, 0]


def test_blanks_at_the_end_of_a_full_line_are_encoded_on_the_next() -> None:
    encoded = quoted_printable("a" * 74 + " ")
    assert encoded == b"a" * 74 + b"=\r\n=20"
    assert read("quoted-printable", encoded) == "a" * 74 + " "
