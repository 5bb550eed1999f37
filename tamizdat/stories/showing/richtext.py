"""Editors' rich text as readers get it: a short list of tags, our own addresses, footnote marks.

Rules:

* Only p, b, i, a, ul, ol, li, br and the footnote marks that we make ourselves come through.
* A link to a page of ours becomes its address; to one that readers cannot see, plain text.
* A foreign link gives away nothing: no referrer, no opener.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape, unescape

import nh3
from markupsafe import Markup

TAGS = {"p", "b", "i", "strong", "em", "a", "ul", "ol", "li", "br"}
CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
ANCHOR = re.compile(r"<a\b([^>]*)>", re.IGNORECASE)
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
MARK = re.compile(r"\[\^([0-9A-Za-z]{1,8})\]")
TAG = re.compile(r"<[^>]+>")
EMPTY = re.compile(r"<p>\s*(<br>)?\s*</p>")
FOREIGN = re.compile(r'<a href="(?=https?:)')


class Footnotes:
    """Numbers footnotes in the order in which the text first refers to them."""

    def __init__(self, marks: Iterable[str] = ()) -> None:
        self._known = frozenset(marks)
        self.references: dict[str, int] = {}

    def refer(self, match: re.Match[str]) -> str:
        mark = match.group(1)
        if mark not in self._known:
            return ""
        self.references[mark] = self.references.get(mark, 0) + 1
        number = list(self.references).index(mark) + 1
        return (
            f'<sup class="ref" id="ref-{number}-{self.references[mark]}">'
            f'<a href="#note-{number}">{number}</a></sup>'
        )


def clean(source: str, address_of: Callable[[int], str], notes: Footnotes | None = None) -> Markup:
    """Return sanitised HTML.

    ``address_of`` gives the address of a page of ours by its id, or "" where readers cannot see it.
    """
    linked = ANCHOR.sub(lambda match: _anchor(match.group(1), address_of), source)
    safe = EMPTY.sub("", CLEANER.clean(linked))
    safe = FOREIGN.sub('<a rel="noopener noreferrer" href="', safe)
    if notes is not None:
        safe = MARK.sub(notes.refer, safe)
    return Markup(safe)  # noqa: S704 - nh3 has cleaned it, above


def linked(source: str) -> list[int]:
    """Return the ids of the pages of ours that rich text links to."""
    if "linktype" not in source:
        return []
    found = (dict(ATTRIBUTE.findall(attributes)) for attributes in ANCHOR.findall(source))
    return [int(each["id"]) for each in found if _is_ours(each)]


def plain(source: str) -> str:
    """Return rich text without its tags and footnote marks, for counting words and for lists."""
    return unescape(TAG.sub(" ", MARK.sub("", source)))


def _anchor(attributes: str, address_of: Callable[[int], str]) -> str:
    found = dict(ATTRIBUTE.findall(attributes))
    if _is_ours(found):
        address = address_of(int(found["id"]))
    elif "linktype" in found:
        address = ""
    else:
        address = unescape(found.get("href", ""))
    return f'<a href="{escape(address)}">' if address else "<a>"


def _is_ours(attributes: dict[str, str]) -> bool:
    return attributes.get("linktype") == "page" and attributes.get("id", "").isdecimal()
