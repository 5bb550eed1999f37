"""A letter that mail programs show whole: what has no room says where it goes on.

Gmail shows the first 102 KB of a mail's HTML and hides what follows, the ways to leave among it.

Rules:

1. A letter that has room is not touched; nor is a digest, which holds no whole stories.
2. Stories keep their order, and are told paragraph by paragraph as far as there is room. From there
   on each keeps its headline, standfirst, corrections and address. None is left out.
3. No heading stands last, and a note stays with the words that refer to it.
4. The text part ends where the HTML ends: both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tamizdat.newsletters.rendering import page
from tamizdat.newsletters.rendering.checking import CLIPPED, NEAR
from tamizdat.newsletters.rendering.letters import FULL, Article, Item, Letter
from tamizdat.reader.pages import Block, Heading, Text
from tamizdat.reader.parts import paragraphs

GUESSES = 64  # of so many pieces of a letter one may be left out that had room
_REFERENCE = re.compile(r'href="#note-(\d+)"')


def fitted(letter: Letter, variant: str) -> Letter:
    """Return a letter whose HTML has room, told as far as that allows."""
    if variant != FULL or _weight(letter) < CLIPPED:
        return letter
    low, high = 0, sum(len(_pieces(item.article)) for item in letter.items if item.article)
    step = max(1, high // GUESSES)
    while high - low > step:
        middle = (low + high) // 2
        if _weight(_told(letter, middle)) < NEAR:
            low = middle
        else:
            high = middle
    return _told(letter, low)


def cut(letter: Letter) -> tuple[str, ...]:
    """Return the headlines of the stories that a letter does not tell to their end."""
    return tuple(item.headline for item in letter.items if item.article and item.article.is_cut)


def _weight(letter: Letter) -> int:
    return len(page.html(letter, FULL).encode())


def _told(letter: Letter, room: int) -> Letter:
    """Return a letter with the first so many pieces of its stories."""
    groups = []
    for group in letter.groups:
        items = []
        for item in group.items:
            shown = _shortened(item, room)
            room = max(0, room - len(_pieces(shown.article)))
            items.append(shown)
        groups.append(replace(group, items=tuple(items)))
    return replace(letter, groups=tuple(groups))


def _shortened(item: Item, room: int) -> Item:
    article, pieces = item.article, _pieces(item.article)
    if article is None or len(pieces) <= room:
        return item
    body = pieces[:room]
    while body and isinstance(body[-1], Heading):
        body = body[:-1]
    referred = {int(each) for block in body for each in _REFERENCE.findall(_html(block))}
    notes = tuple(note for note in article.footnotes if note.number in referred)
    return replace(item, article=replace(article, body=body, footnotes=notes, is_cut=True))


def _pieces(article: Article | None) -> tuple[Block, ...]:
    """Cut a story into what is told whole or not at all: its blocks, and paragraphs of texts."""
    return tuple(_cut_up(article.body)) if article else ()


def _cut_up(body: Iterable[Block]) -> Iterator[Block]:
    for block in body:
        if isinstance(block, Text):
            yield from map(Text, paragraphs(block.html))
        else:
            yield block


def _html(block: Block) -> str:
    return str(getattr(block, "html", ""))
