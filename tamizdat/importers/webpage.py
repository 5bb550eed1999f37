"""A saved web page -> an `Article`.

How it is read:
1. What the page claims about itself (metadata) is gathered, then its furniture is pruned.
2. The rest is laid out as pieces in reading order. The headline is the piece the page's titles
   name; the story is looked for below it, by the same reasoning about words as in plain text,
   with trafilatura's vote on which paragraphs are prose of the story.
3. Byline and date are what stands near the headline for readers to see. A name that only machines
   are told is not taken over: it may be an author whom the newsroom protects.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tamizdat.importers.article import Article, Block, Heading, Image, ListBlock, Quote, Table
from tamizdat.importers.dom import Element, parse, text_of
from tamizdat.importers.encoding import SAVE_AGAIN
from tamizdat.importers.errors import NotAnArticle
from tamizdat.importers.extractor import main_words, run_together
from tamizdat.importers.headline import Headline, find_headline
from tamizdat.importers.language import UNKNOWN, identify
from tamizdat.importers.masthead import (
    find_byline,
    find_published,
    is_fact,
    is_standfirst,
    join_captions,
)
from tamizdat.importers.metadata import Metadata, collect
from tamizdat.importers.notes import hidden_author, missing, unsure
from tamizdat.importers.passages import Passage, Story, tell_apart
from tamizdat.importers.pieces import Piece, gather
from tamizdat.importers.plaintext import LEAST_WORDS, is_author_note, refuse_length
from tamizdat.importers.pruning import prune

ABOVE = 4  # pieces above the headline that may belong to it
HEAD = 4  # pieces of what was taken for the story that may still be its head
TAIL = 3  # pieces below the story that may name its author
LOGIN_WORDS = 120
LONG_PARAGRAPH = 12  # words; mark-up says that this is a paragraph, ended or not
LINKED = 0.8
TRUSTED_VOTE = 0.3  # an extractor that sees less of the prose than this has taken another thing
EXPECTED = "one article with its paragraphs"


def read_markup(text: str) -> Article:
    """Read an article from a page's mark-up, or raise an ImporterError."""
    tree = parse(text)
    meta = collect(tree)
    asks_password = any((e.get("type") or "").lower() == "password" for e in tree.iter("input"))
    prune(tree)
    refuse_length(text_of(tree))
    page = _lay_out(tree, meta)
    words = sum(len(piece.text.split()) for piece in page.kept)
    if asks_password and words < LOGIN_WORDS:
        raise NotAnArticle.of("this is a login page", EXPECTED, SAVE_AGAIN)
    if _is_front(page):
        raise NotAnArticle.of("this is a list of stories", EXPECTED, SAVE_AGAIN)
    if words < LEAST_WORDS:
        found = "no story was found, only links, notices or a few words"
        raise NotAnArticle.of(found, EXPECTED, SAVE_AGAIN)
    return _article(page, meta)


@dataclass(frozen=True)
class _Page:
    """A page laid out: the pieces around the headline, those of the story, those below it."""

    headline: Headline
    above: Sequence[Piece]
    head: Sequence[Piece]
    kept: Sequence[Piece]
    within: Sequence[Piece]
    tail: Sequence[Piece]
    doubtful: Sequence[Piece]


def _lay_out(tree: Element, meta: Metadata) -> _Page:
    pieces = join_captions(gather(tree, meta.canonical))
    headline = find_headline(pieces, meta)
    at = headline.at if headline.at is not None else -1
    above, below = pieces[max(0, at - ABOVE) : max(0, at)], pieces[at + 1 :]
    story = _tell_apart(below, main_words(tree)) or Story(len(below), len(below), (), ())
    start = _body_start(below, story)
    return _Page(
        headline,
        above,
        below[:start],
        [below[i] for i in story.kept if i >= start],
        below[story.start : story.stop],
        below[story.stop : story.stop + TAIL],
        [below[i] for i in story.doubtful],
    )


def _body_start(pieces: Sequence[Piece], story: Story) -> int:
    """Return where the body begins: below the last byline, date or photo of the head."""
    start = story.start
    for i in range(start, min(start + HEAD, story.stop)):
        if is_fact(pieces[i]):
            start = i + 1
    while start < story.stop and isinstance(pieces[start].block, Image):
        start += 1
    return start


def _tell_apart(pieces: Sequence[Piece], votes: str) -> Story | None:
    voted = [not votes or run_together(p.text) in votes for p in pieces]
    passages = [_passage(p, is_voted=v) for p, v in zip(pieces, voted, strict=True)]
    prose = [p for p in passages if p.is_prose and p.is_clean]
    seen = sum(p.words for p in prose if p.is_voted)
    if seen < TRUSTED_VOTE * sum(p.words for p in prose):
        passages = [_passage(p, is_voted=True) for p in pieces]
    return tell_apart(passages)


def _passage(piece: Piece, *, is_voted: bool) -> Passage:
    """Weigh a piece as a line of text; lines that are all link lead elsewhere."""
    is_text = piece.is_text and not isinstance(piece.block, Heading)
    line = Passage(piece.text, is_text)
    linked = 0.0
    if piece.links >= LINKED:
        linked = 0.5 if line.is_prose and line.is_ended else 1.0
    return Passage(piece.text, is_text, linked, is_voted, long=LONG_PARAGRAPH)


def _is_front(page: _Page) -> bool:
    """A front page: titles that are links, each with hardly more than a sentence below it."""
    titles = [p for p in page.within if isinstance(p.block, Heading) and p.links >= LINKED]
    prose = [p for p in page.kept if p.is_text and not isinstance(p.block, Heading)]
    return len(titles) >= 3 and len(prose) <= 1.5 * len(titles)


def _article(page: _Page, meta: Metadata) -> Article:
    standfirst, kept = _take_standfirst(page, meta)
    near = [*page.head, *reversed(page.above), *page.tail]
    byline = find_byline(near, meta)
    published = find_published(page.head, [*page.above, *page.tail], meta)
    photo, more = _photos(page)
    body = [*more, *_without_author_note(kept, byline)]
    language = identify(" ".join([page.headline.text, *(p.text for p in body)]), meta.language)
    used = {p.text for p in body} | {standfirst}
    doubtful = [p.text for p in page.doubtful if p.text not in used]
    notes = [
        *missing(headline=page.headline.text, byline=byline, dateline=published),
        *hidden_author(bool(meta.authors) and not set(meta.authors) & set(byline)),
        *unsure((), (), doubtful),
    ]
    if language.tag == UNKNOWN:
        notes.append("The language was not found: choose it.")
    return Article(
        headline=page.headline.text,
        standfirst=standfirst,
        byline=byline,
        published=published.when if published else None,
        language=language.tag,
        language_from=language.found,
        photo=photo,
        body=tuple(block for p in body if _has_content(block := p.block)),
        source=meta.canonical,
        notes=tuple(notes),
    )


def _take_standfirst(page: _Page, meta: Metadata) -> tuple[str | None, list[Piece]]:
    """Return the standfirst and the story without it; prose left in the head opens the story."""
    chosen = None
    for i, piece in enumerate(page.head):
        follows = any(is_fact(p) or isinstance(p.block, Image) for p in page.head[i + 1 :])
        if chosen is None and is_standfirst(piece, meta, facts_follow=follows):
            chosen = piece
    body = list(page.kept)
    if chosen is None and len(body) > 2 and is_standfirst(body[0], meta, facts_follow=False):
        chosen = body.pop(0)
    opening = [p for p in page.head if p is not chosen and p in page.within and _is_prose(p)]
    return chosen.text if chosen else None, [*opening, *body]


def _is_prose(piece: Piece) -> bool:
    passage = _passage(piece, is_voted=True)
    return passage.is_prose and passage.is_clean and not is_fact(piece)


def _photos(page: _Page) -> tuple[Image | None, list[Piece]]:
    """Return the photo at the head of the story, and the other pictures there."""
    found = [p for p in page.head if isinstance(p.block, Image)]
    over = [p for p in page.above if isinstance(p.block, Image) and p.block.caption]
    chosen = next(iter([*found, *over]), None)
    photo = chosen.block if chosen and isinstance(chosen.block, Image) else None
    return photo, [p for p in found if p is not chosen]


def _without_author_note(kept: Sequence[Piece], byline: tuple[str, ...]) -> list[Piece]:
    rest = list(kept)
    while len(rest) > 2 and is_author_note(rest[-1].text, byline):
        rest.pop()
    return rest


def _has_content(block: Block) -> bool:
    if isinstance(block, ListBlock):
        return bool(block.items)
    if isinstance(block, Table):
        return any(map(len, block.rows))
    return not isinstance(block, Quote) or bool(block.html)
