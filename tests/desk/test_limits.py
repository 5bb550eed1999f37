"""The counts that all workers share."""

from __future__ import annotations

import os

from tamizdat.desk.admission import ME, REMIND, SUBSCRIBE, SUPPORTERS
from tamizdat.desk.limits import HARDEST, Limit, Limits
from tamizdat.vault.rates import DAY, Bucket, Rate

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


def test_work_grows_harder_as_something_that_all_forms_share_is_used_up() -> None:
    limits = Limits(FORM)
    found = [limits.level("form", NOW, shared / 10) for shared in range(11)]
    assert found == sorted(found)
    assert (found[0], found[5], found[8], found[10]) == (0, 2, 3, HARDEST)
    for _ in range(10):
        limits.take("form", NOW)
    assert limits.level("form", NOW, 0.3) == HARDEST


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


def test_a_trickle_through_all_forms_does_the_hardest_work_long_before_the_vault_refuses() -> None:
    """Four forms at fifty posts a minute, each less than its bucket fills up again."""
    clock, first, answered = [0.0], {}, [0] * 24
    limits, bucket = Limits(ME, SUBSCRIBE, SUPPORTERS, REMIND), Bucket(Rate(), lambda: clock[0])
    while clock[0] < DAY - 2:
        clock[0] += 60 / 50
        for form in (ME, SUBSCRIBE, SUPPORTERS, REMIND):
            level = limits.level(form.name, NOW + clock[0], bucket.used())
            first.setdefault(level, clock[0])
            assert limits.take(form.name, NOW + clock[0])
            if bucket.take():
                answered[int(clock[0] // 3600)] += 1
            else:
                first.setdefault("refused", clock[0])
    assert sorted(first, key=first.__getitem__) == [0, 1, 2, 3, HARDEST, "refused"]
    assert first["refused"] - first[HARDEST] > 20 * 60
    assert min(answered) > 1000  # no hour in which nobody is served
    assert sum(answered) <= Rate().a_day
