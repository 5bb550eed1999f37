"""What readers keep: saved stories and weeks, beside the edition, as long as their stories are."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from tamizdat.bake import sweeping, weeks
from tamizdat.bake.keeping import first_fingerprint
from tamizdat.edition import saved
from tamizdat.edition.book import open_book
from tamizdat.edition.bundle import Bundle
from tamizdat.edition.ceremony import rotate
from tamizdat.edition.checking import Folder, check_edition
from tamizdat.edition.errors import Malformed
from tamizdat.edition.keys import Keyring
from tamizdat.edition.reading import first_root, refresh
from tamizdat.edition.saved import open_saved
from tamizdat.edition.tree import Tree
from tamizdat.edition.trust import Trust
from tamizdat.stories.models import Home
from tests import writing

Bake = Callable[..., Any]
PAGE, SAVED = "2026/11/the-dam-holds/index.html", "bundles/2026/11/the-dam-holds.html"
WEEK, BOOK = "bundles/week.html", "bundles/week.epub"


@pytest.fixture
def home(newsroom: dict[str, Home], bake: Bake, clock: time_machine.Traveller) -> Home:
    bake(full=True)
    clock.shift(timedelta(hours=2))  # a week is made for a new story once an hour
    return newsroom["en"]


def opened(file: Path) -> Bundle:
    way = open_book if file.suffix == ".epub" else open_saved
    return way(file.read_bytes(), lambda root: Trust(root, timezone.now(), refuse_expired=False))


def shown(file: Path) -> str:
    return file.read_text(encoding="utf-8").partition(saved.MARK.decode())[0]


def check(edition: Path) -> None:
    """Look at the edition as whoever looks after a mirror does."""
    source = Folder(edition)
    trust = Trust(first_root(source), timezone.now())
    refresh(trust, source)
    check_edition(source, trust)


def test_a_published_story_has_a_file_to_keep_that_proves_itself(
    home: Home, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    writing.published(home, lead_photo=photo())
    bake()
    found = opened(edition / SAVED)
    assert found.files[PAGE] == (edition / PAGE).read_bytes()
    text = shown(edition / SAVED)
    assert "The water rose and fell again." in text
    assert '<img src="data:image/' in text
    assert len((edition / SAVED).read_bytes()) <= saved.MOST_STORY
    check(edition)


def test_nothing_in_a_saved_file_is_loaded_from_anywhere(
    home: Home, bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    writing.published(home, lead_photo=photo())
    bake()
    for name in (SAVED, WEEK):
        text = shown(edition / name)
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy is not None
        assert re.fullmatch(
            r"default-src 'none'; style-src 'sha256-[^']+'; img-src data:; base-uri 'none'; "
            r"form-action 'none'",
            policy[1],
        )
        assert re.findall(r'(?:src|srcset|poster)="(?!data:)', text) == []
        assert re.findall(r"<(?:script|link|iframe|object|embed)\b", text) == []
        assert re.findall(r"url\(|@import", text) == []


def test_file_name_and_title_say_nothing_of_the_story(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    bake()
    link = re.search(rf'<a href="/{SAVED}" download="([^"]*)"', (edition / PAGE).read_text())
    assert link is not None
    assert re.fullmatch(r"article-[0-9a-f]{8}\.html", link[1])
    assert "<title>Article</title>" in shown(edition / SAVED)
    assert "<title>Articles</title>" in shown(edition / WEEK)
    with zipfile.ZipFile(edition / BOOK) as book:
        assert b"<dc:title>Articles</dc:title>" in book.read("book.opf")


def test_a_newsroom_that_names_files_no_more_has_them_made_anew(
    home: Home, bake: Bake, edition: Path
) -> None:
    home.names_files = True
    home.save()
    writing.published(home)
    bake()
    home.names_files = False
    home.save()
    bake()
    assert "<title>Article</title>" in shown(edition / SAVED)
    assert "<title>Articles</title>" in shown(edition / WEEK)


def test_they_say_it_where_the_newsroom_wants_so(home: Home, bake: Bake, edition: Path) -> None:
    home.names_files = True
    home.save()
    writing.published(home)
    bake()
    assert f'<a href="/{SAVED}" download="the-dam-holds.html"' in (edition / PAGE).read_text()
    assert "<title>The dam holds</title>" in shown(edition / SAVED)
    assert "<title>The Lantern: this week</title>" in shown(edition / WEEK)


def test_how_to_check_it_stands_in_it_in_three_languages(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    bake()
    text = shown(edition / SAVED)
    for said in ("How to check this file", "Как проверить этот файл", "چگونه این پرونده"):
        assert said in text
    assert "/verify/" in text
    assert text.index("How to check") < text.index("Как проверить")


def test_two_bakes_make_the_same_files_but_for_signatures(
    newsroom: dict[str, Home], bake: Bake, edition: Path, photo: Callable[..., Any]
) -> None:
    writing.published(newsroom["en"], lead_photo=photo())
    bake(full=True)
    first = [shown(edition / name) for name in (SAVED, WEEK)]
    edition.rename(edition.with_name("first"))
    bake(full=True)
    assert [shown(edition / name) for name in (SAVED, WEEK)] == first


def test_a_withdrawn_story_takes_all_files_to_keep_along(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home)
    bake()
    assert "The dam holds" in shown(edition / WEEK)
    story.unpublish()
    bake()
    assert not (edition / SAVED).exists()
    left = [file.read_bytes() for file in (edition / "bundles").rglob("*") if file.is_file()]
    assert left  # the weeks, which say that there is nothing
    assert not [data for data in left if b"dam-holds" in data or b"The dam holds" in data]
    check(edition)


def test_no_other_saved_file_names_a_withdrawn_story(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    for number in range(6):
        writing.published(home, f"Other {number}")
    bake()
    story.unpublish()
    bake()
    files = list((edition / "bundles").rglob("*.html"))
    assert len(files) == 6 + 3
    assert not [file for file in files if "the-dam-holds" in file.read_text()]


def test_a_withdrawal_spares_no_week_where_pages_cannot_be_made(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = writing.published(home)
    bake()
    story.unpublish()

    def fail(*_: object, **__: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("tamizdat.bake.hands.make", fail)
    with pytest.raises(OSError, match="disk is full"):
        bake()
    assert not (edition / SAVED).exists()
    assert not (edition / WEEK).exists()
    assert not (edition / BOOK).exists()


def test_a_renamed_story_leaves_no_saved_file_behind(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.slug = "another-name"
    writing.publish(story)
    bake()
    found = [file.name for file in (edition / "bundles/2026").rglob("*.html")]
    assert found == ["another-name.html"]
    check(edition)


def test_the_link_goes_before_the_file_does(
    home: Home, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    writing.published(home)
    bake()
    clock.shift(timedelta(days=31))
    sweeping.sweep(timezone.now())
    assert (edition / SAVED).exists()
    assert SAVED in (edition / PAGE).read_text()
    bake()
    assert SAVED not in (edition / PAGE).read_text()
    assert (edition / SAVED).exists()
    sweeping.sweep(timezone.now())
    assert not (edition / SAVED).exists()
    assert not (edition / "bundles/2026").exists()
    check(edition)


def test_an_old_story_has_no_file_to_keep_and_no_link(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home, at=timezone.now() - timedelta(days=40))
    bake()
    page = next(edition.glob("2026/10/*/index.html"))
    assert "bundles/" not in page.read_text()
    assert not (edition / "bundles/2026").exists()


def test_a_replaced_key_makes_them_anew(home: Home, bake: Bake, edition: Path) -> None:
    writing.published(home)
    bake()
    before = [(edition / name).read_bytes() for name in (SAVED, WEEK, BOOK)]
    rotate(Keyring.load(edition.parent / "keys"), ["pages"], [], timezone.now())
    sweeping.reseal(timezone.now())
    after = [(edition / name).read_bytes() for name in (SAVED, WEEK, BOOK)]
    assert all(one != other for one, other in zip(before, after, strict=True))
    check(edition)


# Weeks


def test_a_week_holds_the_last_seven_days_newest_first(
    home: Home, bake: Bake, edition: Path
) -> None:
    for days in (1, 3, 9):
        writing.published(home, f"Day {days}", at=timezone.now() - timedelta(days=days))
    bake()
    sweeping.sweep(timezone.now())
    for name in (WEEK, BOOK):
        pages = list(opened(edition / name).files)
        assert [page.split("/")[-2] for page in pages[:-1]] == ["day-1", "day-3"]
    assert (edition / "bundles/ru/week.html").exists()
    assert (edition / "bundles/fa/week.epub").exists()


def test_each_language_has_its_own_week(
    newsroom: dict[str, Home], home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(newsroom["ru"], "Плотина держится", slug="plotina")
    bake()
    sweeping.sweep(timezone.now())
    assert "Плотина держится" in shown(edition / "bundles/ru/week.html")
    assert "Плотина" not in shown(edition / WEEK)


def test_a_new_story_waits_an_hour_for_the_week_and_a_changed_one_does_not(
    home: Home, bake: Bake, edition: Path, clock: time_machine.Traveller
) -> None:
    story = writing.published(home)
    bake()
    made = timezone.now()
    tree = Tree(edition)
    assert "The dam holds" in shown(edition / WEEK)
    assert weeks.due(tree, [story.pk], made + timedelta(minutes=5)) == ["en"]
    clock.shift(timedelta(minutes=5))
    new = writing.published(home, "A new one")
    assert weeks.due(tree, [new.pk], made + timedelta(minutes=6)) == []
    bake()
    assert weeks.due(tree, [new.pk], made + timedelta(minutes=66)) == ["en"]
    story.title = "The dam breaks"
    writing.publish(story)
    bake()
    assert "The dam holds" not in shown(edition / WEEK)
    assert "The dam breaks" in shown(edition / WEEK)


def test_a_week_that_has_no_room_leaves_out_the_oldest(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in range(4):
        at = timezone.now() - timedelta(hours=hours)
        writing.published(home, f"Story {hours}", at=at, text=f"<p>{'Word ' * 3000}</p>")
    monkeypatch.setattr("tamizdat.edition.saved.MOST_WEEK", 180_000)
    bake()
    sweeping.sweep(timezone.now())
    pages = list(opened(edition / WEEK).files)
    assert 1 < len(pages) < 5
    assert pages[0].endswith("story-0/index.html")
    assert "did not fit into this file" in shown(edition / WEEK)
    assert (edition / WEEK).stat().st_size <= 180_000


def test_a_story_of_which_no_file_can_be_made_stops_no_bake(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def refuse(*_: object, **__: object) -> bytes:
        raise Malformed("an article should hold plain tags")

    monkeypatch.setattr("tamizdat.edition.saved.make", refuse)
    writing.published(home)
    bake()
    assert (edition / PAGE).exists()
    assert not (edition / SAVED).exists()
    assert "could not be made" in caplog.text


def test_the_page_that_checks_names_the_newsrooms_first_root(
    home: Home, bake: Bake, edition: Path
) -> None:
    for page in ("verify/index.html", "ru/verify/index.html", "fa/verify/index.html"):
        text = (edition / page).read_text()
        assert f'data-root="{first_fingerprint()}"' in text
        assert "connect-src 'self'" in text
