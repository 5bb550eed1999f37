"""How a letter shows itself to who looks over a shoulder: in the open, or *quiet*.

The sender's name and the subject stand on a locked telephone, in a list of letters on a screen, and
in the provider's books. The quiet form names neither the newsroom nor what a letter is about. It is
the default in the languages of the country in which the newsroom is banned, for the letter that
asks for a confirmation as well: somebody else may have typed the address in.

What it does not hide: the domain that the letter comes from, and its text. Pure; knows nothing of
Django.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tamizdat.reader.typography import is_written

# Who writes, and what about, where nobody has chosen quiet words.
SENDER = {"en": "Letter", "ru": "Письмо", "fa": "نامه"}
SUBJECT = {"en": "Your letter", "ru": "Ваше письмо", "fa": "نامه‌ی شما"}


@dataclass(frozen=True)
class Names:
    """What a newsletter and its sender are called, in the open and quietly; empty: nothing said."""

    name: str
    quiet_name: str = ""
    sender_name: str = ""
    quiet_sender_name: str = ""


def is_home(language: str, home_languages: Iterable[str]) -> bool:
    """Say whether a language is one of the home country's, where quiet is the default."""
    return language.partition("-")[0] in set(home_languages)


def sender(names: Names, language: str, *, is_quiet: bool) -> str:
    """Return the name that stands before the sender's address."""
    if is_quiet:
        return one_line(names.quiet_sender_name or _word(SENDER, language))
    return one_line(names.sender_name or names.name)


def subject(text: str, quiet_text: str, language: str, *, is_quiet: bool) -> str:
    """Return the subject of an issue, by the editors' own two wordings of it."""
    return one_line((quiet_text or _word(SUBJECT, language)) if is_quiet else text)


def title(names: Names, *, is_quiet: bool) -> str:
    """Return what a newsletter is called in a letter: nothing, where it is quiet and unnamed."""
    return one_line(names.quiet_name if is_quiet else names.name)


def one_line(text: str) -> str:
    """Return a text as one line, as headers must be."""
    return " ".join("".join(each if is_written(each) else " " for each in text).split())


def _word(words: dict[str, str], language: str) -> str:
    return words.get(language.partition("-")[0], words["en"])
