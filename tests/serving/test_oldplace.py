"""The people's database of an earlier version: moved, removed or named, and never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tamizdat.serving import oldplace
from tamizdat.serving.folder import Folder
from tamizdat.sqlite import PRAGMAS, library


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def make(file: Path, *words: str) -> Path:
    """Make a database with these rows, in its journal and not yet in the file."""
    file.parent.mkdir(exist_ok=True)
    connection = library().connect(file)
    connection.executescript(f"{PRAGMAS} CREATE TABLE vault_address (word TEXT)")
    connection.executescript("CREATE TABLE django_migrations (name TEXT)")
    connection.execute("INSERT INTO django_migrations VALUES ('0001')")
    connection.executemany("INSERT INTO vault_address VALUES (?)", [(word,) for word in words])
    connection.commit()
    connection.close()
    return file


def words_in(file: Path) -> list[str]:
    connection = library().connect(file)
    found = [row[0] for row in connection.execute("SELECT word FROM vault_address")]
    connection.close()
    return found


def settled(folder: Folder) -> str:
    said: list[str] = []
    oldplace.settle(folder, said.append)
    assert len(said) <= 1
    return "".join(said)


def places(folder: Folder) -> tuple[Path, Path]:
    return folder.path / "people.sqlite3", folder.path / "people" / "people.sqlite3"


def test_where_nothing_lies_nothing_is_said(folder: Folder) -> None:
    make(places(folder)[1], "anna")
    assert settled(folder) == ""


def test_an_empty_one_is_removed_with_its_journal(folder: Folder) -> None:
    old, new = places(folder)
    make(old)
    make(new, "anna")
    old.with_name("people.sqlite3-wal").touch()
    assert settled(folder).startswith(f"Removed: {old}, which was empty.")
    assert [each.name for each in folder.path.iterdir()] == ["people"]
    assert words_in(new) == ["anna"]
    assert settled(folder) == ""


@pytest.mark.parametrize("is_new_there", [True, False])
def test_one_with_people_moves_where_nobody_is_in_its_way(
    folder: Folder, is_new_there: bool
) -> None:
    old, new = places(folder)
    make(old, "anna", "vera")
    if is_new_there:
        make(new)
    assert settled(folder).startswith("Moved: the people's database")
    assert words_in(new) == ["anna", "vera"]
    assert not list(folder.path.glob("people.sqlite3*"))
    assert new.parent.stat().st_mode & 0o077 == 0 or is_new_there


def test_two_with_people_both_stay_and_are_named(folder: Folder) -> None:
    old, new = places(folder)
    make(old, "anna")
    make(new, "vera")
    for _ in range(2):
        assert "both have rows" in settled(folder)
    assert (words_in(old), words_in(new)) == (["anna"], ["vera"])


def test_what_is_no_database_is_not_taken_for_an_empty_one(folder: Folder) -> None:
    old, new = places(folder)
    make(new, "vera")
    old.write_bytes(b"somebody's letters, and no database at all" * 100)
    assert "both have rows" in settled(folder)
    assert old.exists()
