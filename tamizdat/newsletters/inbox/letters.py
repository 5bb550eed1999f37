"""A mail that came in, read as far as it is safe: anybody can send anything.

Rules:

1. At most LONGEST bytes, MOST_LINES lines and MOST_PARTS parts are looked at. What is cut off is a
   returned letter's end; reports come before it (RFC 6522, section 3).
2. The structure is read by the forgiving, quick parser (``compat32``). Single fields go through
   ``email.policy.default`` where they are no longer than LONGEST_FIELD; a field that it cannot read
   is not there.
3. An address counts where there is exactly one in its field.
4. Reading never fails: a mail that makes no sense has no sender, no subject and no parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import InvalidHeaderDefect
from email.message import Message
from email.policy import default
from typing import Any

LONGEST = 512 * 1024  # bytes
MOST_LINES = 20_000
MOST_PARTS = 20
LONGEST_FIELD = 2_000  # characters
LONGEST_SUBJECT = 300
LONGEST_TEXT = 20_000  # characters of a text part

_ADDRESS = re.compile(r"[^\s<>@,;:\"()]{1,64}@[^\s<>@,;:\"()]{1,253}")
_IDENTIFIER = re.compile(r"<[^<>\s]{1,300}>")
_BOUNDARY = re.compile(rb"boundary[\s*0-9]{0,8}=", re.IGNORECASE)
# Where the host that took the mail in wrote down for whom; RFC 5321 has no word for it.
DELIVERED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
NAMED = ("to", "cc")


@dataclass(frozen=True)
class Mail:
    """What a mail says.

    ``envelope_sender`` is None where nobody wrote it down. ``delivered_to`` are addresses that our
    own host wrote, ``named`` those that the writer chose.
    """

    sender: str = ""
    envelope_sender: str | None = None
    delivered_to: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    subject: str = ""
    message_id: str = ""
    message: Message = field(default_factory=Message, repr=False)

    def values(self, name: str) -> list[str]:
        """Return a field's values, the topmost first."""
        return values_of(self.message, name)

    def value(self, name: str) -> str:
        return (self.values(name) or [""])[0]

    def has(self, name: str) -> bool:
        return name in self.message


def read(raw: bytes, recipient: str = "") -> Mail:
    """Read a mail. ``recipient`` is whom it was for, where whoever hands it over knows that."""
    message = _parsed(raw)
    return Mail(
        sender=_one(values_of(message, "from")),
        envelope_sender=_envelope_sender(message),
        delivered_to=(recipient.strip(),) if recipient else _addresses(message, DELIVERED),
        named=_addresses(message, NAMED),
        subject=_decoded(message, "subject")[:LONGEST_SUBJECT],
        message_id=identifier(message),
        message=message,
    )


def values_of(message: Message, name: str) -> list[str]:
    """Return a field's values as they came, unfolded; what is too long is left out."""
    found = (
        _unfolded(str(value)) for key, value in message.raw_items() if key.lower() == name.lower()
    )
    return [each for each in found if len(each) <= LONGEST_FIELD]


def identifier(message: Message) -> str:
    """Return a message's own identifier with its angle brackets, or ""."""
    found = [_IDENTIFIER.search(each) for each in values_of(message, "message-id")]
    return found[0][0] if len(found) == 1 and found[0] else ""


def parts(message: Message) -> Iterator[Message]:
    """Yield a message and its parts, in their order, not those within a returned letter."""
    seen = 0
    waiting = [message]
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        yield part
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting = [*(each for each in inner if isinstance(each, Message)), *waiting]


def mailboxes(value: str) -> list[str]:
    """Return the addresses that a field names; none where it is not well formed.

    An address within somebody's name is none: ``"get@ours.example" <eve@evil.example>``.
    """
    try:
        found = default.header_factory("to", value)
        if any(isinstance(each, InvalidHeaderDefect) for each in found.defects):
            return []
        return [each.addr_spec for each in found.addresses]
    except Exception:
        return []


def text_of(part: Message) -> str:
    """Return a text part's text, as far as it can be read."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload[: 4 * LONGEST_TEXT].decode(_charset(part), "replace")[:LONGEST_TEXT]
    except (LookupError, ValueError):  # a charset that nobody knows, or that is no charset
        return payload[: 4 * LONGEST_TEXT].decode("utf-8", "replace")[:LONGEST_TEXT]


def fields_of(part: Message) -> list[dict[str, str]]:
    """Return the groups of fields of a report (RFC 3464, RFC 5965), names in small letters."""
    inner = part.get_payload()
    groups: list[Any] = inner if isinstance(inner, list) else []
    if not groups:
        groups = [message_from_bytes(text_of(part).encode("utf-8", "replace"))]
    return [
        {
            key.lower(): _unfolded(str(value))
            for key, value in group.raw_items()
            if len(str(value)) <= LONGEST_FIELD
        }
        for group in groups[:MOST_PARTS]
        if isinstance(group, Message)
    ]


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


# What they lean on


def _parsed(raw: bytes) -> Message:
    looked_at = raw[:LONGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    lines = looked_at.split(b"\n", MOST_LINES)
    if len(lines) > MOST_LINES:
        looked_at = b"\n".join(lines[:MOST_LINES])
    # A part within a part within a part: each takes the parser a level further down.
    if sum(1 for _ in _BOUNDARY.finditer(looked_at)) > MOST_PARTS:
        looked_at = looked_at.partition(b"\n\n")[0]
    try:
        return message_from_bytes(looked_at)
    except Exception:
        return Message()


def _decoded(message: Message, name: str) -> str:
    for value in values_of(message, name)[:1]:
        try:
            text = str(default.header_factory(name, value))
        except Exception:
            return ""
        return " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return ""


def _one(values: list[str]) -> str:
    """Return the one address of one field, else ""."""
    if len(values) != 1:
        return ""
    try:
        found = default.header_factory("from", values[0]).addresses
        one = found[0].addr_spec if len(found) == 1 else ""
    except Exception:
        return ""
    return one if _ADDRESS.fullmatch(one) else ""


def _envelope_sender(message: Message) -> str | None:
    """Return what the host that delivered wrote down; it prepends, so the first one counts."""
    values = values_of(message, "return-path")
    if not values:
        return None
    found = _ADDRESS.search(values[0])
    return found[0] if found else ""


def _addresses(message: Message, names: tuple[str, ...]) -> tuple[str, ...]:
    found = (each for name in names for value in values_of(message, name) for each in _found(value))
    return tuple(dict.fromkeys(found))[:MOST_PARTS]


def _found(value: str) -> list[str]:
    return _ADDRESS.findall(value)


def _charset(part: Message) -> str:
    found = part.get_content_charset()
    return found if isinstance(found, str) else "utf-8"


def _unfolded(value: str) -> str:
    """Return one line, without what is no letter of any writing."""
    plain = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return " ".join(plain.split())
