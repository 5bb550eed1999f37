"""A story's page as plain text: what a reader gets who can open no page.

The article is taken as a saved file shows it (``edition.articles``): without the ways around the
site. A paragraph is one line; whoever reads mails breaks lines as wide as her screen is.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tamizdat.edition import articles
from tamizdat.edition.articles import Manner

BLOCKS = frozenset(
    "article aside blockquote caption details div dl dt dd figcaption figure footer h1 h2 h3 h4 "
    "header li ol p pre section summary table tr ul".split()
)
_SPACE = re.compile(r"[ \t\n\r]+")


def text_of(page: str, no_picture: tuple[str, str], no_recording: str) -> str:
    """Return a page's article as text. Raises Malformed where it has none."""
    manner = Manner("", {}, no_picture, no_recording, lambda name: None)
    reading = _Reading()
    reading.feed(articles.shown(page, 1, manner))
    reading.close()
    return reading.text()


class _Reading(HTMLParser):
    """Collects lines; between two blocks stands an empty one."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self._line = ""
        self._start = ""
        self._link = ""
        self._in: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in.append(tag)
        if tag in BLOCKS:
            self._end_block()
            self._start = {"li": "- ", "h2": "## ", "h3": "### "}.get(tag, "")
        elif tag == "br":
            self._line += "\n"
        elif tag in ("td", "th") and self._line:
            self._line += " | "
        elif tag == "a":
            link = dict(attrs).get("href") or ""
            self._link = link if link.startswith(("http://", "https://")) else ""
        elif tag == "sup":
            self._line += "["

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self._line += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag == "sup":
            self._line += "]"
        elif tag == "a" and self._link:
            self._line += f" <{self._link}>"
            self._link = ""
        if tag in BLOCKS:
            self._end_block()
        while self._in and self._in.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self._line += _SPACE.sub(" ", data)

    def text(self) -> str:
        self._end_block()
        return "\n\n".join(self.blocks)

    def _end_block(self) -> None:
        line = "\n".join(_SPACE.sub(" ", each).strip() for each in self._line.split("\n")).strip()
        if line:
            before = "> " if "blockquote" in self._in else self._start
            self.blocks.append(f"{before}{line}")
            self._start = ""
        self._line = ""
