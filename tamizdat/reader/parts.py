"""A long story in parts: each comes whole where lines are cut after a few kilobytes.

Rules:

* A page that weighs no more than ``LIMIT`` is never divided.
* As few parts as that asks for, of about the same weight each. The same story makes the same parts.
* A cut goes between blocks, or between the paragraphs of a text. A heading stays with what follows
  it, a photo with the paragraph before it.
* What cannot be cut (one giant paragraph, one giant table) stands alone, though it is too heavy.
* A note stands on every part that refers to it, under its number in the whole story.
* All ids of a story differ, so that its parts can be put together again in one page. A part that
  goes on knows what comes after it, so that its style sheet can hold the rules for that as well.

What stands around a story is dealt out as readers come to it: head, lead photo and corrections on
the first part; topics and "Read more" on the last.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil

from markupsafe import Markup

from tamizdat.reader.pages import (
    Block,
    Footnote,
    Head,
    Heading,
    Onward,
    Photo,
    Rest,
    StoryPage,
    StoryPart,
    Text,
)

LIMIT = 10_000  # bytes of a page as it is sent, compressed
STEP = 64  # bytes; to which parts are evened out

Part = StoryPage | StoryPart
Weigh = Callable[[Part], int]
Chunk = tuple[Block, ...]  # blocks that stay together

_TAG = re.compile(r'<(/?)([a-z]+)(?: [a-z]+="[^"]*")*>')  # as nh3 and we write them
_REFERENCE = re.compile(r'id="ref-(\d+)-(\d+)"')


def in_parts(page: StoryPage, weigh: Weigh, script: str = "") -> list[Part]:
    """Divide a story's page into its parts.

    ``weigh`` gives the bytes of a page as it is sent. ``script`` is the address of what fetches the
    next part where a reader asks for it.
    """
    chunks = list(_chunks(page.body))
    if len(chunks) < 2 or weigh(page) <= LIMIT:
        return [page]
    story = _Story(page, chunks, script)
    scales = _Scales(story, weigh)
    parts: list[Part] = [page]
    for count in range(max(2, scales.count(LIMIT)), len(chunks) + 1):
        starts = scales.starts(count)
        parts = story.divided(starts)
        lengths = (end - start for start, end in pairwise([*starts, len(chunks)]))
        heavy = (
            length > 1 and weigh(part) > LIMIT for length, part in zip(lengths, parts, strict=True)
        )
        if not any(heavy):
            break
    return parts


# Where a body may be cut


def _chunks(body: Iterable[Block]) -> Iterator[Chunk]:
    chunk: Chunk = ()
    for block in _pieces(body):
        if chunk and not _stays_with(chunk[-1], block):
            yield chunk
            chunk = ()
        chunk = (*chunk, block)
    if chunk:
        yield chunk


def _stays_with(before: Block, block: Block) -> bool:
    return isinstance(before, Heading) or (isinstance(before, Text) and isinstance(block, Photo))


def _pieces(body: Iterable[Block]) -> Iterator[Block]:
    for block in body:
        if isinstance(block, Text):
            yield from map(Text, paragraphs(block.html))
        else:
            yield block


def paragraphs(html: Markup) -> Iterator[Markup]:
    """Cut sanitised HTML between the elements that stand at its top."""
    start = depth = 0
    for tag in _TAG.finditer(html):
        if tag[2] == "br":
            continue
        depth += -1 if tag[1] else 1
        if depth == 0 and tag[2] in ("p", "ul", "ol"):
            yield html[start : tag.end()].strip()
            start = tag.end()
    if rest := html[start:].strip():
        yield rest


# How much is too much


class _Scales:
    """Guesses what a part will weigh. To compress each guess would take far longer than to check
    the last one."""

    def __init__(self, story: _Story, weigh: Weigh) -> None:
        first, later, last = map(weigh, story.empty())
        self.first, self.later = first, later
        bulks = [_bulk(chunk) for chunk in story.chunks]
        rate = max(0, weigh(story.page) - first - last + later) / sum(bulks)
        self.weights = [bulk * rate for bulk in bulks]
        self.weights[-1] += max(0, last - later)

    def count(self, room: int) -> int:
        """Return how many parts there are where each has so much room."""
        return len(self._filled(room))

    def starts(self, count: int) -> list[int]:
        """Return the chunks with which parts begin: at most so many, of about the same weight."""
        low, high = 0, self.first + self.later + ceil(sum(self.weights))
        while high - low > STEP:
            middle = (low + high) // 2
            if self.count(middle) > count:
                low = middle
            else:
                high = middle
        return self._filled(high)

    def _filled(self, room: int) -> list[int]:
        starts, load = [0], float(self.first)
        for at, weight in enumerate(self.weights):
            if at > starts[-1] and load + weight > room:
                starts.append(at)
                load = self.later
            load += weight
        return starts


def _bulk(chunk: Chunk) -> int:
    return sum(len(str(block)) for block in chunk)


# The parts as pages


@dataclass(frozen=True)
class _Cut:
    """What a part holds of the body."""

    number: int
    count: int
    body: Chunk
    before: int = 0  # blocks
    after: Chunk = ()  # in all later parts


class _Story:
    """A story that comes in parts."""

    def __init__(self, page: StoryPage, chunks: list[Chunk], script: str) -> None:
        self.page = page
        self.chunks = chunks
        self.script = script
        self.notes = {note.number: note for note in page.footnotes}

    def divided(self, starts: list[int]) -> list[Part]:
        """Return the parts that begin with these chunks."""
        if len(starts) == 1:
            return [self.page]
        ends = pairwise([*starts, len(self.chunks)])
        bodies = [tuple(each for chunk in self.chunks[a:b] for each in chunk) for a, b in ends]
        before = accumulate(map(len, bodies), initial=0)
        whole = tuple(each for body in bodies for each in body)
        first, *later = (
            _Cut(number, len(bodies), body, at, whole[at + len(body) :])
            for number, (body, at) in enumerate(zip(bodies, before, strict=False), start=1)
        )
        return [self._first(first), *map(self._later, later)]

    def empty(self) -> list[Part]:
        """Return what stands around the body: of a first part, of one between, of a last."""
        body = self.page.body
        first, between, last = _Cut(1, 3, (), 0, body), _Cut(2, 3, (), 0, body), _Cut(3, 3, ())
        return [self._first(first), self._later(between), self._later(last)]

    def _first(self, cut: _Cut) -> StoryPage:
        return replace(
            self.page,
            head=self._going_on(self.page.head),
            body=cut.body,
            footnotes=self._notes_of(cut.body),
            related=(),
            onward=self._onward(cut),
        )

    def _later(self, cut: _Cut) -> StoryPart:
        page, is_last = self.page, cut.number == cut.count
        head = Head(self._address(cut.number), page.head.title, languages=page.head.languages)
        return StoryPart(
            head=head if is_last else self._going_on(head),
            headline=page.headline,
            story=page.head.path,
            number=cut.number,
            count=cut.count,
            body=cut.body,
            blocks_before=cut.before,
            back=self._address(cut.number - 1),
            onward=self._onward(cut),
            kind=page.kind,
            footnotes=self._notes_of(cut.body),
            is_corrected=bool(page.corrections),
            section=page.section.url if page.section else "",
            topics=page.topics if is_last else (),
            related=page.related if is_last else (),
        )

    def _address(self, number: int) -> str:
        return self.page.head.path if number == 1 else f"{self.page.head.path}{number}/"

    def _onward(self, cut: _Cut) -> Onward | None:
        if cut.number == cut.count:
            return None
        notes = self._notes_of(cut.after)
        rest = Rest(cut.after, notes, self.page.topics, self.page.related)
        return Onward(self._address(cut.number + 1), cut.number + 1, cut.count, rest)

    def _going_on(self, head: Head) -> Head:
        if not self.script:
            return head
        return replace(head, scripts=(*head.scripts, self.script), fetches=True)

    def _notes_of(self, body: Chunk) -> tuple[Footnote, ...]:
        """Return the notes that some blocks refer to, each with its mentions there."""
        mentions: dict[int, list[int]] = defaultdict(list)
        for block in body:
            for number, mention in _REFERENCE.findall(getattr(block, "html", "")):
                mentions[int(number)].append(int(mention))
        return tuple(
            replace(self.notes[number], first=min(found), references=len(found))
            for number, found in sorted(mentions.items())
        )
