"""A newsroom comes back on an empty machine, and rolls nothing back."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from tamizdat.accounts.models import Session
from tamizdat.bake import duty, journal
from tamizdat.serving.backups import copies, making, restoring
from tamizdat.serving.backups.errors import BackupError, CannotOpen
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.folder import Folder
from tests import homes
from tests.homes import tamizdat
from tests.serving.backups.test_making import databases, forge

CHANGE = """
from tamizdat.stories.models import Home
home = Home.objects.first()
home.title += "!"
home.save_revision().publish()
"""


# Real commands on a real newsroom


def number_of(said: str) -> int:
    return int(re.search(r"Edition (\d+)", said)[1])


def run(*words: object) -> str:
    done = tamizdat(*words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def keyed(own_newsroom: Path, tmp_path: Path) -> tuple[str, ...]:
    """Make a backup key for the newsroom; return the words that open its backups."""
    secret = tmp_path / "secret.txt"
    secret.write_text(str(Identity.generate()))
    words = ("--passphrase-file", str(secret))
    run("backup", "--home", own_newsroom, "--new-key", tmp_path / "stick" / "key.age", *words)
    return ("--identity", str(tmp_path / "stick" / "key.age"), *words)


@pytest.mark.long
def test_a_restored_newsroom_serves_bakes_on_and_rolls_nothing_back(
    own_newsroom: Path, keyed: tuple[str, ...], tmp_path: Path
) -> None:
    (own_newsroom / "uploads").mkdir(exist_ok=True)
    (own_newsroom / "uploads" / "harbour.jpg").write_bytes(b"a picture")
    backups = tmp_path / "backups"
    run("backup", "--home", own_newsroom, "--to", backups)
    (own_newsroom / "uploads" / "market.jpg").write_bytes(b"another picture")
    run("backup", "--home", own_newsroom, "--to", backups)
    # After the backup more is published, which readers see; then the machine is gone.
    run("shell", "--home", own_newsroom, "-c", CHANGE)
    run("bake", "--home", own_newsroom)
    state = tmp_path / "state"
    seen = run("verify", own_newsroom / "edition", "--state", state)
    newest = max(backups.iterdir())
    assert "Nothing is missing" in run("restore", newest, *keyed, "--check")
    shutil.rmtree(own_newsroom)

    home = tmp_path / "again"
    said = run("restore", newest, *keyed, "--home", home)
    assert f"tamizdat bake --full --home {home}" in said
    assert (home / "uploads" / "market.jpg").read_bytes() == b"another picture"
    assert not (home / "restoring").exists()

    door, newsroom = homes.free_ports(2)
    serving = homes.start(
        "serve", "--home", home, "--reader-port", door, "--newsroom-port", newsroom
    )
    try:
        homes.read_until(serving, "Reader site")
        homes.until(lambda: not duty.is_all_asked_for(home / "run"))
        again = run("verify", home / "edition", "--state", state)
    finally:
        serving.terminate()
        serving.wait(homes.PATIENCE)
        homes.end(serving)
    assert number_of(again) > number_of(seen)
    run("backup", "--home", home, "--to", backups)


def test_what_is_wrong_with_the_words_is_one_line(
    own_newsroom: Path, keyed: tuple[str, ...], tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    run("backup", "--home", own_newsroom, "--to", backups)
    (file,) = backups.iterdir()
    done = tamizdat("restore", file, *keyed, "--home", own_newsroom)
    assert done.returncode == 1
    assert "is not empty; a newsroom is restored into an empty folder" in done.stderr
    stranger = tmp_path / "stranger.txt"
    stranger.write_text(str(Identity.generate()))
    done = tamizdat("restore", file, "--identity", stranger, "--home", tmp_path / "again")
    assert done.returncode == 1
    assert "was not sealed to this identity" in done.stderr
    assert list((tmp_path / "again").iterdir()) == []


# What a restore does, step by step


@pytest.fixture
def identity() -> Identity:
    return Identity.generate()


@pytest.fixture
def source(newsroom: dict[str, Any], bake: Callable[..., Any], folders: Path) -> Folder:
    """A newsroom whose databases have words in them."""
    from tamizdat.sqlite import library

    bake(full=True)
    folder = Folder(folders)
    for name in ("newsroom", "people"):
        connection = library().connect(folders / f"{name}.sqlite3")
        connection.execute("CREATE TABLE words (word TEXT)")
        connection.commit()
        connection.close()
    (folders / "uploads").mkdir(exist_ok=True)
    for name in ("a.jpg", "b.jpg"):
        (folders / "uploads" / name).write_bytes(b"the same picture")
    folder.write_settings({"TAMIZDAT_NEWSROOM_NAME": "The Lantern"})
    return folder


@pytest.fixture
def file(source: Folder, identity: Identity) -> Path:
    to = source.path / "elsewhere"
    return making.make(source, to, [identity.to_public()], databases(source), timezone.now()).file


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("again") / "newsroom")


def test_until_it_is_finished_the_folder_is_no_newsroom_and_can_be_begun_again(
    file: Path, identity: Identity, home: Folder
) -> None:
    unpacked = restoring.unpack(home, [file], [identity])
    assert not home.is_newsroom()
    unpacked = restoring.unpack(home, [file], [identity])  # killed before anything was laid
    restoring.lay(home, unpacked)
    assert not home.is_newsroom()
    unpacked = restoring.unpack(home, [file], [identity])  # killed in the middle of it
    restoring.lay(home, unpacked)
    restoring.fill_databases(home, unpacked, databases(home))
    assert not home.is_newsroom()
    unpacked = restoring.unpack(home, [file], [identity])  # killed before the last step
    restoring.lay(home, unpacked)
    restoring.fill_databases(home, unpacked, databases(home))
    restoring.finish(home, unpacked, {})
    assert home.is_newsroom()
    assert not (home.path / "restoring").exists()
    assert {each.name for each in (home.path / "uploads").iterdir()} == {"a.jpg", "b.jpg"}
    with pytest.raises(BackupError, match="is not empty"):
        restoring.unpack(home, [file], [identity])


def test_a_folder_with_something_else_is_never_written_to(
    file: Path, identity: Identity, home: Folder
) -> None:
    home.path.mkdir()
    (home.path / "letters.txt").write_text("mine")
    with pytest.raises(BackupError, match="is not empty"):
        restoring.unpack(home, [file], [identity])
    (home.path / "restoring").mkdir()
    with pytest.raises(BackupError, match=r"holds 'letters\.txt'"):
        restoring.unpack(home, [file], [identity])
    assert (home.path / "letters.txt").read_text() == "mine"


def test_a_fresh_disks_own_folder_is_no_hindrance(
    file: Path, identity: Identity, home: Folder
) -> None:
    (home.path / "lost+found").mkdir(parents=True)
    restoring.unpack(home, [file], [identity])


def test_a_damaged_backup_lays_nothing(file: Path, identity: Identity, home: Folder) -> None:
    data = file.read_bytes()
    file.write_bytes(data[:-1])
    with pytest.raises(BackupError):
        restoring.unpack(home, [file], [identity])
    assert list(home.path.iterdir()) == []


def test_a_backup_that_nobody_signed_is_taken_only_when_asked_to(
    file: Path, identity: Identity, home: Folder
) -> None:
    forged = file.with_name("forged.age")
    forge(file, forged, identity, lambda name, data: None if name == "signature.json" else data)
    with pytest.raises(CannotOpen, match="no newsroom has signed this backup"):
        restoring.unpack(home, [forged], [identity])
    assert list(home.path.iterdir()) == []
    restoring.unpack(home, [forged], [identity], takes_unsigned=True)


def test_everything_is_closed_to_others(file: Path, identity: Identity, home: Folder) -> None:
    before = os.umask(0o077)  # as for every command (tamizdat.cli)
    try:
        restoring.lay(home, restoring.unpack(home, [file], [identity]))
    finally:
        os.umask(before)
    for each in (home.path / "uploads" / "a.jpg", home.path / "keys", home.path):
        assert not each.lstat().st_mode & 0o077, each


@pytest.fixture
def laid(
    file: Path, identity: Identity, home: Folder, monkeypatch: pytest.MonkeyPatch
) -> restoring.Unpacked:
    # The test's own databases stand for those that were restored.
    monkeypatch.setattr("tamizdat.serving.opening.migrate", lambda: None)
    unpacked = restoring.unpack(home, [file], [identity])
    restoring.lay(home, unpacked)
    return unpacked


@pytest.mark.django_db(databases=["default", "people"])
def test_versions_are_counted_on_past_all_that_may_have_been_signed_since(
    laid: restoring.Unpacked, home: Folder
) -> None:
    before = journal.versions()
    assert laid.contents.versions == before
    later = laid.contents.made + timedelta(hours=2)
    restoring.take_up(home, laid, later)
    after = journal.versions()
    assert before.keys() == after.keys()
    for role, version in after.items():
        assert version >= before[role] + 2 * 3600 * restoring.PACE, role
    assert duty.is_all_asked_for(home.run)
    from tamizdat.edition.keys import Keyring

    assert set(Keyring.load(home.keys).versions().values()) == {1 + restoring.SLACK}


def test_a_clock_that_was_put_back_takes_nothing_away() -> None:
    now = timezone.now()
    assert restoring.versions_since(now + timedelta(days=1), now) == restoring.SLACK


@pytest.mark.django_db(databases=["default", "people"])
def test_everybody_signs_in_again_and_other_parts_are_told(
    laid: restoring.Unpacked, home: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(restoring, "AFTERWARDS", [told.append])
    Session.objects.create(session_key="a" * 32, session_data="", expire_date=timezone.now())
    restoring.take_up(home, laid, now := timezone.now())
    assert Session.objects.count() == 0
    assert told == [now]


def test_a_database_of_another_kind_is_refused(laid: restoring.Unpacked, home: Folder) -> None:
    other = {alias: {"ENGINE": "django.db.backends.postgresql"} for alias in making.DATABASES}
    with pytest.raises(BackupError, match="the backup holds sqlite and the settings name postgr"):
        restoring.fill_databases(home, laid, other)


# PostgreSQL


@pytest.mark.django_db(transaction=True)
def test_postgres_comes_back_whole_into_an_empty_database_only(
    transactional_db: None, newsroom: dict[str, Any], tmp_path: Path
) -> None:
    if connections["default"].vendor != "postgresql":
        pytest.skip("PostgreSQL's own")
    database = connections["default"].settings_dict
    dump = tmp_path / "newsroom.dump"
    dump.write_bytes(b"".join(copies.dump_postgres(database)))
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS restored")
        cursor.execute("CREATE DATABASE restored")
    other = {**database, "NAME": "restored"}
    copies.restore_postgres(dump, other, is_begun=False)
    assert b"".join(copies.dump_postgres(other))[:5] == b"PGDMP"
    with pytest.raises(BackupError, match="pg_restore failed"):
        copies.restore_postgres(dump, other, is_begun=False)  # its tables are there already
    copies.restore_postgres(dump, other, is_begun=True)  # a restore that was cut off
    with pytest.raises(BackupError, match="is not empty"):
        restoring._expect_empty("default", "newsroom")
    with connections["default"].cursor() as cursor:
        cursor.execute("DROP DATABASE restored")


def test_a_dump_that_fails_is_an_error(tmp_path: Path) -> None:
    nowhere = {"HOST": str(tmp_path), "NAME": "none", "USER": "nobody"}
    with pytest.raises(BackupError, match="pg_dump failed"):
        list(copies.dump_postgres(nowhere))
