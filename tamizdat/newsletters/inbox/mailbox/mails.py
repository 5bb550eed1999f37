"""Mails in a folder, as far as they are shown."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

LONGEST = 20_000_000  # bytes of one mail
MOST = 500  # mails that are listed
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.eml")
_CID = re.compile(r"cid:([^\s\"'<>)]{1,200})")


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    name: str
    sender: str
    to: str
    subject: str
    date: str
    bytes: int


@dataclass(frozen=True)
class Outbox:
    """A folder of mails."""

    folder: Path

    def listed(self) -> list[Listed]:
        """Return the newest mails, the newest first."""
        files = [each for each in self._files() if _NAME.fullmatch(each.name)]
        files.sort(key=lambda each: (each.stat().st_mtime_ns, each.name), reverse=True)
        return [self._line(each) for each in files[:MOST]]

    def read(self, name: str) -> EmailMessage | None:
        """Return a mail by its name, None where there is none."""
        raw = self.raw(name)
        return _parsed(raw) if raw is not None else None

    def raw(self, name: str) -> bytes | None:
        """Return a mail as it lies there."""
        if not _NAME.fullmatch(name):
            return None
        try:
            with (self.folder / name).open("rb") as file:
                return file.read(LONGEST)
        except OSError:
            return None

    def _files(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (each for each in self.folder.iterdir() if each.is_file())

    def _line(self, file: Path) -> Listed:
        mail = self.read(file.name) or EmailMessage()
        sender, to, subject, date = (
            header(mail, name) for name in ("From", "To", "Subject", "Date")
        )
        return Listed(file.name, sender, to, subject, date, file.stat().st_size)


def header(mail: EmailMessage, name: str) -> str:
    """Return a header as one line of text."""
    try:
        return " ".join(str(mail.get(name, "")).split())
    except (MessageError, ValueError, LookupError, AttributeError, TypeError):
        return ""


def headers(mail: EmailMessage) -> list[tuple[str, str]]:
    """Return all headers as they stand in the file, unfolded."""
    return [(name, " ".join(str(value).split())) for name, value in mail.raw_items()]


def text_of(mail: EmailMessage) -> str:
    """Return the plain part, or ""."""
    return _body(mail, "plain")


def html_of(mail: EmailMessage) -> str:
    """Return the HTML part with the mail's own pictures in it, or ""."""
    found = _body(mail, "html")
    pictures = dict(_pictures(mail)) if found else {}
    return _CID.sub(lambda match: pictures.get(match[1], "about:blank"), found)


def attached(mail: EmailMessage) -> list[str]:
    """Return the names of what is attached."""
    return [part.get_filename() or part.get_content_type() for part in mail.iter_attachments()]


def _body(mail: EmailMessage, kind: str) -> str:
    try:
        part = mail.get_body((kind,))
        return str(part.get_content()) if part is not None else ""
    except (MessageError, ValueError, LookupError, AttributeError, TypeError):
        return ""


def _pictures(mail: EmailMessage) -> Iterator[tuple[str, str]]:
    for part in mail.walk():
        name = str(part.get("Content-ID", "")).strip("<> ")
        if name and part.get_content_maintype() == "image":
            payload = part.get_payload(decode=True)
            data = base64.b64encode(payload if isinstance(payload, bytes) else b"").decode()
            yield name, f"data:{part.get_content_type()};base64,{data}"


def _parsed(raw: bytes) -> EmailMessage:
    try:
        found = message_from_bytes(raw, policy=default)
    except (MessageError, ValueError, LookupError, RecursionError):
        return EmailMessage()
    return found if isinstance(found, EmailMessage) else EmailMessage()
