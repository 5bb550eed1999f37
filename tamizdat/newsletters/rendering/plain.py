"""A letter as plain text: the same words in the same order, honest to whoever reads no HTML.

It is made from the letter's values and not from its HTML, so that nothing is lost on the way. Lines
are not broken: mail programs do that, and each has its own width.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import unescape

from markupsafe import Markup

from tamizdat.newsletters.rendering.letters import FULL, Article, Item, Letter
from tamizdat.newsletters.rendering.page import names
from tamizdat.newsletters.rendering.placeholders import neutral
from tamizdat.newsletters.rendering.words import words
from tamizdat.reader import pages
from tamizdat.reader.addresses import made_whole, whole
from tamizdat.reader.articles import alone
from tamizdat.reader.typography import paragraphs
from tamizdat.reader.voice import Voice, voice
from tamizdat.reader.words import words as readers_words

RULE = "———"
_LINK = re.compile(r'<a\b[^>]*?href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_ITEM = re.compile(r"<li\b[^>]*>")
_END = re.compile(r"</(?:p|ul|ol|li)>|<br\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_GAPS = re.compile(r"\n{3,}")


def text(letter: Letter, variant: str) -> str:
    """Write a letter as plain text; ``variant`` is DIGEST or FULL."""
    parts = _parts(letter, variant, voice(letter.language, letter.zone))
    return _GAPS.sub("\n\n", "\n\n".join(part.strip() for part in parts if part.strip())) + "\n"


def _parts(letter: Letter, variant: str, say: Voice) -> Iterator[str]:
    w = words(letter.language)
    if letter.is_quiet:
        yield w.preview
    number = f" · {w.number.format(number=say.number(letter.number))}" if letter.number else ""
    yield f"{letter.newsroom}\n{letter.name}\n{say.day(letter.dated)}{number}"
    yield _told(made_whole(letter.introduction, letter.public_address))
    for group in letter.groups:
        if group.heading and variant != FULL:
            yield f"{RULE} {neutral(group.heading)} {RULE}"
        for item in group.items:
            yield from _item(letter, item, variant, say)
    if letter.week and variant == FULL:
        about = w.week_attached if letter.has_week else w.week_text
        yield "\n".join([RULE, w.week, about, whole(letter.public_address, letter.week)])
    if letter.mirrors and variant == FULL:
        yield "\n".join([RULE, w.mirrors, w.mirrors_text, *letter.mirrors])
    if letter.ask and variant != FULL:
        address = whole(letter.public_address, letter.ask.url)
        said = (letter.ask.heading, letter.ask.text, letter.ask.button)
        yield "\n".join([RULE, *(neutral(each) for each in said if each), address])
    yield from _foot(letter)


def _item(letter: Letter, item: Item, variant: str, say: Voice) -> Iterator[str]:
    if variant == FULL:
        yield RULE
    signed = names(say, item)
    read = say.reading(item.minutes) if item.minutes else ""
    about = [neutral(item.label), neutral(item.headline), neutral(item.text)]
    about.append(" · ".join(part for part in (signed, read) if part))
    if variant == FULL and item.article:
        yield "\n".join(part for part in about if part)
        yield from _article(letter, item.article, say)
        if item.article.is_cut:
            yield words(letter.language).goes_on
        yield whole(letter.public_address, item.path)
        return
    about.append(whole(letter.public_address, item.path))
    yield "\n".join(part for part in about if part)


def _article(letter: Letter, article: Article, say: Voice) -> Iterator[str]:
    own = readers_words(letter.language)

    def told(source: Markup) -> str:
        return neutral(_told(alone(letter.public_address, source)))

    for block in article.body:
        yield from _block(letter.language, block, say, told)
    if article.footnotes:
        yield str(own.notes)
    for note in article.footnotes:
        yield f"{say.number(note.number)}. {told(note.html)}"
    for correction in article.corrections:
        head = f"{say.counted('correction', 1)}, {say.day(correction.published)}."
        yield f"{head} {neutral(correction.text)}"


def _block(
    language: str, block: pages.Block, say: Voice, told: Callable[[Markup], str]
) -> Iterator[str]:
    own, w = readers_words(language), words(language)
    match block:
        case pages.Text():
            yield told(block.html)
        case pages.Heading():
            yield neutral(block.text)
        case pages.Photo():
            yield _picture(block.picture, w.picture)
        case pages.Gallery():
            yield from (_picture(each, w.picture) for each in block.pictures)
        case pages.PullQuote():
            yield _quoted(neutral(block.text), neutral(block.attribution))
        case pages.BlockQuote():
            yield _quoted(told(block.html), neutral(block.attribution))
        case pages.FactBox():
            yield f"{RULE} {neutral(block.title or own.background)}\n{told(block.html)}\n{RULE}"
        case pages.Table():
            yield _table(block)
        case pages.LinkCard():
            about = f"{block.description} ({block.host})".strip()
            said = (block.title, about, block.url)
            yield neutral("\n".join(part for part in said if part))
        case pages.Audio() | pages.Video():
            length = block.duration_seconds
            lasts = f" ({say.duration(length)})" if length else ""
            yield f"{w.heard} {neutral(block.title)}{lasts}"
            if block.transcript:
                told_in_full = "\n\n".join(paragraphs(block.transcript))
                yield f"{own.transcript}\n{neutral(told_in_full)}"


def _picture(picture: pages.Picture, label: str) -> str:
    said = [picture.alt, picture.caption, picture.credit]
    shown = neutral(" ".join(part for part in dict.fromkeys(said) if part))
    return f"[{label} {shown}]" if shown else ""


def _quoted(said: str, by: str) -> str:
    lines = [*said.splitlines(), *([f"— {by}"] if by else [])]
    return "\n".join(f"> {line}" for line in lines)


def _table(block: pages.Table) -> str:
    rows: Iterable[tuple[str, ...]] = (*([block.header] if block.header else ()), *block.rows)
    lines = [block.caption, *(" | ".join(cells) for cells in rows)]
    return neutral("\n".join(line for line in lines if line))


def _told(source: Markup) -> str:
    """Turn our few tags into text; a link's address follows its words."""
    linked = _LINK.sub(lambda found: _link(found[1], found[2]), str(source))
    marked = _END.sub("\n\n", _ITEM.sub("• ", linked))
    said = unescape(_TAG.sub("", marked)).replace("\n\n• ", "\n• ")
    return _GAPS.sub("\n\n", said).strip()


def _link(address: str, said: str) -> str:
    bare = _TAG.sub("", said).strip()
    return said if address in ("", bare) else f"{bare} &lt;{address}&gt;"


def _foot(letter: Letter) -> Iterator[str]:
    w = words(letter.language)
    yield RULE
    yield w.why
    yield f"{w.preferences}\n[[preferences]]"
    yield f"{w.leave}\n[[leave]]"
    if letter.path:
        yield f"{w.on_the_web}\n{whole(letter.public_address, letter.path)}"
    yield w.sent_by.format(newsroom=letter.newsroom)
