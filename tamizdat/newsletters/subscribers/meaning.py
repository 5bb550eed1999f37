"""Which newsletter somebody means who signs up by mail: ``subscribe+friday@``, or words in the
subject.

It looks for the code of a language, the last word of a newsletter's address, or its name; where
nothing of it is found, the letters of the subject say the language, and the first newsletter in the
editors' order is meant. Pure; what is guessed wrong the letter says, before anybody confirms it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tamizdat.newsletters.subscribers.models import Offered

_WORD = re.compile(r"[\w-]+")
_SCRIPTS = {"CYRILLIC": "ru", "ARABIC": "fa"}


def meant(offered: Sequence[Offered], word: str, subject: str, first: str) -> Offered | None:
    """Return what is meant, among what is offered in the editors' order; None: nothing is offered.
    ``first`` is the newsroom's first language."""
    said = {each.casefold() for each in [*_WORD.findall(word), *_WORD.findall(subject)]}
    named = [each for each in offered if _slug(each) in said or _is_named(each, subject)]
    language = _language(offered, said, subject, first)
    among = named or list(offered)
    return next((each for each in among if each.language == language), next(iter(among), None))


def _language(offered: Sequence[Offered], said: set[str], subject: str, first: str) -> str:
    known = {each.language for each in offered}
    by_code = next((code for code in sorted(known) if code in said), "")
    return by_code or _by_letters(subject) or first


def _by_letters(subject: str) -> str:
    """Return the language that the letters of a subject hint at: Latin ones hint at none."""
    for letter in filter(str.isalpha, subject):
        found = _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], "")
        if found:
            return found
    return ""


def _slug(offered: Offered) -> str:
    return offered.path.strip("/").rpartition("/")[2].casefold()


def _is_named(offered: Offered, subject: str) -> bool:
    return bool(offered.name) and offered.name.casefold() in subject.casefold()
