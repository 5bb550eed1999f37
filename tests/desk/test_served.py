"""A desk as it is really served: what its processes can open, keep and are told."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tamizdat import landlock
from tests.browser import IS_SECOND_RUN
from tests.desk.conftest import solved
from tests.desk.serving import Served, memory_of, served
from tests.homes import environment, until

pytestmark = pytest.mark.skipif(IS_SECOND_RUN, reason="the desk under test has a file of its own")
NICE = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
ADDRESS = "past.address.of.anna@example.org"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("desk") / "home") as found:
        yield found


@pytest.mark.long
def test_a_form_is_taken_by_a_desk_that_is_confined(desk: Served) -> None:
    page = desk.ask("GET", "/me/")[2]
    status, headers, _ = desk.ask("POST", "/me/", {"address": ADDRESS, **solved(page)})
    assert (status, headers["Location"]) == (303, "/me/asked/")
    assert "Set-Cookie" not in headers


@pytest.mark.long
def test_no_address_is_left_in_any_process_of_the_desk_or_on_disk(desk: Served) -> None:
    page = desk.ask("GET", "/me/")[2]
    before = desk.workers()
    handled = "an.other.address"
    for number in range(320):  # more than a worker handles before it ends
        desk.ask("POST", "/me/", {"address": f"{handled}.{number}@example.org"})
    fields = {"address": f"{handled}@example.org", **solved(page)}
    assert desk.ask("POST", "/me/", fields)[0] in (303, 200)

    def is_forgotten() -> bool:
        return not any(handled.encode() in memory_of(each) for each in desk.workers())

    until(lambda: not desk.workers() & before and is_forgotten())
    assert handled.encode() not in memory_of(desk.arbiter)
    for file in desk.home.rglob("*"):
        assert not file.is_file() or handled.encode() not in file.read_bytes(), file


def test_while_workers_change_nobody_is_sent_away(desk: Served) -> None:
    states: list[int] = []

    def ask() -> None:
        for _ in range(200):
            states.append(desk.ask("POST", "/me/", {"address": "x"})[0])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    before = desk.workers()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert states == [200] * 800
    until(lambda: desk.workers() != before)


def test_a_slow_client_takes_nobodys_place(desk: Served) -> None:
    slow = [socket.create_connection(("127.0.0.1", desk.port)) for _ in range(200)]
    for each in slow:
        each.sendall(b"POST /me/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nadd")
    assert desk.ask("GET", "/me/")[0] == 200
    for each in slow:
        each.close()


@pytest.mark.parametrize(
    "bytes_",
    [
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: canary.example\r\nno colon canary\r\n\r\n",
        b"CANARY\r\n\r\n",
    ],
)
def test_what_is_no_http_is_answered_without_a_word_of_it(desk: Served, bytes_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", desk.port)) as asking:
        asking.sendall(bytes_)
        answer = b""
        while part := asking.recv(4096):
            answer += part
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"canary" not in answer.lower()


# Confinement

TRY = """
import os, sys, sqlite3, socket, subprocess
from pathlib import Path
home = Path(sys.argv[1])
if sys.argv[2] == "confined":
    from tamizdat.serving.desk_door import allowed
    from tamizdat.landlock import confine
    people = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(home / "people/people.sqlite3")}
    confine(allowed(home, people))
def tried(what):
    try:
        what()
        return "open"
    except (OSError, sqlite3.Error, subprocess.SubprocessError):
        return "shut"
def connect():
    socket.create_connection(("127.0.0.1", int(sys.argv[3]))).close()
ways = {
    "newsroom.sqlite3": lambda: (home / "newsroom.sqlite3").read_bytes(),
    "uploads": lambda: (home / "uploads/draft.jpg").read_bytes(),
    "uploads listed": lambda: os.listdir(home / "uploads"),
    "keys": lambda: (home / "keys/vault/index.key").read_bytes(),
    "secret.key": lambda: (home / "secret.key").read_bytes(),
    "a way round": lambda: (home / "people/../secret.key").read_bytes(),
    "passwd": lambda: Path("/etc/passwd").read_bytes(),
    "a new file": lambda: (home / "left").write_bytes(b""),
    "a shell": lambda: subprocess.run(["/bin/sh", "-c", "true"], check=True),
    "a connection": connect,
    "a signal": lambda: os.kill(os.getppid(), 0),
    "the parent's memory": lambda: Path(f"/proc/{os.getppid()}/mem").open("rb"),
    "people": lambda: sqlite3.connect(home / "people/people.sqlite3").execute(
        "SELECT count(*) FROM desk_wish").fetchall(),
    "a module": lambda: __import__("wave"),
}
for name, way in ways.items():
    print(f"{name}: {tried(way)}")
"""


def _tried(desk: Served, how: str) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        words = [sys.executable, "-c", TRY, desk.home, how, other.getsockname()[1]]
        done = subprocess.run(
            [str(each) for each in words], env=environment(), capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    return dict(re.findall(r"(.*): (open|shut)", done.stdout))


@pytest.mark.skipif(landlock.version() < 6, reason="needs Landlock's sixth version (Linux 6.12)")
def test_a_confined_process_opens_the_people_and_nothing_else(desk: Served) -> None:
    found = _tried(desk, "confined")
    assert {name for name, state in found.items() if state == "open"} == {"people", "a module"}


def test_without_confinement_all_of_it_would_be_open(desk: Served) -> None:
    assert set(_tried(desk, "free").values()) == {"open"}


@pytest.mark.skipif(landlock.version() == 0, reason="needs Landlock (Linux 5.13)")
def test_every_process_of_the_desk_is_confined(desk: Served) -> None:
    """A process that is confined can gain no rights: the kernel says so of each."""
    for process in {desk.arbiter, *desk.workers()}:
        assert "NoNewPrivs:\t1" in Path(f"/proc/{process}/status").read_text()
        assert os.getpriority(os.PRIO_PROCESS, process) == NICE


def test_the_newsrooms_database_raises_behind_the_desk(desk: Served) -> None:
    words = "import django; django.setup(); from django.db import connection; connection.cursor()"
    done = subprocess.run(
        [sys.executable, "-c", words],
        env=environment(
            TAMIZDAT_HOME=str(desk.home),
            TAMIZDAT_DOOR="desk",
            DJANGO_SETTINGS_MODULE="tamizdat.settings",
        ),
        capture_output=True,
        text=True,
    )
    assert "settings.DATABASES is improperly configured" in done.stderr
