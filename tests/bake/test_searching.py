"""The search index is part of the edition: it says what the pages say, and nothing else."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.db import DatabaseError
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from tamizdat.bake.models import File, SearchEntry, SearchSegment, SearchSuperseded
from tamizdat.bake.searching import books, joining, keeping_up
from tamizdat.bake.sweeping import sweep
from tamizdat.reader.search.asking import ask, documents
from tamizdat.reader.search.terms import fold
from tamizdat.stories.models import Home, Story
from tests import writing
from tests.browser import SITE, chromium, from_folder, needs_chromium, reading
from tests.sizes import few

Bake = Callable[..., Any]


def found(edition: Path, question: str, language: str = "en") -> list[str]:
    """Return the headlines that a question finds, the best first."""
    segments = [books.segment_of(row) for row in books.standing(language)]

    def read(path: str) -> bytes:
        return (edition / path).read_bytes()

    answer = ask(question, language, segments, read)
    return [each[1] for each in documents(answer.hits, segments, read)]


def traces(edition: Path, words: str) -> list[str]:
    """Name the files of the index that hold these words, in whatever form."""
    wanted = fold(words).encode()
    return [
        file.name
        for file in (edition / "search").rglob("*")
        if file.is_file() and wanted in _bare(file)
    ]


def _bare(file: Path) -> bytes:
    data = file.read_bytes()
    data = brotli.decompress(data) if file.suffix == ".br" else data
    data = gzip.decompress(data) if file.suffix == ".gz" else data
    return fold(data.decode(errors="replace")).encode()


def on_record(edition: Path) -> set[str]:
    return set(File.objects.filter(recipe__startswith="words:").values_list("path", flat=True))


def on_disk(edition: Path) -> set[str]:
    files = (file for file in (edition / "search").glob("*") if file.is_file())
    return {
        f"search/{file.name}"
        for file in files
        if file.suffix not in (".br", ".gz") and "html" not in file.name
    }


def test_a_published_story_is_found_by_its_headline_its_text_and_its_author(
    home: Home, bake: Bake, edition: Path
) -> None:
    mira = writing.author(home)
    text = "<p>The <b>mill</b>ers of the waterworks left Lesk.</p>"
    writing.published(home, authors=[mira], text=text)
    writing.published(home, "Nothing of the kind")
    bake()
    for question in ("dams", "millers", "LESK", "Solen", "dam Lesk", "waterw"):
        assert found(edition, question) == ["The dam holds"], question
    assert found(edition, "the") == []
    assert on_disk(edition) == on_record(edition)


def test_stories_are_found_in_the_language_that_they_are_written_in(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    writing.published(newsroom["ru"], "Ёлки у плотины", text="<p>Жители Лесска ушли.</p>")
    writing.published(newsroom["fa"], "کتاب‌های ممنوع", text="<p>می‌خوانند.</p>")
    bake()
    assert found(edition, "елка плотиной", "ru") == ["Ёлки у плотины"]
    assert found(edition, "كتاب", "fa") == ["کتاب‌های ممنوع"]
    assert found(edition, "плотина", "en") == []


def test_an_edit_changes_what_is_found_and_leaves_no_word_that_went(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home, text="<p>The witness Ostrander spoke.</p>")
    writing.published(home, "Another story", text="<p>Witness and river.</p>")
    bake()
    assert traces(edition, "ostrander")
    story.title = "The dam gives way"
    story.body = [("text", "<p>The witness spoke.</p>")]
    writing.publish(story)
    bake()
    assert found(edition, "Ostrander") == []
    assert traces(edition, "ostrand") == []
    assert found(edition, "gives") == ["The dam gives way"]
    assert set(found(edition, "witness")) == {"The dam gives way", "Another story"}
    assert on_disk(edition) == on_record(edition)


@pytest.mark.parametrize("is_deleted", [True, False])
def test_a_withdrawn_story_leaves_no_trace_in_the_index_of_the_very_next_edition(
    home: Home, bake: Bake, edition: Path, is_deleted: bool
) -> None:
    story = writing.published(home, "Canaryword in the mine", text="<p>Ostrander sang.</p>")
    bake()
    writing.published(home, "Another story", text="<p>Sang the river.</p>")
    bake()  # some files that held the story are superseded by now
    assert SearchSuperseded.objects.exists()
    if is_deleted:
        story.delete()
    else:
        story.unpublish()
    report = bake()
    assert report.editions == 1
    for word in ("canaryword", "ostrand", "canaryword-in-the-mine"):
        assert traces(edition, word) == []
    assert found(edition, "sang") == ["Another story"]
    assert not SearchSuperseded.objects.exists()
    assert SearchEntry.objects.count() == 1
    assert on_disk(edition) == on_record(edition)


def test_the_last_story_leaves_an_empty_index(home: Home, bake: Bake, edition: Path) -> None:
    story = writing.published(home)
    bake()
    story.unpublish()
    bake()
    assert found(edition, "dam") == []
    assert on_disk(edition) == {f"search/{code}.json" for code in ("en", "fa", "ru")}
    writing.publish(story)
    bake()
    assert found(edition, "dam") == ["The dam holds"]


def test_an_embargoed_story_is_in_no_index_before_its_hour(
    home: Home, bake: Bake, edition: Path
) -> None:
    until = timezone.now() + timedelta(hours=2)
    writing.published(home, "Canaryword in the mine", embargo_until=until)
    bake()
    assert traces(edition, "canaryword") == []
    bake(until + timedelta(seconds=1))
    assert found(edition, "canaryword") == ["Canaryword in the mine"]


def test_a_story_whose_address_another_took_in_the_same_bake_is_gone(
    home: Home, bake: Bake, edition: Path
) -> None:
    story = writing.published(home, "Canaryword")
    bake()
    story.unpublish()
    other = writing.draft(home, "Another", slug="another")
    story.slug = "left"
    story.save()
    other.slug = "canaryword"
    writing.publish(other)
    bake()
    assert found(edition, "canaryword") == []
    assert found(edition, "another") == ["Another"]


def test_first_the_story_and_the_front_are_sealed_and_the_index_follows(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    report = bake()
    assert report.editions == 2
    numbers = File.objects.filter(recipe="words:en").values_list("edition", flat=True)
    assert list(numbers) == [report.edition]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let segments be full after a few stories, and merges rest after each step."""
    monkeypatch.setattr(keeping_up, "FRESH", 3)
    monkeypatch.setattr(joining, "FULL", 3)
    monkeypatch.setattr(joining, "MIDDLE", 8)
    monkeypatch.setattr(joining, "RUN", 8)
    monkeypatch.setattr(joining, "BATCH", 2)
    monkeypatch.setattr(joining, "AWHILE", 0.0)


def names() -> Iterator[str]:
    words = "amber birch cedar delta ember fjord grove heath inlet joint knoll ledge marsh north"
    return iter(words.split())


@pytest.mark.long
def test_many_stories_are_merged_and_all_are_found(
    home: Home, bake: Bake, edition: Path, small: None
) -> None:
    for name in names():
        writing.published(home, f"The {name} story")
        if name > "c":
            bake()
    assert {row.level for row in SearchSegment.objects.filter(language="en")} >= {2}
    assert SearchSegment.objects.filter(language="en").count() <= 3
    for name in names():
        assert found(edition, name) == [f"The {name} story"]
    assert len(found(edition, "story")) == 14
    assert on_disk(edition) == on_record(edition)


@pytest.mark.long
def test_an_old_archive_that_is_brought_in_takes_its_place_before_what_stands(
    home: Home, bake: Bake, edition: Path, small: None
) -> None:
    writing.published(home, "The new story", at=writing.at(19))
    bake()
    for day, name in enumerate(names(), start=1):
        writing.published(home, f"The {name} story", at=writing.at(day))
    bake()
    assert found(edition, "story")[0] == "The new story"
    for name in names():
        assert found(edition, name) == [f"The {name} story"]


def test_an_edit_and_a_withdrawal_in_a_large_segment_are_whole(
    home: Home, bake: Bake, edition: Path, small: None
) -> None:
    stories = {name: writing.published(home, f"The {name} story") for name in names()}
    bake()
    stories["delta"].title = "The quartz story"
    writing.publish(stories["delta"])
    stories["grove"].unpublish()
    bake()
    assert found(edition, "delta") == found(edition, "grove") == []
    assert traces(edition, "grove") == []
    assert found(edition, "quartz") == ["The quartz story"]
    assert len(found(edition, "story")) == 13
    assert on_disk(edition) == on_record(edition)


class Killed(BaseException):
    """The baker's process ends here."""


@pytest.mark.long
@pytest.mark.parametrize("steps", few([22, 1, 10, 35], 4))
def test_a_merge_that_is_killed_leaves_a_whole_index_and_is_done_by_the_next_bake(
    home: Home, bake: Bake, edition: Path, small: None, monkeypatch: Any, steps: int
) -> None:
    for name in names():
        writing.published(home, f"The {name} story")
    write, left = books.Books.write, [steps]

    def dying(self: Any, *words: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise Killed
        write(self, *words)

    with monkeypatch.context() as patch:
        patch.setattr(books.Books, "write", dying)
        try:
            bake()
        except Killed:
            assert found(edition, "story") == []
    bake()
    assert len(found(edition, "story")) == 14
    assert on_disk(edition) == on_record(edition)
    assert not SearchEntry.objects.filter(is_waiting=True).exists()


@pytest.mark.parametrize("place", ["before the record", "sync", "after the record"])
def test_a_withdrawal_that_is_killed_half_way_is_finished_by_the_next_bake(
    home: Home, bake: Bake, edition: Path, monkeypatch: Any, place: str
) -> None:
    story = writing.published(home, "Canaryword in the mine")
    writing.published(home, "Another story")
    bake()
    story.unpublish()

    def dying(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if place == "before the record":
            patch.setattr("tamizdat.bake.records.record", dying)
        elif place == "sync":
            patch.setattr(books.Books, "_supersede", dying)
        else:
            patch.setattr("tamizdat.edition.tree.Tree.remove", _after_pages(dying))
        with pytest.raises(Killed):
            bake()
    bake()
    assert traces(edition, "canaryword") == []
    assert found(edition, "story") == ["Another story"]
    assert on_disk(edition) == on_record(edition)


def _after_pages(dying: Callable[..., None]) -> Callable[..., None]:
    from tamizdat.edition.tree import Tree

    remove = Tree.remove

    def removing(self: Tree, path: str) -> None:
        if path.startswith("search/"):
            dying()
        remove(self, path)

    return removing


@pytest.mark.parametrize("error", [OSError, DatabaseError])
def test_where_the_disk_is_full_what_holds_a_withdrawn_story_goes_all_the_same(
    home: Home, bake: Bake, edition: Path, monkeypatch: Any, error: type[Exception]
) -> None:
    story = writing.published(home, "Canaryword in the mine")
    bake()
    writing.published(home, "Another story")
    bake()  # the files of the bake before are superseded, and stay for a while
    story.unpublish()

    def full(*_: Any) -> None:
        raise error("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(books.Books, "write", full)
        with pytest.raises(error, match="no space"):
            bake()
    assert traces(edition, "canaryword") == []
    bake()
    assert found(edition, "story") == ["Another story"]
    assert on_disk(edition) == on_record(edition)


def test_a_file_of_the_index_that_is_lost_has_it_made_anew(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    bake()
    for path in on_disk(edition):
        if path.endswith(".bin"):
            (edition / path).unlink()
    bake(full=True)
    assert found(edition, "dam") == ["The dam holds"]
    assert on_disk(edition) == on_record(edition)


def test_an_edition_from_before_there_was_a_search_gets_its_index(
    home: Home, bake: Bake, edition: Path
) -> None:
    writing.published(home)
    bake()
    SearchEntry.objects.all().delete()
    SearchSegment.objects.all().delete()
    File.objects.filter(recipe__startswith="words:").delete()
    File.objects.filter(recipe="search:en").delete()
    bake()
    assert found(edition, "dam") == ["The dam holds"]
    assert File.objects.filter(recipe="search:en").exists()


def test_what_an_addition_superseded_stays_two_days(home: Home, bake: Bake, edition: Path) -> None:
    writing.published(home)
    bake()
    before = on_disk(edition)
    writing.published(home, "Another story")
    bake()
    assert before < on_disk(edition)
    sweep(timezone.now() + timedelta(days=1))
    assert before < on_disk(edition)
    sweep(timezone.now() + timedelta(days=3))
    assert on_disk(edition) == on_record(edition)
    assert not before <= on_disk(edition)


def test_a_bake_with_nothing_new_writes_nothing(home: Home, bake: Bake, edition: Path) -> None:
    writing.published(home)
    bake()
    before = {file: file.stat().st_mtime_ns for file in (edition / "search").rglob("*")}
    bake(full=True)
    assert {file: file.stat().st_mtime_ns for file in (edition / "search").rglob("*")} == before


Deed = tuple[str, int]


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.long
@given(deeds=st.lists(st.tuples(st.sampled_from("peuw"), st.integers(0, 5)), max_size=9))
def test_step_by_step_the_index_gives_the_same_answers_as_made_in_one(
    newsroom: dict[str, Home],
    bake: Bake,
    edition: Path,
    small: None,
    deeds: list[Deed],
) -> None:
    stories: dict[int, Story] = {}
    Story.objects.all().delete()
    for count, (deed, number) in enumerate(deeds):
        _do(deed, number, count, stories, newsroom["en"])
        bake()
    questions = ["story", "river story", *names()]
    step_by_step = [set(found(edition, question)) for question in questions]
    for file in on_disk(edition):
        (edition / file).unlink()
    bake(full=True)
    assert [set(found(edition, question)) for question in questions] == step_by_step
    live = Story.objects.live().values_list("title", flat=True)
    assert set(found(edition, "story")) == set(live)
    assert on_disk(edition) == on_record(edition)


def _do(deed: str, number: int, count: int, stories: dict[int, Story], home: Home) -> None:
    """Publish, edit, unpublish or wipe out a story."""
    name = list(names())[(number + count) % 14]
    if number not in stories:
        stories[number] = writing.published(home, f"Story {number} of {name}")
        return
    story = Story.objects.get(pk=stories[number].pk)
    if deed in "pe":
        story.title = f"Story {number} of {name} by the river"
        writing.publish(story)
    elif deed == "u":
        story.unpublish()
    else:
        story.delete()
        del stories[number]


@needs_chromium
def test_a_reader_searches_a_baked_edition_in_each_language(
    newsroom: dict[str, Home], bake: Bake, edition: Path
) -> None:
    told = {"en": ("dams", "The dam holds"), "ru": ("елки", "Ёлка"), "fa": ("كتاب", "کتاب‌ها")}
    for language, (_, headline) in told.items():
        writing.published(newsroom[language], headline)
    bake(full=True)
    with chromium() as browser, reading(browser, from_folder(edition)) as reader:
        for language, (question, headline) in told.items():
            reader.asked.clear()
            page = reader.open(f"{'' if language == 'en' else f'/{language}'}/search/")
            page.locator("#q").fill(question)
            page.keyboard.press("Enter")
            expect(page.locator("#hits h2")).to_have_text([headline])
            index = [each for each in reader.asked if each.endswith((".bin", f"/{language}.json"))]
            assert len(index) >= 2
            assert sum(len(file_of(edition, each)) for each in index) < 10_000
        assert reader.complaints == []


def file_of(edition: Path, address: str) -> bytes:
    return (edition / address.removeprefix(f"{SITE}/")).read_bytes()
