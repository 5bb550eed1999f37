"""A story that somebody asks for by mail: found among the public files of the edition, as text.

Rules:

1. Nothing is read but the edition, whose every file is public already. What is withdrawn is not
   there.
2. A link leads by its path alone: readers pass on addresses of mirrors, which have many hosts.
3. Words are looked up in the edition's own search index. One story that holds them all is given;
   several are listed.
4. At most LONGEST_PAGE bytes of a page, MOST_PARTS parts of a story and LONGEST_TEXT characters of
   its text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tamizdat.edition import articles
from tamizdat.edition.errors import Malformed
from tamizdat.edition.paths import BadPath, file_of
from tamizdat.newsletters.inbox.plainly import text_of
from tamizdat.newsletters.inbox.words import Said, said
from tamizdat.reader.search.asking import ask, documents
from tamizdat.reader.search.postings import Damaged
from tamizdat.reader.search.reading import read_segments

LONGEST_PAGE = 2_000_000  # bytes
LONGEST_TEXT = 300_000  # characters
MOST_PARTS = 50
MOST_LISTED = 8

_LINK = re.compile(r"https?://[^\s<>\"]{1,400}|(?<!\S)/[^\s<>\"]{1,300}", re.IGNORECASE)
_STORY = re.compile(r"/(?:[a-z-]{2,12}/)?\d{4}/\d{2}/[a-z0-9-]{1,200}/(?:\d{1,3}/)?")
_FORWARD = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]{1,400})">')
_ANSWERED = re.compile(r"^(?:\s*(?:re|fwd?|aw|отв|пересл)\s*:)+", re.IGNORECASE)
_CYRILLIC, _ARABIC = re.compile(r"[\u0400-\u04ff]"), re.compile(r"[\u0600-\u06ff]")


@dataclass(frozen=True)
class Story:
    """A story as text, in its language."""

    language: str
    text: str


@dataclass(frozen=True)
class Listed:
    """One of several stories that may be meant."""

    headline: str
    day: str
    path: str


@dataclass(frozen=True)
class Several:
    """Stories that hold the words. ``is_all``: all of the words."""

    language: str
    stories: tuple[Listed, ...]


@dataclass(frozen=True)
class Missing:
    """Nothing was found."""

    language: str


Found = Story | Several | Missing


@dataclass(frozen=True)
class Shelf:
    """An edition's folder, and its languages, the first of which has no prefix."""

    edition: Path
    languages: Sequence[str]

    def find(self, subject: str) -> Found:
        """Find what a subject asks for: by a link in it, else by its words."""
        for path in _paths(subject):
            story = self._story(path)
            if story is not None:
                return story
        words = _ANSWERED.sub("", _LINK.sub(" ", subject)).strip()
        return self._by_words(words) if words else Missing(self._guess(subject))

    # By a link

    def _story(self, path: str) -> Story | None:
        page = self._page(path)
        forward = _FORWARD.search(page) if page else None
        if page and forward and (onward := urlsplit(unescape(forward[1])).path) != path:
            path, page = onward, self._page(onward)
        if not page or _STORY.fullmatch(path) is None:
            return None
        language = self._language(path)
        return Story(language, self._text(page, said(language)))

    def _text(self, page: str, say: Said) -> str:
        """Return a story's text, all its parts."""
        found: list[str] = []
        length = 0
        for part in self._parts(page):
            found.append(text_of(part, (f"[{say.picture}: ", "]"), f"[{say.recording}]"))
            length += len(found[-1])
            if length > LONGEST_TEXT:
                return f"{chr(10).join(found)[:LONGEST_TEXT]}…\n\n[{say.cut}]"
        return "\n\n".join(found)

    def _parts(self, page: str) -> Iterator[str]:
        yield page
        for _ in range(MOST_PARTS):
            onward = articles.onward(page)
            page = self._page(onward or "") if onward else ""
            if not page:
                return
            yield page

    def _page(self, path: str) -> str:
        """Return the page at an address, or "" where there is no story."""
        if _STORY.fullmatch(path) is None:
            return ""
        try:
            data = self._read(file_of(path))
            text = data.decode()
            if not _FORWARD.search(text):
                articles.headline(text)
        except (BadPath, OSError, UnicodeDecodeError, Malformed):
            return ""
        return text

    def _read(self, file: str) -> bytes:
        """Read a file of the edition. Raises OSError; a link is not followed."""
        handle = os.open(self.edition / file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as opened:
            return opened.read(LONGEST_PAGE)

    # By words

    def _by_words(self, words: str) -> Found:
        guess = self._guess(words)
        partly: Several | None = None
        for language in dict.fromkeys((guess, *self.languages)):
            listed, is_all = self._asked(words, language)
            if listed and is_all:
                return self._one_or(Several(language, listed))
            if listed and partly is None:
                partly = Several(language, listed)
        return partly or Missing(guess)

    def _one_or(self, several: Several) -> Found:
        only = several.stories[0] if len(several.stories) == 1 else None
        return (self._story(only.path) if only else None) or several

    def _asked(self, words: str, language: str) -> tuple[tuple[Listed, ...], bool]:
        try:
            segments = read_segments(language, self._read)
            answer = ask(words, language, segments, self._read)
            found = documents(answer.hits[:MOST_LISTED], segments, self._read)
        except (OSError, Damaged, ValueError, IndexError, KeyError):
            return (), False  # no index in that language, or one that is being written anew
        return tuple(Listed(each[1], each[3], each[0]) for each in found), answer.is_all

    # Languages

    def _language(self, path: str) -> str:
        first = path.lstrip("/").partition("/")[0]
        return first if first in self.languages[1:] else self.languages[0]

    def _guess(self, words: str) -> str:
        """Guess the language that somebody writes in, by the letters."""
        for language, letters in (("ru", _CYRILLIC), ("fa", _ARABIC)):
            if language in self.languages and letters.search(words):
                return language
        return self.languages[0]


def _paths(subject: str) -> Iterator[str]:
    for link in _LINK.findall(subject)[:4]:
        try:
            path = unquote(urlsplit(link).path)
        except ValueError:  # "http://[": no address
            continue
        if path:
            yield path if path.endswith("/") else f"{path}/"
