"""``tamizdat bundle``: pages, or a week's stories, in one file that anybody can check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tamizdat.bake.management.commands.bundle import stories_of_week, week
from tamizdat.edition.bundle import Bundle, open_bundle
from tamizdat.edition.errors import Missing
from tamizdat.edition.saved import open_saved
from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home
from tests import writing

DAM = "2026/11/the-dam-holds/index.html"


@pytest.fixture
def home(newsroom: dict[str, Home], bake: Callable[..., Any]) -> Home:
    """A newsroom with one story, baked and sealed."""
    writing.published(newsroom["en"])
    bake(full=True)
    return newsroom["en"]


def run(*words: str) -> str:
    said = StringIO()
    call_command("bundle", *words, stdout=said)
    return said.getvalue()


def opened(file: Path) -> Bundle:
    now = timezone.now()
    return open_bundle(file.read_bytes(), lambda root: Trust(root, now, refuse_expired=False))


def test_a_page_is_bundled_by_its_address(home: Home, edition: Path, tmp_path: Path) -> None:
    file = tmp_path / "dam.json"
    said = run("/2026/11/the-dam-holds/", "-o", str(file))
    assert said.startswith(f"{file}: 1 page, ")
    assert opened(file).files == {DAM: (edition / DAM).read_bytes()}


def test_a_weeks_stories_are_bundled(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "week.json"
    run("--week", "2026-W47", "-o", str(file))
    assert list(opened(file).files) == [DAM]
    run("--week", "2026-W47", "--language", "en", "-o", str(file))
    assert list(opened(file).files) == [DAM]


def test_pictures_come_along_up_to_a_limit(
    newsroom: dict[str, Home],
    bake: Callable[..., Any],
    photo: Callable[..., Any],
    tmp_path: Path,
) -> None:
    writing.published(newsroom["en"], lead_photo=photo())
    bake(full=True)
    file = tmp_path / "dam.json"
    run(DAM, "--media", "1000", "-o", str(file))
    assert any(path.startswith("media/") for path in opened(file).files)
    run(DAM, "-o", str(file))
    assert list(opened(file).files) == [DAM]


def test_a_week_begins_on_monday_in_the_newsrooms_zone(home: Home) -> None:
    assert stories_of_week(week("2026-W47"), ["en"]) == [DAM]
    assert stories_of_week(week("2026-W46"), ["en"]) == []
    assert stories_of_week(week("2026-W48"), ["en"]) == []
    assert stories_of_week(week("2026-W47"), ["ru"]) == []
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    assert week("2026-W47") == monday.date()


def test_an_older_story_is_saved_as_readers_save_it(
    home: Home, edition: Path, tmp_path: Path
) -> None:
    file = tmp_path / "dam.html"
    assert run(DAM, "--html", "-o", str(file)).startswith(f"{file}: 1 page, ")
    now = timezone.now()
    found = open_saved(file.read_bytes(), lambda root: Trust(root, now, refuse_expired=False))
    assert found.files[DAM] == (edition / DAM).read_bytes()
    with pytest.raises(CommandError, match="one story"):
        run(DAM, "/verify/", "--html", "-o", str(file))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name either pages or a --week"),
        (["/a/", "--week", "2026-W47"], "name either pages or a --week"),
        (["--week", "2026-W01"], "no story of that week"),
        (["--week", "2026-W47", "--language", "de"], "'de' is not published"),
        (["--week", "2026-W60"], "found '2026-W60'"),
        (["--week", "last"], "found 'last'"),
    ],
)
def test_bad_words_are_refused(words: list[str], said: str, home: Home, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=said):
        run(*words, "-o", str(tmp_path / "x.json"))
    assert not (tmp_path / "x.json").exists()


def test_a_page_that_is_not_there_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(
        Missing, match=r"2026/11/nothing/index[.]html: this edition has no such page"
    ):
        run("/2026/11/nothing/", "-o", str(tmp_path / "x.json"))


def test_a_file_that_cannot_be_written_is_named(home: Home, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        run(DAM, "-o", str(tmp_path / "no" / "x.json"))


def test_what_nobody_could_open_is_not_written(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tamizdat.bake.management.commands.bundle.LONGEST", 100)
    with pytest.raises(CommandError, match="name fewer pages"):
        run(DAM, "-o", str(tmp_path / "x.json"))
