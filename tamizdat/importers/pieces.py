"""A page's tree -> its pieces in reading order: paragraphs, headings, pictures, lists, tables.

Promises: every word of the tree comes out in exactly one piece, unless it stands beside a picture
as its caption; nothing is judged here. Pages that set paragraphs apart by `<br><br>`, by `<div>`
or by nothing but closing tags left out come out as paragraphs too.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tamizdat.importers.article import Block, Heading, ListBlock, Paragraph, Quote, Table
from tamizdat.importers.dom import BLOCKS, UNSEEN, Element, link_share, tag, text_of, tokens
from tamizdat.importers.inline import clean, inline, plain, render
from tamizdat.importers.lines import ENDS
from tamizdat.importers.pictures import PICTURES, read_figure

HEADINGS = {f"h{n}": n for n in range(1, 7)}
BOLD_HEADING_WORDS = 12
SHORT_LINE = 80  # a line broken before this many letters was meant to end there
LINKED = 0.8


@dataclass(frozen=True)
class Part:
    """A stretch of text and the element it stands in."""

    text: str
    element: Element


@dataclass(frozen=True)
class Piece:
    """One block of the page with what the mark-up tells about it.

    `parts` are its texts element by element: a byline and a date may share a line.
    """

    block: Block
    text: str
    element: Element
    is_text: bool
    links: float = 0.0
    parts: tuple[Part, ...] = ()
    rank: int = 0  # of a heading, 1 to 6


@dataclass
class _Run:
    """Inline content gathered until a block, or a break, ends it."""

    html: str = ""
    parts: tuple[Part, ...] = ()
    linked: int = 0
    element: Element = None
    breaks: int = 0


def gather(tree: Element, base: str | None) -> list[Piece]:
    """Return all pieces of the tree."""
    return list(_pieces(tree, base))


def _pieces(element: Element, base: str | None) -> Iterator[Piece]:
    name = tag(element)
    if name in UNSEEN or not name:
        return
    figure = read_figure(element)
    if figure is not None:
        words = " ".join(filter(None, (figure.caption, figure.credit)))
        yield Piece(figure, words, element, is_text=False)
    elif name in HEADINGS:
        yield from _heading(element, base)
    elif name in ("ul", "ol") and _has_items(element):
        yield _list(element, base)
    elif name == "blockquote":
        yield from _quote(element, base)
    elif name == "table" and _is_data(element):
        yield _table(element, base)
    else:
        yield from _flow(element, base)


def _flow(element: Element, base: str | None) -> Iterator[Piece]:
    """Read mixed content: runs of inline nodes become paragraphs, blocks are read in turn."""
    run = _Run(element=element)
    _add_text(run, element.text)
    for child in element:
        if tag(child) == "br":
            run.breaks += 1
            if _ends_line(run, child):
                yield from _paragraph(run)
                run = _Run(element=element)
            else:
                run.html += " "
        elif _is_block(child):
            yield from _paragraph(run)
            run = _Run(element=element)
            yield from _pieces(child, base)
        else:
            _add_inline(run, child, base)
        _add_text(run, child.tail)
    yield from _paragraph(run)


def _is_block(element: Element) -> bool:
    """A block by name, or an inline element (font, span, a) that holds blocks or breaks."""
    if tag(element) in BLOCKS:
        return True
    return any(tag(e) in BLOCKS or tag(e) == "br" for e in element.iterdescendants())


def _ends_line(run: _Run, br: Element) -> bool:
    """A break ends the paragraph if another follows or the line was plainly finished."""
    words = plain(run.html)
    following = br.getnext()
    doubled = following is not None and tag(following) == "br" and not (br.tail or "").strip()
    return doubled or len(words) < SHORT_LINE or bool(ENDS.search(words))


def _add_text(run: _Run, text: str | None) -> None:
    if text:
        run.html += text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        run.parts += (Part(words, run.element),) if (words := " ".join(text.split())) else ()


def _add_inline(run: _Run, child: Element, base: str | None) -> None:
    run.html += render(child, base)
    run.parts += tuple(_leaves(child))
    run.linked += len(text_of(child)) if tag(child) == "a" else _linked(child)


def _leaves(element: Element) -> Iterator[Part]:
    for child in element.iter():
        if tag(child) and (words := " ".join((child.text or "").split())):
            yield Part(words, child)
        if child is not element and (words := " ".join((child.tail or "").split())):
            yield Part(words, child.getparent())


def _linked(element: Element) -> int:
    return sum(len(text_of(a)) for a in element.iter("a"))


def _paragraph(run: _Run) -> Iterator[Piece]:
    markup = clean(run.html)
    words = plain(markup)
    if not words:
        return
    is_heading = _is_bold(markup) and len(words.split()) <= BOLD_HEADING_WORDS
    if is_heading and not ENDS.search(words):
        block: Block = Heading(clean(words_html(markup)), 3)
    else:
        block = Paragraph(markup)
    yield Piece(block, words, run.element, True, run.linked / len(words), run.parts)


def words_html(markup: str) -> str:
    """Take the bold off a heading: it is bold by being one."""
    return markup.replace("<b>", "").replace("</b>", "")


def _is_bold(markup: str) -> bool:
    return markup.startswith("<b>") and markup.endswith("</b>") and markup.count("<b>") == 1


def _heading(element: Element, base: str | None) -> Iterator[Piece]:
    markup = words_html(inline(element, base))
    words = plain(markup)
    rank = HEADINGS[tag(element)]
    if words:
        block = Heading(markup, min(4, max(2, rank)))
        share = link_share(element)
        yield Piece(block, words, element, True, share, tuple(_leaves(element)), rank)


def _has_items(element: Element) -> bool:
    return any(tag(child) == "li" for child in element)


def _list(element: Element, base: str | None) -> Piece:
    items = [inline(li, base) for li in element.iter("li") if not _is_nested(li, element)]
    block = ListBlock(tag(element) == "ol", tuple(item for item in items if plain(item)))
    words = " ".join(plain(item) for item in block.items)
    return Piece(block, words, element, False, link_share(element))


def _is_nested(item: Element, top: Element) -> bool:
    """An item inside another item comes out with its words."""
    parent = item.getparent()
    while parent is not None and parent is not top:
        if tag(parent) == "li":
            return True
        parent = parent.getparent()
    return False


def _quote(element: Element, base: str | None) -> Iterator[Piece]:
    """Read a blockquote; one that holds pictures or tables is a mere frame around the text."""
    if any(True for _ in element.iter("table", *PICTURES)):
        yield from _flow(element, base)
        return
    named = next((e for e in element.iter("footer", "cite")), None)
    attribution = text_of(named) if named is not None else None
    said = [p for p in _flow(element, base) if named is None or not _is_within(p.element, named)]
    if named is None and len(said) > 1 and said[-1].text.startswith(("—", "–", "-")):
        attribution = said.pop().text
    words = " ".join(p.text for p in said)
    if not words:
        return
    markup = clean(" ".join(_markup(p) for p in said))
    if attribution and markup.endswith(attribution):
        markup, words = markup[: -len(attribution)], words[: -len(attribution)]
    by = attribution.lstrip("—–- ").strip() if attribution else None
    share = link_share(element)
    yield Piece(Quote(clean(markup), by or None), words, element, True, share * 0.5)


def _markup(piece: Piece) -> str:
    return piece.block.html if isinstance(piece.block, Paragraph | Heading) else piece.text


def _is_within(element: Element, outer: Element) -> bool:
    return element is outer or any(a is outer for a in element.iterancestors())


def _is_data(table: Element) -> bool:
    """Tell a table of figures from one that lays out the page."""
    if any(True for _ in table.iter("p", "div", "ul", "ol", "h1", "h2", "h3", "img", "br")):
        return any(True for _ in table.iter("th")) and not any(True for _ in table.iter("h1", "p"))
    rows = [_cells(row) for row in table.iter("tr")]
    wide = [row for row in rows if len(row) > 1]
    return len(wide) > 1 and not any(e is not table for e in table.iter("table"))


def _cells(row: Element) -> list[Element]:
    return [cell for cell in row if tag(cell) in ("td", "th")]


def _table(element: Element, base: str | None) -> Piece:
    rows = tuple(
        tuple(inline(cell, base) for cell in cells)
        for row in element.iter("tr")
        if (cells := _cells(row))
    )
    words = " ".join(plain(cell) for row in rows for cell in row)
    return Piece(Table(rows), words, element, False, link_share(element))


def marks(piece: Piece, part: Part | None = None) -> frozenset[str]:
    """Return what the mark-up calls a piece, or one part of it: class, id, itemprop, rel."""
    if part is None:
        box = piece.element.getparent()
        around = _names(box) if box is not None and len(box) < 3 else frozenset()
        return _names(piece.element) | around
    found = _names(piece.element)
    element = part.element
    while element is not None and element is not piece.element:
        found |= _names(element)
        element = element.getparent()
    return found


def _names(element: Element) -> frozenset[str]:
    said = f"{element.get('itemprop') or ''} {element.get('rel') or ''}"[:200]
    return tokens(element) | frozenset(said.lower().split())
