"""A picture in a page with the words that belong to it.

Promises: the picture's name as the page writes it, never fetched; its caption and its credit told
apart by mark-up where there is some, by the words otherwise. Portraits of authors, logos, icons
and tracking dots are no pictures of the story.
"""

import re
from collections.abc import Iterator
from itertools import islice

from tamizdat.importers.article import Image
from tamizdat.importers.credits import bare_credit, is_credit, split_caption
from tamizdat.importers.dom import Element, tag, text_of, tokens
from tamizdat.importers.lines import words

PICTURES = ("img", "amp-img")
LAZY = ("data-src", "data-lazy-src", "data-original", "data-srcset", "srcset")
BOXES = words("figure div span p a center td table tbody tr picture noscript section")
CREDIT = words("credit credits source src copyright photographer copy author byline")
CAPTION = words("caption captions cutline legend sign cap figcaption imagetext desc")
NO_STORY = words("avatar logo icon emoji gravatar profile spacer pixel badge sprite author userpic")
LONGEST_NAME = 1000
CAPTION_WORDS = 45
LARGEST_FIGURE = 60  # elements; what holds more is a part of the page
SMALLEST = 100  # pixels; portraits and icons are smaller


def read_figure(element: Element) -> Image | None:
    """Return the picture if `element` is one, alone or with its caption; else None."""
    if tag(element) in PICTURES:
        return _image(element)
    if tag(element) not in BOXES or not _holds_one_picture(element):
        return None
    image = next((found for e in element.iter(*PICTURES) if (found := _image(e))), None)
    leaves = [leaf for leaf in _leaves(element) if text_of(leaf)]
    if image is None or not _are_caption(element, leaves):
        return None
    return _with_words(image, element, leaves)


def _holds_one_picture(element: Element) -> bool:
    """One picture, counted once though a noscript repeats it, and no text of the story."""
    if len(list(islice(element.iter(), LARGEST_FIGURE))) == LARGEST_FIGURE:
        return False
    names = {_source(e) for e in element.iter(*PICTURES)} - {None}
    many = sum(1 for _ in element.iter("p", "li"))
    blocks = any(True for _ in element.iter("h1", "h2", "h3", "h4", "h5", "ul", "ol", "blockquote"))
    rows = sum(1 for _ in element.iter("td"))
    return len(names) == 1 and many <= 2 and not blocks and rows <= 3


def _are_caption(element: Element, leaves: list[Element]) -> bool:
    words = len(text_of(element).split())
    if tag(element) == "figure":
        return words <= 3 * CAPTION_WORDS
    if not leaves and words:
        return words <= CAPTION_WORDS and tag(element) in ("p", "td", "span", "div", "a")
    marked = any(tokens(leaf) & (CAPTION | CREDIT) or tag(leaf) == "figcaption" for leaf in leaves)
    return words <= CAPTION_WORDS and (marked or len(leaves) <= 2)


def _leaves(element: Element) -> Iterator[Element]:
    """Yield the elements that hold the words of a figure, credit boxes whole."""
    for child in element:
        if tokens(child) & CREDIT or _is_plain(child):
            yield child
        else:
            yield from _leaves(child)


def _is_plain(element: Element) -> bool:
    """An element that holds words of its own, or none that hold any."""
    if any(True for _ in element.iter(*PICTURES)):
        return False
    own = (element.text or "").strip() or any((c.tail or "").strip() for c in element)
    return bool(own) or len(element) == 0


def _with_words(image: Image, element: Element, leaves: list[Element]) -> Image:
    marked = [leaf for leaf in leaves if _is_credit_leaf(leaf, leaves)]
    inner = [e for leaf in leaves for e in leaf.iterdescendants() if tokens(e) & CREDIT]
    credit = next((bare_credit(text_of(e)) for e in [*marked, *inner] if text_of(e)), None)
    words = text_of(element)
    for box in [*marked, *inner]:
        words = words.replace(text_of(box), " ", 1)
    split = split_caption(words)
    if credit:
        return Image(image.src, image.alt, _one_line(words), credit)
    return Image(image.src, image.alt, split.text, split.credit)


def _is_credit_leaf(leaf: Element, leaves: list[Element]) -> bool:
    if tokens(leaf) & CREDIT and not tokens(leaf) & CAPTION:
        return True
    return len(leaves) > 1 and not tokens(leaf) & CAPTION and is_credit(text_of(leaf))


def _one_line(words: str) -> str | None:
    return " ".join(words.split()).strip(" ()|[]") or None


def _image(element: Element) -> Image | None:
    source = _source(element)
    if source is None or _is_small(element) or _is_no_story(element):
        return None
    alt = " ".join((element.get("alt") or "").split())
    return Image(src=source, alt=alt[:LONGEST_NAME] or None)


def _source(element: Element) -> str | None:
    """Return where the picture is: pages that load late keep a stand-in in `src`."""
    for key in (*LAZY[:3], "src", *LAZY[3:]):
        value = (element.get(key) or "").strip()
        name = value.split()[0] if "srcset" in key and value else value
        if name and not name.startswith(("data:", "javascript:", "blob:", "about:")):
            return "".join(c for c in name if c.isprintable())[:LONGEST_NAME]
    return None


def _is_small(element: Element) -> bool:
    sizes = [_pixels(element.get(key)) for key in ("width", "height")]
    return any(size is not None and size < SMALLEST for size in sizes)


def _pixels(value: str | None) -> int | None:
    found = re.match(r"\s*(\d{1,5})(?:px)?\s*$", value or "")
    return int(found[1]) if found else None


def _is_no_story(element: Element) -> bool:
    around = [element, *list(element.iterancestors())[:3]]
    return any(tokens(e) & NO_STORY for e in around if tag(e) not in ("article", "body", "main"))
