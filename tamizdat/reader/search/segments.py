"""Segments: a share of the stories of one language, as files, and how they change.

Rules:

* Every file but the manifest is named by what it holds: the first 128 bits of its SHA-256. A reader
  who has a manifest finds just the files that belong to it, and can check each.
* A story keeps its number in its segment; a number is never given twice.
* What changes a story changes the shards of the terms that came or went, and its chunk.
* The same segment makes the same files.

A segment's *shards* say where terms stand; its *chunks* hold sixteen documents each, a JSON list
with null for a number that is free. Where there are more than 32 of either, *directories* list the
names of 32 each, and the manifest those of the directories:

    2, segment, kind (0: of shards, 1: of chunks), directory, the names

Numbers are written as in ``postings``; a name of zeros says that there is no such file.
"""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from tamizdat.reader.search import shards
from tamizdat.reader.search.entries import NOTHING, Document, Entry
from tamizdat.reader.search.postings import Postings, capped, number_bytes

FOLDER = "search"
FORMAT = 1  # of the manifest
DIRECTORY = 2
NAME = 16  # bytes
LEAVES = 32  # names in a directory
CHUNK = 16  # documents
BLOCK = LEAVES * CHUNK  # numbers of whose first one the day is told

NO_NAME = bytes(NAME)
Read = Callable[[str], bytes]


@dataclass
class Segment:
    name: int
    bits: int = 0  # of the number of a shard
    numbers: int = 0  # given out
    stories: int = 0
    size: int = 0  # of all shards, in bytes
    shards: bytes = NO_NAME  # their names, one behind the other
    chunks: bytes = b""
    days: tuple[int, ...] = ()  # since 1970, of the first number of each block


@dataclass(frozen=True)
class Change:
    """What a story is to the index, before and after. ``day``: of its publication, since 1970."""

    number: int
    before: Entry = NOTHING
    after: Entry = NOTHING
    day: int = 0


@dataclass
class Files:
    """Files that came and went, by their paths."""

    fresh: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def add(self, ending: str, data: bytes) -> bytes:
        """Take a file in; return its name."""
        name = hashlib.sha256(data).digest()[:NAME]
        self.fresh[path_of(name, ending)] = data
        return name

    def drop(self, ending: str, name: bytes) -> None:
        if name != NO_NAME:
            self.gone.add(path_of(name, ending))


def path_of(name: bytes, ending: str) -> str:
    return f"{FOLDER}/{name.hex()}.{ending}"


def manifest_path(language: str) -> str:
    return f"{FOLDER}/{language}.json"


def change(segment: Segment, changes: Sequence[Change], read: Read) -> tuple[Segment, Files]:
    """Return a segment with stories added, changed and taken out, and the files that this takes.

    ``read`` gives the bytes of one of the segment's files.
    """
    files = Files()
    numbers = max([segment.numbers, *(each.number + 1 for each in changes)])
    days = list(segment.days)
    for each in sorted(changes, key=lambda each: each.number):
        days += [each.day] * (each.number // BLOCK + 1 - len(days))
    names, size = _change_shards(segment, changes, read, files)
    after = replace(
        segment,
        numbers=numbers,
        stories=segment.stories + sum(map(_balance, changes)),
        size=size,
        shards=names,
        chunks=_change_chunks(segment, numbers, changes, read, files),
        days=tuple(days),
    )
    old, new = directories(segment), directories(after)
    files.gone |= old.keys() - new.keys()
    files.fresh |= {path: data for path, data in new.items() if path not in old}
    files.gone -= files.fresh.keys()
    return after, files


def _balance(change: Change) -> int:
    return (change.after.document is not None) - (change.before.document is not None)


Step = tuple[int, int | None, int | None]  # a number; its term's place before, and after


def _change_shards(
    segment: Segment, changes: Iterable[Change], read: Read, files: Files
) -> tuple[bytes, int]:
    """Return the names of the shards, and their size."""
    steps: dict[str, list[Step]] = {}
    for each in changes:
        before, after = each.before.places, each.after.places
        for term in before.keys() | after.keys():
            if before.get(term) != after.get(term):
                steps.setdefault(term, []).append((each.number, before.get(term), after.get(term)))
    names = bytearray(segment.shards)
    size = segment.size
    for number, terms in shards.shares(sorted(steps), segment.bits).items():
        place = slice(number * NAME, (number + 1) * NAME)
        old = bytes(names[place])
        data = read(path_of(old, "bin")) if old != NO_NAME else b""
        raw = shards.read(data) if data else {}
        for term in terms:
            key = term.encode()
            shards.put(raw, key, _stepped(shards.postings_in(raw, key), steps[term]))
        files.drop("bin", old)
        fresh = shards.write(segment.name, number, raw) if raw else b""
        names[place] = files.add("bin", fresh) if raw else NO_NAME
        size += len(fresh) - len(data)
    return bytes(names), size


def _stepped(postings: Postings, steps: Iterable[Step]) -> Postings:
    for number, before, after in steps:
        if before is not None:
            postings.drop(number, before)
        if after is not None:
            postings.add(number, after)
    return capped(postings)


def _change_chunks(
    segment: Segment, numbers: int, changes: Iterable[Change], read: Read, files: Files
) -> bytes:
    by_chunk: dict[int, list[Change]] = {}
    for each in changes:
        if each.before.document != each.after.document:
            by_chunk.setdefault(each.number // CHUNK, []).append(each)
    names = bytearray(segment.chunks.ljust(-(-numbers // CHUNK) * NAME, b"\0"))
    for number, own in by_chunk.items():
        place = slice(number * NAME, (number + 1) * NAME)
        old = bytes(names[place])
        documents: list[Document | None] = [None] * CHUNK
        if old != NO_NAME:
            documents = json.loads(read(path_of(old, "json")))
        for each in own:
            documents[each.number % CHUNK] = each.after.document
        files.drop("json", old)
        names[place] = files.add("json", chunk(documents)) if any(documents) else NO_NAME
    return bytes(names)


def chunk(documents: Sequence[Document | None]) -> bytes:
    padded = [*documents, *[None] * (CHUNK - len(documents))]
    return json.dumps(padded, ensure_ascii=False, separators=(",", ":")).encode()


# What leads to the files


def directories(segment: Segment) -> dict[str, bytes]:
    """Return the directories of a segment, by their paths."""
    found: dict[str, bytes] = {}
    for kind, names in enumerate((segment.shards, segment.chunks)):
        if len(names) > LEAVES * NAME:
            pages = _pages(segment.name, kind, names)
            found.update((path_of(_name(page), "bin"), page) for page in pages)
    return found


def _pages(segment: int, kind: int, names: bytes) -> list[bytes]:
    size = LEAVES * NAME
    return [
        bytes((DIRECTORY,))
        + b"".join(map(number_bytes, (segment, kind, start // size)))
        + names[start : start + size]
        for start in range(0, len(names), size)
    ]


def _name(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:NAME]


def _top(segment: int, kind: int, names: bytes) -> str:
    """Write what the manifest says of one kind of files: their names, or those of directories."""
    if len(names) > LEAVES * NAME:
        names = b"".join(map(_name, _pages(segment, kind, names)))
    return b64encode(names).decode()


def paths(segment: Segment) -> set[str]:
    """Return the paths of all files of a segment."""
    found = set(directories(segment))
    for ending, names in (("bin", segment.shards), ("json", segment.chunks)):
        each = (names[start : start + NAME] for start in range(0, len(names), NAME))
        found.update(path_of(name, ending) for name in each if name != NO_NAME)
    return found


def manifest(language: str, all_of_them: Iterable[Segment]) -> bytes:
    """Write what a reader's browser begins with. The newest segment comes last."""
    listed = [
        {
            "segment": each.name,
            "bits": each.bits,
            "numbers": each.numbers,
            "stories": each.stories,
            "days": [b - a for a, b in pairwise((0, *each.days))],
            "shards": _top(each.name, 0, each.shards),
            "chunks": _top(each.name, 1, each.chunks),
        }
        for each in all_of_them
    ]
    whole = {"format": FORMAT, "language": language, "segments": listed}
    return json.dumps(whole, separators=(",", ":")).encode()
