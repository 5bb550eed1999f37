"""A letter's bytes, and the setting that says how it goes out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tamizdat.desk.post.kinds import Said
from tamizdat.desk.post.letters import Writing, replaced, write
from tamizdat.desk.post.ways import BadWay, server_of, way_of
from tamizdat.desk.rendering import table

WRITING = Writing(
    number="00112233445566778899aabbccddeeff",
    language="en",
    sender="post@desk.example",
    to="anna@example.org",
    said=Said("Your link", "Somebody asked.\n\n[link]", {"link": "https://desk.example/me/abc/"}),
    now=datetime(2026, 11, 29, 12, 0, tzinfo=UTC),
)


def test_the_same_letter_has_the_same_bytes() -> None:
    assert write(WRITING) == write(replace(WRITING))
    assert b"\r\nSubject: Your link\r\n" in write(WRITING)


def test_tokens_are_text_and_no_program() -> None:
    values = {"link": "[name] {x.__class__} {{ env }} %s", "name": "never"}
    assert replaced("[link] [unknown] {link}", values) == f"{values['link']} [unknown] {{link}}"


@pytest.mark.parametrize("part", ["to", "sender"])
@pytest.mark.parametrize("end", ["\r\nBcc: a@b.example", "\nX: y", "\r\n\r\nbody"])
def test_no_header_can_be_brought_in(part: str, end: str) -> None:
    spoiled = replace(WRITING, **{part: f"anna@example.org{end}"})
    with pytest.raises((ValueError, IndexError)):
        write(spoiled)


@pytest.mark.parametrize("part", ["subject", "sender_name"])
def test_no_header_can_be_brought_in_by_what_editors_wrote(part: str) -> None:
    said = replace(WRITING.said, **{part: "Friday\r\nBcc: a@b.example"})
    with pytest.raises(ValueError, match=r"linefeed|CR"):
        write(replace(WRITING, said=said))


@pytest.mark.parametrize("line", ["a\r\nBcc: b@c.example", "a\nb", "é", "", "a" * 901])
def test_a_header_that_stands_as_it_is_is_one_line_of_ascii(line: str) -> None:
    with pytest.raises(ValueError, match="List-Unsubscribe"):
        write(replace(WRITING, said=replace(WRITING.said, headers={"List-Unsubscribe": line})))


def test_a_long_link_in_a_header_is_neither_folded_nor_encoded() -> None:
    link = f"<https://desk.example/leave/{'A' * 80}>"
    said = replace(WRITING.said, headers={"List-Unsubscribe": link})
    assert f"List-Unsubscribe: {link}\r\n".encode() in write(replace(WRITING, said=said))


def test_the_desks_own_letter_says_nothing_on_a_locked_screen() -> None:
    for language in ("en", "ru", "fa"):
        assert "[" not in table(language)["letters"]["held"]["subject"]


def test_a_server_is_read_from_its_setting() -> None:
    server = server_of("smtp://u%40x:p%3Aw@mail.example")
    assert (server.host, server.port, server.user, server.password) == (
        *("mail.example", 587),
        *("u@x", "p:w"),
    )
    assert server.must_start
    assert "p:w" not in repr(server)
    assert not server_of("smtp://localhost:2525").must_start
    assert server_of("smtps://mail.example").port == 465


@pytest.mark.parametrize(
    "setting", ["mail.example", "http://mail.example", "smtp:///x", "smtp://a:b@c:x", "smtp://a/b"]
)
def test_a_setting_that_names_no_server_is_said_and_not_repeated(setting: str) -> None:
    with pytest.raises(BadWay) as said:
        server_of(setting)
    assert setting not in str(said.value)


def test_the_folder_is_for_the_demo_alone(tmp_path: Path) -> None:
    with pytest.raises(BadWay):
        way_of("folder:outbox", tmp_path, is_demo=False)
    way = way_of("folder:outbox", tmp_path, is_demo=True)
    way.announce("a", "b")
    way.hand_over(write(WRITING))
    (file,) = (tmp_path / "outbox").iterdir()
    assert file.read_bytes() == write(WRITING)
    assert file.stat().st_mode & 0o077 == 0
