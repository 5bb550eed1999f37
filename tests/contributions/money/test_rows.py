"""What is asked by statements of our own is what a query set would ask."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tamizdat.contributions.money import rows
from tamizdat.contributions.money.models import Contribution, Event, Payment
from tamizdat.databases import PEOPLE
from tests.contributions.conftest import both

NOW = datetime(2026, 11, 20, 10, 30, 15, 123456, tzinfo=UTC)


def contribution(**more: object) -> Contribution:
    values = {
        "key": secrets.token_bytes(16),
        "provider": "sandbox",
        "method": "card",
        "rhythm": Contribution.Rhythm.MONTHLY,
        "currency": "EUR",
        "amount": 1000,
        "begun_on": NOW.date(),
        "language": "fa",
    }
    return Contribution(**{**values, **more})


def values_of(row: Contribution) -> list[object]:
    return [getattr(row, each.attname) for each in Contribution._meta.concrete_fields]


@both
def test_a_row_is_the_same_whoever_writes_and_whoever_reads() -> None:
    ours = contribution(asking_until=NOW, next_on=date(2027, 1, 31), method_ends="2027-03")
    theirs = contribution(asking_until=NOW, is_ending=True)
    assert rows.insert(ours)
    theirs.save(force_insert=True)
    for row in (ours, theirs):
        by_query_set = Contribution.objects.get(pk=row.pk)
        (by_statement,) = rows.find(Contribution, "id = %s", row.pk)
        assert values_of(by_query_set) == values_of(by_statement) == values_of(row)
        assert by_statement == by_query_set
        assert by_statement._state.db == PEOPLE
        assert not by_statement._state.adding


@both
def test_conditions_take_moments_days_numbers_and_states() -> None:
    row = contribution(asking_until=NOW)
    rows.insert(row)
    assert rows.there_is(Contribution, "asking_until < %s", NOW + timedelta(microseconds=1))
    assert not rows.there_is(Contribution, "asking_until < %s", NOW)
    assert rows.there_is(Contribution, "begun_on = %s", NOW.date())
    assert rows.there_is(Contribution, "key = %s", row.key)
    assert rows.first(Contribution, "state = %s", Contribution.State.BEGUN) == row
    assert rows.first(Contribution, "state = %s", Contribution.State.GIVEN) is None
    assert rows.get(Contribution, row.pk) == row
    with pytest.raises(Payment.DoesNotExist):
        rows.get(Payment, row.pk)


@both
def test_a_change_says_how_many_rows_it_made() -> None:
    row = contribution()
    rows.insert(row)
    condition = "id = %s AND amount = %s"
    to = {"amount": 2000, "asking_until": NOW, "resumes_on": date(2027, 2, 1)}
    assert rows.change(Contribution, to, condition, row.pk, 1000) == 1
    assert rows.change(Contribution, to, condition, row.pk, 1000) == 0
    row.refresh_from_db()
    assert (row.amount, row.asking_until, row.resumes_on) == (2000, NOW, date(2027, 2, 1))


@both
def test_what_is_unique_is_written_once_and_nothing_else_is_let_pass() -> None:
    row = Event(provider="sandbox", account="demo", index=b"i" * 16, gone_at=NOW)
    assert rows.insert(row, once=True)
    assert not rows.insert(row, once=True)
    with pytest.raises(IntegrityError), transaction.atomic(using=PEOPLE):
        rows.insert(row)
    with pytest.raises(IntegrityError), transaction.atomic(using=PEOPLE):
        rows.insert(contribution(amount=0), once=True)  # a check, not a question of uniqueness
    assert Event.objects.count() == 1


@both
def test_a_move_is_not_asked_of_some_rows_only() -> None:
    row = contribution()
    rows.insert(row)
    with pytest.raises(TypeError, match="all rows"):
        Contribution.objects.filter(amount=5).move(row.pk, Contribution.State.GIVEN)
    with pytest.raises(TypeError, match="all rows"):
        row.payments.all().move(row.pk, Payment.State.FAILED)
    assert Contribution.objects.move(row.pk, Contribution.State.GIVEN)
    assert not Contribution.objects.move(row.pk, Contribution.State.GIVEN)
