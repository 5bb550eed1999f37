"""What the sign-up looks at in an address before it is sealed: slips, and whose mail it is.

Rules:

1. What ``vault.addressing`` refuses is refused: no line breaks, no more than 254 characters.
2. A word that mixes Latin letters with Cyrillic or Greek ones is refused, with a sentence of its
   own (Unicode TR 39, 5.2). Such an address is a slip of the keyboard, as good as always: it looks
   right, and its mail goes to nobody, or to who registered it for that. A whole word in one script
   is taken as it is.
3. An address at a provider of the home country is taken after a warning: who wants it knows.

We promise that mail goes to the very address that was typed. That it is the one that was meant, its
owner says, who must press a button in the first letter. Pure; knows nothing of Django.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from tamizdat.vault.addressing import LONGEST, normalise
from tamizdat.vault.errors import BadAddress

_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN")  # scripts with letters that look alike
_WORD = re.compile(r"[^\W\d_]+")


class TooLong(BadAddress):
    """There are no addresses that long."""


class MixedLetters(BadAddress):
    """A word of the address has letters of two alphabets that look alike."""


class AtHome(Exception):
    """The address is at a provider of the home country, and nobody has said yet that this is
    known."""


def checked(typed: str) -> str:
    """Return the address as mail is sent to it. Raises BadAddress, TooLong, MixedLetters."""
    if len(typed.strip()) > LONGEST:
        raise TooLong(f"an e-mail address has at most {LONGEST} characters")
    if is_mixed(typed):
        raise MixedLetters("a word of this address has letters of two alphabets")
    return normalise(typed)


def is_mixed(typed: str) -> bool:
    """Say whether any word has letters of two alphabets that look alike."""
    return any(
        len(_scripts(word)) > 1 for word in _WORD.findall(unicodedata.normalize("NFC", typed))
    )


def is_at_home(address: str, providers: Iterable[str]) -> bool:
    """Say whether a normalised address is at one of these domains, or below one."""
    domain = address.rpartition("@")[2]
    return any(domain == each or domain.endswith(f".{each}") for each in map(_domain, providers))


def _domain(provider: str) -> str:
    return provider.strip().lower()


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in word)
    return {name for name in names if name in _ALIKE}
