"""What a mail server says, taken apart (RFC 5321, section 4.2; RFC 2034 for enhanced codes).

A server may say anything: that is no reason to take it at its word. Lines and replies are bounded,
the lines of one reply bear one number, and whatever else comes is ``Untrue``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST_LINE = 2_048  # bytes; RFC 5321 allows 512
MOST_LINES = 128  # of one reply; EHLO has a dozen or two
_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?\r?", re.DOTALL)
_ENHANCED = re.compile(rb"([245])\.(\d{1,3})\.(\d{1,3})(?= |$)")


class Untrue(Exception):
    """A server said something that no server says; nothing further on its line is believed."""


class Reply(NamedTuple):
    """One answer: its number, its lines without numbers."""

    code: int
    lines: tuple[bytes, ...] = (b"",)

    @property
    def enhanced(self) -> str:
        """The enhanced code, as "5.1.1"; empty where there is none that fits the number."""
        found = _ENHANCED.match(self.lines[-1])
        if found is None or int(found[1]) != self.code // 100:
            return ""
        return found[0].decode()

    @property
    def numbers(self) -> str:
        """What may be kept of it: "550 5.1.1"."""
        return f"{self.code} {self.enhanced}".strip()


class Replies:
    """Puts replies together from the bytes that come in."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._code = 0

    @property
    def is_between(self) -> bool:
        """Say whether nothing has come of a further reply."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> list[Reply]:
        """Return the replies that are complete. Raises Untrue."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise Untrue("the server's line has no end")
        found = []
        for line in lines:
            reply = self._add(line)
            if reply is not None:
                found.append(reply)
        return found

    def _add(self, line: bytes) -> Reply | None:
        match = _LINE.fullmatch(line)
        if match is None or len(line) > LONGEST_LINE:
            raise Untrue("the server said something that is no answer")
        code = int(match[1])
        if self._lines and code != self._code:
            raise Untrue("the server's answer has two numbers")
        if len(self._lines) >= MOST_LINES:
            raise Untrue("the server's answer has no end")
        self._code = code
        self._lines.append((match[3] or b"").rstrip(b"\r"))
        if match[2] == b"-":
            return None
        lines, self._lines = tuple(self._lines), []
        return Reply(code, lines)
