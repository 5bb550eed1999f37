"""Backup and restore by the commands, of a newsroom whose two databases have two roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from django.db import connections

from tamizdat.databases import NEWSROOM, PEOPLE
from tamizdat.edition.rootkeys import new_identity
from tests.databases import Copies
from tests.homes import tamizdat
from tests.postgres import beside
from tests.serving.backups.test_retractions import ERASE, KEEP

pytestmark = pytest.mark.django_db(databases=[NEWSROOM, PEOPLE])
SETTINGS = {NEWSROOM: "TAMIZDAT_NEWSROOM_DATABASE", PEOPLE: "TAMIZDAT_PEOPLE_DATABASE"}


@pytest.fixture(autouse=True)
def _on_postgres(db: None) -> None:
    if connections[NEWSROOM].vendor != "postgresql":
        pytest.skip("PostgreSQL's own")


@contextmanager
def two(name: str, copies: Copies | None = None) -> Iterator[dict[str, str]]:
    """Make two databases, empty or founded; yields the settings that name them."""
    with ExitStack() as held:
        yield {
            setting: held.enter_context(
                beside(
                    alias,
                    f"{name}_{alias}_{copies.process if copies else 'empty'}",
                    copies.template(alias) if copies else "template1",
                )
            )
            for alias, setting in SETTINGS.items()
        }


def run(*words: object, **settings: str) -> str:
    done = tamizdat(*words, **settings)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_newsroom_of_two_roles_comes_back_and_who_was_erased_since_does_not(
    copies: Copies, tmp_path: Path
) -> None:
    home, backups = tmp_path / "newsroom", tmp_path / "backups"
    secret = tmp_path / "secret.txt"
    secret.write_text(new_identity(), encoding="utf-8")
    opens = ("--passphrase-file", secret)
    with two("source", copies) as source:
        words = ("--name", "The Lantern", "--languages", "en,ru,fa", "--stories", "50")
        run("init", "--home", home, *words, *opens, **source)
        run("shell", "--home", home, "-c", KEEP)
        run("backup", "--home", home, "--to", backups)
        (backup,) = backups.iterdir()
        run("shell", "--home", home, "-c", ERASE)
        run("backup", "--home", home, "--to", backups)
        key = home / "root-keys" / "backup.age"
        key.rename(tmp_path / "backup.age")
    (backups / max(each.name for each in backups.glob("backup-*-of-*.age"))).unlink()

    again = tmp_path / "again"
    restore = ("restore", backup, "--identity", tmp_path / "backup.age", *opens, "--home", again)
    with two("again") as empty:
        said = run(*restore, **empty)
        assert "done again: erased 1, suppressed 1, withdrawn 1." in said
