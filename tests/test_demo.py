"""The demo: built once, whatever happens to it on the way."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from tamizdat.edition.keys import Keyring
from tamizdat.edition.rootkeys import open_file
from tests.edition.keyrooms import holds
from tests.homes import tamizdat

pytestmark = pytest.mark.long


def counts(home: Path) -> dict[str, int]:
    tables = ("stories_story", "stories_photo", "accounts_user", "bake_file", "bake_edition")
    with sqlite3.connect(home / "newsroom.sqlite3") as database:
        found = {
            table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in tables
        }
    database.close()
    return found


def pages(home: Path) -> dict[str, bytes]:
    edition = home / "edition"
    return {str(file.relative_to(edition)): file.read_bytes() for file in edition.rglob("*.html")}


def test_it_is_built_once_though_it_was_killed_while_it_was_built(sample_newsroom: Path) -> None:
    # (The fixture kills the first run in the middle of the stories; see conftest.)
    before, files = counts(sample_newsroom), pages(sample_newsroom)
    assert before["stories_story"] >= 46
    assert before["accounts_user"] >= 2
    assert before["bake_edition"] == 2  # what readers look at first, and all the rest
    login = sample_newsroom / "demo-login.txt"
    assert stat.S_IMODE(login.stat().st_mode) == 0o600
    kept = login.read_text(encoding="utf-8")
    assert [line.split()[0] for line in kept.splitlines()] == ["editor", "writer"]

    again = tamizdat("demo", "--once", "--home", sample_newsroom)
    assert again.returncode == 0, again.stderr
    assert "Building" not in again.stderr
    assert str(sample_newsroom / "edition") in again.stdout
    assert str(sample_newsroom / "root-keys") in again.stdout
    assert (counts(sample_newsroom), pages(sample_newsroom)) == (before, files)
    assert login.read_text(encoding="utf-8") == kept


def test_its_edition_is_sealed_and_its_root_keys_open(sample_newsroom: Path) -> None:
    ring = Keyring.load(sample_newsroom / "keys")
    stamped = (sample_newsroom / "edition" / "signed" / "timestamp.json").read_bytes()
    assert holds(ring.root, "timestamp", stamped)
    secret = (sample_newsroom / "root-keys" / "secret.txt").read_text(encoding="utf-8").strip()
    files = sorted((sample_newsroom / "root-keys").glob("root-*.age"))
    opened = [open_file(file, secret).key_id for file in files]
    assert ring.root.roles["root"].keyids == opened[-3:]


def test_every_language_has_its_front_page(sample_newsroom: Path) -> None:
    found = pages(sample_newsroom)
    for name in ("index.html", "ru/index.html", "fa/index.html"):
        assert b"<h" in found[name]
