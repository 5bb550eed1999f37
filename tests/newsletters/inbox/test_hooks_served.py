"""Providers' reports at a desk as it is really served: confined, and with buffers that end."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk.serving import Served, served
from tests.homes import PATIENCE

SECRET = "lantern:a long password"
HEADERS = {
    "Host": "localhost",
    "Content-Type": "application/json",
    "Authorization": f"Basic {b64encode(SECRET.encode()).decode()}",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("hooks") / "home"
    with served(home, TAMIZDAT_HOOK_POSTMARK=SECRET) as running:
        yield running


def report(number: int, length: int) -> bytes:
    return json.dumps(
        {"RecordType": "Bounce", "Type": "HardBounce", "ID": number, "MessageID": "m",
         "Email": "anna@reader.example", "Details": "550 5.1.1 " + "x" * length}
    ).encode()  # fmt: skip


def send(desk: Served, body: bytes) -> int:
    asking = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=PATIENCE)
    asking.request("POST", "/hooks/postmark/", body, HEADERS)
    status = asking.getresponse().status
    asking.close()
    return status


def events(home: Path) -> list[str]:
    known = sqlite3.connect(home / "people" / "people.sqlite3")
    try:
        return [row[0] for row in known.execute("SELECT kind FROM inbox_event")]
    finally:
        known.close()


@pytest.mark.long
def test_a_report_of_any_length_that_is_taken_comes_through(desk: Served) -> None:
    before = len(events(desk.home))
    assert [send(desk, report(number, 10**number)) for number in (1, 4, 5)] == [200, 200, 200]
    assert events(desk.home)[before:] == ["hard"] * 3
    assert send(desk, report(9, 300_000)) == 413


@pytest.mark.long
def test_many_that_never_end_keep_nobody_out(desk: Served) -> None:
    """Each says that it is long, sends a good part of it, and waits."""
    head = (
        b"POST /hooks/postmark/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 200000\r\n\r\n"
    )
    with contextlib.ExitStack() as held:
        for _ in range(60):
            line = held.enter_context(socket.create_connection(("127.0.0.1", desk.port)))
            with contextlib.suppress(OSError):
                line.sendall(head + b"x" * 60_000)
        assert send(desk, report(77, 50_000)) == 200
        assert desk.ask("GET", "/me/")[0] == 200
