"""What stands around a headline: who, when, the standfirst, the photo.

Rules:
- Names and dates are those readers see. Mark-up says which text is a byline; where it does not,
  the text must ("By …").
- A date without "published" counts only below the headline: above it old pages show the day
  they were opened.
- What is marked as an update is not the publication.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tamizdat.importers.article import Image, Paragraph
from tamizdat.importers.bylines import is_name, names_in, read_byline
from tamizdat.importers.credits import is_caption_line, split_caption
from tamizdat.importers.datelines import Dateline, find_dateline, is_dateline, parse_stamp
from tamizdat.importers.dom import tag
from tamizdat.importers.lines import words
from tamizdat.importers.metadata import Metadata
from tamizdat.importers.pictures import CAPTION, CREDIT
from tamizdat.importers.pieces import Part, Piece, marks

BYLINE = words(
    "author authors byline bylines writer writers contributor contributors authorname"
    " creator reporter avtor autor"
)
NOT_NAME = words("role position job bio title date time avatar image photo social email")
UPDATED = words("updated update modified datemodified revised")
PUBLISHED = words("published datepublished pubdate posted")
STANDFIRST = words(
    "standfirst dek deck subtitle subhead subheadline subheading lead lede excerpt summary intro"
    " teaser anons announce kicker-text strapline"
)
CAPTION_WORDS = 60
STANDFIRST_WORDS = 80


def find_byline(near: Sequence[Piece], meta: Metadata) -> tuple[str, ...]:
    """Return the names shown near the headline; machines' names only if they are shown too."""
    for piece in near:
        if names := _marked_names(piece) or _said_names(piece):
            return names
    shown = " ".join(piece.text for piece in near).lower()
    is_shown = all(name.lower() in shown for name in meta.authors)
    return tuple(n for n in meta.authors if is_name(n)) if is_shown else ()


def find_published(
    below: Sequence[Piece], above: Sequence[Piece], meta: Metadata
) -> Dateline | None:
    """Return the date of publication from metadata, else from what is shown."""
    if meta.published:
        return meta.published
    for piece in [*below, *above]:
        for found in _dates(piece):
            if found.is_labelled or piece in below:
                return found
    return None


def is_fact(piece: Piece) -> bool:
    """Say whether a piece is there for its byline or date, not as text."""
    if is_dateline(piece.text) or _said_names(piece):
        return True
    is_short = len(piece.text) < 120
    return is_short and bool(_marked_names(piece) or any(True for _ in _dates(piece)))


def is_standfirst(piece: Piece, meta: Metadata, *, facts_follow: bool) -> bool:
    """Say whether a piece below the headline is its standfirst."""
    words = len(piece.text.split())
    if not piece.is_text or not 3 < words <= STANDFIRST_WORDS or is_fact(piece):
        return False
    if marks(piece) & STANDFIRST:
        return True
    is_described = bool(meta.description) and piece.text == meta.description
    return facts_follow and (is_described or piece.rank > 0 or words > 6)


def join_captions(pieces: Sequence[Piece]) -> list[Piece]:
    """Give a bare picture the caption that stands in the piece after it."""
    joined: list[Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        image = before.block if before else None
        if before and isinstance(image, Image) and (words := _caption_for(image, piece)):
            joined[-1] = replace(before, block=words, text=f"{before.text} {piece.text}".strip())
        else:
            joined.append(piece)
    return joined


def _caption_for(image: Image, piece: Piece) -> Image | None:
    """Return the picture with the words of `piece`, if they are its caption or its credit."""
    is_line = isinstance(piece.block, Paragraph) and len(piece.text.split()) <= CAPTION_WORDS
    if not is_line or image.credit or is_fact(piece):
        return None
    called = marks(piece)
    found = split_caption(piece.text)
    if image.caption is None and (called & CAPTION or is_caption_line(piece.text)):
        return replace(image, caption=found.text, credit=found.credit)
    is_credit = called & CREDIT and len(piece.text.split()) < 10
    return replace(image, credit=found.credit or found.text) if is_credit else None


def _marked_names(piece: Piece) -> tuple[str, ...]:
    """Read the parts of a piece that mark-up calls the author's; linked ones before others."""
    marked = [p for p in piece.parts if marks(piece, p) & BYLINE and not _names_other(piece, p)]
    sure = [p for p in marked if tag(p.element) == "a" or "name" in marks(piece, p)]
    for parts in (sure, marked):
        names = [n for part in parts for n in names_in(part.text, is_marked=True)]
        if names:
            return tuple(dict.fromkeys(names))
    return ()


def _names_other(piece: Piece, part: Part) -> bool:
    own = marks(piece, part) - marks(piece)
    return bool(own & NOT_NAME) or is_dateline(part.text)


def _said_names(piece: Piece) -> tuple[str, ...]:
    """Read "By A and B" though its words are spread over links and spans."""
    texts = [part.text for part in piece.parts[:12]] or [piece.text]
    for start in range(len(texts)):
        for stop in range(len(texts), start, -1):
            if names := read_byline(" ".join(texts[start:stop])):
                return names
    return ()


def _dates(piece: Piece) -> Iterator[Dateline]:
    for part in piece.parts[:12]:
        called = marks(piece, part)
        if called & UPDATED and not called & PUBLISHED:
            continue
        if found := _stamp(part) or _shown(part.text):
            yield replace(found, is_labelled=found.is_labelled or bool(called & PUBLISHED))
    if is_dateline(piece.text) and (found := find_dateline(piece.text)):
        yield found


def _stamp(part: Part) -> Dateline | None:
    """Read the machine's form of a shown date: more exact than its words."""
    exact = {"time": "datetime", "abbr": "title"}.get(tag(part.element))
    value = part.element.get(exact) if exact else None
    if part.element.get("itemprop") == "datePublished":
        value = value or part.element.get("content")
    read = parse_stamp(value) if value else None
    return replace(read, is_labelled=False) if read else None


def _shown(text: str) -> Dateline | None:
    return find_dateline(text) if is_dateline(text) else None
