"""A page's mark-up as a tree, read as hostile input.

Promises: nothing is fetched, no entity beyond HTML's own is expanded (the HTML parser knows no
others), and a page nested or spun out beyond what a browser would be given is refused before any
of it is walked. All that we know of lxml's types is here.
"""

import re
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from tamizdat.importers.errors import FileTooLarge, NotAnArticle
from tamizdat.importers.lines import tidy, words

# Any: lxml carries no types. Everything typed stops at this module's functions.
Element = Any

MOST_ELEMENTS = 30_000  # a long live blog has a third of this; each thousand costs 0.2 s
WHERE_TAGS_BEGIN = 8192
LONGEST_ATTRIBUTE = 1000
DEEPEST = 150  # libxml2 itself silently drops what lies deeper than 255
SIMPLER = "Save the story's own page, or copy its text into a UTF-8 file."

UNSEEN = words("script style template head title meta link base object embed param")
BLOCKS = words(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption"
    " figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol p pre"
    " section summary table tbody td tfoot th thead tr ul amp-img img picture video audio iframe"
    " noscript amp-consent amp-sidebar amp-ad"
)
_HAS_TAG = re.compile(
    r"<(?:!doctype\s+html|html|head|body|article|div|p|table|h1|meta)\b[^<>]{0,2000}>", re.I
)


def is_markup(text: str, name: str) -> bool:
    """Say whether text is a page's mark-up: it begins with a tag, or is full of them.

    The file's name decides only how many tags are many: text about HTML may show a few.
    """
    is_named_so = name.lower().endswith((".html", ".htm", ".xhtml"))
    if text.lstrip().startswith("<") and _HAS_TAG.search(text[:WHERE_TAGS_BEGIN]):
        return True
    return len(_HAS_TAG.findall(text[:200_000])) >= (1 if is_named_so else 5)


def parse(text: str) -> Element:
    """Return the page's root element; raise an ImporterError where it is no page or too large."""
    parser = lxml_html.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        tree = lxml_html.document_fromstring(tidy(text).encode(), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError) as broken:
        raise NotAnArticle.of("the mark-up holds nothing", "a saved page", SIMPLER) from broken
    _refuse_size(tree)
    return tree


def _refuse_size(tree: Element) -> None:
    count, depth, deepest = 0, 0, 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        _cut_attributes(element)
        depth += 1 if event == "start" else -1
        count += event == "start"
        deepest = max(deepest, depth)
    if count > MOST_ELEMENTS or deepest > DEEPEST:
        found = f"the page has {count:,} elements nested {deepest} deep"
        expected = f"at most {MOST_ELEMENTS:,} elements nested {DEEPEST} deep"
        raise FileTooLarge.of(found, expected, SIMPLER)


def _cut_attributes(element: Element) -> None:
    """Cut class names of a megabyte: patterns are matched against them in foreign code too."""
    for key in ("class", "id", "style"):
        value = element.get(key)
        if value and len(value) > LONGEST_ATTRIBUTE:
            element.set(key, value[:LONGEST_ATTRIBUTE])


def tag(element: Element) -> str:
    """Return the element's name in small letters; "" for what is no element."""
    return element.tag.lower() if isinstance(element.tag, str) else ""


def text_of(element: Element) -> str:
    """Return the words of an element as one line, blocks and line breaks set apart."""
    found: list[str] = []
    _add_words(element, found)
    return " ".join("".join(found).split())


def _add_words(element: Element, found: list[str]) -> None:
    if tag(element) in UNSEEN:
        return
    apart = " " if tag(element) in BLOCKS or tag(element) == "br" else ""
    found += (apart, element.text or "")
    for child in element:
        _add_words(child, found)
        found.append(child.tail or "")
    found.append(apart)


def tokens(element: Element) -> frozenset[str]:
    """Return the words of an element's class and id: "MainNav_x" -> main, nav, x."""
    said = f"{element.get('class') or ''} {element.get('id') or ''}"[:500]
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", said)
    return frozenset(w for w in re.split(r"[^A-Za-z0-9]+", apart.lower()) if w)


def drop(element: Element) -> None:
    """Take an element out of the tree and leave the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + " " + element.tail
        else:
            parent.text = (parent.text or "") + " " + element.tail
    element.tail = None
    parent.remove(element)


def link_share(element: Element) -> float:
    """Return how much of an element's text stands inside links, from 0 to 1."""
    whole = len(text_of(element))
    linked = sum(len(text_of(a)) for a in element.iter("a"))
    return linked / whole if whole else 0.0
