"""Rows that are asked for at each gift, by statements that are written once for a table.

A query set is made into SQL anew whenever it is asked. That costs a core more than what the
database does for it, and from the form to the books there are twenty questions. So these are asked
here. Rules:

* A condition is SQL of our own, with ``%s`` for each value; no text from elsewhere is part of it.
* Values go and come by the model's own fields and the database's own conversions, as Django's do;
  a row is a model. What is asked here and by a query set is the same row.
* Nothing is sent to signals, and nothing is locked: unique constraints and a statement's own
  condition decide, here as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections, models

from tamizdat.databases import PEOPLE

Row = TypeVar("Row", bound=models.Model)
Convert = Callable[[Any, Any, Any], Any]


def find(model: type[Row], condition: str, *values: object) -> list[Row]:
    """Return the rows for which a condition holds."""
    connection = connections[PEOPLE]
    table = _table(model, connection.vendor)
    with connection.cursor() as cursor:
        cursor.execute(f"{table.select} WHERE {condition}", _given(values, connection))
        return [table.row(model, each, connection) for each in cursor.fetchall()]


def first(model: type[Row], condition: str, *values: object) -> Row | None:
    """Return one row for which a condition holds, None where there is none."""
    found = find(model, f"{condition} LIMIT 1", *values)
    return found[0] if found else None


def get(model: type[Row], pk: UUID) -> Row:
    """Return the row of an id. Raises the model's DoesNotExist."""
    found = first(model, "id = %s", pk)
    if found is None:
        raise model.DoesNotExist  # type: ignore[attr-defined]  # each model has its own
    return found


def there_is(model: type[models.Model], condition: str, *values: object) -> bool:
    """Say whether there is a row for which a condition holds."""
    connection, name = connections[PEOPLE], model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {name} WHERE {condition} LIMIT 1",  # noqa: S608 - our own table and condition
            _given(values, connection),
        )
        return cursor.fetchone() is not None


def insert(row: models.Model, *, once: bool = False) -> bool:
    """Insert a row. Raises IntegrityError where a constraint forbids it; ``once``: returns False
    where that is one of uniqueness. A number that the database gives is not read back."""
    connection = connections[PEOPLE]
    table = _table(type(row), connection.vendor)
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for field in table.inserted
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"{table.insert}{' ON CONFLICT DO NOTHING' if once else ''}", values)
        is_new = int(cursor.rowcount) == 1
    if is_new:
        row._state.adding, row._state.db = (
            False,
            PEOPLE,
        )  # so that it is saved as a row that is there
    return is_new


def change(
    model: type[models.Model], to: Mapping[str, object], condition: str, *values: object
) -> int:
    """Give other values to the rows for which a condition holds; return how many there were."""
    connection = connections[PEOPLE]
    fields: list[Any] = [model._meta.get_field(name) for name in to]
    places = ", ".join(f'"{field.column}" = %s' for field in fields)
    given = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields, to.values(), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} SET {places} WHERE {condition}",  # noqa: S608 - our own table, columns and condition
            [*given, *_given(values, connection)],
        )
        return int(cursor.rowcount)


@dataclass(frozen=True)
class _Table:
    """What is known of a table once: its statements, and how values come out of it."""

    select: str
    insert: str
    inserted: tuple[Any, ...]  # fields
    names: tuple[str, ...]
    converts: tuple[tuple[int, Any, tuple[Convert, ...]], ...]

    def row(self, model: type[Row], values: tuple[Any, ...], connection: Any) -> Row:
        found = list(values)
        for place, column, converts in self.converts:
            for convert in converts:
                found[place] = convert(found[place], column, connection)
        return model.from_db(PEOPLE, self.names, found)


@cache
def _table(model: type[models.Model], vendor: str) -> _Table:
    connection, name = connections[PEOPLE], model._meta.db_table
    fields = model._meta.concrete_fields
    columns = ", ".join(f'{name}."{each.column}"' for each in fields)
    inserted = tuple(each for each in fields if not isinstance(each, models.AutoField))
    into = ", ".join(f'"{each.column}"' for each in inserted)
    places = ", ".join(["%s"] * len(inserted))
    cols = [each.get_col(name) for each in fields]
    converts = [
        (place, col, (*connection.ops.get_db_converters(col), *col.get_db_converters(connection)))
        for place, col in enumerate(cols)
    ]
    return _Table(
        f"SELECT {columns} FROM {name}",  # noqa: S608 - our own table and columns
        f"INSERT INTO {name} ({into}) VALUES ({places})",  # noqa: S608 - our own table and columns
        inserted,
        tuple(each.attname for each in fields),
        tuple(each for each in converts if each[2]),
    )


def _given(values: tuple[object, ...], connection: Any) -> list[Any]:
    """Return values as the database takes them."""
    return [_as_taken(value, connection) for value in values]


def _as_taken(value: object, connection: Any) -> object:
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, date):
        return connection.ops.adapt_datefield_value(value)
    return value.value if isinstance(value, Enum) else value
