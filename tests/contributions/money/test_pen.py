"""One writes at a time, and the next one is woken at once: threads and processes alike."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest
from django.db import connections

from tamizdat.contributions.money.pen import ENDING, writing
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import committing

pytestmark = [
    committing,
    pytest.mark.skipif("connections['people'].vendor != 'sqlite'", reason="SQLite's own"),
]


def pen() -> Path:
    database = Path(connections[PEOPLE].settings_dict["NAME"])
    return database.with_name(database.name + ENDING)


def is_taken() -> bool:
    """Ask as another process would: a file that was opened anew has a lock of its own."""
    descriptor = os.open(pen(), os.O_RDWR)
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
    assert pen().stat().st_mode & 0o777 == 0o600


def test_a_thread_waits_for_a_process_that_writes() -> None:
    with writing():
        pass
    done = threading.Event()

    def write() -> None:
        with writing():
            done.set()
        connections.close_all()

    descriptor = os.open(pen(), os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    thread = threading.Thread(target=write)
    thread.start()
    assert not done.wait(0.1)
    os.close(descriptor)
    assert done.wait(30)
    thread.join()
