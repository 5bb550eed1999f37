"""Guessing is slow: wrong passwords and codes are counted per account and in all.

Rules:

* A try is counted *before* it is looked at, in one transaction: tries side by side do not slip by.
* No IP address: one account is guarded by its own count, all accounts by a common one. Who is
  signed in goes on working whatever is being tried at the door.
* The count is a row: a restart does not begin it anew. Its key is a keyed digest of the name.
* A name that nobody has is counted as well, so that the door does not tell who works here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac

from tamizdat.accounts.models import Tries


class TooMany(Exception):
    """Too many wrong tries: come back after ``seconds``."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many tries; the next one in {in_words(seconds)}")


@dataclass(frozen=True)
class Limit:
    """So many tries are free; from then on each wait is twice the one before."""

    free: int
    first: timedelta
    longest: timedelta
    memory: timedelta  # without a try for so long, the count begins anew

    def wait(self, count: int) -> timedelta:
        over = count - self.free
        if over < 0:
            return timedelta(0)
        return min(self.longest, self.first * 2 ** min(over, 16))


LIMITS = {
    "password": Limit(5, timedelta(seconds=15), timedelta(minutes=15), timedelta(days=1)),
    # Six digits: one in 333,333 guesses hits, since three codes are good at a time.
    "code": Limit(5, timedelta(seconds=30), timedelta(hours=1), timedelta(days=1)),
}
IN_ALL = Limit(60, timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=10))
EVERYBODY = "everybody"


def attempt(what: str, name: str, now: datetime) -> None:
    """Count a try of a "password" or a "code" for this name. Raises TooMany."""
    with transaction.atomic():
        _count(_key(what, EVERYBODY), IN_ALL, now)
        _count(_key(what, f"name {name.casefold()}"), LIMITS[what], now)


def succeed(what: str, name: str) -> None:
    """Forget the tries for this name: the last one was right."""
    Tries.objects.filter(key=_key(what, f"name {name.casefold()}")).delete()
    common = Tries.objects.filter(key=_key(what, EVERYBODY), count__gt=0)
    common.update(count=F("count") - 1)


def forget(now: datetime) -> int:
    """Delete counts that have run out; the worker does it every few minutes."""
    return Tries.objects.filter(forgotten__lte=now).delete()[0]


def in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"


def _count(key: str, limit: Limit, now: datetime) -> None:
    # The transaction is IMMEDIATE on SQLite; on PostgreSQL the row is held.
    fresh = {"until": now, "forgotten": now + limit.memory}
    Tries.objects.get_or_create(key=key, defaults=fresh)
    row = Tries.objects.select_for_update().get(key=key)
    if now < row.until:
        raise TooMany(max(1, -(-(row.until - now) // timedelta(seconds=1))))
    row.count = 1 if now >= row.forgotten else row.count + 1
    row.until, row.forgotten = now + limit.wait(row.count), now + limit.memory
    row.save()


def _key(what: str, name: str) -> str:
    return salted_hmac(
        "tamizdat.accounts.guessing", f"{what} {name}", algorithm="sha256"
    ).hexdigest()
