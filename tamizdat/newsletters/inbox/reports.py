"""What machines send about our letters: one came back (RFC 3464), one is unwanted (RFC 5965).

Rules:

1. Which delivery it is about is told by the token in the address that the report went to, or by the
   Message-ID of the letter that came back. No address that a report names is looked at.
2. *Hard* is only what says that the address is dead: RFC 3463's class 5 with subject 0 (other) or 1
   (address), 5.2.0 and 5.2.1 (mailbox disabled), 5.4.4 (no such domain). A full mailbox, a letter
   that is too long, and above all 5.7 (policy: "we do not want you") say nothing about the address.
   A provider that blocks us for an hour must not cost us its readers.
3. What has no form is believed less: it counts where it came to a delivery's own address, and as
   hard only where it quotes an enhanced code that is.
4. A delay (``Action: delayed``) is nothing yet. Neither is "not-spam", nor a report about
   somebody else's authentication.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from tamizdat.newsletters.inbox.letters import (
    Mail,
    fields_of,
    identifier,
    parts,
    text_of,
)

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)[ -]")
_RETURNED = re.compile(r"^message-id:\s*(<[^<>\s]{1,300}>)", re.IGNORECASE | re.MULTILINE)
# Below these lines stands what came back, and what it says is not the server's.
_COPY = re.compile(
    r"^-{2,}.{0,80}(?:copy|original|returned|undelivered)|^.{0,20}below this line", re.I | re.M
)
UNWANTED = frozenset({"abuse", "fraud", "virus", "other"})  # kinds of feedback (RFC 5965, 7.3)
POLICY = frozenset({"552", "554"})  # replies that servers give to whatever they dislike


@dataclass(frozen=True)
class Bounce:
    """A letter of ours that was not delivered, for good (hard) or this time."""

    is_hard: bool
    token: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Complaint:
    """Somebody called a letter of ours unwanted."""

    token: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class Nothing:
    """A report that is about nothing of ours, or about nothing yet."""

    why: str


def bounce(mail: Mail, token: str) -> Bounce | Nothing:
    """Read what says that a letter was not delivered. ``token`` comes from its own address."""
    if is_report(mail, "delivery-status"):
        return _standard(mail, token)
    return _formless(mail, token) if token else Nothing("a report without a form")


def complaint(mail: Mail, token: str) -> Complaint | Nothing:
    """Read a complaint (``token`` as above)."""
    for part in parts(mail.message):
        if part.get_content_type() == "message/feedback-report":
            fields = (fields_of(part) or [{}])[0]
            if fields.get("feedback-type", "").lower() not in UNWANTED:
                return Nothing("a report of another kind")
            sent_from = token_in(fields.get("original-mail-from", ""))
            found = Complaint(token or sent_from, _returned(mail))
            return found if found.token or found.message_id else Nothing("a complaint about what?")
    return Nothing("a complaint without a report")


def is_report(mail: Mail, kind: str) -> bool:
    """Say whether a mail is a multipart/report of this kind, or holds the part that makes one."""
    said = str(mail.message.get_param("report-type") or "").lower()
    return said == kind or any(
        part.get_content_type() == f"message/{kind}" for part in parts(mail.message)
    )


def token_in(address: str, name: str = "bounces") -> str:
    """Return what stands behind the plus of an address of ours: ``bounces+TOKEN@…``."""
    local = address.strip("<> ").rpartition("@")[0]
    start, plus, token = local.partition("+")
    return token if plus and start.lower() == name else ""


def code_in(text: str) -> str:
    """Return the first enhanced status code (RFC 3463) in what a server said, or ""."""
    found = _CODE.search(text)
    return found[0] if found else ""


def is_hard(status: str, diagnostic: str = "") -> bool:
    """Say whether an enhanced status code (RFC 3463) means that the address is dead."""
    found = _CODE.search(status)
    if found is None or found[1] != "5":
        return False
    subject, detail = int(found[2]), int(found[3])
    if (subject, detail) == (0, 0):
        return _is_hard_by_diagnostic(diagnostic)
    return subject in (0, 1) or (subject, detail) in {(2, 0), (2, 1), (4, 4)}


def _is_hard_by_diagnostic(diagnostic: str) -> bool:
    """Ask what the other server said, where the one that reports knows no more than "failed"."""
    code = _CODE.search(diagnostic)
    if code is not None and code[0] != "5.0.0":
        return is_hard(code[0])
    reply = _REPLY.search(diagnostic)
    return reply is None or (reply[1].startswith("5") and reply[1] not in POLICY)


def _standard(mail: Mail, token: str) -> Bounce | Nothing:
    failed = [each for each in _recipients(mail) if each.get("action", "").lower() == "failed"]
    if not failed:
        return Nothing("a report of a letter that has not failed")
    hard = any(is_hard(each.get("status", ""), each.get("diagnostic-code", "")) for each in failed)
    found = Bounce(hard, token, _returned(mail))
    return found if found.token or found.message_id else Nothing("a bounce of what?")


def _recipients(mail: Mail) -> Iterator[dict[str, str]]:
    """Yield the groups of a report that are about one recipient each (RFC 3464, section 2.3)."""
    for part in parts(mail.message):
        if part.get_content_type() == "message/delivery-status":
            yield from (each for each in fields_of(part) if "action" in each)


def _formless(mail: Mail, token: str) -> Bounce | Nothing:
    if not _is_from_a_server(mail):
        return Nothing("a letter to a delivery's address, and no report")
    text = next((text_of(each) for each in parts(mail.message) if _is_text(each)), "")
    said = text[: copy.start()] if (copy := _COPY.search(text)) else text
    codes = [found[0] for found in _CODE.finditer(said) if found[1] != "2"]
    if not codes and not _REPLY.search(said) and not mail.has("x-failed-recipients"):
        return Nothing("a server's letter that names no failure")
    return Bounce(any(is_hard(code, said) for code in codes if code != "5.0.0"), token)


def _is_from_a_server(mail: Mail) -> bool:
    """Say whether a mail comes from where no person writes (RFC 5321, 4.5.5; RFC 3834)."""
    local = mail.sender.partition("@")[0].lower()
    return mail.envelope_sender == "" or local in ("mailer-daemon", "postmaster")


def _is_text(part: Message) -> bool:
    return part.get_content_maintype() == "text"


def _returned(mail: Mail) -> str:
    """Return the Message-ID of the letter that came back, or of its head."""
    for part in parts(mail.message):
        kind, inner = part.get_content_type(), part.get_payload()
        if kind == "message/rfc822" and isinstance(inner, list) and inner:
            return identifier(inner[0]) if isinstance(inner[0], Message) else ""
        if kind == "text/rfc822-headers":
            return identifier(message_from_bytes(text_of(part).encode("utf-8", "replace")))
    texts = (text_of(each) for each in parts(mail.message) if _is_text(each))
    found = (_RETURNED.search(each) for each in texts)
    return next((each[1] for each in found if each), "")
