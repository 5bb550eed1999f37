"""Whatever a reader sends: a valid answer or a closed door, and never a byte from outside."""

import asyncio
import errno
import re
import socket
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tamizdat.reader.door import Door
from tamizdat.reader.door.connection import Connection

from .visiting import OpenDoor, bake, open_door, page, write

STATUSES = {200, 206, 304, 308, 400, 404, 405, 406, 412, 413, 416, 431, 505}
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [A-Za-z -]+\r\nDate: ")

FRAGMENTS = [
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /feed.xml HTTP/1.0\r\n\r\n",
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"/",
    b"/../secret.html",
    b"/link/secret.html",
    b"http://a/",
    b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n",
    b"Host: a\r\n",
    b"Host: a\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"Accept-Encoding: br;q=0.1, *\r\n",
    b"Accept-Encoding: identity;q=0\r\n",
    b"Range: bytes=0-3\r\n",
    b"If-None-Match: *\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b"\x00",
    b" ",
    b"\t",
    b":",
]
SEGMENTS = [
    "..",
    ".",
    "",
    "%2e%2e",
    "%2E.",
    "%252e%252e",
    "..%2f",
    "%2f",
    "%5c..",
    "..\\",
    "%c0%ae%c0%ae",
    "%00",
    "..;",
    "....",
    "edition",
    "secret.html",
    "secret.html%00.txt",
    "link",
    "2026",
    "feed.xml",
    "index.html",
    "feed.xml.br",
    "?",
    "#",
    "~",
    "@",
    "//",
]

bytes_said = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=12).map(b"".join),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=6)), max_size=12).map(
        b"".join
    ),
    st.binary(max_size=200),
)
paths = st.lists(st.one_of(st.sampled_from(SEGMENTS), st.text(max_size=4)), max_size=6).map(
    "/".join
)


def make_edition(folder: Path) -> Path:
    edition = folder / "edition"
    (folder / "secret.html").write_bytes(b"SECRET")
    bake(edition, "index.html", page("Front"), 1)
    bake(edition, "404.html", page("Nothing here"), 1)
    bake(edition, "feed.xml", b"<feed/>", 1)
    write(edition, "2026/index.html", page("Year"))
    (edition / "link").symlink_to(folder)
    return edition


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_edition(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def hostile_door(edition: Path) -> Iterator[OpenDoor]:
    with open_door(edition) as opened:
        yield opened
        assert opened.errors == []


def talk(door: OpenDoor, said: bytes) -> bytes:
    """Say something, stop sending, and hear everything until the door closes."""
    reader = door.reader()
    heard = b""
    try:
        reader.say(said)
        reader.socket.shutdown(socket.SHUT_WR)
        while came := reader.socket.recv(65536):
            heard += came
    except (ConnectionResetError, BrokenPipeError):
        pass
    except OSError as error:
        if error.errno != errno.ENOTCONN:  # closed before we stopped sending
            raise
    finally:
        reader.close()
    return heard


@settings(max_examples=300, deadline=None, derandomize=True)
@given(said=bytes_said)
def test_any_bytes_get_valid_answers_or_a_closed_door(hostile_door: OpenDoor, said: bytes) -> None:
    heard = talk(hostile_door, said)
    assert heard == b"" or STATUS.match(heard)
    assert {int(status) for status in STATUS.findall(heard)} <= STATUSES
    assert b"SECRET" not in heard


@settings(max_examples=300, deadline=None, derandomize=True)
@given(path=paths)
def test_no_path_leads_outside(hostile_door: OpenDoor, edition: Path, path: str) -> None:
    target = "".join(one if " " < one < "\x7f" else f"%{ord(one) % 256:02x}" for one in "/" + path)
    heard = talk(hostile_door, f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    match = STATUS.match(heard)
    assert match is not None
    assert int(match[1]) in STATUSES
    head, _, body = heard.partition(b"\r\n\r\n")
    assert b"SECRET" not in heard
    if int(match[1]) == 200:
        assert body in {one.read_bytes() for one in edition.rglob("*.*") if not one.is_symlink()}
    for line in head.split(b"\r\n"):
        assert not line.startswith(b"Location: ") or re.match(rb"Location: /[^/\\]", line)


class _Taker(asyncio.Transport):
    """Takes what a connection writes; never slow."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = b""
        self.is_ended = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_ended
        self.taken += data

    def write_eof(self) -> None:
        self.is_ended = True

    def close(self) -> None:
        self.is_ended = True

    abort = close

    def is_closing(self) -> bool:
        return self.is_ended

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def feed(door: Door, pieces: list[bytes]) -> list[bytes | str]:
    """Return the answers to bytes that come in these pieces; every refusal counts alike."""
    taker = _Taker()
    connection = Connection(door)
    connection.connection_made(taker)
    for piece in pieces:
        for at in range(0, len(piece), len(door.incoming)):
            part = piece[at : at + len(door.incoming)]
            door.incoming[: len(part)] = part
            connection.buffer_updated(len(part))
    is_refused = taker.is_ended and b"Content-Type: text/plain" in taker.taken[-2000:]
    connection.connection_lost(None)
    answers = re.split(rb"(?=HTTP/1\.1 \d{3} )", taker.taken)[1:]
    without_date = [re.sub(rb"Date: [^\r]*", b"", one) for one in answers]
    if is_refused:
        return [*without_date[:-1], "refused"]
    return cast("list[bytes | str]", without_date)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(said=bytes_said, cuts=st.lists(st.integers(0, 400), max_size=8))
def test_how_the_bytes_are_cut_up_changes_nothing(
    edition: Path, said: bytes, cuts: list[int]
) -> None:
    door = Door(edition)
    at = [0, *sorted(min(cut, len(said)) for cut in cuts), len(said)]
    pieces = [said[start:stop] for start, stop in pairwise(at) if start < stop]
    assert feed(door, pieces) == feed(door, [said] if said else [])
