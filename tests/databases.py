"""The databases of the tests: built once for this state of the migrations, then copied.

Wagtail's migrations take longer than most of our tests together. So the first process that needs
a database migrates and founds a newsroom in a *template*; every process works on a copy, and gets
a fresh one after each test that really commits.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import distributions
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.test.testcases import DatabaseOperationForbidden

import tamizdat
from tamizdat.databases import PEOPLE

NAME, LANGUAGES = "The Lantern", ("en", "ru", "fa")
BUILDERS = ("stories/founding.py", "newsletters/founded.py", "sqlite.py", "databases.py")
BUILDERS += ("serving/opening.py",)


class Copies:
    """The databases of one test process, each a copy of a template."""

    def __init__(self, store: Path, process: str) -> None:
        self.store = store
        self.process = process
        self.is_sqlite = connections["default"].vendor == "sqlite"
        self.state = _state()
        self.kept = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}

    def make(self) -> None:
        """Make the templates where they are missing, and this process's copies of them."""
        with _alone(self.store / "lock"):
            if self.is_sqlite:
                self._make_files()
            elif not all(self._exists(self.template(alias)) for alias in connections):
                self._make_templates()
        self.renew()

    def renew(self) -> None:
        """Lay fresh copies in place of whatever the tests did to the old ones."""
        for alias in connections:
            connections[alias].close()
            if self.is_sqlite:
                _copy(self._file(alias), Path(self.kept[alias]))
            else:
                self._point(alias, f"{self.kept[alias]}_{self.process}")
                self._clone(alias)

    def let_be_emptied(self) -> None:
        """Take away what keeps the books from being emptied row by row, as Django does on SQLite.
        The fresh copies have it again. What a test may not ask, Django does not empty."""
        if not self.is_sqlite or PEOPLE not in connections:
            return
        with suppress(DatabaseOperationForbidden), connections[PEOPLE].cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')

    def drop(self) -> None:
        """Take this process's copies away."""
        for alias in connections:
            connections[alias].close()
            if not self.is_sqlite:
                self._ask(alias, f'DROP DATABASE IF EXISTS "{self.kept[alias]}_{self.process}"')

    # SQLite: a template is a file

    def _file(self, alias: str) -> Path:
        return self.store / f"{self.state}-{alias}.sqlite3"

    def _make_files(self) -> None:
        if all(self._file(alias).exists() for alias in connections):
            return
        for old in self.store.glob("*.sqlite3*"):
            old.unlink()
        _migrate_and_found()
        for alias in connections:
            connections[alias].close()  # the last one to close leaves no journal behind
            _copy(Path(self.kept[alias]), self._file(alias))

    # PostgreSQL: a template is a database

    def template(self, alias: str) -> str:
        """Return the name of the database that copies are made of."""
        return f"template_{alias}_{self.state}"

    def _make_templates(self) -> None:
        for alias in connections:
            self._point(alias, self.template(alias))
            self._ask(alias, f'DROP DATABASE IF EXISTS "{self.template(alias)}"')
            self._ask(alias, f'CREATE DATABASE "{self.template(alias)}"')
        _migrate_and_found()
        for alias in connections:
            connections[alias].close()

    def _point(self, alias: str, name: str) -> None:
        connections[alias].settings_dict["NAME"] = settings.DATABASES[alias]["NAME"] = name

    def _clone(self, alias: str) -> None:
        name = f"{self.kept[alias]}_{self.process}"
        self._ask(alias, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._ask(alias, f'CREATE DATABASE "{name}" TEMPLATE "{self.template(alias)}"')

    def _exists(self, name: str) -> bool:
        alias = next(iter(connections))
        with connections[alias]._nodb_cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return cursor.fetchone() is not None

    def _ask(self, alias: str, statement: str) -> None:
        with connections[alias]._nodb_cursor() as cursor:
            cursor.execute(statement)


def _migrate_and_found() -> None:
    from tamizdat.serving.opening import migrate
    from tamizdat.stories.founding import found

    migrate()
    found(NAME, LANGUAGES)


def _copy(source: Path, target: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(source, target)


def _state() -> str:
    """Name what the templates come from: our migrations and every installed package's version."""
    digest = hashlib.sha256()
    root = Path(tamizdat.__file__).parent
    for file in sorted([*root.rglob("migrations/*.py"), *(root / each for each in BUILDERS)]):
        digest.update(file.read_bytes())
    for name in sorted(f"{each.name} {each.version}" for each in distributions()):
        digest.update(name.encode())
    return digest.hexdigest()[:16]


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
