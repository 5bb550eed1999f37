"""Merging: one segment out of several, and out of stories that are in none yet.

Rules:

* Sources follow one another, the oldest first: so the newest stories of a segment have the highest
  numbers, and what is capped keeps what is new.
* A shard is made at a time, so memory does not grow with the archive. Stories that are new come in
  *runs*: some two thousand, turned into shards on a disk of their own.
* Chunks are named by what they hold and move over as they are.
"""

from __future__ import annotations

import marshal
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from tamizdat.reader.search import shards
from tamizdat.reader.search.entries import Document, Entry
from tamizdat.reader.search.postings import (
    PLACES,
    Numbers,
    Packed,
    Part,
    joined,
)
from tamizdat.reader.search.segments import (
    BLOCK,
    CHUNK,
    NAME,
    NO_NAME,
    Files,
    Read,
    Segment,
    chunk,
    directories,
    path_of,
)

RUN = 4000  # stories; a multiple of CHUNK
RESTS = 256  # shards of a run after which it rests
SAMPLE = 6  # one part in 64 of all terms tells what all will weigh

Found = tuple[bytes, Part]  # a term, and what a source says of it


class Source:
    """What a merge takes stories from; it reads its shards in order, each once."""

    most_bits = shards.MOST_BITS  # of the number of a shard of what is made of it

    def __init__(self, numbers: int, stories: int) -> None:
        self.numbers = numbers
        self.stories = stories
        self.chunks = b""
        self.days: tuple[int, ...] = ()

    def terms(self, low: int, high: int) -> Iterator[Found]:
        """Yield the terms that fall between two places, which begin and end a shard."""
        raise NotImplementedError


class Standing(Source):
    """A segment that stands."""

    def __init__(self, segment: Segment, read: Read) -> None:
        super().__init__(segment.numbers, segment.stories)
        self.chunks, self.days = segment.chunks, segment.days
        self._segment, self._read = segment, read
        self._at = -1
        self._terms: list[tuple[int, bytes, Packed]] = []

    def terms(self, low: int, high: int) -> Iterator[Found]:
        shift = 32 - self._segment.bits
        for number in range(low >> shift, ((high - 1) >> shift) + 1):
            if number != self._at:
                self._turn_to(number)
            start = bisect_left(self._terms, (low,))
            for place, term, own in self._terms[start:]:
                if place >= high:
                    break
                yield term, own

    def _turn_to(self, number: int) -> None:
        name = self._segment.shards[number * NAME : (number + 1) * NAME]
        raw = shards.read(self._read(path_of(name, "bin"))) if name != NO_NAME else {}
        found = ((shards.place_of(term.decode()), term, own) for term, own in raw.items())
        self._at, self._terms = number, sorted(found)


class Run(Source):
    """New stories, sorted by their terms into a file of our own."""

    def __init__(self, store: IO[bytes], bits: int = shards.MOST_BITS) -> None:
        super().__init__(0, 0)
        self.most_bits = self._bits = bits
        self._store = store
        self._offsets = array("Q", [0])
        self._by_place = tuple(defaultdict[str, Numbers](list) for _ in PLACES)
        self._documents: list[Document | None] = []

    def add(self, day: int, entry: Entry) -> None:
        """Take in the next story, of this day."""
        if self.numbers % BLOCK == 0:
            self.days += (day,)
        for term, place in entry.places.items():
            self._by_place[place][term].append(self.numbers)
        self._documents.append(entry.document)
        self.numbers += 1
        self.stories += entry.document is not None

    def close(self, files: Files) -> Iterator[None]:
        """Put all that was taken in into the store, and its chunks into ``files``; rest after each
        part, in which ``files`` may be emptied."""
        names = []
        for start in range(0, self.numbers, CHUNK):
            names.append(files.add("json", chunk(self._documents[start : start + CHUNK])))
            yield
        self.chunks = b"".join(names)
        self._documents.clear()
        shares = shards.shares({t for own in self._by_place for t in own}, self._bits)
        for number in range(1 << self._bits):
            data = marshal.dumps([self._row(term) for term in sorted(shares.get(number, ()))])
            self._store.write(data)
            self._offsets.append(self._offsets[-1] + len(data))
            if number % RESTS == 0:
                yield
        for own in self._by_place:
            own.clear()

    def _row(self, term: str) -> Found:
        by_place = [array("I", own.pop(term, ())).tobytes() for own in self._by_place]
        return term.encode(), by_place

    def terms(self, low: int, high: int) -> Iterator[Found]:
        shift = 32 - self._bits
        for number in range(low >> shift, high >> shift):
            start, end = self._offsets[number : number + 2]
            self._store.seek(start)
            # Our own bytes, written a moment ago.
            yield from marshal.loads(self._store.read(end - start))  # noqa: S302


@dataclass(frozen=True)
class Place:
    """A source, and what its first number becomes."""

    base: int
    source: Source


def in_line(sources: Iterable[Source]) -> list[Place]:
    """Give each source its place behind the one before; chunks are never shared."""
    base, found = 0, []
    for source in sources:
        found.append(Place(base, source))
        base += -(-source.numbers // CHUNK) * CHUNK
    return found


def merge(name: int, places: Sequence[Place]) -> Generator[tuple[str, bytes], None, Segment]:
    """Make the shards and directories of one segment out of these; yield each file, and return the
    segment. Its chunks are those of the sources."""
    bits = _bits(places)
    step = 1 << (32 - bits)
    names: list[bytes] = []
    size = 0
    for number in range(1 << bits):
        raw = _merged(places, number * step, (number + 1) * step)
        files = Files()
        data = shards.write(name, number, raw) if raw else b""
        names.append(files.add("bin", data) if data else NO_NAME)
        size += len(data)
        yield from files.fresh.items()
    last = places[-1]
    made = Segment(
        name,
        bits,
        numbers=last.base + last.source.numbers,
        stories=sum(place.source.stories for place in places),
        size=size,
        shards=b"".join(names),
        chunks=_chunks(places),
        days=_days(places),
    )
    yield from directories(made).items()
    return made


def _bits(places: Sequence[Place]) -> int:
    """Say how many shards this will take: what is capped is less than the sum of the sources."""
    sample = shards.write(0, 0, _merged(places, 0, 1 << (32 - SAMPLE)))
    wanted = shards.bits_for(len(sample) << SAMPLE)
    return min([wanted, *(place.source.most_bits for place in places)])


def _merged(places: Sequence[Place], low: int, high: int) -> shards.Raw:
    found: dict[bytes, list[tuple[int, Part]]] = {}
    for place in places:
        for term, own in place.source.terms(low, high):
            found.setdefault(term, []).append((place.base, own))
    raw: shards.Raw = {}
    for term, parts in found.items():
        base, first = parts[0]
        if len(parts) == 1 and base == 0 and isinstance(first, tuple):
            raw[term] = first
        else:
            shards.put(raw, term, joined(parts))
    return raw


def _chunks(places: Sequence[Place]) -> bytes:
    found = bytearray()
    for place in places:
        found.extend(bytes(place.base // CHUNK * NAME - len(found)))
        found += place.source.chunks
    return bytes(found)


def _days(places: Sequence[Place]) -> tuple[int, ...]:
    """Return the day of the first number of each block."""
    last = places[-1]
    days = []
    at = 0
    for number in range(0, last.base + last.source.numbers, BLOCK):
        while at + 1 < len(places) and places[at + 1].base <= number:
            at += 1
        source = places[at].source
        days.append(source.days[min((number - places[at].base) // BLOCK, len(source.days) - 1)])
    return tuple(days)
