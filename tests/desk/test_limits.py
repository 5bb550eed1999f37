"""The counts that all workers share."""

from __future__ import annotations

import os

from tamizdat.desk.limits import HARDEST, Limit, Limits

NOW = 1_000_000.0
FORM = Limit("form", a_minute=60, at_once=10)


def test_a_bucket_empties_and_fills_up_again() -> None:
    limits = Limits(FORM)
    assert [limits.take("form", NOW) for _ in range(11)] == [True] * 10 + [False]
    assert [limits.take("form", NOW + 2) for _ in range(3)] == [True, True, False]


def test_work_grows_harder_as_the_bucket_empties_and_as_posts_fail() -> None:
    limits = Limits(FORM)
    assert limits.level("form", NOW) == 0
    for _ in range(10):
        limits.take("form", NOW)
    assert limits.level("form", NOW) == HARDEST
    assert limits.level("form", NOW + 60) == 0
    for _ in range(200):
        limits.note("form", NOW + 60, failed=True)
    assert limits.level("form", NOW + 60) == HARDEST
    for _ in range(200):
        limits.note("form", NOW + 60, failed=False)
    assert limits.level("form", NOW + 60) == HARDEST // 2
    assert limits.level("form", NOW + 900) == 0


def test_few_failures_trouble_nobody() -> None:
    limits = Limits(FORM)
    for _ in range(15):
        limits.note("form", NOW, failed=True)
    assert limits.level("form", NOW) == 0


def test_what_one_process_takes_is_gone_for_all() -> None:
    limits = Limits(FORM)
    for _ in range(4):
        child = os.fork()
        if child == 0:
            limits.take("form", NOW)
            limits.take("form", NOW)
            os._exit(0)
        os.waitpid(child, 0)
    assert [limits.take("form", NOW) for _ in range(3)] == [True, True, False]
