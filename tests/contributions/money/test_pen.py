"""One writes at a time, and the next one is woken at once: threads and processes alike."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import connections

from tamizdat.contributions.money import pen as pen_module
from tamizdat.contributions.money.models import Switch
from tamizdat.contributions.money.pen import Disk, writing
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import committing

pytestmark = [
    committing,
    pytest.mark.skipif("connections['people'].vendor != 'sqlite'", reason="SQLite's own"),
]


def pen() -> int:
    """Open it as another process would: what was opened anew has a lock of its own."""
    folder = Path(connections[PEOPLE].settings_dict["NAME"]).parent
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def is_taken() -> bool:
    descriptor = pen()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def test_other_processes_find_it_taken_until_the_transaction_is_over() -> None:
    with writing():
        assert is_taken()
        with writing():  # within: the same transaction
            assert is_taken()
    assert not is_taken()
    with pytest.raises(ZeroDivisionError), writing():
        _ = 1 / 0
    assert not is_taken()


def test_a_thread_waits_for_a_process_that_writes() -> None:
    done = threading.Event()

    def write() -> None:
        with writing():
            done.set()
        connections.close_all()

    descriptor = pen()
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    thread = threading.Thread(target=write)
    thread.start()
    assert not done.wait(0.1)
    os.close(descriptor)
    assert done.wait(30)
    thread.join()


@pytest.fixture
def waiting() -> Iterator[None]:
    """Let this connection wait for the disk, as all do but in tests."""
    with connections[PEOPLE].cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
    yield
    connections[PEOPLE].close()


def synchronous() -> int:
    """Ask how this connection commits: 1 is NORMAL, 2 is FULL."""
    with connections[PEOPLE].cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        return int(cursor.fetchone()[0])


def test_without_the_turn_it_would_be_said_before_the_disk_has_it(
    monkeypatch: pytest.MonkeyPatch, waiting: None
) -> None:
    """The twin."""
    synced: list[str] = []
    monkeypatch.setattr(Disk, "sync", lambda self, file: synced.append(file))
    monkeypatch.setattr(Disk, "turn", lambda self, has_written=True: 0)
    with writing():
        Switch.objects.create(provider="x", since=date(2026, 11, 20))
    assert synced == []


def test_what_was_written_is_on_the_disk_before_anyone_hears_of_it(
    monkeypatch: pytest.MonkeyPatch, waiting: None
) -> None:
    synced: list[tuple[bool, bool]] = []
    sync = Disk.sync

    def watch(self: Disk, file: str) -> None:
        sync(self, file)
        synced.append((is_taken(), Switch.objects.filter(provider="x").exists()))

    monkeypatch.setattr(Disk, "sync", watch)
    with writing():
        assert synchronous() == 1
        Switch.objects.create(provider="x", since=date(2026, 11, 20))
        assert synced == []
    assert synced == [(False, True)]  # nobody holds the pen while the disk works
    assert synchronous() == 2
    with pytest.raises(ZeroDivisionError), writing():
        _ = 1 / 0
    assert len(synced) == 1
    with writing(for_good=False):
        Switch.objects.create(provider="y", since=date(2026, 11, 20))
    assert len(synced) == 1
    with writing():  # who saw it and answers for it waits
        assert Switch.objects.filter(provider="y").exists()
    assert len(synced) == 2
    assert synchronous() == 2


def test_a_disk_that_fails_is_said_to_who_wrote_and_to_who_saw_it(
    monkeypatch: pytest.MonkeyPatch, waiting: None
) -> None:
    def fail(self: Disk, file: str) -> None:
        raise OSError("the disk is full of errors")

    monkeypatch.setattr(pen_module, "_DISK", Disk())
    monkeypatch.setattr(Disk, "sync", fail)
    with writing():
        pass  # nothing was written, and nobody else has
    with pytest.raises(OSError, match="full of errors"), writing():
        Switch.objects.create(provider="x", since=date(2026, 11, 20))
    with pytest.raises(OSError, match="full of errors"), writing():
        assert Switch.objects.filter(provider="x").exists()
    with pytest.raises(OSError, match="full of errors"):
        pen_module.kept()


class Slow(Disk):
    """A disk whose first sync lasts until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.syncs = 0

    def sync(self, file: str) -> None:
        self.syncs += 1
        if self.syncs == 1:
            self.begun.set()
            assert self.go_on.wait(30)


def test_who_writes_while_the_disk_works_shares_the_next_turn() -> None:
    """What comes during a sync may not be in it: those wait for one more, and one is enough."""
    disk = Slow()
    threads = [threading.Thread(target=disk.wait, args=("", disk.turn()))]
    threads[0].start()
    assert disk.begun.wait(30)
    threads += [threading.Thread(target=disk.wait, args=("", disk.turn())) for _ in range(5)]
    looker = threading.Thread(target=disk.wait, args=("", disk.turn(has_written=False)))
    threads.append(looker)  # it changed nothing, and has seen what is not on the disk yet
    for each in threads[1:]:
        each.start()
    assert all(each.is_alive() for each in threads)
    disk.go_on.set()
    for each in threads:
        each.join(30)
    assert disk.syncs == 2
    disk.wait("", disk.turn(has_written=False))
    assert disk.syncs == 2  # all is there
