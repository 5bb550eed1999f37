"""A strict reader of request heads (RFC 9112).

Two programs that read the same bytes differently are what request smuggling lives on. So:

- a line ends with CRLF and nothing else; CR, LF and NUL occur nowhere inside a line;
- a line is never folded, a field's name is a token with the colon right after it;
- Host occurs exactly once in HTTP/1.1, and at most once in HTTP/1.0;
- Content-Length is one number of digits, and never stands beside Transfer-Encoding;
- a field that may be a list and occurs twice is read as one list.

`Refusal` carries the status to answer with; after a refusal the connection is closed, as nobody
knows where the next request would begin.
"""

import re
from dataclasses import dataclass
from typing import Final

from tamizdat.reader.door.encodings import Encoding, preference

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([!-~]++) HTTP/([0-9])\.([0-9])\r\n")
_FIELDS = re.compile(rb"(?:" + _TOKEN + rb":[\t -~\x80-\xff]*+\r\n)*+\r\n")
_HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")
_READ: Final = frozenset(
    {
        b"accept-encoding",
        b"connection",
        b"content-length",
        b"host",
        b"if-match",
        b"if-none-match",
        b"if-range",
        b"range",
        b"transfer-encoding",
    }
)


class Refusal(Exception):
    """The request cannot be read; answer with this status and close."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the fields of a request ask for; nothing else of them is kept."""

    encodings: tuple[Encoding, ...] = ("identity",)
    has_host: bool = False
    has_body: bool = False
    closes: bool = False
    keeps: bool = False
    if_match: bytes | None = None
    if_none_match: bytes | None = None
    if_range: bytes | None = None
    range: bytes | None = None


@dataclass(frozen=True, slots=True)
class Request:
    method: bytes
    target: bytes
    is_http10: bool
    wishes: Wishes

    @property
    def keeps_alive(self) -> bool:
        """Whether another request may follow on this connection."""
        wishes = self.wishes
        if wishes.has_body or wishes.closes:
            return False
        return wishes.keeps if self.is_http10 else True


def read_request(head: bytes) -> Request:
    """Read a head, from the request line to the blank line; raises `Refusal`."""
    match = _REQUEST_LINE.match(head)
    if match is None:
        raise Refusal(400)
    method, target, major, minor = match.groups()
    if major != b"1":
        raise Refusal(505)
    return Request(method, target, minor == b"0", read_fields(head[match.end() :]))


def read_fields(block: bytes) -> Wishes:
    """Read the fields and the blank line after them."""
    if _FIELDS.fullmatch(block) is None:
        raise Refusal(400)
    fields: dict[bytes, bytes] = {}
    for line in block.split(b"\r\n"):
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _READ:
            value = value.strip(b" \t")
            fields[name] = fields[name] + b", " + value if name in fields else value
    return _wishes(fields)


def _wishes(fields: dict[bytes, bytes]) -> Wishes:
    if _HOST.fullmatch(fields.get(b"host", b"")) is None:
        raise Refusal(400)
    accept = fields.get(b"accept-encoding")
    connection = fields.get(b"connection", b"").lower().translate(None, b" \t").split(b",")
    return Wishes(
        encodings=preference(None if accept is None else accept.decode("latin-1")),
        has_host=b"host" in fields,
        has_body=_announces_body(fields),
        closes=b"close" in connection,
        keeps=b"keep-alive" in connection,
        if_match=fields.get(b"if-match"),
        if_none_match=fields.get(b"if-none-match"),
        if_range=fields.get(b"if-range"),
        range=fields.get(b"range"),
    )


def _announces_body(fields: dict[bytes, bytes]) -> bool:
    length = fields.get(b"content-length")
    if length is None:
        return b"transfer-encoding" in fields
    if not length.isdigit() or b"transfer-encoding" in fields:
        raise Refusal(400)
    return length.strip(b"0") != b""
