"""The kinds of letters that the post writes: the desk's own, and what the parts above it bring.

A part above puts a ``Kind`` into KINDS, under the name that its letters bear, and into TAKE_UP what
makes letters of its own rows; both in its app's ``ready()``.

Rules:

1. What a letter's link needs is written in the transaction that claims the letter (``open``), so no
   link is sent that does not work, and none works that was not sent.
2. ``say`` is asked before anything is sent; None: nobody wants this letter any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tamizdat.desk.models import HELD, Letter, Link
from tamizdat.desk.rendering import table
from tamizdat.vault.retention import LINK
from tamizdat.vault.tokens import hash_of

Page = Callable[[str, str], str]  # a page's whole address, by language and path


@dataclass(frozen=True)
class Said:
    """What one letter says. ``[token]`` in the text is replaced by its value, once and literally.

    Headers are whole lines of printable ASCII (RFC 5322, 2.2).
    """

    subject: str
    text: str
    values: Mapping[str, str]
    sender_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of letter: what it says, given its link's token, and what makes the link work."""

    say: Callable[[Letter, str, Page], Said | None]
    open: Callable[[Letter, str, datetime], object]


def _say_held(letter: Letter, token: str, page: Page) -> Said:
    said = table(letter.language)["letters"][HELD]
    return Said(said["subject"], said["text"], {"link": page(letter.language, f"/me/{token}/")})


def _open_held(letter: Letter, token: str, now: datetime) -> None:
    Link.objects.create(hash=hash_of(token), address=letter.address, gone_at=now + LINK)


KINDS: dict[str, Kind] = {HELD: Kind(_say_held, _open_held)}
# Make letters of rows of their own, called with now at the beginning of each round.
TAKE_UP: list[Callable[[datetime], object]] = []
