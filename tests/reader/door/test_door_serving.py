"""The program: its port, its workers, its end."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tamizdat.reader.door import DoorError, PortTaken, serve
from tamizdat.reader.door.__main__ import main

from .visiting import Reader, page

CHECKOUT = str(Path(__file__).resolve().parents[3])
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def running(
    root: Path, *options: str, path: str = CHECKOUT
) -> Iterator[tuple["subprocess.Popen[str]", tuple[str, int]]]:
    command = [sys.executable, "-m", "tamizdat.reader.door", "--root", str(root), "--port", "0"]
    process = subprocess.Popen(
        [*command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    try:
        assert process.stdout is not None
        shown = process.stdout.readline().strip()
        host, _, port = shown.removeprefix("http://").removesuffix("/").rpartition(":")
        yield process, (host, int(port))
    finally:
        process.kill()
        process.communicate()


def ask(address: tuple[str, int]) -> bytes:
    reader = Reader(address)
    try:
        reader.say(GET)
        return reader.hear().body
    finally:
        reader.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_serves_until_told_to_end(root: Path, number: signal.Signals) -> None:
    with running(root) as (process, address):
        idle = Reader(address)
        assert ask(address) == page("Front")
        process.send_signal(number)
        assert idle.is_closed()
        assert process.wait(20) == 0
        idle.close()
        with pytest.raises(ConnectionRefusedError):
            ask(address)


def test_without_uvloop_the_door_serves_as_well(root: Path, tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "uvloop.py").write_text("raise ImportError\n")
    with running(root, path=f"{hidden}{os.pathsep}{CHECKOUT}") as (process, address):
        assert ask(address) == page("Front")
        process.terminate()
        assert process.wait(20) == 0


def test_workers_share_a_port_and_end_together(root: Path) -> None:
    with running(root, "--workers", "3") as (process, address):
        assert {ask(address) for _ in range(20)} == {page("Front")}
        children = _children(process.pid)
        assert len(children) == 3
        process.terminate()
        assert process.wait(20) == 0
        assert not [one for one in children if _is_alive(one)]


def test_when_a_worker_dies_the_others_end_and_the_program_fails(root: Path) -> None:
    with running(root, "--workers", "2") as (process, address):
        ask(address)
        children = _children(process.pid)
        os.kill(children[0], signal.SIGKILL)
        assert process.wait(20) == 1
        assert not [one for one in children if _is_alive(one)]


def test_workers_do_not_outlive_their_parent(root: Path) -> None:
    with running(root, "--workers", "2") as (process, address):
        ask(address)
        children = _children(process.pid)
        process.kill()
        process.wait(20)
        assert process.stdout is not None
        # Their output ends when the last of them has ended.
        is_ended = select.select([process.stdout], [], [], 20)[0]
        for child in children if not is_ended else []:
            os.kill(child, signal.SIGKILL)
        assert is_ended


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(status[1]) == parent:
                found.append(int(folder.name))
    return found


def _is_alive(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()[
            0
        ] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_taken_port_is_said_in_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], workers: str
) -> None:
    # The other is willing to share, and must not be shared with.
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as other:
        port = str(other.getsockname()[1])
        assert main(["--root", str(root), "--port", port, "--workers", workers]) == 1
    expected = f"port {port} is taken; stop the other program or choose another with --port\n"
    assert capsys.readouterr() == ("", expected)


def test_a_taken_port_has_an_error_of_its_own(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortTaken):
        serve(root, port=other.getsockname()[1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--root", "/nowhere/at/all"],
            "there is no folder /nowhere/at/all; bake an edition first",
        ),
        (["--root", "/", "--port", "70000"], "a port is a number from 0 to 65535, not 70000"),
        (["--root", "/", "--host", "192.0.2.1"], "this machine has no address 192.0.2.1"),
    ],
)
def test_a_wrong_option_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(options) == 1
    printed = capsys.readouterr().err
    assert printed.startswith(said)
    assert printed.count("\n") == 1


@pytest.mark.parametrize("count", ["0", "65", "-1"])
def test_an_absurd_number_of_workers_is_refused(root: Path, count: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--root", str(root), "--workers", count])
    assert ended.value.code == 2


def test_what_serve_raises_is_a_door_error(tmp_path: Path) -> None:
    with pytest.raises(DoorError):
        serve(tmp_path / "none")
