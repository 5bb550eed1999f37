"""One after the other: what brings the same form, in all workers."""

from __future__ import annotations

import os
import threading
from contextlib import suppress

from tamizdat.desk.turns import Turns


def overlaps(texts: list[str], patience: float) -> int:
    """Let threads be at work on these texts until all are, or for so many seconds; say how many
    were at once."""
    turns = Turns()
    most, at_work = 0, 0
    counting, all_in = threading.Lock(), threading.Barrier(len(texts))

    def work(text: str) -> None:
        nonlocal most, at_work
        with turns.of(text):
            with counting:
                at_work += 1
                most = max(most, at_work)
            with suppress(threading.BrokenBarrierError):
                all_in.wait(patience)
            with counting:
                at_work -= 1

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return most


def test_what_brings_the_same_form_is_done_one_after_the_other() -> None:
    assert overlaps(["a form"] * 3, 0.2) == 1


def test_different_forms_do_not_wait_for_each_other() -> None:
    assert overlaps(["one", "two", "three"], 60) == 3


def test_processes_wait_for_each_other_and_a_dead_one_holds_nothing_up() -> None:
    turns = Turns()
    ready, tell = os.pipe()
    child = os.fork()
    if child == 0:
        with turns.of("a form"):
            os.write(tell, b"y")
            threading.Event().wait()
        os._exit(0)
    assert os.read(ready, 1) == b"y"
    had: list[bool] = []

    def wait() -> None:
        with turns.of("a form"):
            had.append(True)

    waiting = threading.Thread(target=wait)
    waiting.start()
    waiting.join(0.2)
    assert had == []
    os.kill(child, 9)
    os.waitpid(child, 0)
    waiting.join(30)
    assert had == [True]
    os.close(ready)
    os.close(tell)
