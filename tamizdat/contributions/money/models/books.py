"""The books: accounts, transactions and postings, which are only added to; and sums by day.

* A posting takes an amount from one account and gives it to another of the same currency. So the
  sum of a transaction is zero in every currency by the shape of the table: there is no row that
  could say anything else. (A trigger refuses a posting between two currencies.)
* Triggers refuse to change or delete a transaction or a posting, on both databases.
* ``Transaction.deed`` is unique: what was posted for a deed is posted once.
* ``DayTotal`` sums up each account's day. It is written in the postings' own transaction;
  ``ledger.audit`` compares the two.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tamizdat.databases import PEOPLE


class Account(models.Model):
    """One account of the books, in one currency."""

    lives_in = PEOPLE

    class Kind(models.TextChoices):
        BALANCE = "balance", "what a provider holds for us"
        BANK = "bank", "what was paid out to us"
        GIFTS = "gifts", "what supporters gave"
        REFUNDS = "refunds", "what was given back"
        DISPUTES = "disputes", "what banks took back"
        FEES = "fees", "what providers took"
        EXCHANGE = "exchange", "between two currencies"

    code = models.CharField(max_length=40, unique=True)  # gifts:stripe:EUR
    kind = models.CharField(max_length=8, choices=Kind.choices)
    provider = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)

    objects: ClassVar[models.Manager[Account]] = models.Manager()

    def __str__(self) -> str:
        return self.code


class Transaction(models.Model):
    """What was posted for one deed."""

    lives_in = PEOPLE

    deed = models.CharField(max_length=64, unique=True)  # payment:0a1b…
    day = models.DateField(db_index=True)

    objects: ClassVar[models.Manager[Transaction]] = models.Manager()

    def __str__(self) -> str:
        return self.deed.partition(":")[0]


class Posting(models.Model):
    """An amount that goes from one account (credit) to another (debit), in minor units."""

    lives_in = PEOPLE

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="postings")
    debit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="debits")
    credit = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    amount = models.BigIntegerField()

    objects: ClassVar[models.Manager[Posting]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0) & ~models.Q(debit=models.F("credit")),
                name="posting_moves_something",
            )
        ]

    def __str__(self) -> str:
        return "a posting"


class DayTotal(models.Model):
    """What an account got and gave in a day, and in how many postings."""

    lives_in = PEOPLE

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    debit = models.BigIntegerField(default=0)
    credit = models.BigIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager[DayTotal]] = models.Manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="one_total_a_day")]
        indexes = [models.Index(fields=["day"], name="totals_by_day")]

    def __str__(self) -> str:
        return "a day's total"
