"""The mailbox's pages: a list, a mail, and what stands in the frame for its HTML."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from html import escape

from tamizdat.newsletters.inbox.mailbox import mails
from tamizdat.newsletters.inbox.mailbox.mails import Listed

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-inline-size: 60rem; padding: 1rem; }
a { color: LinkText; }
h1 { font-size: 1.4rem; margin-block: .5rem; }
table { border-collapse: collapse; inline-size: 100%; }
td, th { border-block-end: 1px solid GrayText; padding: .4rem; text-align: start; }
td, th { vertical-align: top; }
td { overflow-wrap: anywhere; }
iframe { background: #fff; block-size: 40rem; border: 1px solid GrayText; inline-size: 100%; }
pre { border: 1px solid GrayText; overflow-wrap: anywhere; padding: 1rem; white-space: pre-wrap; }
.quiet { color: GrayText; }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# What a mail's own HTML may do: be read. Its style stands in it; nothing is loaded, nothing runs.
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
PLAIN_POLICY = "default-src 'none'; frame-ancestors 'none'"
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")


@dataclass(frozen=True)
class Page:
    """What is answered: bytes, their type, and what a browser may do with them."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    policy: str = POLICY


def list_of(found: list[Listed]) -> Page:
    """Show the list of mails."""
    if not found:
        return _page("Outbox", "<p>Nothing has been sent yet. Reload this page later.</p>")
    rows = "".join(map(_line, found))
    head = "<tr><th>Subject</th><th>To</th><th>Date</th><th>Size</th></tr>"
    return _page("Outbox", f"<table>{head}{rows}</table>")


def _line(each: Listed) -> str:
    link = f'<a href="/{escape(each.name)}/">{_text(each.subject) or "—"}</a>'
    cells = (_text(each.to), _text(each.date), f"{each.bytes // 1024 + 1}&nbsp;KB")
    return f'<tr><td dir="auto">{link}</td>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def mail_of(name: str, mail: EmailMessage) -> Page:
    """Show one mail: what a reader sees first, then its text, then its head."""
    parts = [
        f"<table>{_rows((key, mails.header(mail, key)) for key in ('From', 'To', 'Date'))}</table>"
    ]
    here = f"/{escape(name)}"
    if mails.html_of(mail):
        parts.append(
            f'<h2>HTML</h2><iframe sandbox="{SANDBOX}" referrerpolicy="no-referrer" title="HTML" '
            f'src="{here}/html"></iframe>'
        )
    if text := mails.text_of(mail):
        parts.append(f'<h2>Text</h2><pre dir="auto">{_linked(text)}</pre>')
    if attached := mails.attached(mail):
        parts.append(f"<h2>Attached</h2><p>{_text(', '.join(attached))}</p>")
    parts.append(f"<h2>Head</h2><table>{_rows(mails.headers(mail))}</table>")
    parts.append(f'<p><a href="{here}/source">As it lies in the folder</a></p>')
    return _page(
        mails.header(mail, "Subject") or "—", "".join(parts), '<p><a href="/">Outbox</a></p>'
    )


def frame_of(mail: EmailMessage) -> Page:
    """Give a mail's HTML for its frame. Links open in another tab."""
    html = f'<base target="_blank">{mails.html_of(mail)}'
    return Page(html.encode("utf-8", "replace"), policy=FRAME_POLICY)


def source_of(raw: bytes) -> Page:
    """Give a mail's bytes as text."""
    return Page(raw, "text/plain; charset=utf-8", PLAIN_POLICY)


def nothing() -> Page:
    return _page("Not here", '<p>There is no such mail. <a href="/">Outbox</a></p>')


def _page(title: str, body: str, before: str = "") -> Page:
    html = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f'<body>\n{before}<h1 dir="auto">{_text(title)}</h1>\n{body}\n</body>\n</html>\n'
    )
    return Page(html.encode("utf-8", "replace"))


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f'<tr><th>{_text(key)}</th><td dir="auto">{_text(value)}</td></tr>' for key, value in pairs
    )


def _linked(text: str) -> str:
    """Escape a text and make its web addresses links."""
    found, at = "", 0
    for match in _LINK.finditer(text):
        address = _text(match[0])
        found += _text(text[at : match.start()])
        found += f'<a href="{address}" target="_blank" rel="noreferrer noopener">{address}</a>'
        at = match.end()
    return found + _text(text[at:])


def _text(text: str) -> str:
    return escape(text.encode("utf-8", "replace").decode())
