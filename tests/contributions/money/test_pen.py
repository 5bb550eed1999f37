"""One writes at a time, and the next one is woken at once: threads and processes alike."""

from __future__ import annotations

import fcntl
import os
import threading
from pathlib import Path

import pytest
from django.db import connections

from tamizdat.contributions.money.pen import writing
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
