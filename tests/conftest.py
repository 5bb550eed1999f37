"""What tests stand on: a founded newsroom in a database of its own, and a baker with an edition.

* ``newsroom``: the home pages of "The Lantern" by language (en, ru, fa); its folders are the
  test's own; time starts at NOW and runs on. ``clock.shift(seconds)`` lets it jump.
* ``bake``: brings the edition up to date and returns the report; ``bake(full=True)`` does it all.
* ``edition``: the folder of the baked files.
* ``writer``, ``editor``: members of staff in those roles; ``sign_in(client, editor)`` of
  ``tests.signing_in`` takes a client past both locks.
* ``photo``: makes a photo in the library.
* ``golden_edition``: the edition of a small newsroom with every kind of page (``tests/golden``).
* ``own_newsroom``, ``sample_newsroom``: folders as ``tamizdat init`` and ``tamizdat demo`` make
  them, to run the real command on (``tests.homes``).

A test that must really commit (threads, other processes) uses ``transactional_db``; it leaves a
fresh copy of the database behind.

On PostgreSQL only tests that ask a database run: the others would do the same twice over. Of them
run all where the database itself is what matters (``WHOLE``), and else the first of each module;
``--everything`` runs all of them, and on either database what is marked ``long`` or ``heavy``.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connections
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from pytest_django import Settings as DjangoSettings

from tamizdat.edition.ceremony import found
from tamizdat.edition.keys import Key
from tamizdat.edition.roles import Shape
from tamizdat.edition.rootkeys import new_identity
from tests import homes, sizes
from tests.databases import Copies

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


# Databases

COPIES = pytest.StashKey[tuple[Copies, DjangoDbBlocker]]()
ASKING = {"db", "transactional_db", "golden_edition"}
# Where two programs meet in one row, or the SQL is each database's own.
WHOLE = (
    "accounts/test_pairs.py",
    "bake/test_cut_short.py",
    "bake/test_searching.py",
    "contributions/giving/test_at_once.py",
    "contributions/money/",
    "desk/test_served_on_postgres.py",
    "desk/test_turns.py",
    "newsletters/inbox/test_writing.py",
    "newsletters/sender/test_crashes.py",
    "newsletters/sender/test_sendings.py",
    "newsletters/subscribers/test_confirming.py",
    "serving/backups/",
    "serving/doctor/",
    "serving/test_exporting.py",
    "serving/test_tasks.py",
    "stories/test_measuring.py",
    "stories/test_orders.py",
    "stories/test_references.py",
    "test_migrations.py",
    "vault/",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--everything", action="store_true", help="also what is long and heavy")
    parser.addoption("--long", action="store_true", help="what is long, and nothing else")


def pytest_configure(config: pytest.Config) -> None:
    sizes.is_everything = config.getoption("--everything")
    if not config.option.markexpr:
        config.option.markexpr = _wanted(config)


def _wanted(config: pytest.Config) -> str:
    """Say by their marks which tests run. Whoever names files means their long ones too."""
    if config.getoption("--everything"):
        return ""
    if config.getoption("--long"):
        return "long and not heavy"
    return "not heavy" if config.option.file_or_dir else "not heavy and not long"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out on PostgreSQL what is the same there: no database, or a newsroom's own SQLite."""
    if connections["default"].vendor != "postgresql":
        return
    kept = [each for each in items if _asks_a_database(each)]
    if not config.getoption("--everything"):
        kept = list(_small(kept))
    config.hook.pytest_deselected(items=[each for each in items if each not in set(kept)])
    items[:] = kept


def _small(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """Give whole modules where the database is what matters, and of others the first test."""
    met = set()
    for item in items:
        place = item.path.relative_to(homes.ROOT / "tests").as_posix()
        if place.startswith(WHOLE) or place not in met or item.config.option.file_or_dir:
            yield item
        met.add(place)


def _asks_a_database(item: pytest.Item) -> bool:
    return not ASKING.isdisjoint(getattr(item, "fixturenames", ())) or bool(
        item.get_closest_marker("django_db")
    )


@pytest.fixture(scope="session")
def copies(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Iterator[Copies]:
    store = request.config.cache.mkdir("databases")
    process = os.environ.get("PYTEST_XDIST_WORKER", "main")
    with django_db_blocker.unblock():
        made = Copies(store, process)
        made.make()
        request.config.stash[COPIES] = (made, django_db_blocker)
        yield made
        del request.config.stash[COPIES]
        made.drop()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, copies: Copies) -> None:
    """Take the place of pytest-django's own making of databases."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Lay fresh copies after a test that committed, when all is torn down: Django empties them."""
    marker = item.get_closest_marker("django_db")
    commits = "transactional_db" in getattr(item, "fixturenames", ()) or (
        marker is not None and marker.kwargs.get("transaction", False)
    )
    made = item.config.stash.get(COPIES, None)
    if commits and made is not None:
        copies, blocker = made
        with blocker.unblock():
            copies.let_be_emptied()
    yield
    if commits and made is not None:
        copies, blocker = made
        with blocker.unblock():
            copies.renew()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()


# The newsroom


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture(scope="session")
def ceremony(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of on-line keys, for few bins; made once, to be copied."""
    folder = tmp_path_factory.mktemp("ceremony") / "keys"
    found(folder, [Key.make(), Key.make(), Key.make()], 2, Shape(2, 1), NOW)
    return folder


@pytest.fixture
def folders(settings: DjangoSettings, tmp_path: Path, ceremony: Path) -> Path:
    """Give the test a newsroom's folder of its own, with keys; returns it."""
    settings.HOME = tmp_path
    settings.EDITION_ROOT = tmp_path / "edition"
    settings.RUN_ROOT = tmp_path / "run"
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.KEYS_ROOT = tmp_path / "keys"
    shutil.copytree(ceremony, tmp_path / "keys")
    (tmp_path / "run").mkdir()
    return tmp_path


@pytest.fixture
def newsroom(db: None, folders: Path, clock: time_machine.Traveller) -> dict[str, Any]:
    """Return the home pages of the founded newsroom by language."""
    from tamizdat.stories.models import Home

    return {home.language: home for home in Home.objects.select_related("locale")}


@pytest.fixture
def edition(folders: Path) -> Path:
    return folders / "edition"


@pytest.fixture
def bake(newsroom: dict[str, Any]) -> Callable[..., Any]:
    from tamizdat.bake.baker import bake as bake_now

    def bring_up_to_date(now: datetime | None = None, *, full: bool = False) -> Any:
        return bake_now(now or timezone.now(), full=full, hand_count=1)

    return bring_up_to_date


@pytest.fixture
def writer(newsroom: dict[str, Any]) -> Any:
    return _member("wanda", "Writers")


@pytest.fixture
def editor(newsroom: dict[str, Any]) -> Any:
    return _member("edna", "Editors")


def _member(name: str, role: str) -> Any:
    from tamizdat.accounts.models import User

    member = User.objects.create_user(name, password="a long enough password")
    member.groups.add(Group.objects.get(name=role))
    return member


@pytest.fixture
def photo(newsroom: dict[str, Any]) -> Callable[..., Any]:
    """Return a maker of photos: ``photo("harbour", credit="V. Orlan")``."""
    from PIL import Image

    from tamizdat.stories.models import Photo

    def make(name: str = "harbour", size: tuple[int, int] = (640, 400), **fields: Any) -> Any:
        colour = zlib.crc32(name.encode()) & 0xFFFFFF  # each name its own bytes
        drawn = BytesIO()
        Image.new("RGB", size, f"#{colour:06x}").save(drawn, "PNG")
        values = {"description": f"The {name}", "credit": "V. Orlan", **fields}
        picture = Photo(title=name, file=ContentFile(drawn.getvalue(), f"{name}.png"), **values)
        picture.save()
        return picture

    return make


@pytest.fixture
def golden_edition(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Return the folder of the golden edition (``tests/golden``), baked once: not to write in."""

    def make(folder: Path) -> None:
        # A browser of the test's module may be running, and with it the event loop that it needs.
        monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        write = request.getfixturevalue("golden_newsroom")
        shutil.copytree(write(), folder)

    return homes.shared(tmp_path_factory, "golden", make)


@pytest.fixture
def golden_newsroom(
    newsroom: dict[str, Any],
    edition: Path,
    bake: Callable[..., Any],
    settings: DjangoSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], Path]:
    """Return what writes the golden newsroom, bakes it and returns the edition's folder."""
    from tamizdat.stories.showing import fronts
    from tests.golden.writing import write

    def make() -> Path:
        monkeypatch.setattr(fronts, "LIST_LENGTH", 2)  # so that lists have older pages
        settings.PUBLIC_ADDRESS = "https://lantern.example"
        # A clock that stands: no page may depend on how long the bake takes.
        with time_machine.travel(NOW, tick=False) as clock:
            write(newsroom, clock)
            clock.move_to(NOW)
            bake(full=True)
        return edition

    return make


# Newsrooms of their own, for tests that run the real command


@pytest.fixture
def own_newsroom(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """Return the folder of a new, empty newsroom as ``tamizdat init`` makes it (SQLite)."""
    return homes.copy(homes.shared(tmp_path_factory, "newsroom", _init), tmp_path / "newsroom")


def _init(folder: Path) -> None:
    # With an age identity in the passphrase's place, sealing the root keys takes no time.
    secret = folder.with_name("secret.txt")
    secret.write_text(new_identity(), encoding="utf-8")
    words = ("--name", "The Lantern", "--languages", "en,ru", "--stories", "50")
    done = homes.tamizdat("init", "--home", folder, *words, "--passphrase-file", secret)
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stdout, encoding="utf-8")


@pytest.fixture
def sample_newsroom(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """Return the folder of the built demo, pages and all (SQLite)."""
    return homes.copy(homes.shared(tmp_path_factory, "demo", _demo), tmp_path / "demo")


def _demo(folder: Path) -> None:
    """Build the demo, the first time killed in the middle of it: the second run must finish."""
    building = homes.start("demo", "--once", "--home", folder)
    homes.read_until(building, "stories: en")
    homes.end(building)
    done = homes.tamizdat("demo", "--once", "--home", folder)
    assert done.returncode == 0, done.stderr
