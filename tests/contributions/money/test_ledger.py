"""The books: only added to, zero in sum, each deed posted once; the database itself holds to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connections, transaction

from tamizdat.contributions.money import guarding, ledger
from tamizdat.contributions.money.ledger import Deed, Entry, Place
from tamizdat.contributions.money.models import Account, DayTotal, Posting, Transaction
from tamizdat.databases import PEOPLE

DAY = date(2026, 11, 20)
AT_ONCE = 6
both = pytest.mark.django_db(databases=["default", PEOPLE])
committing = pytest.mark.django_db(databases=["default", PEOPLE], transaction=True)


def place(kind: str, currency: str = "EUR") -> Place:
    return Place(kind, "sandbox", currency)


def gift(name: str, amount: int, currency: str = "EUR") -> Deed:
    return Deed(name, DAY, (Entry(place("balance", currency), place("gifts", currency), amount),))


@both
def test_a_deed_is_posted_once() -> None:
    assert ledger.post(gift("payment:1", 500))
    assert not ledger.post(gift("payment:1", 700))
    assert ledger.balance(place("balance")) == 500
    assert ledger.balance(place("gifts")) == -500
    assert ledger.audit().faults == ()


@both
def test_a_negative_entry_goes_the_other_way_and_nothing_is_left_out() -> None:
    assert not ledger.post(gift("nothing", 0))
    assert Transaction.objects.count() == 0
    assert ledger.post(gift("back", -5))
    assert ledger.balance(place("balance")) == -5


@both
def test_days_are_summed_up_as_they_are_posted() -> None:
    for number in range(3):
        ledger.post(gift(f"payment:{number}", 100 + number))
    ledger.post(Deed("refund:1", DAY, (Entry(place("refunds"), place("balance"), 50),)))
    found = {line.place.kind: line for line in ledger.lines(DAY, DAY)}
    assert (found["balance"].debit, found["balance"].credit, found["balance"].count) == (303, 50, 4)
    assert found["gifts"].credit == 303
    assert list(ledger.lines(DAY, DAY, ["fees"])) == []


@committing
def test_of_many_who_post_one_deed_at_once_one_does() -> None:
    barrier = threading.Barrier(AT_ONCE)

    def deed() -> int:
        barrier.wait(timeout=30)
        with transaction.atomic(using=PEOPLE):
            return ledger.post(gift("payment:1", 500))

    assert sorted(_at_once(deed)) == [0] * (AT_ONCE - 1) + [1]
    assert ledger.balance(place("balance")) == 500
    assert ledger.audit().faults == ()


@committing
def test_to_look_and_then_to_post_would_post_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: with the unique deed given up for a question, the same race is lost."""
    barrier = threading.Barrier(AT_ONCE)

    def begin(deeds: Sequence[Deed]) -> dict[str, int]:
        (deed,) = deeds
        is_there = Transaction.objects.filter(deed__startswith=deed.name).exists()
        barrier.wait(timeout=30)
        if is_there:
            return {}
        other = f"{deed.name}:{threading.get_ident()}"
        return {deed.name: Transaction.objects.create(deed=other, day=deed.day).pk}

    monkeypatch.setattr(ledger, "_begin", begin)
    assert all(_at_once(lambda: ledger.post(gift("payment:1", 500))))
    assert ledger.balance(place("balance")) == AT_ONCE * 500


@committing
def test_sums_of_a_day_hold_under_many_posts_at_once() -> None:
    def deed(number: int) -> None:
        with transaction.atomic(using=PEOPLE):
            ledger.post(gift(f"payment:{number}", number + 1))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(lambda number: _closing(lambda: deed(number)), range(40)))
    assert ledger.balance(place("gifts")) == -sum(range(1, 41))
    assert ledger.audit().faults == ()


@both
@pytest.mark.parametrize(
    "act",
    [
        lambda: Posting.objects.update(amount=1),
        lambda: Posting.objects.all().delete(),
        lambda: Transaction.objects.update(day=date(2020, 1, 1)),
        lambda: Transaction.objects.all()._raw_delete(PEOPLE),
    ],
)
def test_what_is_written_is_neither_changed_nor_deleted(act: Callable[[], Any]) -> None:
    ledger.post(gift("payment:1", 500))
    with pytest.raises(DatabaseError), transaction.atomic(using=PEOPLE):
        act()
    assert ledger.audit().faults == ()


@both
def test_without_the_triggers_it_could_be_changed_and_the_audit_says_so() -> None:
    """The twin of the test above."""
    ledger.post(gift("payment:1", 500))
    guarding.lift(connections[PEOPLE])
    Posting.objects.update(amount=1)
    faults = ledger.audit().faults
    assert "2 sums of a day differ from the postings" in faults
    assert len(faults) == 1 + len(guarding.TRIGGERS)


@both
def test_an_entry_has_one_currency() -> None:
    with pytest.raises(ValueError, match="one currency"):
        Entry(place("balance", "EUR"), place("gifts", "USD"), 5)
    ledger.post(gift("a", 5, "EUR"))
    ledger.post(gift("b", 5, "USD"))
    euros, dollars = (
        Account.objects.get(kind="gifts", currency=currency) for currency in ("EUR", "USD")
    )
    row = Posting(
        transaction=Transaction.objects.get(deed="a"), debit=euros, credit=dollars, amount=1
    )
    with pytest.raises(DatabaseError), transaction.atomic(using=PEOPLE):
        row.save(force_insert=True)


@both
def test_an_entry_moves_something_between_two_accounts() -> None:
    ledger.post(gift("a", 5))
    account = Account.objects.get(kind="gifts")
    number = Transaction.objects.get().pk
    for debit, amount in ((account.pk, 5), (account.pk + 1, -5)):
        row = Posting(transaction_id=number, debit_id=debit, credit=account, amount=amount)
        with pytest.raises(IntegrityError), transaction.atomic(using=PEOPLE):
            row.save(force_insert=True)


@both
def test_a_sum_that_was_altered_is_found() -> None:
    ledger.post(gift("a", 5))
    DayTotal.objects.filter(account__kind="gifts").update(credit=6)
    assert ledger.audit().faults == (
        "1 sums of a day differ from the postings",
        "the sum of all accounts is not zero",
    )


@committing
def test_what_is_posted_while_it_looks_is_no_fault() -> None:
    ledger.post(gift("payment:1", 500))
    read = DayTotal.objects.values_list

    def late(*names: str) -> Any:
        _at_once(lambda: ledger.post(gift("payment:2", 700)), 1)
        return read(*names)

    with patch.object(DayTotal.objects, "values_list", late):
        found = ledger.audit()
    assert (found.transactions, found.faults) == (1, ())
    assert ledger.balance(place("balance")) == 500 + 700


@committing
def test_the_tables_can_be_taken_away_and_made_again() -> None:
    call_command("migrate", "money", "zero", database=PEOPLE, verbosity=0, skip_checks=True)
    assert "money_posting" not in connections[PEOPLE].introspection.table_names()
    call_command("migrate", "money", database=PEOPLE, verbosity=0, skip_checks=True)
    assert guarding.missing(connections[PEOPLE]) == []


def _at_once(deed: Callable[[], Any], times: int = AT_ONCE) -> list[Any]:
    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(lambda _: _closing(deed), range(times)))


def _closing(deed: Callable[[], Any]) -> Any:
    try:
        return deed()
    finally:
        connections[PEOPLE].close()
