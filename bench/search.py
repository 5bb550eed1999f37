"""The search index: its size, what it costs to keep, and what a question loads.

    python bench/search.py --stories 1000,10000 [--questions 200]
    python bench/search.py --stories 100000          some five minutes

For each number of stories it makes a newsroom with as many invented stories of 500 words, whose
words are spread as those of a language are (a vocabulary that grows with the archive), and

* takes the words of each page (``take_ms``: processor time a story), and builds the index from
  nothing;
* adds a story, edits one of the oldest and withdraws one, each with the edition sealed;
* asks questions of three words out of one story, with the very modules that browsers run, and
  counts the files and bytes that each loads (compressed where there are compressed siblings),
  beginning with the manifest and ending with the ten best hits;
* compares the hits with a look at every story: ``recall`` is the share of the stories with all
  three words that is found, ``precision`` the share of what is found that has them,
  ``right_of_ten`` the same of the first ten;
* does the same with Pagefind, where a program ``pagefind`` is installed and Chromium to ask it, up
  to ten thousand stories.

Prints one JSON object.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pagefind
from newsroom import (
    ROOT,
    SAMPLE_EVERY,
    Peak,
    again,
    circumstances,
    enter,
    newsroom,
)

BATCH = 1000
RARE = 0.004  # words of a story that are names
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADDED, GONE = 40, 8  # stories added; up to which the oldest are withdrawn
ASK = Path(__file__).with_name("search_asking.mjs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stories", type=_numbers, default=[1000, 10_000])
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--inside", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        inside(Path(options.inside), options.stories[0])
        return
    found = [one_archive(count, options.questions) for count in options.stories]
    print(json.dumps({"bench": "search", "archives": found}, indent=2))


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def one_archive(count: int, questions: int) -> dict[str, Any]:
    with newsroom() as home:
        again(__file__, "--inside", home, "--stories", count)
        found: dict[str, Any] = {"stories": count, **circumstances()}
        found |= json.loads((home / "search.json").read_text())
        enter_library()
        asked = Questions.make(count, questions)
        found["questions"] = ask(home / "edition", asked)
        language = Language(count)
        stories = (invented(language, number) for number in range(count))
        found["pagefind"] = pagefind.beside(stories, count, asked.texts, asked.answers)
        return found


def enter_library() -> None:
    sys.path[:0] = [str(ROOT)]


# Stories


class Language:
    """Words in the shares that they have in a language, and ever new names."""

    def __init__(self, count: int) -> None:
        chance = random.Random(11)
        consonants, vowels = "bcdfghjklmnprstvwz", "aeiou"
        syllables = [
            a + b + c for a in consonants for b in vowels for c in ("", "n", "r", "s", "l")
        ]
        found: dict[str, None] = {}
        while len(found) < 40_000:
            found["".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3, 4))))] = None
        self.words = sorted(found, key=lambda word: (len(word), chance.random()))
        self.shares = list(itertools.accumulate(1 / (rank + 30) ** 1.15 for rank in range(40_000)))
        self.little = "the of and to in that for with was on as by at from it had were".split()
        self.names = [
            "".join(chance.choices(syllables, k=chance.choice((2, 3))))
            + str(chance.choice("ovaskin"))
            for _ in range(max(50, count))
        ]

    def text(self, number: int, count: int) -> list[str]:
        chance = random.Random(number * 7919 + count)
        found = chance.choices(self.words, cum_weights=self.shares, k=count)
        for place in range(0, count, 5):  # every other word of a language is a little one
            found[place : place + 2] = chance.choices(self.little, k=len(found[place : place + 2]))
        for _ in range(round(count * RARE)):
            found[chance.randrange(count)] = chance.choice(self.names)
        return found


@dataclass(frozen=True)
class Invented:
    address: str
    headline: str
    standfirst: str
    body: str


def invented(language: Language, number: int) -> Invented:
    headline = " ".join(language.text(number, 8)).capitalize()
    standfirst = " ".join(language.text(number, 18)).capitalize()
    words = language.text(number, 480)
    paragraphs = (" ".join(words[start : start + 60]) for start in range(0, 480, 60))
    body = "".join(f"<p>{each.capitalize()}.</p>" for each in paragraphs)
    address = f"/2026/11/{headline.lower().replace(' ', '-')[:60]}-{number}/"
    return Invented(address, headline, standfirst, body)


def published(number: int, count: int) -> datetime:
    return NOW - timedelta(minutes=(count - number) * 36)  # forty a day


# In the newsroom


def inside(home: Path, count: int) -> None:
    """Build the index, keep it up, and write down what that took."""
    enter(home)
    from django.conf import settings

    from tamizdat.bake.sealing import Sealing
    from tamizdat.bake.searching.noting import note
    from tamizdat.edition.tree import Tree

    tree = Tree(Path(settings.EDITION_ROOT))
    keeper = Keeper(tree, Sealing(tree, Path(settings.KEYS_ROOT)))
    keeper.finish()
    language = Language(count)
    taken = 0.0
    for start in range(0, count, BATCH):
        made = [
            (n, page_of(invented(language, n), published(n, count)))
            for n in range(start, min(start + BATCH, count))
        ]
        began = time.process_time()
        words = {f"story:{n}": take(page, published(n, count)) for n, page in made}
        taken += time.process_time() - began
        note(dict(words))
    with watched() as peak:
        build = keeper.build()
    found = {
        "take_ms": round(taken / count * 1000, 3),
        "build": build | {"more_mb": round(peak.more / 1e6, 1)},
        "index": index_of(tree),
        "keeping_up": keeper.keep_up(language, count),
    }
    (home / "search.json").write_text(json.dumps(found))


@dataclass
class Memory:
    """What this process needs more than it did at first, at most; not the database's pages."""

    first: int = 0
    more: int = 0


@contextmanager
def watched() -> Iterator[Memory]:
    memory, over = Memory(_own()), threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE_EVERY):
            memory.more = max(memory.more, _own() - memory.first)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield memory
    over.set()
    watcher.join()


def _own() -> int:
    peak = Peak()
    peak.note(os.getpid())
    return peak.own


def page_of(story: Invented, at: datetime) -> Any:
    from markupsafe import Markup

    from tamizdat.reader.pages import Head, StoryPage, Text

    head = Head(story.address, story.headline)
    body = (Text(Markup(story.body)),)
    return StoryPage(head, story.headline, "news", body, standfirst=story.standfirst, published=at)


def take(page: Any, at: datetime) -> Any:
    from tamizdat.bake.searching.noting import words_of
    from tamizdat.reader.pages import Site

    site = Site("The Lantern", "", "en", "/", "https://lantern.example", "UTC")
    return words_of(page, site, at)


class Keeper:
    """What a baker does for the index, and nothing else."""

    def __init__(self, tree: Any, sealing: Any) -> None:
        self.tree, self.sealing = tree, sealing

    def searching(self) -> Any:
        from tamizdat.bake.searching.keeping_up import Searching

        return Searching(self.tree, lambda: self.sealing.keyring.shape, NOW)

    def finish(self) -> None:
        self.searching().bring_up_to_date()
        self.sealing.seal(NOW)

    def build(self) -> dict[str, Any]:
        began, cpu = time.perf_counter(), time.process_time()
        searching, slices = self.searching(), []
        searching.bring_up_to_date()
        while True:
            at = time.perf_counter()
            if not searching.go_on():
                break
            slices.append((time.perf_counter() - at) * 1000)
        built = time.perf_counter() - began
        cpu = time.process_time() - cpu
        self.finish()
        return {
            "seconds": round(built, 2),
            "cpu_seconds": round(cpu, 2),
            "longest_slice_ms": round(max(slices, default=0.0)),
            "sealed_after": round(time.perf_counter() - began, 2),
        }

    def keep_up(self, language: Language, count: int) -> dict[str, Any]:
        from tamizdat.bake.searching.noting import note

        def add(number: int) -> None:
            page = page_of(invented(language, number), NOW)
            note({f"story:{number}": take(page, NOW)})

        def edit(number: int) -> None:
            old = invented(language, number)
            fresh = Invented(
                old.address, old.headline, old.standfirst, f"{old.body}<p>Zaznob quat</p>"
            )
            at = published(number, count)
            note({f"story:{number}": take(page_of(fresh, at), at)})

        def withdraw(number: int) -> None:
            note({f"story:{number}": None})

        return {
            "add": self.timed(add, range(count, count + ADDED)),
            "edit_an_old_one": self.timed(edit, range(1, GONE)),
            "withdraw_an_old_one": self.timed(withdraw, range(1, GONE)),
        }

    def timed(self, deed: Callable[[int], None], numbers: range) -> dict[str, Any]:
        """Return the median and the longest time until the index is right, and until it is sealed;
        and how many files that made."""
        index, sealed, files = [], [], []
        for number in numbers:
            deed(number)
            before = len(self.tree.names("search"))
            began = time.perf_counter()
            self.searching().bring_up_to_date()
            index.append((time.perf_counter() - began) * 1000)
            self.sealing.seal(NOW)
            sealed.append((time.perf_counter() - began) * 1000)
            files.append(len(self.tree.names("search")) - before)
        return {
            "index_ms": [round(statistics.median(index), 1), round(max(index), 1)],
            "sealed_ms": [round(statistics.median(sealed), 1), round(max(sealed), 1)],
            "files": statistics.median(files),
        }


def index_of(tree: Any) -> dict[str, Any]:
    names = tree.names("search")
    sizes = {name: tree.place(f"search/{name}").stat().st_size for name in names}
    shards = [size for name, size in sizes.items() if name.endswith(".bin")]
    sent = sum(sizes[name] for name in names if name.endswith((".bin", ".br")))
    return {
        "files": sum(1 for name in names if not name.endswith((".br", ".gz"))),
        "mb_as_sent": round(sent / 1e6, 2),
        "mb_on_disk": round(sum(sizes.values()) / 1e6, 2),
        "largest_shard": max(shards, default=0),
    }


# Questions


@dataclass(frozen=True)
class Questions:
    texts: list[str]
    answers: list[set[str]]  # the addresses of all stories that have all the words

    @classmethod
    def make(cls, count: int, questions: int) -> Questions:
        """Ask for three words out of one story; look at every story for the answer."""
        from tamizdat.reader.search.terms import tongue

        language, chance, read = Language(count), random.Random(3), tongue("en").terms
        texts = []
        while len(texts) < questions:
            words = language.text(chance.randrange(count), 480)
            chosen = [word for word in chance.sample(words, 3) if read(word)]
            if len({read(word)[0] for word in chosen}) == 3:
                texts.append(" ".join(chosen))
        wanted = [set(read(text)) for text in texts]
        every = set().union(*wanted)
        answers: list[set[str]] = [set() for _ in texts]
        for number in [0, *range(GONE, count + ADDED)]:
            story = invented(language, number)
            html = f"{story.headline} {story.standfirst} {story.body}".replace("<p>", " ")
            held = every.intersection(read(html.replace("</p>", " ")))
            for each, found in zip(wanted, answers, strict=True):
                if each <= held:
                    found.add(story.address)
        return cls(texts, answers)


def ask(edition: Path, asked: Questions) -> dict[str, Any]:
    """Ask with the modules that browsers run."""
    if shutil.which("node") is None:
        return {"skipped": "node is not installed"}
    with tempfile.TemporaryDirectory() as folder:
        modules = list(ship(Path(folder)))
        file = Path(folder, "questions.json")
        file.write_text(json.dumps(asked.texts))
        words = ["node", str(ASK), str(edition), str(file), *modules]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return figures(found, asked) | {
        "milliseconds": round(statistics.median(each["milliseconds"] for each in found), 1)
    }


def ship(folder: Path) -> Iterator[str]:
    from tamizdat.reader.scripts import script

    (folder / "package.json").write_text('{"type":"module"}')
    for name in ("asking", "files"):
        whole = script(f"search/{name}.js")
        for each in (*whole.imports, whole):
            (folder / Path(each.path).name).write_bytes(each.data)
        yield str(folder / Path(whole.path).name)


def figures(found: list[dict[str, Any]], asked: Questions) -> dict[str, Any]:
    sizes = [each["bytes"] for each in found]
    right = [
        len(answer & set(each["hits"])) for answer, each in zip(asked.answers, found, strict=True)
    ]
    return {
        "asked": len(found),
        "bytes": {"median": round(statistics.median(sizes)), "most": max(sizes)},
        "files": {
            "median": statistics.median(each["files"] for each in found),
            "most": max(each["files"] for each in found),
        },
        "recall": round(sum(right) / sum(map(len, asked.answers)), 4),
        "right_of_ten": right_of_ten(found, asked),
        "precision": round(sum(right) / max(1, sum(len(each["hits"]) for each in found)), 4),
        "capped": sum(bool(each.get("capped")) for each in found),
    }


def right_of_ten(found: list[dict[str, Any]], asked: Questions) -> float:
    """Return which share of the first ten hits has all the words, where there are any such."""
    right = wanted = 0
    for answer, each in zip(asked.answers, found, strict=True):
        right += len(answer & set(each["hits"][:10]))
        wanted += min(10, len(answer))
    return round(right / max(1, wanted), 4)


if __name__ == "__main__":
    main()
