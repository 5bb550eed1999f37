"""What the doctor finds on the machine itself: a newsroom is broken, one thing at a time."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import time_machine
from django.db import connections
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings as DjangoSettings

from tamizdat.bake import trouble
from tamizdat.serving.doctor import clock as clocks
from tamizdat.serving.doctor import databases, disk, files, keys, queues
from tamizdat.serving.doctor import settings as settings_checks
from tamizdat.sqlite import PRAGMAS
from tamizdat.stories import changes
from tests.serving.doctor.conftest import Looking

# Keys


def test_keys_that_are_well_are_not_spoken_of(baked: Looking) -> None:
    assert baked(keys.roles) == baked(keys.ages) == baked(keys.root_keys) == []


def test_what_has_expired_is_an_error(baked: Looking, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=8))
    said = baked(keys.roles)
    assert [line.partition(":")[0] for line in said] == [
        "error key of snapshot",
        "error key of timestamp",
    ]
    assert said[0].endswith("the baker signs it: tamizdat serve, or tamizdat bake")


def test_what_will_expire_is_a_warning(baked: Looking, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(days=190))
    said = "\n".join(baked(keys.roles))
    assert "warning key of root: what it signed ends on" in said
    assert "fetch 2 sticks, and tamizdat keys resign --root-key FILE --root-key FILE" in said
    assert "warning key of pages" in said


def test_a_private_key_that_is_gone_is_an_error(baked: Looking) -> None:
    next(baked.folder.keys.glob("snapshot-*.pem")).unlink()
    assert baked(keys.roles) == [
        "error key of snapshot: the private key is gone | "
        "put it back, or tamizdat keys rotate snapshot"
    ]


def test_a_newsroom_without_keys_is_an_error(looking: Looking) -> None:
    shutil.rmtree(looking.folder.keys)
    (said,) = looking(keys.roles)
    assert said.startswith("error keys:")


def test_keys_that_no_drill_has_replaced_are_a_warning(baked: Looking) -> None:
    file = next(baked.folder.keys.glob("pages-*.pem"))
    os.utime(file, (0, datetime(2026, 3, 1, tzinfo=UTC).timestamp()))
    (said,) = baked(keys.ages)
    assert said.startswith(f"warning key {file.stem}: is 264 days old | hold the drill:")


def test_root_keys_that_were_not_carried_away_are_a_warning(baked: Looking) -> None:
    baked.folder.root_keys.mkdir()
    (baked.folder.root_keys / "root-2.age").touch()
    (said,) = baked(keys.root_keys)
    assert said.startswith("warning key root-2: lies in")


# Files


def test_a_closed_folder_is_well(looking: Looking) -> None:
    for each in [looking.folder.path, *looking.folder.path.rglob("*")]:
        each.chmod(0o700 if each.is_dir() else 0o600)
    assert looking(files.modes) == looking(files.owner) == []


@pytest.mark.parametrize(
    "name", ["", "keys", "newsroom.env", "secret.key", "people/people.sqlite3"]
)
def test_what_others_may_open_is_an_error(looking: Looking, name: str) -> None:
    place = looking.folder.path / name
    if not place.exists():
        place.parent.mkdir(mode=0o700, exist_ok=True)
        place.touch()
    place.chmod(0o750 if place.is_dir() else 0o640)
    said = [line for line in looking(files.modes) if line.startswith("error")]
    mode = 700 if place.is_dir() else 600
    assert said == [f"error modes: others may open {place} | chmod {mode} {place}"]


def test_a_file_of_another_user_is_an_error(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Owner(NamedTuple):
        st_uid: int

    class Found:
        """A file that another program left as another user."""

        def lstat(self) -> Owner:
            return Owner(os.geteuid() + 1)

        def __str__(self) -> str:
            return "people.sqlite3-wal"

    monkeypatch.setattr(files, "_own", lambda folder: [Found()])
    (said,) = looking(files.owner)
    assert said.startswith("error owner: people.sqlite3-wal belongs to another user")


# Databases


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A SQLite file as ours are."""
    from django.db.backends.sqlite3.base import Database

    made = tmp_path / "newsroom.sqlite3"
    connection = Database.connect(made)
    connection.executescript(PRAGMAS)
    connection.execute("CREATE TABLE words (word TEXT)")
    connection.execute("CREATE INDEX by_word ON words (word)")
    connection.executemany("INSERT INTO words VALUES (?)", [(f"word {n}",) for n in range(5000)])
    connection.commit()
    connection.close()
    monkeypatch.setattr(databases, "files", lambda: [("default", made)])
    return made


def test_a_whole_file_is_well(looking: Looking, file: Path) -> None:
    assert looking(databases.integrity) == looking(databases.journal) == []


def test_a_damaged_file_is_an_error(looking: Looking, file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(3 * 4096)
        opened.write(b"\xff" * 4096)
    (said,) = looking(databases.integrity)
    assert said.startswith("error newsroom.sqlite3: is damaged (")
    assert said.endswith("restore the newest backup")


def test_a_file_that_the_disk_does_not_give_is_not_called_damaged(
    looking: Looking, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "quick_check", lambda file: "disk I/O error")
    (said,) = looking(databases.integrity)
    assert said.startswith("error newsroom.sqlite3: cannot be looked at (disk I/O error)")
    assert "restore" not in said


def test_a_file_that_takes_too_long_was_not_looked_at(file: Path) -> None:
    assert databases.quick_check(file, seconds=60.0) == "ok"
    assert databases.quick_check(file, seconds=-1.0) in (None, "ok")  # small: it may be done first


def test_a_file_without_a_write_ahead_log_is_an_error(
    looking: Looking, file: Path, db: None
) -> None:
    from django.db.backends.sqlite3.base import Database

    connection = Database.connect(file)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    if connections["default"].vendor == "sqlite":
        assert any("has no write-ahead log" in line for line in looking(databases.pragmas))


def test_pragmas_that_are_not_in_force_are_an_error(looking: Looking, file: Path, db: None) -> None:
    if connections["default"].vendor != "sqlite":
        pytest.skip("SQLite's own")
    said = [line for line in looking(databases.pragmas) if "synchronous" in line]
    # The tests run with synchronous=OFF: they need not outlive a power cut.
    assert said[0].startswith("error newsroom.sqlite3, synchronous: expected 2, found 0")


def test_a_log_that_grows_is_a_warning(looking: Looking, file: Path) -> None:
    wal = file.with_name("newsroom.sqlite3-wal")
    with wal.open("wb") as opened:
        opened.truncate(65 << 20)
    (said,) = looking(databases.journal)
    assert said.startswith("warning newsroom.sqlite3-wal: has grown to 65 MiB")


def test_an_old_sqlite_is_an_error(
    looking: Looking, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert looking(databases.version) == []
    monkeypatch.setattr(databases, "OLDEST", (99, 0, 0))
    (said,) = looking(databases.version)
    assert "can lose commits; 99.0.0 or newer is needed" in said


def test_tables_of_an_earlier_version_are_an_error(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.serving.opening.is_migrated", lambda: False)
    (said,) = looking(databases.migrations)
    assert said.startswith("error tables: are of an earlier version")


@pytest.mark.django_db(databases=["default", "people"])
def test_a_postgres_that_may_lose_stories_is_an_error(looking: Looking) -> None:
    if connections["default"].vendor != "postgresql":
        assert looking(databases.postgres) == []
        return
    said = "\n".join(looking(databases.postgres))  # the test server is made quick and unsafe
    assert "error PostgreSQL (default): fsync is off: a power cut loses stories" in said


# Clock and disk


def test_a_clock_before_the_newest_signature_is_an_error(
    baked: Looking, clock: time_machine.Traveller
) -> None:
    assert baked(clocks.against_signatures) == []
    clock.shift(timedelta(hours=-2))
    (said,) = baked(clocks.against_signatures)
    assert said.startswith("error clock: stands 1:5")


@pytest.mark.parametrize(("kernel", "said"), [(True, []), (False, ["warning"]), (None, ["unseen"])])
def test_a_clock_that_nobody_keeps_is_a_warning(
    looking: Looking, monkeypatch: pytest.MonkeyPatch, kernel: bool | None, said: list[str]
) -> None:
    monkeypatch.setattr(clocks, "kernel_clock", lambda: kernel)
    assert [line.split()[0] for line in looking(clocks.is_kept)] == said


def test_the_kernel_is_asked_for_its_clock() -> None:
    assert clocks.kernel_clock() in (True, False, None)


@pytest.mark.parametrize(
    ("free", "said"),
    [(100 << 20, "error disk: 0.1 GB are free"), (600 << 20, "warning disk: 0.6 GB are free; a f")],
)
def test_a_disk_without_room_is_found(
    looking: Looking, monkeypatch: pytest.MonkeyPatch, free: int, said: str
) -> None:
    class Usage(NamedTuple):
        total: int
        used: int
        free: int

    with (looking.folder.path / "people.sqlite3").open("wb") as file:
        file.truncate(100 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, free))
    (line,) = looking(disk.space)
    assert line.startswith(said)


def test_a_disk_that_can_take_no_more_files_is_found(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    class State(NamedTuple):
        f_files: int
        f_favail: int

    monkeypatch.setattr(os, "statvfs", lambda path: State(1000, 50))
    (said,) = looking(disk.inodes)
    assert said.startswith("warning disk: room for 50 more files")


# Queues


def test_a_newsroom_at_rest_has_no_lag(baked: Looking) -> None:
    for check in (queues.baker, queues.outbox, queues.tasks, queues.failed):
        assert baked(check) == [], check


def test_a_bake_that_fails_is_an_error(baked: Looking) -> None:
    trouble.note(baked.folder.run, trouble.Trouble(timezone.now(), 3, "story:12", "KeyError"))
    (said,) = baked(queues.baker)
    assert said.startswith("error baker: fails since 2026-11-20 12:00 UTC at story:12: KeyError")


def test_a_change_that_waits_for_long_is_an_error(
    baked: Looking, clock: time_machine.Traveller
) -> None:
    changes.record(["story:1"])
    assert not any("error" in line for line in baked(queues.outbox))
    clock.shift(timedelta(hours=1))
    (said,) = baked(queues.outbox)
    assert said.startswith("error outbox: a change has waited for the baker since 2026-11-20")


def test_an_embargo_that_is_not_over_is_no_lag(
    baked: Looking, clock: time_machine.Traveller
) -> None:
    changes.record(["story:1"], timezone.now() + timedelta(days=1), is_urgent=False)
    clock.shift(timedelta(hours=1))
    assert baked(queues.outbox) == []


def test_tasks_that_wait_and_tasks_that_failed_are_warnings(
    baked: Looking, clock: time_machine.Traveller
) -> None:
    for status in (TaskResultStatus.READY, TaskResultStatus.FAILED):
        DBTaskResult.objects.create(
            status=status,
            task_path="tamizdat.stories.cleaning.clean",
            exception_class_path="builtins.ValueError",
            backend_name="default",
            args_kwargs={"args": [], "kwargs": {}},
            run_after=timezone.now(),
        )
    clock.shift(timedelta(minutes=11))
    assert baked(queues.tasks)[0].startswith("warning tasks: 1 have waited")
    assert baked(queues.failed)[0].startswith("warning tasks: clean failed (ValueError)")


def test_a_newsroom_that_nobody_serves_is_a_warning(baked: Looking) -> None:
    (said,) = baked(queues.programs)
    assert said.startswith("warning newsroom: is not running | tamizdat serve --home")


# Settings


def test_what_check_deploy_says_is_passed_on(looking: Looking, settings: DjangoSettings) -> None:
    before = looking(settings_checks.deployment)
    settings.SECRET_KEY = "short"
    said = [line for line in looking(settings_checks.deployment) if line not in before]
    assert any("security.W009" in line for line in said)


Maker = Callable[..., Any]
