"""A desk as it is really served: gunicorn, confined, over a people's database of its own."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tamizdat.vault import keys
from tamizdat.vault.sealing import Pair
from tests.homes import PATIENCE, environment, free_ports, until

HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
PEOPLE = (
    "vault",
    "desk",
    "money",
    "giving",
    "supporters",
    "subscribers",
    "inbox",
)  # the apps whose tables it has


@dataclass(frozen=True)
class Served:
    """A desk at work in a folder of its own."""

    home: Path
    port: int
    arbiter: int

    def ask(
        self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Ask once; return the status, the headers and the page."""
        asking = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        body = urlencode(fields) if fields is not None else None
        asking.request(method, path, body, {**(HEADERS if body is not None else {}), **headers})
        reply = asking.getresponse()
        found = reply.status, dict(reply.getheaders()), reply.read().decode()
        asking.close()
        return found

    def workers(self) -> set[int]:
        file = Path(f"/proc/{self.arbiter}/task/{self.arbiter}/children")
        return {int(each) for each in file.read_text().split()}

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/robots.txt")[0] == 200
        except OSError:
            return False


@contextmanager
def served(home: Path, **settings: str) -> Iterator[Served]:
    """Serve a desk on a new folder; ``settings`` stand above the usual ones."""
    prepare(home, **settings)
    (port,) = free_ports(1)
    place = home / "run" / "vault.sock"
    with vault_process(home / "keys" / "vault", place):
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}"),
                *("-c", "python:tamizdat.serving.desk_door", "tamizdat.wsgi:application"),
            ],
            env=environment(TAMIZDAT_HOME=str(home), TAMIZDAT_DOOR="desk", **settings),
        )
        try:
            desk = Served(home, port, process.pid)
            until(lambda: process.poll() is None and desk.answers())
            yield desk
        finally:
            process.terminate()
            process.wait(PATIENCE)


def prepare(home: Path, **settings: str) -> None:
    """Make the folder, the vault's keys and the people's database, where the settings say."""
    for name in ("people", "run", "uploads", "keys"):
        (home / name).mkdir(parents=True)
    make_keys(home / "keys" / "vault")
    for name in ("newsroom.sqlite3", "uploads/draft.jpg", "secret.key"):
        (home / name).write_text("a secret")
    words = ("migrate", "--database", "people", "--verbosity", "0")
    manage(home, *words, apps=PEOPLE, **settings)


def manage(home: Path, *words: str, apps: tuple[str, ...], **settings: str) -> None:
    """Run Django's command on a folder, once for each app, behind the desk's own settings."""
    for app in apps:
        given = [words[0], app, *words[1:], "--skip-checks"]
        subprocess.run(
            [sys.executable, "-m", "django", *given],
            env=environment(
                TAMIZDAT_HOME=str(home),
                TAMIZDAT_DOOR="desk",
                DJANGO_SETTINGS_MODULE="tamizdat.settings",
                **settings,
            ),
            check=True,
            timeout=PATIENCE,
        )


def memory_of(process: int) -> bytes:
    """Read all that a process has in memory and may itself write to."""
    found = bytearray()
    maps = Path(f"/proc/{process}/maps").read_text().splitlines()
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if "w" in rights and not line.endswith("[vvar]"):
                start, end = (int(each, 16) for each in where.split("-"))
                found += os.pread(memory.fileno(), end - start, start)
    return bytes(found)


# The vault beside it


def make_keys(folder: Path) -> Pair:
    keys.begin(folder, Pair.make().public)
    pair = Pair.make()
    keys.keep(folder, pair, "pass phrase", keys.LIGHT)
    keys.put_in_force(folder, pair.key_id)
    return pair


class vault_process:  # noqa: N801 - used as a context manager
    def __init__(self, folder: Path, place: Path, *more: str) -> None:
        self.place = place
        words = ["--keys", folder, "--socket", place, "--rate", "1000000", "--burst", "1000000"]
        words += ["--day", "100000000", *more]
        self.words = [sys.executable, "-m", "tamizdat.vault.process", *map(str, words)]

    def __enter__(self) -> subprocess.Popen:
        self.process = subprocess.Popen(self.words, env=environment())
        until(self.place.exists)
        return self.process

    def __exit__(self, *error: object) -> None:
        self.process.terminate()
        self.process.wait()
