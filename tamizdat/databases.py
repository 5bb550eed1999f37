"""Two databases: what is written and public in one, persons and money in the other.

``newsroom`` (Django's "default") holds what editors write; ``people`` holds what belongs to
readers and supporters. A model says where it lives with a class attribute, ``lives_in =
"people"``; one that says nothing lives in the newsroom. No foreign key crosses; references are
UUIDs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.apps import apps
from django.db import connections, transaction
from django.db.models import Model

NEWSROOM = "default"
PEOPLE = "people"
SLICE = 500  # SQLite bounds the variables of a statement; this leaves room for what else it names

T = TypeVar("T")


def home_of(model: type[Model]) -> str:
    """Name the database in which a model's table stands."""
    return str(getattr(model, "lives_in", NEWSROOM))


def slices(things: list[T], size: int = SLICE) -> Iterator[list[T]]:
    """Cut a list into what one statement may name."""
    for start in range(0, len(things), size):
        yield things[start : start + size]


@contextmanager
def one_moment(alias: str) -> Iterator[None]:
    """Let all that is read within be as it was at one moment, and hold up nobody who writes.

    Within a transaction of the caller's it is that transaction's moment. Nothing is written within.
    """
    connection = connections[alias]
    if connection.in_atomic_block:
        yield
        return
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        # Not atomic(): that takes SQLite's write lock, and sees each commit on PostgreSQL.
        cursor.execute(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgresql else "BEGIN DEFERRED"
        )
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def by_index(alias: str) -> Iterator[None]:
    """Let questions that name their rows find them by index. Nothing is written within.

    For five hundred keys PostgreSQL reads a table of 50,000 rows from end to end; SQLite does not.
    """
    if connections[alias].vendor != "postgresql":
        yield
        return
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield


def apps_in(alias: str) -> list[str]:
    """Name the installed apps that have tables in a database."""
    return sorted({model._meta.app_label for model in apps.get_models() if home_of(model) == alias})


def is_behind(alias: str, labels: Sequence[str] | None = None) -> bool:
    """Say whether a database lacks tables that these apps, or all, need. Raises DatabaseError."""
    from django.db.migrations.executor import MigrationExecutor  # the desk does without

    executor = MigrationExecutor(connections[alias])
    leaves = executor.loader.graph.leaf_nodes()
    targets = [node for node in leaves if labels is None or node[0] in labels]
    return bool(executor.migration_plan(targets))


class Router:
    """Send every model to its own database and nowhere else."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return home_of(model)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return home_of(model)

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return home_of(type(one)) == home_of(type(other))

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool:
        if model_name is None:
            return db == NEWSROOM
        try:
            return db == home_of(apps.get_model(app_label, model_name))
        except LookupError:
            return db == NEWSROOM
