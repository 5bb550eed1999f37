"""The ledger: double entry, only added to, and what it sums up to.

Rules:

1. What is posted is posted for a *deed* (``payment:ID``, ``refund:ID``), in one transaction, once:
   the deed is unique, and a second posting of it changes nothing.
2. Each posting takes an amount from one account (credit) and gives it to another (debit) of the
   same currency. So every sum is zero.
3. Nothing is changed or deleted (triggers, ``migrations/0002``). What was wrong is posted back.
4. Sums by account and day are written with the postings (``DayTotal``); what a newsroom asks is
   read from them, and ``audit`` compares them with the postings.

Accounts, one of each for a provider and a currency: what the provider holds for us (*balance*), the
*bank*, *gifts*, *refunds*, *disputes*, *fees*, and *exchange* between two currencies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connections
from django.db.models import Count, F, Sum

from tamizdat.contributions.money.models import Account, DayTotal, Posting, Transaction
from tamizdat.databases import PEOPLE, one_moment

Kind = Account.Kind


@dataclass(frozen=True, order=True)
class Place:
    """An account by what it is for."""

    kind: str
    provider: str
    currency: str

    @property
    def code(self) -> str:
        return f"{self.kind}:{self.provider}:{self.currency}"


@dataclass(frozen=True)
class Entry:
    """An amount in minor units that goes from one account to another of the same currency."""

    debit: Place
    credit: Place
    amount: int

    def __post_init__(self) -> None:
        if self.debit.currency != self.credit.currency:
            raise ValueError("an entry has one currency; between two stands an exchange account")


@dataclass(frozen=True)
class Deed:
    """What is posted together, once. Entries of nothing are left out; a negative amount goes the
    other way."""

    name: str
    day: date
    entries: tuple[Entry, ...]

    @property
    def wanted(self) -> list[Entry]:
        return [_turned(each) for each in self.entries if each.amount]


def post(*deeds: Deed) -> int:
    """Post deeds, inside the caller's transaction; return how many were not posted before."""
    wanted = {each.name: each for each in deeds if each.wanted}
    if not wanted:
        return 0
    numbers = _begin(list(wanted.values()))
    if not numbers:
        return 0
    new = [
        (number, wanted[name].day, each)
        for name, number in numbers.items()
        for each in wanted[name].wanted
    ]
    accounts = _accounts({place for _, _, each in new for place in (each.debit, each.credit)})
    _write(
        (number, accounts[each.debit], accounts[each.credit], each.amount)
        for number, _, each in new
    )
    _add_up([(day, each) for _, day, each in new], accounts)
    return len(numbers)


def _turned(entry: Entry) -> Entry:
    if entry.amount > 0:
        return entry
    return Entry(entry.credit, entry.debit, -entry.amount)


def _begin(deeds: Sequence[Deed]) -> dict[str, int]:
    """Insert the transactions of deeds that have none; return their numbers. The unique deed is
    what decides."""
    rows = ", ".join(["(%s, %s)"] * len(deeds))
    with connections[PEOPLE].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Transaction._meta.db_table} (deed, day) VALUES {rows} "  # noqa: S608 - our own table's name, and places for values
            "ON CONFLICT (deed) DO NOTHING RETURNING deed, id",
            [value for each in deeds for value in (each.name, each.day)],
        )
        return dict(cursor.fetchall())


def _accounts(places: set[Place]) -> dict[Place, int]:
    """Return the accounts' ids, which are made where they are missing."""
    found = _ids(places)
    missing = places - found.keys()
    if missing:
        Account.objects.bulk_create(
            [
                Account(
                    code=each.code, kind=each.kind, provider=each.provider, currency=each.currency
                )
                for each in sorted(missing)
            ],
            ignore_conflicts=True,
        )
        found = _ids(places)
    return found


def _ids(places: set[Place]) -> dict[Place, int]:
    by_code = {each.code: each for each in places}
    wanted = ", ".join(["%s"] * len(by_code))
    with connections[PEOPLE].cursor() as cursor:
        cursor.execute(
            f"SELECT code, id FROM {Account._meta.db_table} WHERE code IN ({wanted})",  # noqa: S608 - our own table's name, and places for values
            list(by_code),
        )
        return {by_code[code]: pk for code, pk in cursor.fetchall()}


def _write(postings: Iterable[tuple[int, int, int, int]]) -> None:
    """Insert postings: of a transaction, to and from an account, an amount."""
    values = list(postings)
    rows = ", ".join(["(%s, %s, %s, %s)"] * len(values))
    with connections[PEOPLE].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Posting._meta.db_table} (transaction_id, debit_id, credit_id, amount) "  # noqa: S608 - our own table's name, and places for values
            f"VALUES {rows}",
            [value for each in values for value in each],
        )


def _add_up(entries: Iterable[tuple[date, Entry]], accounts: dict[Place, int]) -> None:
    """Add to the days' sums. In the order of the accounts, so that no two wait for each other."""
    sums: dict[tuple[int, date], list[int]] = {}
    for day, each in entries:
        for place, side in ((each.debit, 0), (each.credit, 1)):
            total = sums.setdefault((accounts[place], day), [0, 0, 0])
            total[side] += each.amount
            total[2] += 1
    table = DayTotal._meta.db_table
    rows = ", ".join(["(%s, %s, %s, %s, %s)"] * len(sums))
    values: list[int | date] = []
    for account, day in sorted(sums):
        values += [account, day, *sums[account, day]]
    with connections[PEOPLE].cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (account_id, day, debit, credit, count) VALUES {rows} "  # noqa: S608 - our own table's name, and places for values
            "ON CONFLICT (account_id, day) DO UPDATE SET "
            f"debit = {table}.debit + excluded.debit, "
            f"credit = {table}.credit + excluded.credit, "
            f"count = {table}.count + excluded.count",
            values,
        )


# Reading


@dataclass(frozen=True)
class Line:
    """What an account got and gave on a day, in minor units."""

    place: Place
    day: date
    debit: int
    credit: int
    count: int


def lines(first: date, last: date, kinds: Iterable[str] = ()) -> Iterator[Line]:
    """Return the days' sums of the accounts of some kinds (of all), first and last day included."""
    accounts = Account.objects.order_by("code")
    kinds = list(kinds)
    if kinds:
        accounts = accounts.filter(kind__in=kinds)
    places = {
        pk: Place(*names)
        for pk, *names in accounts.values_list("pk", "kind", "provider", "currency")
    }
    if not places:
        return
    order = {pk: number for number, pk in enumerate(places)}
    with connections[PEOPLE].cursor() as cursor:
        # A year has some ten thousand; Django would convert each value of each.
        cursor.execute(
            f"SELECT account_id, day, debit, credit, count FROM {DayTotal._meta.db_table} "  # noqa: S608 - our own table's name
            f"WHERE day BETWEEN %s AND %s AND account_id IN ({', '.join(['%s'] * len(places))})",
            [first, last, *places],
        )
        rows = cursor.fetchall()
    for account, *values in sorted(rows, key=lambda row: (row[1], order[row[0]])):
        yield Line(places[account], *values)


def balance(place: Place) -> int:
    """Return what an account holds: what it got, less what it gave."""
    sums = DayTotal.objects.filter(account__code=place.code).aggregate(
        debit=Sum("debit", default=0), credit=Sum("credit", default=0)
    )
    return int(sums["debit"]) - int(sums["credit"])


@dataclass(frozen=True)
class Audit:
    """What a look through all books found; ``faults`` says what does not hold, a line each."""

    transactions: int
    postings: int
    faults: tuple[str, ...]


def audit() -> Audit:
    """Look through all postings as they are at one moment. It takes some 15 seconds for a million,
    and whoever posts meanwhile does not wait."""
    with one_moment(PEOPLE):
        return Audit(
            Transaction.objects.count(),
            Posting.objects.count(),
            (*_two_currencies(), *_empty(), *_sums(), *_unguarded()),
        )


def _two_currencies() -> Iterator[str]:
    bad = Posting.objects.exclude(debit__currency=F("credit__currency")).count()
    if bad:
        yield f"{bad} postings go between two currencies"


def _empty() -> Iterator[str]:
    bad = Transaction.objects.filter(postings=None).count()
    if bad:
        yield f"{bad} transactions have no postings"


def _sums() -> Iterator[str]:
    """Compare the days' sums with the postings. Both sides of all postings are the same rows, so
    they add up to zero; the sums by day must say so too."""
    found: dict[tuple[int, date], list[int]] = {}
    for side, place in (("debit", 0), ("credit", 1)):
        rows = Posting.objects.values_list(f"{side}_id", "transaction__day").annotate(
            total=Sum("amount"), times=Count("pk")
        )
        for account, day, total, times in rows:
            sums = found.setdefault((account, day), [0, 0, 0])
            sums[place] += total
            sums[2] += times
    kept = {
        (account, day): [debit, credit, count]
        for account, day, debit, credit, count in DayTotal.objects.values_list(
            "account_id", "day", "debit", "credit", "count"
        )
    }
    wrong = sum(found.get(key) != kept.get(key) for key in found.keys() | kept.keys())
    if wrong:
        yield f"{wrong} sums of a day differ from the postings"
    if sum(each[0] - each[1] for each in kept.values()):
        yield "the sum of all accounts is not zero"


def _unguarded() -> Iterator[str]:
    """Say where the triggers are gone that keep the books from being changed."""
    from tamizdat.contributions.money.guarding import missing

    for name in missing(connections[PEOPLE]):
        yield f"the trigger {name} is missing: what is written could be changed"
