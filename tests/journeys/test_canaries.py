"""Nothing about anybody stays: a whole newsroom, every door, every kind of answer, then a search.

What must never happen, numbers 2 and 3. Everything that was sent holds canaries
(``tests.canaries``): addresses, machines, user agents, referrers, cookies, paths and queries.
Afterwards every file below the newsroom's folder and its temporary folder is gone through, all that
the programs said, and the desk's memory.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pyrage
import pytest

from tamizdat.vault.opening import Opener
from tamizdat.vault.sealing import Sealed
from tests import homes
from tests.canaries import found_below, found_in, pattern, shapes
from tests.desk.conftest import make_keys, solved
from tests.desk.serving import Served as Desk
from tests.desk.serving import memory_of

STEM = "kanarienvogel"
WORDS = [STEM, "203.0.113.77", "198.51.100.78", "2001:db8::77", "127.0.0.77"]
ADDRESS = f"{STEM}@lantern.example"
HEAD = "\r\n".join(
    [
        f"User-Agent: {STEM}/1.0 (X11)",
        f"Referer: https://host.example/{STEM}",
        f"Cookie: newsroom={STEM}; newsroom-csrf={STEM}",
        "X-Forwarded-For: 203.0.113.77, 198.51.100.78",
        'Forwarded: for="[2001:db8::77]";by=203.0.113.77',
        "X-Real-IP: 203.0.113.77",
        f"From: {ADDRESS}",
        f"X-Request-ID: {STEM}",
        "Connection: close",
    ]
)
COUNT = 1_000
# What each door must have answered, at the least: the ways that are worth a search.
EXPECTED = {
    "reader": {200, 400, 404, 405, 416, 505},
    "desk": {200, 303, 400, 404, 405, 410, 413, 500, 503},
    "newsroom": {200, 400, 403, 404, 500},
}
PASSPHRASE = "pass phrase"  # tests.desk.conftest.make_keys
FORM = "Content-Type: application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Served:
    """A newsroom that is being served, and where all that it writes may lie."""

    home: Path
    temporary: Path
    said: Path
    process: subprocess.Popen
    reader: int
    newsroom: int
    desk: int

    @property
    def places(self) -> list[Path]:
        return [self.home, self.temporary, self.said]

    def pids(self, words: str) -> list[int]:
        """Return the processes below the supervisor whose command lines hold these words."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            with contextlib.suppress(OSError):
                waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
                line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                found += [pid] if words in line else []
        return found


@pytest.fixture
def served(own_newsroom: Path, tmp_path: Path) -> Iterator[Served]:
    temporary, said = tmp_path / "tmp", tmp_path / "said"
    temporary.mkdir()
    shutil.rmtree(own_newsroom / "keys" / "vault", ignore_errors=True)
    make_keys(own_newsroom / "keys" / "vault")
    ports = homes.free_ports(3)
    names = ("--reader-port", "--newsroom-port", "--desk-port")
    words = [each for pair in zip(names, ports, strict=True) for each in pair]
    freely = {"TAMIZDAT_VAULT_RATE": "100000", "TAMIZDAT_VAULT_BURST": "100000"}
    with said.open("wb") as out:
        process = subprocess.Popen(
            homes.command("serve", "--home", own_newsroom, *words),
            env=homes.environment(TMPDIR=str(temporary), **freely),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        homes.until(lambda: b"To stop" in said.read_bytes() or process.poll() is not None)
        assert process.poll() is None, said.read_text()
        yield Served(own_newsroom, temporary, said, process, *ports)
    finally:
        process.terminate()
        process.wait(homes.PATIENCE)


def send(port: int, line: str, body: str = "", *more: str, host: str = "") -> int:
    """Send a request from another address of this machine; return the status, 0 for none."""
    own = {each.partition(":")[0] for each in more}
    usual = [each for each in HEAD.split("\r\n") if each.partition(":")[0] not in own]
    head = "\r\n".join([line, f"Host: {host or f'localhost:{port}'}", *usual, *more])
    if body:
        head += f"\r\n{FORM}\r\nContent-Length: {len(body)}"
    source = ("127.0.0.77", 0)
    with socket.create_connection(("127.0.0.1", port), homes.PATIENCE, source) as asked:
        with contextlib.suppress(OSError):
            asked.sendall(f"{head}\r\n\r\n{body}".encode("latin-1"))
        answer = b""
        with contextlib.suppress(OSError):
            while piece := asked.recv(65536):
                answer += piece
    return int(answer.split()[1]) if answer.startswith(b"HTTP/") else 0


def through_the_reader_door(port: int) -> set[int]:
    lines = [
        "GET / HTTP/1.1",
        f"GET /?{STEM}={ADDRESS} HTTP/1.1",
        f"GET /{STEM}/{ADDRESS} HTTP/1.1",
        f"GET /{STEM}%00 HTTP/1.1",
        f"POST /{STEM} HTTP/1.1",
        f"GET /{STEM} HTTP/3.0",
        f"{STEM} /{STEM} HTTP/1.1",
        f"GET /{STEM * 900} HTTP/1.1",
        f"{STEM}",
    ]
    answers = {send(port, line) for line in lines}
    return answers | {
        send(port, "GET / HTTP/1.1", "", f"If-None-Match: {STEM}", f"Range: bytes={STEM}"),
        send(port, "GET / HTTP/1.1", "", "Range: bytes=99999999-"),
    }


def through_the_desk(served: Served) -> set[int]:
    port = served.desk
    form = urlencode({"address": ADDRESS, "ticket": STEM, "altcha": STEM})
    answers = {
        send(port, "GET /me/ HTTP/1.1"),
        send(port, f"GET /{STEM}?{ADDRESS} HTTP/1.1"),
        send(port, f"GET /me/{STEM[:11] * 2}/?{ADDRESS} HTTP/1.1"),
        send(port, f"POST /me/{STEM[:11] * 2}/ HTTP/1.1", f"do=see&x={ADDRESS}"),
        send(port, "POST /me/ HTTP/1.1", form),
        send(port, "POST /me/ HTTP/1.1", form, "Sec-Fetch-Site: same-origin"),
        send(port, "POST /me/ HTTP/1.1", urlencode({"address": f"{STEM}@"})),
        send(port, "POST /me/ HTTP/1.1", STEM * 900),
        *through_the_sign_up(port),
        send(port, f"DELETE /{STEM} HTTP/1.1"),
        send(port, "GET /me/ HTTP/1.1", host=f"{STEM}.example"),
        send(port, f"{STEM} {ADDRESS}"),
        send(port, f"GET /{STEM * 900} HTTP/1.1"),
    }
    with broken(served.home / "people" / "people.sqlite3", "desk_link"):
        answers.add(send(port, f"POST /me/{STEM[:11] * 2}/ HTTP/1.1", f"do=see&x={ADDRESS}"))
    with gone(served.pids("tamizdat.vault.process")):
        answers.add(send_work(served))
    return answers | {send_work(served)}


def through_the_sign_up(port: int) -> set[int]:
    token = (STEM * 4)[:43]
    form = urlencode({"address": ADDRESS, "newsletter": STEM, "consent": STEM, "variant": STEM})
    return {
        send(port, f"GET /subscribe/?newsletter={STEM} HTTP/1.1"),
        send(port, "POST /subscribe/ HTTP/1.1", form),
        send(port, "POST /ru/subscribe/ HTTP/1.1", form, "Sec-Fetch-Site: same-origin"),
        send(port, f"GET /confirm/{STEM[:11] * 2}/ HTTP/1.1"),
        send(port, f"POST /confirm/{STEM[:11] * 2}/ HTTP/1.1", f"consent={STEM}"),
        send(port, f"GET /letters/{token}/?{ADDRESS} HTTP/1.1"),
        send(port, f"POST /letters/{token}/ HTTP/1.1", f"do={STEM}&pause={ADDRESS}"),
        send(port, f"POST /leave/{token} HTTP/1.1", f"List-Unsubscribe={STEM}"),
        send(port, "POST /letters/back/ HTTP/1.1", f"back={ADDRESS}"),
    }


def send_work(served: Served) -> int:
    """Send the form as a browser with scripts does, work and all."""
    desk = Desk(served.home, served.desk, 0)
    fields = {"address": ADDRESS, **solved(desk.ask("GET", "/ru/me/")[2])}
    return desk.ask("POST", "/ru/me/", fields, Referer=f"https://{STEM}.example")[0]


def through_the_newsroom(served: Served) -> set[int]:
    port = served.newsroom
    login = "/admin/login/"
    token = "a" * 32
    cookie = f"Cookie: newsroom-csrf={token}; newsroom={STEM}"
    form = urlencode(
        {"username": ADDRESS, "password": STEM, "csrfmiddlewaretoken": token, "next": f"/{STEM}"}
    )
    answers = {
        send(port, f"GET {login}?next=/{STEM} HTTP/1.1"),
        send(port, f"POST {login} HTTP/1.1", form),
        send(port, f"POST {login} HTTP/1.1", form, cookie),
        send(port, f"GET /{STEM}?{ADDRESS} HTTP/1.1"),
        send(port, f"GET /admin/{STEM}/{ADDRESS} HTTP/1.1"),
        send(port, f"GET /uploads/{STEM} HTTP/1.1"),
        send(port, f"DELETE {login}{STEM} HTTP/1.1"),
        send(port, f"GET {login} HTTP/1.1", host=f"{STEM}.example"),
        send(port, f"{STEM} {ADDRESS}"),
        send(port, f"GET /{STEM * 900} HTTP/1.1"),
    }
    with broken(served.home / "newsroom.sqlite3", "accounts_user"):
        answers.add(send(port, f"POST {login} HTTP/1.1", form, cookie))
    return answers


@contextlib.contextmanager
def broken(database: Path, table: str) -> Iterator[None]:
    """Take a table away for a while, so that whoever asks for it fails for real."""
    rename(database, table, f"{table}_away")
    try:
        yield
    finally:
        rename(database, f"{table}_away", table)


def rename(database: Path, old: str, new: str) -> None:
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as opened:
        opened.execute(f"ALTER TABLE {old} RENAME TO {new}")
        opened.commit()


@contextlib.contextmanager
def gone(pids: list[int]) -> Iterator[None]:
    """Let processes stand still for a while."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


KEEP = """
import sys
from tamizdat.settings.common import HOME
import django
django.setup()
from uuid import UUID
from django.utils import timezone
from tamizdat.newsletters.subscribers import joining
from tamizdat.newsletters.subscribers.offering import Offer, offer
from tamizdat.vault.client import Vault
from tamizdat.vault.models import Address
vault = Vault(HOME / "run" / "vault.sock")
now = timezone.now()
offer(Offer(UUID(int=5), "en", "The Friday Letter"))
choice = joining.Choice((UUID(int=5),), "en", consent="2026-11")
for number, typed in enumerate(sys.stdin.read().split()):
    row = Address.objects.keep(vault.seal(typed), now)
    if number % 2:
        Address.objects.confirm(row.pk)
        joining.join(row, choice, "2026-11", now, greets=False)
    else:
        joining.ask_by_mail(vault.seal(typed), "", "", now)
"""


def keep(served: Served, addresses: list[str]) -> None:
    """Have the desk's own code seal addresses by the vault and keep them: half of them subscribe,
    the others wait to be asked whether they want to."""
    settings = {"TAMIZDAT_HOME": str(served.home), "TAMIZDAT_DOOR": "desk"}
    done = subprocess.run(
        [homes.sys.executable, "-c", KEEP],
        input="\n".join(addresses),
        env=homes.environment(DJANGO_SETTINGS_MODULE="tamizdat.settings", **settings),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def opened(served: Served) -> set[str]:
    """Open all that is kept, with the key."""
    database = served.home / "people" / "people.sqlite3"
    with contextlib.closing(sqlite3.connect(database)) as asked:
        rows = asked.execute('SELECT key_id, box, "index" FROM vault_address').fetchall()
    opener = Opener.unlock(served.home / "keys" / "vault", PASSPHRASE)
    return {opener.open(Sealed(*row)) for row in rows}


def back_up(served: Served) -> None:
    key = pyrage.x25519.Identity.generate()
    folder = served.temporary / "backups"
    words = ("--to", folder, "--recipient", key.to_public())
    done = homes.tamizdat("backup", "--home", served.home, *words)
    assert done.returncode == 0, done.stderr
    assert any(file.stat().st_size > 10_000 for file in folder.iterdir())


def test_no_canary_is_found_anywhere_and_all_addresses_open_with_the_key(served: Served) -> None:
    wanted = pattern(WORDS)
    answers = {
        "reader": through_the_reader_door(served.reader),
        "desk": through_the_desk(served),
        "newsroom": through_the_newsroom(served),
    }
    for door, expected in EXPECTED.items():
        assert expected <= answers[door], (door, answers[door])

    addresses = [f"{STEM}.{number:04}@lantern.example" for number in range(COUNT)]
    keep(served, addresses)
    assert opened(served) == set(addresses)
    back_up(served)
    assert found_below(served.places, wanted) == []
    for pid in served.pids("desk_door"):
        homes.until(lambda pid=pid: not found_in(memory_or_nothing(pid), wanted))  # type: ignore[misc]

    served.process.terminate()
    served.process.wait(homes.PATIENCE)
    assert found_below(served.places, wanted) == []
    # Planted, it is found: the search works where it matters.
    vault = served.home / "people" / "people.sqlite3"
    with contextlib.closing(sqlite3.connect(vault)) as asked:
        asked.execute("UPDATE vault_address SET key_id = ? WHERE rowid = 7", (addresses[6],))
        asked.commit()
    assert str(vault) in " ".join(found_below(served.places, wanted))


def memory_or_nothing(pid: int) -> bytes:
    """Return what a process holds; one that has ended holds nothing."""
    try:
        return memory_of(pid)
    except OSError:
        return b""


@pytest.mark.parametrize("shape", sorted(shapes(f"{STEM}.0007@lantern.example")))
def test_the_search_finds_a_planted_address_in_any_shape(shape: bytes, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0\xff" * 1000 + shape + b"\xff")
    assert found_below([tmp_path], pattern([f"{STEM}.0007@lantern.example"])) != []


def test_the_search_looks_into_names_and_packed_files(tmp_path: Path) -> None:
    import gzip
    import zipfile

    (tmp_path / f"{STEM}.txt").write_bytes(b"")
    (tmp_path / "a.gz").write_bytes(gzip.compress(STEM.encode() * 9))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a", STEM * 9)
    assert len(found_below([tmp_path], pattern([STEM]))) == 3
