"""A letter's bytes: ours, with a few tokens replaced.

Rules:

1. ``[token]`` is replaced literally and once. What a value holds is never looked at again, and a
   token without a value stays as it is: a template is text, and no program.
2. No header can be brought in: what goes into one is one line, or it is refused (``email.policy``,
   and here what stands as it is: a link in a header must not be folded or encoded).
3. Plain text. No picture, no link but the one that was asked for, nothing to be counted by.
4. The subject of the desk's own letters says nothing: it is shown on locked screens.
5. The same letter, link and moment give the same bytes. The Message-ID follows from the letter, so
   that a mailbox which got one twice can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from tamizdat.desk.post.kinds import Said

_TOKEN = re.compile(r"\[([a-z]+)\]")
_NAME, _LINE = re.compile(r"[A-Za-z][A-Za-z-]*"), re.compile(r"[\x20-\x7e]{1,900}")


@dataclass(frozen=True)
class Writing:
    """What one letter is made of, besides our words."""

    number: str  # of the letter; random, and nobody's
    language: str
    sender: str
    to: str
    said: Said
    now: datetime


def write(writing: Writing) -> bytes:
    """Return the letter as it is handed over (RFC 5322, RFC 3834 for what a machine writes).

    Raises ValueError where something would end a header's line.
    """
    said = writing.said
    letter = EmailMessage(policy=SMTP if writing.to.isascii() else SMTPUTF8)
    letter["From"] = _mailbox(writing.sender, said.sender_name)
    letter["To"] = _mailbox(writing.to)
    letter["Subject"] = said.subject
    letter["Date"] = format_datetime(writing.now)
    letter["Message-ID"] = f"<{writing.number}@{writing.sender.rpartition('@')[2]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(replaced(said.text.strip() + "\n", said.values))
    letter["Content-Language"] = writing.language
    return b"".join(_as_it_is(said.headers)) + bytes(letter)


def _as_it_is(headers: Mapping[str, str]) -> Iterator[bytes]:
    """Write headers whose lines no library may touch. Raises ValueError."""
    for name, value in headers.items():
        if not (_NAME.fullmatch(name) and _LINE.fullmatch(value)):
            raise ValueError(f"the header {name!r} is no line of printable ASCII")
        yield f"{name}: {value}\r\n".encode("ascii")


def _mailbox(address: str, name: str = "") -> Address:
    """Return an address for a header. Raises ValueError where it holds the end of a line."""
    local, _, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def replaced(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of tokens."""
    return _TOKEN.sub(lambda found: values.get(found[1], found[0]), text)
