"""The desk that is confined, and asks its people's database of a server: by its socket."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connections

from tamizdat import landlock
from tamizdat.databases import PEOPLE
from tests.desk.conftest import solved
from tests.desk.serving import Served, served
from tests.homes import environment
from tests.postgres import beside

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
SETTING = "TAMIZDAT_PEOPLE_DATABASE"
ADDRESS = "past.address.of.anna@example.org"


@pytest.fixture(autouse=True)
def _on_postgres(db: None) -> None:
    if connections[PEOPLE].vendor != "postgresql":
        pytest.skip("PostgreSQL's own")


@contextmanager
def on_postgres(home: Path) -> Iterator[tuple[Served, str]]:
    """Serve a desk on a database of its own."""
    with beside(PEOPLE, "served_desk") as address, served(home, **{SETTING: address}) as desk:
        yield desk, address


def test_a_form_is_taken_by_a_desk_that_is_confined_and_asks_a_server(tmp_path: Path) -> None:
    with on_postgres(tmp_path / "home") as (desk, address):
        page = desk.ask("GET", "/me/")[2]
        status, headers, _ = desk.ask("POST", "/me/", {"address": ADDRESS, **solved(page)})
        assert (status, headers.get("Location")) == (303, "/me/asked/")
        assert _wishes(address) == 1
        if landlock.version():
            for process in {desk.arbiter, *desk.workers()}:
                assert "NoNewPrivs:\t1" in Path(f"/proc/{process}/status").read_text()


def _wishes(address: str) -> int:
    import dj_database_url
    import psycopg

    found = dj_database_url.parse(address)
    where = f"host={found['HOST']} port={found['PORT'] or 5432} user=people dbname=served_desk"
    with psycopg.connect(where) as connection:
        row = connection.execute("SELECT count(*) FROM desk_wish").fetchone()
    return int(row[0]) if row else 0


# What a process that is confined so can still do

TRY = """
import os, socket, sys
from pathlib import Path
home, port = Path(sys.argv[1]), int(sys.argv[2])
people = {"ENGINE": "django.db.backends.postgresql", "PORT": port, "NAME": "people"}
if sys.argv[4] == "confined":
    from tamizdat.serving.desk_door import allowed
    from tamizdat.landlock import confine
    confine(allowed(home, people))
def tried(what):
    try:
        what()
        return "open"
    except OSError:
        return "shut"
ways = {
    "the database": lambda: socket.create_connection(("localhost", port)).close(),
    "another port": lambda: socket.create_connection(("127.0.0.1", int(sys.argv[3]))).close(),
    "a port of its own": lambda: socket.create_server(("127.0.0.1", 0)).close(),
    "people": lambda: os.listdir(home / "people"),
    "secret.key": lambda: (home / "secret.key").read_bytes(),
    "passwd": lambda: Path("/etc/passwd").read_bytes(),
    "a password file": lambda: Path(sys.argv[1], ".pgpass").read_bytes(),
}
for name, way in ways.items():
    print(f"{name}: {tried(way)}")
"""


def _tried(home: Path, how: str) -> dict[str, str]:
    for name in ("people", "run"):
        (home / name).mkdir(parents=True, exist_ok=True)
    for name in ("secret.key", ".pgpass"):
        (home / name).touch()
    with (
        socket.create_server(("127.0.0.1", 0)) as database,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        ports = [each.getsockname()[1] for each in (database, other)]
        words = [sys.executable, "-c", TRY, home, *ports, how]
        done = subprocess.run(
            [str(each) for each in words], env=environment(), capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    return dict(re.findall(r"(.*): (open|shut)", done.stdout))


@pytest.mark.skipif(landlock.version() < 6, reason="needs Landlock's sixth version (Linux 6.12)")
def test_a_confined_process_reaches_the_databases_port_and_no_other(tmp_path: Path) -> None:
    found = _tried(tmp_path, "confined")
    assert {name for name, state in found.items() if state == "open"} == {"the database"}


def test_without_confinement_it_would_reach_all(tmp_path: Path) -> None:
    assert set(_tried(tmp_path, "free").values()) == {"open"}
