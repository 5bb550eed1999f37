"""How fast a domain takes our mail, and the plan of a new one."""

from __future__ import annotations

from datetime import date

from tamizdat.newsletters.sender.throttling import FIRST, LONGEST, SOON, Throttles, WarmUp

ONE, OTHER = b"one", b"other"


def throttles(**limits: float) -> Throttles:
    return Throttles({name.encode(): rate for name, rate in limits.items()}, lambda: 0.0)


def test_a_domain_that_has_said_nothing_gets_mail_at_once() -> None:
    assert throttles().when(ONE, 100.0) == 100.0


def test_pauses_double_up_to_an_hour_and_end_with_a_mail_that_is_taken() -> None:
    found, now, pauses = throttles(), 0.0, []
    for _ in range(9):
        found.refused(ONE, "421 4.7.0", now)
        pauses.append(found.when(ONE, now) - now)
        now = found.when(ONE, now)
        assert found.when(OTHER, now) == now
    assert pauses[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert pauses[-1] == LONGEST
    found.took(ONE)
    assert found.when(ONE, now) == now
    assert found.changed == {ONE}


def test_after_a_pause_one_mail_goes_first() -> None:
    found = throttles()
    found.refused(ONE, "no answer in time", 0.0)
    assert found.when(ONE, FIRST) == FIRST
    assert found.when(ONE, FIRST) > FIRST
    found.took(ONE)
    assert found.when(ONE, FIRST) == FIRST


def test_a_full_mailbox_says_nothing_about_its_domain_and_small_troubles_only_together() -> None:
    found = throttles()
    for _ in range(10):
        found.refused(ONE, "452 4.2.2", 0.0)
    assert found.when(ONE, 0.0) == 0.0
    for _ in range(2):
        found.refused(ONE, "450", 0.0)
    assert found.when(ONE, 0.0) == 0.0
    found.refused(ONE, "450", 0.0)
    assert found.when(ONE, 0.0) == FIRST


def test_mails_that_were_under_way_when_a_pause_began_do_not_lengthen_it() -> None:
    found = throttles()
    for _ in range(5):
        found.refused(ONE, "421", 0.0)
    assert found.when(ONE, 0.0) == FIRST


def test_a_rate_gives_each_mail_its_moment_and_sends_away_what_would_wait_too_long() -> None:
    found = throttles(one=0.1)
    moments = [found.when(ONE, 0.0) for _ in range(7)]
    assert moments == [0.0, 10.0, 20.0, 30.0, SOON + 10, SOON + 20, SOON + 30]
    # Who was sent away and comes back finds the moments free.
    assert found.when(ONE, 40.0) == 40.0


def test_what_was_kept_is_taken_up_again() -> None:
    found = throttles()
    found.recall(ONE, 2, 500.0)
    assert found.when(ONE, 0.0) == 500.0
    assert (found.kept(ONE).failures, found.kept(OTHER).failures) == (2, 0)
    found.recall(ONE, 1, 100.0)
    assert found.when(ONE, 0.0) == 500.0


def test_a_plan_allows_so_many_on_each_day_and_after_its_end_all() -> None:
    plan = WarmUp(date(2026, 12, 1), (10, 20))
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3)]
    assert [plan.allowance(day) for day in days] == [10, 10, 20, None]
