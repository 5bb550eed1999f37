"""Stems: the forms of one word become one term, lightly.

Rules:

* What is cut off is inflection, not meaning: cases, plurals, -ing and -ed. Verbs of Russian and
  Persian keep most of their endings, because nouns end alike.
* Endings are cut until none fits any more, so that "Ivanov" and "Ivanova", "system" and its
  genitive plural meet at the same place, wherever that is. A stem need not be a word.
* Stories and questions go through the same cutting. What it joins wrongly gives a hit too many,
  never one too few.
"""

from __future__ import annotations

from collections.abc import Callable

VOWELS = frozenset("aeiouy")
LEAST = 3  # letters that stay

RUSSIAN_REFLEXIVE = ("ся", "сь")
RUSSIAN = tuple(
    "иями ьями ыми ими ого его ому ему ами ями иях иям ией ием ьях ьям ьев ьей ьем "
    "ый ий ой ая яя ое ее ые ие ых их ую юю ым им ом ем ам ям ах ях ов ев ей ою ею "
    "ия ии ию ья ье ьи ью а я о е и ы у ю ь й".split()
)
PERSIAN = tuple("هایشان هایمان هایتان هایی هایم هایت هایش ترین های تری ها تر ات ان ی".split())
PERSIAN_VERBAL = ("نمی", "می")


def stemmer(language: str) -> Callable[[str], str]:
    """Return what cuts words of a language; for a language of no rules, what leaves them alone."""
    return STEMMERS.get(language.partition("-")[0].lower(), str)


def english(word: str) -> str:
    word = _singular(word)
    for ending in ("ingly", "edly", "ing", "ed", "ly"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= LEAST and not VOWELS.isdisjoint(rest):
            if word.endswith("eed"):
                break
            is_doubled = rest[-1] == rest[-2] and rest[-1] not in "aeioulsz"
            word = rest[:-1] if is_doubled else rest
            break
    if len(word) > LEAST and word.endswith("e"):
        word = word[:-1]
    return f"{word[:-1]}i" if len(word) > LEAST and word.endswith("y") else word


def _singular(word: str) -> str:
    if len(word) <= LEAST or not word.endswith("s"):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word[:-1]


def russian(word: str) -> str:
    for ending in RUSSIAN_REFLEXIVE:
        if word.endswith(ending) and len(word) - len(ending) > LEAST:
            word = word.removesuffix(ending)
            break
    word = _cut(word, RUSSIAN)
    return f"{word[:-2]}н" if len(word) > LEAST and word.endswith("нн") else word


def persian(word: str) -> str:
    for beginning in PERSIAN_VERBAL:
        if word.startswith(beginning) and len(word) - len(beginning) > LEAST:
            word = word.removeprefix(beginning)
            break
    return _cut(word, PERSIAN)


def _cut(word: str, endings: tuple[str, ...]) -> str:
    """Cut endings, the longest first, until none is left to cut."""
    while True:
        for ending in endings:
            if word.endswith(ending) and len(word) - len(ending) >= LEAST:
                word = word[: -len(ending)]
                break
        else:
            return word


STEMMERS: dict[str, Callable[[str], str]] = {
    "en": english,
    "ru": russian,
    "fa": persian,
}
