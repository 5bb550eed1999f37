"""Nothing about a reader is ever written. What must never happen, number 2.

Each request carries canaries: words that occur nowhere else. They may not turn up on any output
or in any file, whether the request is served, refused or makes the door fail.
"""

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tamizdat.reader.door import Door

from .visiting import PATIENCE, OpenDoor, Reader, open_door, write

CANARY = b"kanarienvogel"
FIELDS = (
    b"User-Agent: kanarienvogel\r\nCookie: kanarienvogel=1\r\nX-Forwarded-For: 203.0.113.77\r\n"
)
REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: kanarienvogel\r\n" + FIELDS + b"\r\n",
    b"GET /?kanarienvogel HTTP/1.1\r\nHost: a\r\n" + FIELDS + b"\r\n",
    b"GET /kanarienvogel/ HTTP/1.1\r\nHost: a\r\n" + FIELDS + b"\r\n",
    b"GET /2026/11/dam?kanarienvogel HTTP/1.1\r\nHost: a\r\n" + FIELDS + b"\r\n",
    b"GET /kanarienvogel%00 HTTP/1.1\r\nHost: a\r\n" + FIELDS + b"\r\n",
    b"GET /kanarienvogel HTTP/3.0\r\nHost: a\r\n" + FIELDS + b"\r\n",
    b"KANARIENVOGEL /kanarienvogel HTTP/1.1\r\nHost: a\r\n" + FIELDS + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nRange: bytes=kanarienvogel\r\n" + FIELDS + b"\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: kanarienvogel\r\n" + FIELDS + b"\r\n",
    b"kanarienvogel\n\n",
    b"GET /kanarienvogel HTTP/1.1\r\nkanarienvogel",
    b"GET /kanarienvogel/" + b"a" * 9000,
]


def run_all(address: tuple[str, int]) -> None:
    for request in REQUESTS:
        reader = Reader(address)
        reader.say(request)
        reader.socket.shutdown(socket.SHUT_WR)
        while reader.socket.recv(65536):
            pass
        reader.close()


@pytest.fixture
def writes() -> Iterator[list[str]]:
    """Every file this process opens for writing while the test runs."""
    seen: list[str] = []
    is_on = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if is_on and event == "open" and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
            seen.append(str(arguments[0]))

    sys.addaudithook(watch)  # cannot be taken away again, so it is switched off
    yield seen
    is_on = False


def test_serving_opens_no_file_for_writing(door: OpenDoor, writes: list[str]) -> None:
    run_all(door.address)
    assert writes == []


def test_nothing_is_printed_or_logged(
    door: OpenDoor, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    run_all(door.address)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")
    assert "kanarienvogel" not in caplog.text


def test_a_failure_prints_its_class_and_nothing_else(
    root: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("kanarienvogel")

    with open_door(root) as door:
        door.inside(lambda: setattr(door.door, "_write_error", _printer()))
        monkeypatch.setattr(door.door.shelf, "find", fail)
        for _ in range(2):
            reader = door.reader()
            reader.say(REQUESTS[2])
            assert reader.is_closed()
    assert capfd.readouterr().err == "reader door: LookupError\n"


def _printer() -> Any:
    return Door(Path())._write_error


def test_the_loops_own_reports_are_reduced_to_a_class(
    root: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with open_door(root) as door:
        context = {"message": "kanarienvogel", "transport": "203.0.113.77"}

        def complain() -> None:
            loop = asyncio.get_running_loop()
            loop.call_exception_handler(context | {"exception": OSError("kanarienvogel")})
            loop.call_exception_handler(context)

        door.inside(complain)
        assert door.errors == ["OSError", "unknown error"]
    assert capfd.readouterr().err == ""


def test_a_loop_that_debugs_is_told_not_to(root: Path) -> None:
    def debugging() -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.set_debug(True)
        return loop

    with open_door(root, new_loop=debugging) as door:
        assert not door.inside(lambda: asyncio.get_running_loop().get_debug())


def test_an_error_is_said_once_a_minute() -> None:
    now, said = [0.0], list[str]()
    door = Door(Path(), wall=lambda: now[0], write_error=said.append)
    for moment in (0, 1, 59, 60, 61):
        now[0] = moment
        door.report(ValueError("kanarienvogel"))
    assert said == ["ValueError", "ValueError"]


def test_a_whole_process_leaves_no_trace(root: Path, tmp_path: Path) -> None:
    """Even with debugging switched on, and a file cut short under a reader."""
    film = write(root, "media/film.mp4", bytes(8_000_000))
    home = tmp_path / "home"
    home.mkdir()
    before = _everything(root)
    environment = os.environ | {
        "PYTHONASYNCIODEBUG": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
        "HOME": str(home),
        "TMPDIR": str(home),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tamizdat.reader.door", "--root", str(root), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=home,
        env=environment,
    )
    assert process.stdout is not None
    shown = process.stdout.readline()
    address = ("127.0.0.1", int(shown.decode().strip().rstrip("/").rpartition(":")[2]))
    run_all(address)
    assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)
    _cut_short(address, film)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, b"", b"reader door: OSError\n")
    assert list(home.iterdir()) == []
    assert _everything(root) - {film.name} == before - {film.name}


def _cut_short(address: tuple[str, int], film: Path) -> None:
    reader = Reader(address, receive_buffer=4096)
    reader.say(b"GET /media/film.mp4?kanarienvogel HTTP/1.1\r\nHost: a\r\n" + FIELDS + b"\r\n")
    reader._more()
    os.truncate(film, 10)
    with pytest.raises((EOFError, ConnectionResetError)):
        reader.hear()
    reader.close()


def _everything(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*") if path.is_file()}


def test_threads_of_the_door_end_with_it(root: Path) -> None:
    write(root, "media/film.mp4", bytes(300_000))
    with open_door(root) as door:
        assert door.get("/media/film.mp4").status == 200
    for thread in threading.enumerate():
        if thread.name.startswith("measurer"):
            thread.join(PATIENCE)
            assert not thread.is_alive()
