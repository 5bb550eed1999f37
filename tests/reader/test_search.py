"""The search index: what is found, in how few bytes, and that nothing stays of what went."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from tamizdat.reader.pages import Link, Text
from tamizdat.reader.scripts import script
from tamizdat.reader.search import postings, segments, shards
from tamizdat.reader.search.asking import ask, documents
from tamizdat.reader.search.entries import NOTHING, Entry, entry, pack, unpack
from tamizdat.reader.search.merging import Run, Standing, in_line, merge
from tamizdat.reader.search.postings import BODY, HEADLINE, OFTEN, OPENING, Postings
from tamizdat.reader.search.segments import NAME, Change, Files, Segment, change
from tamizdat.reader.search.stops import STOPS
from tamizdat.reader.search.terms import fold, tongue
from tests.reader import sample_pages
from tests.vectors.search import make

NODE = shutil.which("node")
VECTORS = make.FOLDER
BUDGET = 60_000  # bytes of index that a question may load
EMPTY = Segment(1, bits=4, shards=bytes(NAME << 4))


# Terms


@pytest.mark.parametrize("case", json.loads((VECTORS / "terms.json").read_text()))
def test_terms_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    assert tongue(case["language"]).terms(case["text"]) == case["terms"]


@pytest.mark.parametrize("language", STOPS)
def test_stop_words_stand_as_terms_are_folded(language: str) -> None:
    assert [word for word in STOPS[language] if fold(word) != word] == []
    assert tongue(language).terms(" ".join(STOPS[language])) == []


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "border borders bordered bordering"),
        ("en", "country countries"),
        ("en", "make makes making"),
        ("ru", "граница границы границу границей границами границ"),
        ("ru", "Навальный Навального Навальному Навальным"),
        ("ru", "Иванов Иванова Иванову Ивановым Ивановой"),
        ("ru", "ёлка елка ёлки ёлками"),
        ("ru", "семья семьи семей семьями"),
        ("fa", "کتاب كتاب کتاب‌ها کتابها کتاب‌های کتابهای کتابی"),
        ("fa", "می‌خواهم میخواهم می خواهم"),
        ("fa", "ايران ایران ایرانی ایرانیان"),
    ],
)
def test_forms_of_a_word_meet_in_one_term(language: str, forms: str) -> None:
    assert len(set(tongue(language).terms(forms))) == 1


# The same in a browser


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the modules as they are sent: asking, files, terms."""
    if NODE is None:
        pytest.skip("node is not installed")
    folder = tmp_path_factory.mktemp("shipped")
    (folder / "package.json").write_text('{"type":"module"}')
    paths = []
    for name in ("asking", "files", "terms"):
        whole = script(f"search/{name}.js")
        for each in (*whole.imports, whole):
            (folder / Path(each.path).name).write_bytes(each.data)
        paths.append(str(folder / Path(whole.path).name))
    return paths


def node(*words: object) -> str:
    program = str(VECTORS.parent / "search.mjs")
    done = subprocess.run(
        [NODE or "", program, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_browsers_modules_agree_with_the_vectors(modules: list[str]) -> None:
    assert node(VECTORS, *modules) == ""


def test_the_vectors_are_what_their_maker_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, names in ((postings, ("CAP", "ROOM")), (shards, ("AIM",))):
        for name in names:
            monkeypatch.setattr(place, name, getattr(place, name))  # the maker changes them
    written: dict[str, Any] = {}
    monkeypatch.setattr(make, "_write", written.__setitem__)
    make.main()
    for name, value in written.items():
        assert json.loads((VECTORS / f"{name}.json").read_text()) == json.loads(json.dumps(value))


def test_python_and_the_browser_make_the_same_terms_of_any_text(
    modules: list[str], tmp_path: Path
) -> None:
    pool = "aeinorst EINORST'-’.,_ éüñçßİŁø ёйЁЙабвгдеиконстыья їґў ۱۲٣٤ ىيكکةهەھئأإآٱؤ اباتنهیمشرد"
    pool += "\u200c\u200d\u00ad\u0301\u0306\u0308\u064b\u0651\u0654\u0670\u0640 ﬁ½Ⅷ℡㎏"
    pool += " ΣΑΟΔς 日本語 한글 😀"
    chance = random.Random(3)
    texts = [
        [chance.choice(["en", "ru", "fa", "de"]), "".join(chance.choices(pool, k=60))]
        for _ in range(400)
    ]
    file = tmp_path / "texts.json"
    file.write_text(json.dumps(texts))
    assert json.loads(node("--terms", file, *modules)) == [
        tongue(language).terms(text) for language, text in texts
    ]


# What is taken from a page


def test_each_part_of_a_page_has_its_weight() -> None:
    page = replace(
        sample_pages.bare_story(),
        headline="Headline words",
        standfirst="Standfirst words",
        topics=(Link("Water", "/water/"),),
        bylines=sample_pages.BYLINES,
        body=(
            Text(Markup("<p>Often, often &amp; of<b>ten</b>.</p><p>Single</p>")),
            *sample_pages.BLOCKS,
        ),
    )
    places = entry(page, sample_pages.site()).places
    assert (places["headlin"], places["standfirst"]) == (HEADLINE, OPENING)
    assert (places["word"], places["water"], places["solen"]) == (HEADLINE, OPENING, OPENING)
    assert (places["often"], places["singl"]) == (OFTEN, BODY)
    for term in ("lesk", "talk", "second", "river", "report", "dam", "spring", "known", "littl"):
        assert term in places, term
    assert not {"href", "amp", "sup"} & places.keys()


def test_what_is_kept_of_a_story_is_read_as_it_was_written() -> None:
    found = entry(sample_pages.story(), sample_pages.site())
    assert unpack(pack(found)) == found
    assert pack(found) == pack(entry(sample_pages.story(), sample_pages.site()))


def test_a_story_without_a_date_shows_none() -> None:
    page = replace(sample_pages.story(), published=None)
    document = entry(page, sample_pages.site()).document
    assert document
    assert document[2:4] == ["", ""]


# Postings

numbers = st.lists(st.integers(0, 300_000), unique=True, max_size=60).map(sorted)


@given(st.tuples(numbers, numbers, numbers, numbers), st.integers(0, 9), st.integers(0, 99_999))
def test_postings_are_read_as_they_were_written(
    places: tuple[list[int], list[int], list[int], list[int]], more: int, floor: int
) -> None:
    count = sum(map(len, places)) + more
    written = Postings(places, count, floor if count > 1 else 0)
    data, single = postings.packed(written), postings.is_single(written)
    if count != 1 or single:
        assert postings.unpacked(data, single) == written


def test_of_a_term_that_very_many_hold_the_newest_are_listed_and_older_headlines() -> None:
    every = list(range(9000))
    whole = Postings(
        ([n for n in every if n % 10], [], [], [n for n in every if n % 10 == 0]), 9000
    )
    kept = postings.capped(whole)
    assert kept.count == 9000
    assert kept.floor == 9000 - postings.CAP
    assert kept.places[BODY][0] >= kept.floor
    assert kept.places[HEADLINE] == [n for n in every if n % 10 == 0]
    parts = [(0, (postings.packed(whole), False)), (9000, (postings.packed(whole), False))]
    joined = postings.joined(parts)
    assert (joined.count, joined.floor) == (18000, 18000 - postings.CAP)
    assert joined.listed() <= postings.CAP * 1.5


@given(st.binary(max_size=80))
def test_a_shard_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    with suppress(postings.Damaged):
        shards.read(data)


# Segments

NAMES = "amber birch cedar delta ember fjord grove heath inlet joint knoll ledge".split()


def story(number: int, words: tuple[str, ...]) -> Entry:
    shown = [f"/{number}/", f"{number} {' '.join(words)}", "", "", "", ""]
    return Entry({word: at % 4 for at, word in enumerate(words)}, shown)


stories = st.lists(
    st.lists(st.sampled_from(NAMES), unique=True, max_size=5).map(tuple), min_size=1, max_size=30
)


def merged(name: int, *sources: Any) -> tuple[Segment, dict[str, bytes]]:
    files: dict[str, bytes] = {}
    making = merge(name, in_line(sources))
    while True:
        try:
            path, data = next(making)
        except StopIteration as end:
            return end.value, files
        files[path] = data


def run_of(entries: list[Entry], bits: int = 6) -> tuple[Run, dict[str, bytes]]:
    files, run = Files(), Run(BytesIO(), bits)
    for each in entries:
        run.add(20_000, each)
    list(run.close(files))
    return run, files.fresh


def answers(segment: list[Segment], files: dict[str, bytes]) -> list[list[str]]:
    questions = [*NAMES, "amber birch", "cedar delta ember"]
    found = (ask(each, "xx", segment, files.__getitem__) for each in questions)
    return [
        [each[0] for each in documents(answer.hits, segment, files.__getitem__)] for answer in found
    ]


@settings(max_examples=40, deadline=None)
@given(before=stories, after=stories)
def test_changed_step_by_step_a_segment_answers_as_one_made_anew_and_holds_no_more(
    before: list[tuple[str, ...]], after: list[tuple[str, ...]]
) -> None:
    files: dict[str, bytes] = {}
    segment = EMPTY
    now: dict[int, Entry] = {}
    rounds = itertools.zip_longest(before, after)
    for number, (one, other) in enumerate(rounds):
        for words in (one, other):
            fresh = story(number, words) if words else NOTHING
            step = Change(number, now.get(number, NOTHING), fresh, 20_000)
            segment, changed = change(segment, [step], files.__getitem__)
            files |= changed.fresh
            assert changed.gone <= files.keys()
            for path in changed.gone:
                del files[path]
            now[number] = fresh
            assert files.keys() == segments.paths(segment)
    run, chunks = run_of([now[number] for number in sorted(now)])
    anew, made = merged(2, run)
    assert answers([segment], files) == answers([anew], chunks | made)
    held = b"".join(files.values())
    gone = set(NAMES) - {term for each in now.values() for term in each.places}
    assert [name for name in gone if name.encode() in held] == []


@settings(max_examples=40, deadline=None)
@given(one=stories, other=stories, third=stories)
def test_merged_segments_answer_as_they_did_apart(
    one: list[tuple[str, ...]], other: list[tuple[str, ...]], third: list[tuple[str, ...]]
) -> None:
    entries = [story(number, words) for number, words in enumerate([*one, *other, *third])]
    run, files = run_of(entries[: len(one)])
    first, made = merged(1, run)
    files |= made
    steps = [Change(n, NOTHING, each, 20_000) for n, each in enumerate(entries[len(one) :])]
    second, changed = change(replace(EMPTY, name=2), steps[: len(other)], files.__getitem__)
    files |= changed.fresh
    rest, more = run_of([step.after for step in steps[len(other) :]])
    files |= more
    parts = (Standing(first, files.__getitem__), Standing(second, files.__getitem__), rest)
    whole, made = merged(3, *parts)
    files |= made
    apart, fresh = run_of(entries)
    anew, made = merged(4, apart)
    assert [set(each) for each in answers([whole], files)] == [
        set(each) for each in answers([anew], fresh | made)
    ]
    assert segments.paths(whole) <= files.keys()
    assert whole.stories == len(entries)


def test_names_tell_the_bytes_and_no_two_files_are_the_same() -> None:
    run, files = run_of([story(number, (NAMES[number % 12],)) for number in range(600)])
    segment, made = merged(1, run)
    small, other = change(
        replace(EMPTY, name=2), [Change(0, NOTHING, story(900, ("amber",)), 1)], files.__getitem__
    )
    for path, data in (files | made | other.fresh).items():
        ending = path.rpartition(".")[2]
        assert segments.path_of(Files().add(ending, data), ending) == path
    assert not segments.paths(small) & segments.paths(segment)
    assert segments.directories(segment)


# Bytes


def zipf() -> Callable[[int], list[str]]:
    """Return a source of words that are spread as those of a language are."""
    chance = random.Random(5)
    syllables = [one + other for one in "bdfgklmnprstvz" for other in "aeiou"]
    words = sorted(
        {"".join(chance.choices(syllables, k=chance.choice((2, 3, 4)))) for _ in range(30_000)}
    )
    chance.shuffle(words)
    weights = list(itertools.accumulate(1 / (rank + 30) for rank in range(len(words))))
    return lambda count: chance.choices(words, cum_weights=weights, k=count)


def written(count: int) -> Iterator[Entry]:
    draw = zipf()
    for number in range(count):
        headline, opening = draw(7), draw(16)
        places = dict.fromkeys(draw(260), BODY)
        places |= dict.fromkeys(opening, OPENING) | dict.fromkeys(headline, HEADLINE)
        address = f"/2026/11/{'-'.join(headline)}/"
        title = f"{number} {' '.join(headline)}"
        yield Entry(
            places,
            [address, title, "2026-11-20", "20 November 2026", "Politics", " ".join(opening)],
        )


def test_a_question_of_three_words_loads_little_and_no_shard_is_large() -> None:
    run, files = run_of(list(written(3000)), bits=12)
    segment, made = merged(1, run)
    files |= made
    assert max(len(data) for path, data in made.items()) <= 8000
    draw, heaviest = zipf(), 0
    for _ in range(50):
        asked: dict[str, int] = {}

        def read(path: str, asked: dict[str, int] = asked) -> bytes:
            data = files[path]
            asked[path] = len(brotli.compress(data, quality=5) if "json" in path else data)
            return data

        answer = ask(" ".join(draw(3)), "xx", [segment], read)
        documents(answer.hits[:10], [segment], read)
        directories = 3 * 520 + min(10, len(answer.hits)) * 520
        heaviest = max(heaviest, sum(asked.values()) + directories)
    heaviest += len(brotli.compress(segments.manifest("en", [segment]), quality=5))
    assert heaviest < BUDGET * 0.75
