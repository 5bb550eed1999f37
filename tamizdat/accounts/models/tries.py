"""Wrong passwords and codes, counted: per account and in all, by nobody's address."""

from __future__ import annotations

from django.db import models


class Tries(models.Model):
    """How often somebody tried in a row. ``key`` is a keyed digest: no name can be read from it."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField()  # no further try before
    forgotten = models.DateTimeField(db_index=True)  # the count begins anew from here on

    def __str__(self) -> str:
        return f"{self.count} tries"
