"""The sender's command refuses what cannot run, with one clear line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tamizdat.newsletters.sender.sending_command import CANNOT
from tests.homes import tamizdat


def test_tables_of_an_earlier_version_are_refused(own_newsroom: Path) -> None:
    file = own_newsroom / "people" / "people.sqlite3"
    if not file.exists():
        pytest.skip("its tables are taken from a file")
    with closing(sqlite3.connect(file)) as people:
        people.execute("DELETE FROM django_migrations WHERE app = 'sender'")
        people.commit()
    done = tamizdat("newsletters", "send", "--home", own_newsroom)
    assert done.returncode == CANNOT
    assert "the people's database is of an earlier version" in done.stderr
    assert f"tamizdat init --home {own_newsroom}" in done.stderr
    assert "Traceback" not in done.stderr
