"""Which stories of a segment hold a term, and where in them: in few bytes.

A story has a *number* in its segment; a term stands in it in one of four *places*. Numbers of one
place are stored as differences, seven bits a byte (the eighth says that more follow).

A term that very many stories hold is *capped*: only the newest are listed, and older ones that have
it in the headline. ``floor`` is the number from which on the list is whole; ``count`` stays true.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import sub

HEADLINE, OPENING, OFTEN, BODY = 3, 2, 1, 0  # OFTEN: three times or more in the body
PLACES = (HEADLINE, OPENING, OFTEN, BODY)
CAP = 4000  # stories listed of a term, and half as many older ones by their headlines
ROOM = 400  # so that not every story that is added pushes one out

Numbers = list[int]
Packed = tuple[bytes, bool]  # its bytes, and whether it is a single one
Part = Packed | list[bytes]  # or, by place, numbers of 32 bits that are in no segment yet


class Damaged(ValueError):
    """Bytes that are not what they should be."""


@dataclass
class Postings:
    """What a segment says of one term. ``places[p]``: the stories with it at ``p``, ascending."""

    places: tuple[Numbers, Numbers, Numbers, Numbers]
    count: int
    floor: int = 0

    def __bool__(self) -> bool:
        return self.count > 0

    def listed(self) -> int:
        return sum(map(len, self.places))

    def drop(self, number: int, place: int) -> None:
        """Forget that a story holds the term at this place, listed or not."""
        self.count -= 1
        if number in self.places[place]:
            self.places[place].remove(number)

    def add(self, number: int, place: int) -> None:
        self.count += 1
        if number < self.floor and place != HEADLINE:
            return
        own = self.places[place]
        own.append(number)
        if len(own) > 1 and own[-2] > number:
            own.sort()


def none() -> Postings:
    return Postings(([], [], [], []), 0)


def capped(postings: Postings) -> Postings:
    """Return postings with no more stories than a list may have."""
    if postings.listed() <= CAP + ROOM:
        return postings
    everywhere = sorted(number for own in postings.places for number in own)
    floor = everywhere[-CAP]
    kept = [[each for each in own if each >= floor] for own in postings.places]
    older = [each for each in postings.places[HEADLINE] if each < floor][-CAP // 2 :]
    kept[HEADLINE] = older + kept[HEADLINE]
    if len(everywhere) - sum(map(len, kept)) == 0:
        floor = postings.floor  # nothing was left out: all older ones have it in the headline
    return Postings((kept[0], kept[1], kept[2], kept[3]), postings.count, floor)


def joined(parts: Sequence[tuple[int, Part]]) -> Postings:
    """Join postings of segments that follow one another; each comes with what its first
    number becomes. Of what would be left out in the end only the headlines are read."""
    found: tuple[list[Numbers], ...] = ([], [], [], [])
    count = floor = listed = lowest = 0
    for base, own in reversed(parts):
        part = _part(own, only_headlines=listed > CAP)
        count += part.count
        if not floor and part.floor:
            floor = base + part.floor
        elif not floor and part.count > part.listed():
            floor = lowest
        for numbers, new in zip(found, part.places, strict=True):
            numbers.append([base + number for number in new] if base else new)
        listed += part.listed()
        lowest = base
    flat = [[number for part in reversed(own) for number in part] for own in found]
    return capped(Postings((flat[0], flat[1], flat[2], flat[3]), count, floor))


def _part(part: Part, *, only_headlines: bool) -> Postings:
    if isinstance(part, tuple):
        return unpacked(*part, only_headlines=only_headlines)
    count = sum(map(len, part)) // 4
    body, often, opening, headline = (array("I", data).tolist() for data in part)
    if only_headlines:
        return Postings(([], [], [], headline), count)
    return Postings((body, often, opening, headline), count)


# Bytes


def packed(postings: Postings) -> bytes:
    """Write postings. Of a single one its number and place are all there is to say."""
    if is_single(postings):
        place = next(place for place in PLACES if postings.places[place])
        return number_bytes(postings.places[place][0] * 4 + place)
    mask = sum(1 << place for place in PLACES if postings.places[place])
    parts = [number_bytes(postings.count), number_bytes(postings.floor), bytes((mask,))]
    for place in PLACES:
        if own := postings.places[place]:
            parts += number_bytes(len(own)), _differences(own)
    return b"".join(parts)


def is_single(postings: Postings) -> bool:
    return postings.count == 1 and postings.listed() == 1


def unpacked(data: bytes, is_single: bool, *, only_headlines: bool = False) -> Postings:
    """Read postings. Raises Damaged."""
    try:
        return _unpacked(data, is_single, only_headlines)
    except IndexError:
        raise Damaged("postings end too early") from None


def _unpacked(data: bytes, is_single: bool, only_headlines: bool) -> Postings:
    found = none()
    found.count = 1
    at = 0
    if is_single:
        value, _ = number_at(data, 0)
        found.places[value % 4].append(value // 4)
        return found
    found.count, at = number_at(data, at)
    found.floor, at = number_at(data, at)
    mask, at = data[at], at + 1
    for place in PLACES:
        if mask >> place & 1:
            if only_headlines and place != HEADLINE:
                break
            length, at = number_at(data, at)
            at = _read_differences(data, at, length, found.places[place])
    return found


def number_bytes(value: int) -> bytes:
    if value < 128:
        return bytes((value,))
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def number_at(data: bytes, at: int) -> tuple[int, int]:
    """Read a number; return it and where the next thing begins."""
    value = data[at]
    if value < 128:
        return value, at + 1
    value, shift = value & 127, 7
    while True:
        at += 1
        value |= (data[at] & 127) << shift
        if data[at] < 128:
            return value, at + 1
        shift += 7


def _differences(numbers: Sequence[int]) -> bytes:
    found = list(map(sub, numbers, [-1, *numbers[:-1]]))
    if max(found) < 128:
        return bytes(found)
    return b"".join(map(number_bytes, found))


def _read_differences(data: bytes, at: int, length: int, into: Numbers) -> int:
    part = data[at : at + length]
    if len(part) == length and part.isascii():  # a byte each, which is the rule in long lists
        into += list(accumulate(part, initial=-1))[1:]
        return at + length
    number = -1
    for _ in range(length):
        step, at = number_at(data, at)
        number += step
        into.append(number)
    return at
