"""A whole newsroom, served for real on free ports of this machine."""

from __future__ import annotations

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management.base import CommandError
from pytest_django import Settings as DjangoSettings

from tamizdat import cli
from tamizdat.serving.folder import Folder
from tamizdat.serving.management.commands import serve
from tamizdat.serving.management.commands.work import refuse_what_cannot_run
from tamizdat.serving.supervisor import CANNOT
from tests.homes import PATIENCE, end, free_ports, read_until, start, tamizdat, until


@dataclass(frozen=True)
class Served:
    """A newsroom that is being served."""

    home: Path
    process: subprocess.Popen
    said: str
    reader: int
    newsroom: int
    desk: int

    def get(self, port: int, path: str) -> tuple[int, bytes]:
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        asking.request("GET", path)
        reply = asking.getresponse()
        status, body = reply.status, reply.read()
        asking.close()
        return status, body

    def programs(self) -> dict[int, str]:
        """Return the supervisor's children: process ids and command lines."""
        file = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = {}
        for pid in map(int, file.read_text().split()):
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            found[pid] = line.replace(b"\0", b" ").decode()
        return found

    def pid_of(self, words: str) -> int:
        found = [pid for pid, line in self.programs().items() if words in line]
        return found[0] if found else 0


@pytest.fixture
def served(own_newsroom: Path) -> Iterator[Served]:
    reader, newsroom, desk = free_ports(3)
    ports = ("--reader-port", reader, "--newsroom-port", newsroom, "--desk-port", desk)
    process = start("serve", "--home", own_newsroom, *ports)
    try:
        said = read_until(process, "To stop")
        yield Served(own_newsroom, process, said, reader, newsroom, desk)
    finally:
        process.terminate()
        process.wait(PATIENCE)
        end(process)


@pytest.mark.long
def test_a_newsroom_is_served_kept_alive_and_stopped(served: Served) -> None:
    # The doors answer, and the block says where.
    assert f"http://localhost:{served.reader}/" in served.said
    assert f"http://localhost:{served.newsroom}/" in served.said
    assert f"http://localhost:{served.desk}/" in served.said
    assert "password" not in served.said
    status, page = served.get(served.reader, "/")
    assert (status, b"The Lantern" in page) == (200, True)
    status, page = served.get(served.newsroom, "/admin/login/")
    assert (status, b"csrfmiddlewaretoken" in page) == (200, True)
    status, page = served.get(served.desk, "/ru/me/")
    assert (status, b'name="address"' in page) == (200, True)
    for port in (served.reader, served.desk):
        assert served.get(port, "/admin/login/")[0] == 404
    assert served.get(served.newsroom, "/")[0] == 302

    # The addresses of a newsroom on this machine follow its ports, in every page.
    index = served.home / "edition" / "index.html"
    until(lambda: f"localhost:{served.reader}".encode() in index.read_bytes())

    # A second one on the same folder is refused.
    again = tamizdat("serve", "--home", served.home)
    assert again.returncode == 1
    assert again.stderr == (
        f"tamizdat: {served.home} is being served already (process {served.process.pid}); "
        "stop that first\n"
    )

    # A killed program comes back.
    baker = served.pid_of("bake --resident")
    os.kill(baker, signal.SIGKILL)
    until(lambda: served.pid_of("bake --resident") not in (0, baker))

    # The end leaves nothing.
    programs = served.programs()
    assert len(programs) == 8
    served.process.terminate()
    assert "Stopped. Everything is kept." in served.process.communicate()[0]
    assert served.process.returncode == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in programs)


def test_a_newsroom_that_was_killed_is_not_held_by_what_it_left_behind(
    own_newsroom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(own_newsroom)
    gone = subprocess.Popen(["true"])
    gone.wait()
    lock = folder.run / "serve.lock"
    with lock.open("w") as inherited:  # by a process that its killed parent had forked
        fcntl.flock(inherited, fcntl.LOCK_EX)
        lock.write_text(f"{gone.pid}\n")
        monkeypatch.setattr(time, "sleep", lambda seconds: inherited.close())  # it is gone as well
        with serve.hold(folder):
            assert lock.read_text() == f"{os.getpid()}\n"


def test_a_taken_port_is_said_before_anything_starts(
    own_newsroom: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        words = ["serve", "--home", str(own_newsroom), "--newsroom-port", str(taken)]
        assert cli.run([*words, "--reader-port", str(free_ports(1)[0])]) == 1
    assert capsys.readouterr().err == (
        f"tamizdat: port {taken} is taken: stop the other program, or choose another "
        "with --newsroom-port\n"
    )


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--reader-port", "8001"], "each door needs a port of its own, found 8001 for two"),
        (["--desk-port", "8001"], "found 8001 for two; choose another with --desk-port"),
        (["--reader-port", "70000"], "a port is a number from 1 to 65535, not 70000"),
        (["--host", "203.0.113.1"], "this machine cannot listen on 203.0.113.1"),
    ],
)
def test_a_door_that_cannot_be_is_said(
    words: list[str],
    complaint: str,
    own_newsroom: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["serve", "--home", str(own_newsroom), *words]) == 1
    assert complaint in capsys.readouterr().err


def test_a_folder_that_is_no_newsroom_cannot_be_served(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["serve", "--home", str(tmp_path)]) == 1
    assert "make one with: tamizdat init --home" in capsys.readouterr().err


def test_a_database_of_an_earlier_version_is_said_and_ends_the_supervisor(
    own_newsroom: Path,
) -> None:
    (own_newsroom / "newsroom.sqlite3").write_bytes(b"")
    done = tamizdat("work", "--home", own_newsroom)
    assert done.returncode == CANNOT
    assert f"bring them up to date with: tamizdat init --home {own_newsroom}" in done.stderr


def test_a_wrong_setting_is_said_and_ends_the_supervisor(settings: DjangoSettings) -> None:
    settings.PUBLIC_ADDRESS = "example.org"
    with pytest.raises(CommandError, match="TAMIZDAT_PUBLIC_ADDRESS: expected a scheme") as said:
        refuse_what_cannot_run()
    assert said.value.returncode == CANNOT
