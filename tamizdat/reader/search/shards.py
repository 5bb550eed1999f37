"""Shards: the files that say where terms stand, each for a share of a segment's terms.

A term's shard is told by the CRC-32 of its first six characters: terms that begin alike lie
together, so that a word typed half finds its ends without another file. The hash spreads terms and
guards nothing.

A shard is

    1, segment, shard, number of terms                       (numbers as in ``postings``)
    for each term, in the order of its UTF-8 bytes:
        bytes shared with the term before, bytes that follow, these bytes,
        2 * length of the postings + (1 where it is a single one), the postings

Segment and shard stand in it so that no two files of an edition are the same one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from tamizdat.reader.search.postings import (
    Damaged,
    Packed,
    Postings,
    is_single,
    none,
    number_at,
    number_bytes,
    packed,
    unpacked,
)

FORMAT = 1
MOST_BITS = 12  # of a shard's number
BEGINNING = 6  # characters of a term that choose its shard
AIM = 3600  # bytes of a shard, at most, on average

Raw = dict[bytes, Packed]  # by the UTF-8 bytes of the term


def place_of(term: str) -> int:
    """Return where among all terms a term falls, as a number of 32 bits."""
    return zlib.crc32(term[:BEGINNING].encode())


def shard_of(term: str, bits: int) -> int:
    return place_of(term) >> (32 - bits) if bits else 0


def bits_for(size: int) -> int:
    """Say how many shards, two to the power of these bits, terms and postings of this size need."""
    return min(max(0, (size // AIM).bit_length()), MOST_BITS)


def write(segment: int, number: int, terms: Raw) -> bytes:
    parts = [bytes((FORMAT,)), *map(number_bytes, (segment, number, len(terms)))]
    before = b""
    for term in sorted(terms):
        data, single = terms[term]
        shared = _shared(before, term)
        rest = term[shared:]
        head = bytes((shared, len(rest)))
        parts += head, rest, number_bytes(2 * len(data) + single), data
        before = term
    return b"".join(parts)


def _shared(one: bytes, other: bytes) -> int:
    """Count the bytes with which both begin."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def read(data: bytes) -> Raw:
    """Read a shard, its postings still packed. Raises Damaged."""
    try:
        return dict(_read(data))
    except IndexError:
        raise Damaged("a shard ends too early") from None


def _read(data: bytes) -> Iterator[tuple[bytes, Packed]]:
    if data[0] != FORMAT:
        raise Damaged(f"a shard of format {data[0]}, not {FORMAT}")
    at = number_at(data, number_at(data, 1)[1])[1]
    count, at = number_at(data, at)
    term = b""
    for _ in range(count):
        shared, length = data[at], data[at + 1]
        start, at = at + 2, at + 2 + length
        term = term[:shared] + data[start:at]
        size, at = number_at(data, at)
        yield term, (data[at : at + size // 2], bool(size & 1))
        at += size // 2


def postings_in(terms: Raw, term: bytes) -> Postings:
    found = terms.get(term)
    return unpacked(*found) if found else none()


def put(terms: Raw, term: bytes, postings: Postings) -> None:
    """Let a shard hold these postings of a term, or nothing of it where there are none."""
    if postings:
        terms[term] = packed(postings), is_single(postings)
    else:
        terms.pop(term, None)


def shares(terms: Iterable[str], bits: int) -> dict[int, list[str]]:
    """Sort terms by the shard that they are in."""
    found: dict[int, list[str]] = {}
    for term in terms:
        found.setdefault(shard_of(term, bits), []).append(term)
    return found
