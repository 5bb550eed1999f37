"""Long stories in parts: whatever becomes of a story, readers meet all of its parts, or none."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone
from wagtail.rich_text import RichText

from tamizdat.bake import records
from tamizdat.bake.leaving import Leaving
from tamizdat.bake.models import Dirty, File
from tamizdat.bake.sealing import Sealing
from tamizdat.bake.telling import places_of
from tamizdat.edition.bundle import open_bundle
from tamizdat.edition.tree import Tree
from tamizdat.edition.trust import Trust
from tamizdat.reader.parts import LIMIT
from tamizdat.stories.models import Home, Story
from tests import writing
from tests.bake.readers import look
from tests.bake.test_incremental import bake_afresh, tree
from tests.bake.test_publishing import traces
from tests.reader.test_parts import sample_paragraphs
from tests.sizes import few

Bake = Callable[..., Any]
Body = list[tuple[str, Any]]
DAM = "2026/11/the-dam-holds"
PART = re.compile(r'href="/((?:\w\w/)?2026/\d\d/[\w-]+/(?:\d+/)?)["#]')


class Killed(BaseException):
    """The baker is gone at this instant."""


def long(words: int, language: str = "en", seed: int = 1) -> Body:
    """Make a body of so many words, its paragraphs in an order of their own for each seed."""
    texts = list(sample_paragraphs(language))
    random.Random(seed).shuffle(texts)
    found: Body = []
    count = 0
    for text in texts:
        if count >= words:
            break
        found.append(("text", RichText(f"<p>{text}</p>")))
        count += len(text.split())
    return found


ONE, TWO, THREE, MORE = 300, 4200, 7500, 11_000  # words; so many parts, with room to spare


@pytest.fixture
def story(home: Home, bake: Bake) -> Story:
    """A story of three parts that stands."""
    found = writing.published(home, body=long(THREE))
    bake()
    return found


def standing(edition: Path, below: str = DAM) -> list[str]:
    """Return the pages of a story, first part first."""
    found = (edition / below).rglob("index.html")
    return sorted(str(file.relative_to(edition)) for file in found)


def parts(count: int, below: str = DAM) -> list[str]:
    names = ["", *(f"{number}/" for number in range(2, count + 1))]
    return sorted(f"{below}/{name}index.html" for name in names)


def change(story: Story, words: int, seed: int = 2, **values: Any) -> Story:
    story = Story.objects.get(pk=story.pk)
    story.body = long(words, seed=seed)
    for name, value in values.items():
        setattr(story, name, value)
    return writing.publish(story)


def expect_no_loose_end(edition: Path) -> None:
    """Follow every link to a story, and on from part to part: each must be there."""
    known = {path for path in tree(edition) if path.endswith(".html")}
    seen = {path for path in known if not re.search(r"/\d+/index\.html$", path)}
    waiting = sorted(seen)
    while waiting:
        page = waiting.pop()
        for found in PART.findall((edition / page).read_text()):
            path = f"{found}index.html"
            assert path in known, f"{page} names {path}"
            if path not in seen:
                seen.add(path)
                waiting.append(path)


@pytest.fixture
def watched(edition: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Follow all links after every single file that is written or removed."""
    deeds: list[str] = []
    for deed in ("write", "remove"):
        real = getattr(Tree, deed)

        def doing(self: Tree, path: str, *words: Any, real: Any = real, **more: Any) -> Any:
            done = real(self, path, *words, **more)
            if path.endswith(".html"):
                deeds.append(path)
                expect_no_loose_end(edition)
            return done

        monkeypatch.setattr(Tree, deed, doing)
    return deeds


# What stands


def test_a_long_story_stands_in_parts_that_are_light_and_signed(
    story: Story, edition: Path, reader: Trust
) -> None:
    assert standing(edition) == parts(3)
    for page in parts(3):
        assert (edition / f"{page}.br").stat().st_size <= LIMIT
    look(reader, edition)
    assert {file.recipe for file in File.objects.filter(path__startswith=DAM)} == {
        f"story:{story.pk}",
        f"story:{story.pk}:2",
        f"story:{story.pk}:3",
    }


def test_an_ordinary_story_stands_on_one_page(home: Home, bake: Bake, edition: Path) -> None:
    writing.published(home, body=long(1000))
    bake()
    assert standing(edition) == parts(1)


@pytest.mark.parametrize(("language", "words"), [("ru", 2500), ("fa", 2500)])
def test_long_stories_of_other_languages_stand_in_light_parts_with_their_notes(
    newsroom: dict[str, Home], home: Home, bake: Bake, edition: Path, language: str, words: int
) -> None:
    body = long(words, language)
    marks = [str(number) for number in range(len(body))]
    body = [
        (kind, RichText(text.source.replace("</p>", f"[^{mark}]</p>")))
        for (kind, text), mark in zip(body, marks, strict=True)
    ]
    body += [("footnote", {"mark": mark, "text": f"<p>Note {mark}.</p>"}) for mark in marks]
    writing.published(newsroom[language], "Long", slug="long", body=body)
    bake()
    pages = [(edition / path).read_text() for path in standing(edition, f"{language}/2026/11/long")]
    assert len(pages) > 1
    assert all(len(page.encode()) > LIMIT for page in pages)
    assert sum(page.count('id="note-') for page in pages) == len(marks)
    for page in pages:
        assert set(re.findall(r'"#note-(\d+)"', page)) == set(re.findall(r'id="note-(\d+)"', page))


def test_lists_feeds_and_sitemaps_name_the_first_part_alone(story: Story, edition: Path) -> None:
    naming = {path for path, data in tree(edition).items() if f"/{DAM}/2/".encode() in data}
    assert naming == set(parts(3))
    assert f"/{DAM}/" in (edition / "index.html").read_text()


def test_all_parts_are_there_when_the_front_first_names_the_story(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    real = Sealing.seal

    def watching(self: Sealing, *words: Any, **more: Any) -> Any:
        seen.append(standing(edition))
        return real(self, *words, **more)

    monkeypatch.setattr(Sealing, "seal", watching)
    writing.published(home, body=long(THREE))
    assert bake().editions == 2
    assert seen[0] == parts(3)


def test_what_is_said_around_a_story_reaches_all_its_parts(
    story: Story, home: Home, bake: Bake, edition: Path
) -> None:
    home = Home.objects.get(pk=home.pk)
    home.notice = "Read us under another name."
    home.save()
    bake()
    for page in standing(edition):
        assert "Read us under another name." in (edition / page).read_text()


def test_a_full_bake_writes_nothing_of_a_sound_story(story: Story, bake: Bake) -> None:
    assert bake(full=True).written == []


# What changes


def test_a_story_that_grows_gains_parts_in_one_edition(
    home: Home, bake: Bake, edition: Path, reader: Trust, watched: list[str]
) -> None:
    story = writing.published(home, body=long(ONE))
    bake()
    for count, words in ((2, TWO), (3, THREE)):
        change(story, words)
        assert bake().editions == 1
        assert standing(edition) == parts(count)
        look(reader, edition)
    assert watched


def test_a_story_that_shrinks_loses_parts_in_one_edition_and_nothing_names_them_any_more(
    story: Story, bake: Bake, edition: Path, reader: Trust, watched: list[str]
) -> None:
    for count, words in ((2, TWO), (1, ONE)):
        change(story, words)
        assert bake().editions == 1
        assert standing(edition) == parts(count)
        assert traces(edition, f"{DAM}/{count + 1}/") == set()
        look(reader, edition)
    assert not Dirty.objects.exists()
    assert watched


def test_a_renamed_story_forwards_from_each_part_to_its_new_place(
    story: Story, bake: Bake, edition: Path, watched: list[str]
) -> None:
    change(story, THREE, seed=1, slug="renamed")
    bake()
    assert standing(edition, "2026/11/renamed") == parts(3, "2026/11/renamed")
    for number in ("", "2/", "3/"):
        old = (edition / f"{DAM}/{number}index.html").read_text()
        assert f'url=/2026/11/renamed/{number}"' in old
    Story.objects.get(pk=story.pk).unpublish()
    assert bake().editions == 1
    assert traces(edition, "renamed") == traces(edition, "the-dam-holds") == set()
    assert watched


def test_a_renamed_story_that_shrinks_leaves_no_forward_to_a_part_that_is_gone(
    story: Story, bake: Bake, edition: Path, watched: list[str]
) -> None:
    change(story, TWO, slug="renamed")
    bake()
    assert standing(edition, "2026/11/renamed") == parts(2, "2026/11/renamed")
    assert standing(edition) == parts(2)
    change(story, ONE, slug="renamed")
    bake()
    assert standing(edition) == parts(1)
    assert traces(edition, "renamed/2/") == set()
    assert watched


def test_two_long_stories_may_swap_their_addresses(
    home: Home, bake: Bake, edition: Path, reader: Trust
) -> None:
    one = writing.published(home, "One", body=long(THREE, seed=5))
    two = writing.published(home, "Two", body=long(TWO, seed=6))
    bake()
    change(one, TWO, slug="away")
    change(two, THREE, slug="one")
    change(one, TWO, slug="two")
    bake()
    assert standing(edition, "2026/11/one") == parts(3, "2026/11/one")
    assert standing(edition, "2026/11/two") == parts(2, "2026/11/two")
    assert all("Two" in (edition / page).read_text() for page in parts(3, "2026/11/one"))
    assert not Dirty.objects.exists()
    look(reader, edition)


# What goes


@pytest.mark.long
@pytest.mark.parametrize("deed", ["unpublish", "delete", "embargo"])
def test_a_withdrawn_story_takes_all_its_parts_along_in_one_edition(
    story: Story, bake: Bake, edition: Path, reader: Trust, watched: list[str], deed: str
) -> None:
    found = Story.objects.get(pk=story.pk)
    if deed == "embargo":
        found.embargo_until = timezone.now() + timedelta(days=1)
        writing.publish(found)
    else:
        getattr(found, deed)()
    assert bake().editions == 1
    assert not (edition / DAM).exists()
    assert traces(edition, "the-dam-holds") == set()
    look(reader, edition)
    assert watched


def test_no_byte_of_an_embargoed_story_s_parts_is_there_before_its_hour(
    home: Home, bake: Bake, edition: Path
) -> None:
    until = timezone.now() + timedelta(hours=2)
    writing.published(home, body=long(THREE), embargo_until=until)
    bake()
    assert traces(edition, "dam-holds") == set()
    bake(until)
    assert standing(edition) == parts(3)


def test_a_full_disk_keeps_no_part_of_a_withdrawn_story_public(
    story: Story, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_is_full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    story.unpublish()
    monkeypatch.setattr(Tree, "write", disk_is_full)
    with pytest.raises(OSError, match="No space"):
        bake()
    assert not (edition / DAM).exists()


def test_the_account_before_a_withdrawal_names_every_part(story: Story) -> None:
    own = [place for place in places_of(story) if place.group == "The story itself"]
    assert [(place.words, place.path) for place in own[:3]] == [
        ("Its own page", f"/{DAM}/"),
        ("Its own page, part 2", f"/{DAM}/2/"),
        ("Its own page, part 3", f"/{DAM}/3/"),
    ]
    assert not [place for place in places_of(story) if "which links to it" in place.words]


# Bundles


def pages_in(bundle: Path) -> list[str]:
    def trusted(root: bytes) -> Trust:
        return Trust(root, timezone.now(), refuse_expired=False)

    return list(open_bundle(bundle.read_bytes(), trusted).files)


def test_a_bundle_proves_all_parts_of_its_story(story: Story, bake: Bake, edition: Path) -> None:
    bundle = edition / f"bundles/{DAM}.json"
    assert pages_in(bundle) == [f"{DAM}/index.html", f"{DAM}/2/index.html", f"{DAM}/3/index.html"]
    change(story, ONE)
    bake()
    assert pages_in(bundle) == [f"{DAM}/index.html"]
    assert [str(file.relative_to(edition)) for file in (edition / "bundles").rglob("*.json")] == [
        f"bundles/{DAM}.json"
    ]


def test_a_saved_file_holds_the_story_whole(story: Story, edition: Path) -> None:
    saved = (edition / f"bundles/{DAM}.html").read_text().partition("</main>")[0]
    last = re.findall(r"<p>(.{9,40})", (edition / DAM / "3/index.html").read_text())
    assert last
    assert all(words in saved for words in last[:9])
    assert "Continue reading" not in saved
    assert "Back to part" not in saved


@pytest.mark.long
def test_no_other_bundle_names_a_part_that_is_gone(
    story: Story, home: Home, bake: Bake, edition: Path
) -> None:
    for number in range(6):
        writing.published(home, f"Other {number}")
    bake()
    change(story, ONE)
    bake()
    assert len(list((edition / "bundles").rglob("*.json"))) == 7
    assert traces(edition / "bundles", f"{DAM}/2/") == set()


def test_a_page_that_is_bundled_by_its_address_brings_its_parts(
    story: Story, tmp_path: Path
) -> None:
    for words in ([f"/{DAM}/"], ["--week", "2026-W47"]):
        call_command("bundle", *words, "-o", str(tmp_path / "dam.json"), verbosity=0)
        assert len(pages_in(tmp_path / "dam.json")) == 3


# Kills

DEEDS: dict[str, Callable[[Story], object]] = {
    "grow": lambda story: change(story, MORE),
    "shrink": lambda story: change(story, ONE),
    "rename": lambda story: change(story, TWO, slug="renamed"),
    "unpublish": lambda story: story.unpublish(),
}


@pytest.mark.long
@pytest.mark.parametrize(("deed", "step"), few(product(DEEDS, [2, 1, 4]), 3))
def test_a_baker_killed_at_any_file_breaks_no_story_and_the_next_finishes(
    story: Story,
    bake: Bake,
    edition: Path,
    reader: Trust,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Path,
    deed: str,
    step: int,
) -> None:
    DEEDS[deed](story)
    done = 0

    def dying(real: Any) -> Any:
        def doing(self: Tree, path: str, *words: Any, **more: Any) -> Any:
            nonlocal done
            done += path.endswith(".html")
            if done == step:
                raise Killed
            return real(self, path, *words, **more)

        return doing

    with monkeypatch.context() as broken:
        for name in ("write", "remove"):
            broken.setattr(Tree, name, dying(getattr(Tree, name)))
        with pytest.raises(Killed):
            bake()
    expect_no_loose_end(edition)
    bake()
    look(reader, edition)
    small = tree(edition)
    bake_afresh(settings, tmp_path / "full")
    assert tree(tmp_path / "full") == small


def test_a_part_that_was_to_go_when_the_baker_was_killed_stays_if_the_story_needs_it_again(
    story: Story, bake: Bake, edition: Path, reader: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    change(story, ONE)
    with monkeypatch.context() as broken:
        broken.setattr(Leaving, "take_away", die)
        with pytest.raises(Killed):
            bake()
    change(story, THREE, seed=4)
    bake()
    assert standing(edition) == parts(3)
    look(reader, edition)


@pytest.mark.parametrize("deed", ["unpublish", "delete"])
def test_parts_that_a_killed_baker_wrote_go_when_their_story_goes(
    home: Home, bake: Bake, edition: Path, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    def die(*_: object, **__: object) -> None:
        raise Killed

    story = writing.published(home, body=long(THREE))
    with monkeypatch.context() as broken:
        broken.setattr(records, "record", die)
        with pytest.raises(Killed):
            bake()
    assert standing(edition) == parts(3)
    getattr(Story.objects.get(pk=story.pk), deed)()
    bake()
    assert not (edition / DAM).exists()


# Addresses


def test_no_story_s_parts_stand_where_a_month_s_pages_do(home: Home) -> None:
    with pytest.raises(ValidationError, match="taken by the site itself"):
        writing.published(home, "A page", slug="page")
