"""The backup of every night, the Litestream file, and what the doctor says of backups."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings as DjangoSettings

from tamizdat.serving.backups import litestream, nightly
from tamizdat.serving.backups.errors import BackupError
from tamizdat.serving.backups.names import Name
from tamizdat.serving.backups.recipients import Identity
from tamizdat.serving.doctor import backups as doctors
from tamizdat.serving.folder import Folder
from tests.serving.doctor.conftest import Looking

NIGHT = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
SQLITE = "django.db.backends.sqlite3"


@pytest.fixture
def folder(settings: DjangoSettings, folders: Path) -> Path:
    settings.BACKUP_RECIPIENTS = [str(Identity.generate().to_public())]
    settings.BACKUP_FOLDER = folders / "backups"
    settings.BACKUP_FOLDER.mkdir()
    return folders / "backups"


@pytest.fixture
def looking(folder: Path) -> Looking:
    return Looking(Folder(folder.parent))


def lay(folder: Path, made: datetime) -> None:
    (folder / str(Name(made, "6f3a91c2", "6f3a91c2"))).touch()


def test_it_is_made_once_each_night(folder: Path) -> None:
    assert not nightly.is_due(NIGHT.replace(hour=1), None)
    assert nightly.is_due(NIGHT, None)
    lay(folder, NIGHT - timedelta(days=1))
    assert nightly.is_due(NIGHT, None)
    lay(folder, NIGHT)
    assert not nightly.is_due(NIGHT + timedelta(hours=20), None)
    assert nightly.is_due(NIGHT + timedelta(days=1), None)


def test_one_that_failed_is_tried_again_in_an_hour(folder: Path) -> None:
    assert not nightly.is_due(NIGHT + timedelta(minutes=59), NIGHT)
    assert nightly.is_due(NIGHT + timedelta(minutes=60), NIGHT)


def test_without_recipients_there_is_none(folder: Path, settings: DjangoSettings) -> None:
    settings.BACKUP_RECIPIENTS = []
    assert not nightly.is_due(NIGHT, None)


def test_the_worker_starts_it_and_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    class Process:
        def __init__(self, words: list[str], **how: Any) -> None:
            started.append(list(words))
            self.code: int | None = None

        def poll(self) -> int | None:
            return self.code

    monkeypatch.setattr(subprocess, "Popen", Process)
    one = nightly.Nightly()
    one.begin(NIGHT)
    one.begin(NIGHT)  # the first still runs
    assert len(started) == 1
    assert started[0][2:5] == ["tamizdat.cli", "backup", "--home"]


# Settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BACKUP_RECIPIENTS", ["age1wrong"], "tamizdat.E015"),
        ("BACKUP_RECIPIENTS", ["AGE-SECRET-KEY-1QQ"], "tamizdat.E015"),
        ("BACKUP_KEEP", "a month", "tamizdat.E016"),
    ],
)
def test_wrong_settings_are_refused(
    folder: Path, settings: DjangoSettings, name: str, value: object, said: str
) -> None:
    before = [each.id for each in run_checks(tags=["tamizdat"])]
    assert said not in before
    setattr(settings, name, value)
    assert said in [each.id for each in run_checks(tags=["tamizdat"])]


# The doctor


def test_a_fresh_backup_elsewhere_is_well(
    folder: Path,
    looking: Looking,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lay(folder, datetime.now(UTC))
    assert looking(doctors.recipients) == looking(doctors.age) == []
    assert looking(doctors.place)[0].startswith("warning backups:")  # the same disk


def test_no_backup_no_recipient_and_an_old_one_are_found(
    folder: Path,
    looking: Looking,
    settings: DjangoSettings,
) -> None:
    assert looking(doctors.age)[0].startswith("error backups: there is none in")
    lay(folder, datetime.now(UTC) - timedelta(days=2))
    assert looking(doctors.age)[0].startswith("warning backups: the newest is of")
    for file in folder.iterdir():
        file.unlink()
    lay(folder, datetime.now(UTC) - timedelta(days=50))
    said = looking(doctors.age)
    assert said[0].startswith("error backups: the newest is of")
    assert "people who were erased since are in it | TAMIZDAT_BACKUP_KEEP=30d" in said[1]
    settings.BACKUP_RECIPIENTS = []
    assert "nobody is named who could open" in looking(doctors.recipients)[0]


# Litestream


def test_litestream_follows_both_files() -> None:
    yaml = pytest.importorskip("yaml")
    databases = {
        "default": {"ENGINE": SQLITE, "NAME": "/srv/it's/newsroom.sqlite3"},
        "people": {"ENGINE": SQLITE, "NAME": "/srv/it's/people/people.sqlite3"},
    }
    found = yaml.safe_load(litestream.configuration(databases))["dbs"]
    assert [each["path"] for each in found] == [one["NAME"] for one in databases.values()]
    assert {each["replica"]["path"] for each in found} == {
        "/mnt/followers/newsroom",
        "/mnt/followers/people",
    }
    assert all(each["replica"]["type"] == "file" for each in found)


def test_litestream_does_not_follow_postgres() -> None:
    databases = {
        name: {"ENGINE": "django.db.backends.postgresql"} for name in ("default", "people")
    }
    with pytest.raises(BackupError, match="Litestream follows SQLite"):
        litestream.configuration(databases)
