"""Triggers: what is written in the books is not changed, and no movement of money is deleted.

Rules, held by the database itself (SQLite and PostgreSQL):

* a transaction or posting is neither changed nor deleted;
* a posting is between accounts of one currency;
* a contribution, payment, refund, dispute or payout is not deleted.

A later migration that alters such a table must lay the triggers again: SQLite drops them when
Django makes a table anew. ``ledger.audit`` says when one is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

BOOKS = ("money_transaction", "money_posting")
KEPT = ("money_contribution", "money_payment", "money_refund", "money_dispute", "money_payout")


@dataclass(frozen=True)
class Trigger:
    """Refuses an act on a table; ``when`` limits it to some rows."""

    name: str
    table: str
    act: str
    words: str
    when: str = ""


_CURRENCY = "(SELECT currency FROM money_account WHERE id = NEW.{}_id)"
TRIGGERS = (
    *(Trigger(f"{table}_stays", table, "DELETE", "is never deleted") for table in BOOKS + KEPT),
    *(Trigger(f"{table}_as_it_is", table, "UPDATE", "is never changed") for table in BOOKS),
    Trigger(
        "money_posting_one_currency",
        "money_posting",
        "INSERT",
        "is between accounts of one currency",
        f"{_CURRENCY.format('debit')} <> {_CURRENCY.format('credit')}",
    ),
)


def lay(connection: Any) -> None:
    """Make the triggers, over those that are there."""
    lift(connection)
    with connection.cursor() as cursor:
        for each in TRIGGERS:
            for statement in _statements(connection.vendor, each):
                cursor.execute(statement)


def lift(connection: Any) -> None:
    """Take the triggers away."""
    with connection.cursor() as cursor:
        for each in TRIGGERS:
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {each.name} ON {each.table}")
                cursor.execute(f"DROP FUNCTION IF EXISTS {each.name}()")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {each.name}")


def missing(connection: Any) -> list[str]:
    """Return the names of triggers that are not there."""
    asked = (
        "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    with connection.cursor() as cursor:
        cursor.execute(asked)
        there = {name for (name,) in cursor.fetchall()}
    return [each.name for each in TRIGGERS if each.name not in there]


def _statements(vendor: str, each: Trigger) -> Iterator[str]:
    words = f"{each.table} {each.words}"
    if vendor == "postgresql":
        yield _function(each, words)
        yield (
            f"CREATE TRIGGER {each.name} BEFORE {each.act} ON {each.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {each.name}()"
        )
        return
    when = f"WHEN {each.when}" if each.when else ""
    yield (
        f"CREATE TRIGGER {each.name} BEFORE {each.act} ON {each.table} {when} "
        f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
    )


def _function(each: Trigger, words: str) -> str:
    """Write PostgreSQL's function; a trigger's own WHEN may not ask other tables there."""
    return (
        f"CREATE FUNCTION {each.name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN "
        f"IF {each.when or 'true'} THEN "
        f"RAISE EXCEPTION '{words}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF; RETURN NEW; END $body$"
    )
