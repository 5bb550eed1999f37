"""The audit log: rows that are only ever added, each holding the digest of the one before.

Rules (``tamizdat.accounts.audit`` writes them):

* Who (the account's number), what, on which thing, on which day. No hour, no IP address, no
  address, no name of a person, no story.
* Each row's digest covers the row and the digest before it; ``Head`` knows the last one and how
  many there are. A row that was altered, taken out or cut off at the end is noticed.
"""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models


class Record(models.Model):
    """One deed."""

    number = models.PositiveBigIntegerField(primary_key=True)
    day = models.DateField()
    who = models.PositiveBigIntegerField(null=True)  # an account's id; null: the command line
    deed = models.CharField(max_length=40)
    thing = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number} {self.deed}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit log is only added to")


class Head(models.Model):
    """The end of the log: one row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.number}"
