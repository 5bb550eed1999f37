"""An answer to who asked for a story: her own subject back, plain text, and nothing of ours.

Rules:

1. It goes to the address that was checked, and to no ``Reply-To``.
2. Its head names no newsroom: the subject is what she wrote herself, the sender is an address
   without a name. Somebody may look over her shoulder.
3. It says that a machine wrote it (RFC 3834), so that no machine answers it.
4. No header can be brought in: what goes into one is one line of printable letters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime

from tamizdat.newsletters.inbox.stories import Found, Missing, Several, Story
from tamizdat.newsletters.inbox.words import said

RE = "Re: "


@dataclass(frozen=True)
class Reply:
    """What an answer is made of. ``number`` is random, and nobody's."""

    to: str = field(repr=False)
    sender: str
    subject: str
    answers: str  # the Message-ID of what is answered, or ""
    number: str
    now: datetime


def write(reply: Reply, found: Found) -> bytes:
    """Return the answer's bytes."""
    letter = EmailMessage(policy=SMTP if reply.to.isascii() else SMTPUTF8)
    letter["From"] = _mailbox(reply.sender)
    letter["To"] = _mailbox(reply.to)
    letter["Subject"] = _subject(reply.subject)
    letter["Date"] = format_datetime(reply.now)
    letter["Message-ID"] = f"<{reply.number}@{reply.sender.rpartition('@')[2]}>"
    if reply.answers.isascii() and reply.answers.isprintable() and reply.answers:
        letter["In-Reply-To"] = letter["References"] = reply.answers
    letter["Auto-Submitted"] = "auto-replied"
    letter.set_content(text(found))
    return bytes(letter)


def text(found: Found) -> str:
    """Say what was found."""
    if isinstance(found, Story):
        return f"{found.text}\n"
    say = said(found.language)
    if isinstance(found, Missing):
        return f"{say.missing}\n"
    return "\n\n".join((say.several, *_lines(found))) + "\n"


def _lines(several: Several) -> list[str]:
    return [f"{each.path}\n{each.headline} ({each.day})" for each in several.stories]


def _subject(subject: str) -> str:
    plain = " ".join("".join(each if each.isprintable() else " " for each in subject).split())
    return plain if plain[: len(RE)].lower() == RE.lower() else f"{RE}{plain}"


def _mailbox(address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(username=local, domain=domain)
