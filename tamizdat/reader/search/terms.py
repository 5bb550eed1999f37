"""From a text to its terms: what the index holds and a question is turned into.

Rules (``scripts/search/terms.js`` follows the same; ``tests/vectors/search/terms.json``):

* A word is letters, digits and the marks on them. The zero-width non-joiner ends a word, as a space
  does: Persian writes it, a space or nothing between a word and its endings.
* Words are folded: compatibility forms (NFKD), case, and every mark but the breve that makes й of
  и. So ё is е. Arabic letters become the Persian ones, and all digits European.
* Words of one letter and stop words are dropped; of the others the stem is the term, at most 32
  characters of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from tamizdat.reader.search.stems import stemmer
from tamizdat.reader.search.stops import stops

LONGEST = 32  # characters of a term
REMEMBERED = 200_000  # words; then they are worked out again

# Marks of Latin, Cyrillic and Arabic letters, soft hyphen, joiner and kashida: they end no word.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u00ad\u200d\u0640"
_WORD = re.compile(rf"[\w{_MARKS}]+")
_PLAIN_WORD = re.compile(r"[^\W_]+")
_DROPPED = re.compile(f"[{_MARKS}]+")
_LETTERS = str.maketrans(
    "ىيكةەہھٱς" + "۰۱۲۳۴۵۶۷۸۹" + "٠١٢٣٤٥٦٧٨٩",
    "ییکهههها" + "σ" + "0123456789" * 2,
)


@lru_cache
def tongue(language: str) -> Tongue:
    return Tongue(language)


class Tongue:
    """Reads texts of one language. What it has worked out for a word it remembers."""

    def __init__(self, language: str) -> None:
        self._stem = stemmer(language)
        self._stops = stops(language)
        self._known: dict[str, tuple[str, ...]] = {}

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text in order, with all repetitions."""
        return [term for word in _WORD.findall(text) for term in self._of(word)]

    def counted(self, text: str) -> dict[str, int]:
        """Return the terms of a text, each with how often it stands there."""
        known, found = self._known, dict[str, int]()
        for word, count in Counter(_WORD.findall(text)).items():
            terms = known.get(word)  # not by way of _of: every word of an archive comes along here
            for term in self._learn(word) if terms is None else terms:
                found[term] = found.get(term, 0) + count
        return found

    def _of(self, word: str) -> tuple[str, ...]:
        found = self._known.get(word)
        return self._learn(word) if found is None else found

    def _learn(self, word: str) -> tuple[str, ...]:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        found = self._known[word] = tuple(self._terms_of(word))
        return found

    def _terms_of(self, word: str) -> Iterator[str]:
        for plain in _PLAIN_WORD.findall(fold(word)):
            if len(plain) > 1 and plain not in self._stops:
                yield self._stem(plain)[:LONGEST]


def fold(text: str) -> str:
    """Write a text as it is compared: without case, marks and other forms of the same letters."""
    if text.isascii():
        return text.lower()
    bare = unicodedata.normalize("NFKD", text).lower().replace("и\u0306", "й")
    return _DROPPED.sub("", bare).translate(_LETTERS)
