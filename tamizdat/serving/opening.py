"""Opening a newsroom: databases, tree and roles, the first member of staff.

Every deed here may be cut off anywhere and done again: what stands is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from django.apps import apps
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from tamizdat.accounts.models import User
from tamizdat.accounts.roles import OPERATORS
from tamizdat.databases import PEOPLE, home_of


def migrate() -> None:
    """Bring both databases up to date.

    The people's database gets the tables of the apps that live there and of no other; running all
    of Wagtail's migrations on it would make nothing and take as long again.
    """
    _make_folders()
    call_command("migrate", database=DEFAULT_DB_ALIAS, verbosity=0, skip_checks=True)
    MigrationRecorder(connections[PEOPLE]).ensure_schema()
    for label in _apps_of(PEOPLE):
        call_command("migrate", label, database=PEOPLE, verbosity=0, skip_checks=True)


def _make_folders() -> None:
    """Make the folder in which a database's file will lie, for its owner alone."""
    for connection in (connections[DEFAULT_DB_ALIAS], connections[PEOPLE]):
        if connection.vendor == "sqlite":
            file = Path(connection.settings_dict["NAME"])
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def is_migrated() -> bool:
    """Say whether both databases have all the tables that this version needs."""
    return not (_is_behind(DEFAULT_DB_ALIAS, None) or _is_behind(PEOPLE, _apps_of(PEOPLE)))


def _is_behind(alias: str, labels: Sequence[str] | None) -> bool:
    executor = MigrationExecutor(connections[alias])
    leaves = executor.loader.graph.leaf_nodes()
    targets = [node for node in leaves if labels is None or node[0] in labels]
    return bool(executor.migration_plan(targets))


def _apps_of(alias: str) -> list[str]:
    return sorted({model._meta.app_label for model in apps.get_models() if home_of(model) == alias})


def admit(name: str, password: str, roles: Iterable[str], *, is_operator: bool = False) -> bool:
    """Give a person an account with these roles; return False where the name is taken.

    An operator may also admit others. Nobody is an administrator, who could do everything.
    """
    from django.contrib.auth.models import Group

    if User.objects.filter(username=name).exists():
        return False
    user = User(username=name)
    user.set_password(password)
    user.save()
    wanted = [*roles, *([OPERATORS] if is_operator else [])]
    user.groups.set(Group.objects.filter(name__in=wanted))
    return True
