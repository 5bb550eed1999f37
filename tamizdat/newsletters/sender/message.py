"""An issue as mail: made once for an issue, language and variant, and cut into a stencil.

Rules:

1. What stands in a header is one line of ours. A subject or a name that holds the end of a line is
   refused (``BadHeader``); letters that are not ASCII are encoded (RFC 2047).
2. The text part says what the HTML part says: ``Content`` has both, and neither may be empty.
3. Pictures come with the mail (``cid:``); nothing is fetched when it is read.
4. Every part is sent as seven-bit lines, so that no server on the way has to change what is signed.
   Quoted-printable where most is ASCII, base64 elsewhere.
5. Who wants out finds the way in the header: List-Unsubscribe with an https and a mailto address
   (RFC 2369), List-Unsubscribe-Post (RFC 8058).

Placeholders (``stencil.TOKENS``) may stand in subject, text and HTML alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from tamizdat.newsletters.sender.stencil import (
    Coding,
    Cut,
    Stencil,
    StencilError,
    base64_lines,
    cut,
    tokens_of,
)
from tamizdat.reader.typography import is_written

MOST_ENCODED = 6  # one letter in so many may be outside ASCII before base64 is shorter


class BadHeader(StencilError):
    """A subject, name or address cannot stand in a header."""


class EmptyPart(StencilError):
    """A mail has no text, or no HTML."""


@dataclass(frozen=True)
class Enclosed:
    """A picture that the HTML shows as ``cid:NAME``, or a file that comes with the mail."""

    name: str  # ASCII, no blanks
    kind: str  # "image/webp"
    data: bytes


@dataclass(frozen=True)
class Content:
    """What one variant of an issue says. HTML and text say the same; both hold placeholders."""

    subject: str
    html: str
    text: str
    pictures: Sequence[Enclosed] = ()
    files: Sequence[Enclosed] = ()


@dataclass(frozen=True)
class Headers:
    """Who sends, and where a reader turns to.

    ``list_id`` is a host name that is never looked up ("weekly.news.example", RFC 2919);
    ``domain`` stands in Message-ID; ``archive`` and ``help`` are addresses on the web or mailto:.
    """

    sender_name: str
    sender: str
    language: str
    date: datetime
    domain: str
    list_name: str = ""
    list_id: str = ""
    archive: str = ""
    help: str = ""
    reply_to: str = ""
    leaves_by_mail: bool = True
    is_automatic: bool = False  # nobody chose to send it now: a welcome, an answer (RFC 3834)


def make(content: Content, headers: Headers) -> Stencil:
    """Return a stencil. Raises UnknownToken, BadHeader, EmptyPart."""
    if not content.text.strip() or not content.html.strip():
        raise EmptyPart("a mail needs a text and an HTML part that say the same; one is empty")
    tokens_of(content.subject)
    kind, body = _body(content)
    fields = [*_fields(content, headers), ("MIME-Version", "1.0"), *kind]
    return Stencil(tuple(fields), body)


# The header


def _fields(content: Content, headers: Headers) -> Iterator[tuple[str, str]]:
    yield "From", mailbox(headers.sender_name, headers.sender)
    yield "To", "<[[to]]>"
    yield "Subject", encoded(content.subject, len("Subject: "))
    yield "Date", format_datetime(headers.date)
    yield "Message-ID", f"<[[message-id]]@{_plain(headers.domain)}>"
    if headers.reply_to:
        yield "Reply-To", f"<{_plain(headers.reply_to)}>"
    yield "List-Unsubscribe", _ways_out(headers)
    yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    if headers.list_id:
        name = f"{encoded(headers.list_name, 9)} " if headers.list_name else ""
        yield "List-Id", f"{name}<{_plain(headers.list_id)}>"
    if headers.help:
        yield "List-Help", f"<{_plain(headers.help)}>"
    if headers.archive:
        yield "List-Archive", f"<{_plain(headers.archive)}>"
    yield "Feedback-ID", "[[feedback-id]]"
    if headers.is_automatic:
        yield "Auto-Submitted", "auto-generated"
    yield "Content-Language", _plain(headers.language)


def _ways_out(headers: Headers) -> str:
    return "<[[leave]]>, <mailto:[[leave-mail]]>" if headers.leaves_by_mail else "<[[leave]]>"


def mailbox(name: str, address: str) -> str:
    """Return a name with an address, for From. Raises BadHeader."""
    if not name:
        return f"<{_plain(address)}>"
    return f"{_phrase(name)} <{_plain(address)}>"


def _phrase(name: str) -> str:
    """Return a name as RFC 5322 takes it: quoted, or encoded where it is not ASCII."""
    if not name.isascii():
        return encoded(name, len("From: "))
    quoted = _one_line(name).replace("\\", r"\\").replace('"', r"\"")
    return f'"{quoted}"'


def encoded(text: str, taken: int) -> str:
    """Return a text for a header that begins with so many letters (RFC 2047). Raises BadHeader."""
    text = _one_line(text)
    if text.isascii():
        return text
    header = Header(text, "utf-8", maxlinelen=76, header_name="x" * max(0, taken - 2))
    return header.encode(linesep="\r\n")


def _one_line(text: str) -> str:
    if not all(map(is_written, text)):
        raise BadHeader("a subject or name is one line; found a line's end or a control character")
    return " ".join(text.split())


def _plain(text: str) -> str:
    """Return what must be ASCII without blanks: an address, a host, a link. Raises BadHeader."""
    if not text or not text.isascii() or not text.isprintable() or set(text) & set(" <>\"'\\,"):
        raise BadHeader(
            "an address in a header is ASCII without blanks, quotes and brackets; found another"
        )
    return text


# The body


def _body(content: Content) -> tuple[list[tuple[str, str]], Cut]:
    text, html = _part("plain", content.text), _part("html", content.html)
    boundary = _boundary(content)
    if content.pictures:
        shown = [html, *(_enclosed(each, "inline") for each in content.pictures)]
        html = _together("related", shown, f"{boundary}r", ' type="text/html";')
    whole = _together("alternative", [text, html], f"{boundary}a")
    if content.files:
        files = [_enclosed(each, "attachment") for each in content.files]
        whole = _together("mixed", [whole, *files], f"{boundary}m")
    return whole


Part = tuple[list[tuple[str, str]], Cut]


def _together(kind: str, parts: Sequence[Part], boundary: str, more: str = "") -> Part:
    """Join parts (RFC 2046, section 5.1)."""
    body = Cut.plain(b"")
    for fields, inner in parts:
        opening = "".join([f"--{boundary}\r\n", *(f"{n}: {v}\r\n" for n, v in fields), "\r\n"])
        body = body + Cut.plain(opening.encode()) + inner + Cut.plain(b"\r\n")
    value = f'multipart/{kind};{more} boundary="{boundary}"'
    return [("Content-Type", value)], body + Cut.plain(f"--{boundary}--\r\n".encode())


def _part(kind: str, text: str) -> Part:
    text = "\r\n".join(text.strip().splitlines()) + "\r\n"
    is_html = kind == "html"
    if _is_mostly_ascii(text):
        name, coding = "quoted-printable", Coding.QP_HTML if is_html else Coding.QP_TEXT
    else:
        name, coding = "base64", Coding.B64_HTML if is_html else Coding.B64_TEXT
    fields = [
        ("Content-Type", f"text/{kind}; charset=utf-8"),
        ("Content-Transfer-Encoding", name),
    ]
    return fields, cut(text, coding)


def _is_mostly_ascii(text: str) -> bool:
    return sum(not letter.isascii() for letter in text) * MOST_ENCODED < len(text)


def _enclosed(each: Enclosed, disposition: str) -> Part:
    name, kind = _plain(each.name), _plain(each.kind)
    fields = [
        ("Content-Type", f'{kind}; name="{name}"'),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f'{disposition}; filename="{name}"'),
    ]
    if disposition == "inline":
        fields.append(("Content-ID", f"<{name}>"))
    return fields, Cut.plain(base64_lines(each.data))


def _boundary(content: Content) -> str:
    """Return a line that no part holds: "=_" stands in neither encoding (RFC 2045, 6.7)."""
    digest = hashlib.sha256(f"{content.subject}\0{content.text}\0{content.html}".encode())
    return f"=_{digest.hexdigest()[:24]}"
