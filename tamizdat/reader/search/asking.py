"""From a question to the stories: what ``scripts/search/asking.js`` does in a browser.

Rules (``tests/vectors/search/questions.json`` holds the two to each other):

* A story is a hit when it holds all terms. Where none does, those that hold the most come, and the
  answer says so.
* A last term that no story holds stands for all terms that begin with it and lie in its shard.
* Of a capped term it is not known whether an older story holds it: it may. The answer names such
  terms.
* Order: what certainly holds the most terms; then the sum over the terms of rarity times place
  (headline 8, opening 4, often 2, body 1), and what is recent a little higher. All in whole
  numbers, so that every machine gets the same order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tamizdat.reader.search import shards
from tamizdat.reader.search.entries import Document
from tamizdat.reader.search.postings import PLACES, Postings, unpacked
from tamizdat.reader.search.segments import BLOCK, CHUNK, NAME, NO_NAME, Segment, path_of
from tamizdat.reader.search.terms import tongue

MOST_TERMS = 8
WEIGHTS = (1, 2, 4, 8)  # by place
MATCHED = 1_000_000  # what a term that is there, or may be, counts for, before all else
CERTAIN = 20_000  # what it counts for, after that, if it is certainly there
RECENT = 300  # what a story of today gets; it falls by 20 with each doubling of its age

Read = Callable[[str], bytes]
Place = tuple[int, int]  # which segment, and the number in it


@dataclass(frozen=True)
class Answer:
    terms: tuple[str, ...]
    hits: tuple[Place, ...]  # the best first
    is_all: bool = True  # the hits hold all terms
    capped: tuple[str, ...] = ()


def ask(question: str, language: str, segments: Sequence[Segment], read: Read) -> Answer:
    """Answer a question. ``segments`` as in the manifest, the newest last."""
    terms = tuple(dict.fromkeys(tongue(language).terms(question)))[:MOST_TERMS]
    found = [[_postings(term, segment, read) for segment in segments] for term in terms]
    if terms and not any(found[-1]):
        found[-1] = [_beginning(terms[-1], segment, read) for segment in segments]
    scores = _scores(found, segments)
    wanted = len(terms) * MATCHED
    whole = {place: score for place, score in scores.items() if score >= wanted}
    ordered = sorted((whole or scores).items(), key=lambda each: (-each[1], [-n for n in each[0]]))
    limited = [term for term, own in zip(terms, found, strict=True) if any(p.floor for p in own)]
    return Answer(
        terms, tuple(place for place, _ in ordered), bool(whole) or not scores, tuple(limited)
    )


def documents(places: Sequence[Place], segments: Sequence[Segment], read: Read) -> list[Document]:
    """Return what hits show."""
    found = []
    for segment, number in places:
        name = _leaf(segments[segment].chunks, number // CHUNK)
        document = json.loads(read(path_of(name, "json")))[number % CHUNK] if name else None
        if document:
            found.append(document)
    return found


def _shard(term: str, segment: Segment, read: Read) -> shards.Raw:
    name = _leaf(segment.shards, shards.shard_of(term, segment.bits))
    return shards.read(read(path_of(name, "bin"))) if name else {}


def _leaf(names: bytes, number: int) -> bytes | None:
    name = names[number * NAME : (number + 1) * NAME]
    return name if name and name != NO_NAME else None


def _postings(term: str, segment: Segment, read: Read) -> Postings:
    return shards.postings_in(_shard(term, segment, read), term.encode())


def _beginning(term: str, segment: Segment, read: Read) -> Postings:
    """Join the postings of all terms of a shard that begin so."""
    key = term.encode()
    raw = _shard(term, segment, read)
    best: dict[int, int] = {}
    count = floor = 0
    for data, single in (raw[each] for each in sorted(raw) if each.startswith(key)):
        postings = unpacked(data, single)
        count, floor = count + postings.count, max(floor, postings.floor)
        for place in PLACES:
            for number in postings.places[place]:
                best[number] = max(place, best.get(number, 0))
    places = [sorted(n for n, own in best.items() if own == place) for place in range(4)]
    return Postings((places[0], places[1], places[2], places[3]), count, floor)


def _scores(found: Sequence[Sequence[Postings]], segments: Sequence[Segment]) -> dict[Place, int]:
    total = sum(segment.stories for segment in segments)
    scores: dict[Place, int] = {}
    newest = max((day for segment in segments for day in segment.days), default=0)
    for index, segment in enumerate(segments):
        places = sorted({n for own in found for held in own[index].places for n in held})
        for number in places:
            age = newest - segment.days[number // BLOCK]
            scores[index, number] = max(0, RECENT - 20 * logarithm(1 + max(0, age)) // 16)
    for own in found:
        rarity = logarithm(total * 2 // max(1, min(total, sum(each.count for each in own))))
        for index, postings in enumerate(own):
            held = {n: WEIGHTS[place] for place in range(4) for n in postings.places[place]}
            for place in scores:
                if place[0] == index:
                    if place[1] in held:
                        scores[place] += MATCHED + CERTAIN + rarity * held[place[1]]
                    elif place[1] < postings.floor:
                        scores[place] += MATCHED
    return scores


def logarithm(value: int) -> int:
    """Return sixteen times the logarithm to base two, nearly; 0 of 0."""
    if value < 1:
        return 0
    bits = value.bit_length() - 1
    return bits * 16 + value * 16 // (1 << bits) - 16
