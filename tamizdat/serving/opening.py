"""Opening a newsroom: databases, tree and roles, the first member of staff.

Every deed here may be cut off anywhere and done again: what stands is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder

from tamizdat.accounts.models import User
from tamizdat.accounts.roles import OPERATORS
from tamizdat.databases import PEOPLE, apps_in, is_behind


def migrate() -> None:
    """Bring both databases up to date.

    The people's database gets the tables of the apps that live there and of no other; running all
    of Wagtail's migrations on it would make nothing and take as long again.
    """
    _make_folders()
    call_command("migrate", database=DEFAULT_DB_ALIAS, verbosity=0, skip_checks=True)
    MigrationRecorder(connections[PEOPLE]).ensure_schema()
    for label in apps_in(PEOPLE):
        call_command("migrate", label, database=PEOPLE, verbosity=0, skip_checks=True)


def _make_folders() -> None:
    """Make the folder in which a database's file will lie, for its owner alone."""
    for connection in (connections[DEFAULT_DB_ALIAS], connections[PEOPLE]):
        if connection.vendor == "sqlite":
            file = Path(connection.settings_dict["NAME"])
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)


def is_migrated() -> bool:
    """Say whether both databases have all the tables that this version needs."""
    return not (is_behind(DEFAULT_DB_ALIAS) or is_behind(PEOPLE, apps_in(PEOPLE)))


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
