"""From the ledger to what the edition says: net of what went back, coarse, or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tamizdat.contributions.appeals import measuring
from tamizdat.contributions.appeals.models import Goal, Measured
from tamizdat.databases import PEOPLE
from tests.contributions.appeals.conftest import Pay, post
from tests.contributions.appeals.writing import goal

pytestmark = pytest.mark.django_db(databases=["default", PEOPLE])
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def measured(found: Goal) -> Measured | None:
    measuring.look(NOW)
    return Measured.objects.filter(goal=found).first()


def test_it_is_the_ledger_net_of_refunds_and_disputes(pay: Pay) -> None:
    found = goal(amount=Decimal(1000))
    for _ in range(10):
        pay(50_00)
    post("refund:1", date(2026, 11, 12), "refunds", -30_00)
    post("dispute:1", date(2026, 11, 13), "disputes", -20_00)
    now = measured(found)
    assert now is not None
    assert (now.percent, now.until, now.minor) == (45, date(2026, 11, 19), None)


def test_nine_payments_are_too_few_and_today_is_not_over(pay: Pay) -> None:
    found = goal(amount=Decimal(1000))
    for _ in range(9):
        pay(50_00)
    assert measured(found) is None
    pay(50_00, date(2026, 11, 20))
    assert measured(found) is None
    pay(50_00)
    now = measured(found)
    assert now is not None
    assert now.percent == 50


def test_each_of_the_three_can_be_set(pay: Pay) -> None:
    found = goal(amount=Decimal(1000), by_day=False, whole_percent=False, from_payments=1)
    pay(12_34, date(2026, 11, 20))
    now = measured(found)
    assert now is not None
    assert (now.percent, now.until, now.minor) == (1, date(2026, 11, 20), 12_34)


def test_a_goal_in_all_counts_from_its_own_first_day(pay: Pay) -> None:
    values: dict[str, Any] = {"period": "total", "since": date(2026, 9, 1), "from_payments": 1}
    found = goal(amount=Decimal(1000), **values)
    pay(100_00, date(2026, 8, 31))
    pay(100_00, date(2026, 9, 1))
    pay(100_00, date(2026, 11, 2))
    now = measured(found)
    assert now is not None
    assert now.percent == 20


def test_a_month_begins_anew_by_the_newsrooms_calendar(pay: Pay) -> None:
    found = goal(amount=Decimal(1000), from_payments=1)
    pay(100_00)
    assert measured(found) is not None
    measuring.look(datetime(2026, 12, 1, 0, 30, tzinfo=UTC))
    assert not Measured.objects.exists()


def test_where_a_rate_is_missing_nothing_is_published(pay: Pay) -> None:
    found = goal(amount=Decimal(1000), from_payments=1)
    pay(100_00, currency="USD")
    assert measured(found) is None


def test_what_is_not_to_be_published_is_taken_back(pay: Pay) -> None:
    found = goal(amount=Decimal(1000), from_payments=1)
    pay(100_00)
    assert measured(found) is not None
    Goal.objects.filter(pk=found.pk).update(is_public=False)
    assert measured(found) is None
