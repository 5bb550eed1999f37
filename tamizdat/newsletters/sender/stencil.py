"""A mail, cut at its placeholders: made once, then filled in for each person.

Rules:

1. A placeholder is ``[[name]]``. Only the names in TOKENS are known; another one is an error before
   anything is sent (``UnknownToken``), and so is a value that is missing.
2. A value is put in as its place demands: escaped in HTML, encoded as the part is encoded, never
   looked at again. None may hold the end of a line or another control character (``BadValue``).
3. All that does not depend on the person is encoded once, when the stencil is made.

In base64 three bytes become four letters, so what is behind a value shifts with its length. Each
piece of such a part is kept in three forms, one for each shift (RFC 4648, section 4), and the few
bytes around a value are encoded with it. Decoders ignore where lines end (RFC 2045, section 6.8).

This module knows nothing of Django, and of mail only how parts are encoded (RFC 2045).
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from html import escape
from typing import Any

TOKENS = (
    "preferences",  # the address of the person's own page at the desk
    "leave",  # the address of one-click unsubscribing
    "leave-mail",  # the mail address that does the same (with its subject), for a mailto:
    "to",  # the person's address
    "feedback-id",  # for Feedback-ID: keyed hashes
    "message-id",  # for Message-ID: a keyed hash, without the host
)
LINE = 76  # bytes of an encoded line (RFC 2045, section 6.7 and 6.8)
_TOKEN = re.compile(r"\[\[([^\[\]\s]{1,40})\]\]")
_PLAIN = re.compile(r"[!-<>-~]*")  # what quoted-printable leaves as it is, but blanks
_FORMAT = 1


class StencilError(Exception):
    """A mail cannot be made."""


class UnknownToken(StencilError):
    """A template asks for something that nobody can fill in."""


class BadValue(StencilError):
    """A value cannot stand in a mail."""


class Coding(IntEnum):
    """How a value is put in."""

    HEADER = 0  # as it is: ASCII, or UTF-8 where the server takes that (RFC 6532)
    QP_TEXT = 1  # quoted-printable
    QP_HTML = 2  # escaped, then quoted-printable
    B64_TEXT = 3
    B64_HTML = 4


_HTML = (Coding.QP_HTML, Coding.B64_HTML)
_B64 = (Coding.B64_TEXT, Coding.B64_HTML)


@dataclass(frozen=True)
class Piece:
    """What is the same for everybody, between two gaps.

    ``forms`` holds it as it is written: one form, or three in a base64 part: for 0, 1 or 2 of its
    first bytes that the value before it has borrowed. ``tails`` holds, for each form, the raw bytes
    (0 to 2) that are left to be encoded with the value behind it.
    """

    forms: tuple[bytes, ...]
    tails: tuple[bytes, ...] = (b"",)


@dataclass(frozen=True)
class Gap:
    """What is put in between two pieces: tokens, and text between them that is too short to be a
    piece of its own. ``borrow`` holds the first raw bytes of the piece behind it, in base64."""

    coding: Coding = Coding.HEADER
    parts: tuple[str, ...] = ()  # "[[token]]" or text, by turns
    borrow: bytes = b""


@dataclass(frozen=True)
class Cut:
    """Bytes cut at their placeholders: a piece more than gaps."""

    pieces: tuple[Piece, ...]
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def plain(cls, data: bytes) -> Cut:
        return cls((Piece((data,)),))

    def __add__(self, other: Cut) -> Cut:
        last, first = self.pieces[-1], other.pieces[0]
        if len(last.forms) == 1:
            joined = Piece((last.forms[0] + first.forms[0],), first.tails)
            pieces = (*self.pieces[:-1], joined, *other.pieces[1:])
            return Cut(pieces, self.gaps + other.gaps)
        # An empty gap takes the shift back to nothing; three copies of all behind it are spared.
        return Cut(self.pieces + other.pieces, (*self.gaps, Gap(), *other.gaps))

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Put values in. Raises UnknownToken where one is missing, BadValue."""
        if self._is_shifting:
            return self._fill_in_turn(values)
        made = [_filled(gap, values) for gap in self._kinds]
        out = list(self._frame)
        out[1::2] = [made[kind] for kind in self._order]
        return b"".join(out)

    def _fill_in_turn(self, values: Mapping[str, str]) -> bytes:
        """Put values in where each shifts what is behind it."""
        out = []
        shift = 0
        for piece, gap in zip(self.pieces, self.gaps, strict=False):
            out.append(piece.forms[shift])
            if gap.coding in _B64:
                raw = piece.tails[shift] + _text(gap, values).encode()
                shift = -len(raw) % 3
                out.append(base64_lines(raw + gap.borrow[:shift]))
            else:
                shift = 0
                out.append(_filled(gap, values))
        out.append(self.pieces[-1].forms[shift])
        return b"".join(out)

    @cached_property
    def _is_shifting(self) -> bool:
        return any(gap.coding in _B64 for gap in self.gaps)

    @cached_property
    def _kinds(self) -> tuple[Gap, ...]:
        """The gaps that differ: a mail names the same page several times."""
        return tuple(dict.fromkeys(self.gaps))

    @cached_property
    def _order(self) -> tuple[int, ...]:
        return tuple(map(self._kinds.index, self.gaps))

    @cached_property
    def _frame(self) -> tuple[bytes, ...]:
        """The pieces, with room between them."""
        return tuple(each for piece in self.pieces for each in (piece.forms[0], b""))[:-1]


@dataclass(frozen=True)
class Stencil:
    """A whole mail: its header fields in their order, values with placeholders, and its body."""

    fields: tuple[tuple[str, str], ...]
    body: Cut

    @cached_property
    def head(self) -> Cut:
        """The header as it is written, with the empty line that ends it."""
        whole = "".join(f"{name}: {value}\r\n" for name, value in self.fields)
        return cut(whole + "\r\n", Coding.HEADER)

    def fill(self, values: Mapping[str, str]) -> bytes:
        """Return one person's mail. Raises UnknownToken where a value is missing, BadValue."""
        return self.head.fill(values) + self.body.fill(values)

    def pack(self) -> bytes:
        """Return it as bytes that can be kept."""
        pieces = [
            [list(map(_letters, p.forms)), list(map(_letters, p.tails))] for p in self.body.pieces
        ]
        gaps = [[int(g.coding), g.parts, _letters(g.borrow)] for g in self.body.gaps]
        whole = {"format": _FORMAT, "fields": self.fields, "pieces": pieces, "gaps": gaps}
        return json.dumps(whole, ensure_ascii=False).encode()

    @classmethod
    def unpack(cls, data: bytes) -> Stencil:
        """Return what was packed. Raises StencilError where it is of another version or damaged."""
        try:
            found: dict[str, Any] = json.loads(data)
            if found["format"] != _FORMAT:
                raise StencilError(f"expected a stencil of format {_FORMAT}, found another")
            pieces = [Piece(_bytes(forms), _bytes(tails)) for forms, tails in found["pieces"]]
            gaps = [Gap(Coding(c), tuple(p), b.encode("latin-1")) for c, p, b in found["gaps"]]
            fields = tuple((str(name), str(value)) for name, value in found["fields"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise StencilError("a stencil that was kept cannot be read") from None
        return cls(fields, Cut(tuple(pieces), tuple(gaps)))


# Cutting


def tokens_of(text: str) -> list[str]:
    """Return the names of the placeholders in a text. Raises UnknownToken."""
    found = [each[1] for each in _TOKEN.finditer(text)]
    for name in found:
        if name not in TOKENS:
            known = ", ".join(f"[[{each}]]" for each in TOKENS)
            raise UnknownToken(f"nobody can fill in [[{name}]]; expected one of {known}")
    return found


def cut(text: str, coding: Coding) -> Cut:
    """Cut a text at its placeholders and encode what is between. Raises UnknownToken."""
    tokens = tokens_of(text)
    texts = _TOKEN.split(text)[::2]
    if coding in _B64:
        return _cut_base64(texts, tokens, coding)
    encode = str.encode if coding is Coding.HEADER else quoted_printable
    pieces = [Piece((encode(each),)) for each in texts]
    return Cut(tuple(pieces), tuple(Gap(coding, (f"[[{each}]]",)) for each in tokens))


def _cut_base64(texts: list[str], tokens: list[str], coding: Coding) -> Cut:
    """Cut; a text of one byte or none between two values goes with them into one gap."""
    raws = [texts[0].encode()]
    gaps: list[tuple[str, ...]] = []
    for token, text in zip(tokens, texts[1:], strict=True):
        if gaps and len(raws[-1]) < 2:
            gaps[-1] = (*gaps[-1], raws[-1].decode(), f"[[{token}]]")
            raws[-1] = text.encode()
        else:
            gaps.append((f"[[{token}]]",))
            raws.append(text.encode())
    last = len(raws) - 1
    pieces = [_base64_piece(raw, at == last, at > 0) for at, raw in enumerate(raws)]
    following = raws[1:]
    made = [Gap(coding, gap, raw[:2]) for gap, raw in zip(gaps, following, strict=True)]
    return Cut(tuple(pieces), tuple(made))


def _base64_piece(raw: bytes, is_last: bool, is_behind_a_gap: bool) -> Piece:
    forms, tails = [], []
    for shift in range(3 if is_behind_a_gap else 1):
        rest = raw[shift:]
        whole = len(rest) if is_last else len(rest) // 3 * 3
        forms.append(base64_lines(rest[:whole]))
        tails.append(rest[whole:])
    return Piece(tuple(forms), tuple(tails))


def _filled(gap: Gap, values: Mapping[str, str]) -> bytes:
    text = _text(gap, values)
    return text.encode() if gap.coding is Coding.HEADER else _qp_value(text)


def _text(gap: Gap, values: Mapping[str, str]) -> str:
    if len(gap.parts) == 1:
        return _value(gap.parts[0], gap.coding, values)
    return "".join(_value(part, gap.coding, values) for part in gap.parts)


def _value(part: str, coding: Coding, values: Mapping[str, str]) -> str:
    if part[:2] != "[[":
        return part
    try:
        value = values[part[2:-2]]
    except KeyError:
        raise UnknownToken(f"there is no value for {part}") from None
    if not value.isprintable():
        raise BadValue(f"the value for {part} holds the end of a line or a control character")
    return escape(value) if coding in _HTML else value


# Encoding


def base64_lines(raw: bytes) -> bytes:
    """Encode, in lines of at most LINE letters that each end with CRLF (RFC 2045, section 6.8)."""
    letters = binascii.b2a_base64(raw, newline=False)
    if len(letters) <= LINE:
        return letters + b"\r\n" if letters else b""
    lines = [letters[at : at + LINE] for at in range(0, len(letters), LINE)]
    return b"\r\n".join(lines) + b"\r\n"


def quoted_printable(text: str) -> bytes:
    """Encode by RFC 2045, section 6.7, so that DKIM's relaxed form of it is itself.

    So no line ends with white space, none holds two blanks in a row (RFC 6376, section 3.4.4), and
    none begins with a full stop, which SMTP would double. Lines end with CRLF.
    """
    return b"\r\n".join(_qp_line(line) for line in re.split(r"\r\n|\r|\n", text))


def _qp_line(line: str) -> bytes:
    out: list[bytes] = []
    length = 0
    for byte in line.encode():
        letters = _qp_byte(byte, out)
        if length + len(letters) >= LINE:
            out.append(b"=\r\n")
            length = 0
            letters = _qp_byte(byte, out)
        out.append(letters)
        length += len(letters)
    if out and out[-1] in (b" ", b"\t"):
        last = f"={out.pop()[0]:02X}".encode()
        # A line that is full already would be two letters too long.
        out.append(last if length + 2 <= LINE else b"=\r\n" + last)
    return b"".join(out)


def _qp_byte(byte: int, before: list[bytes]) -> bytes:
    """Encode one byte, knowing what stands before it."""
    previous = before[-1] if before else b""
    if byte == 0x20 and previous not in (b" ", b"\t", b"=\r\n", b""):
        return b" "
    if byte == 0x2E and previous in (b"", b"=\r\n"):
        return b"=2E"
    if 33 <= byte <= 126 and byte != 0x3D:
        return bytes((byte,))
    return f"={byte:02X}".encode()


def _qp_value(text: str) -> bytes:
    """Encode a value, on lines of its own, before and behind which a soft end of a line stands."""
    if _PLAIN.fullmatch(text):  # as links are: nothing to encode but a full stop that begins a line
        lines = [text[at : at + LINE - 1] for at in range(0, len(text), LINE - 1)]
        whole = "=\r\n".join(["", *lines, ""])
        if "\n." not in whole:
            return whole.encode()
    return b"=\r\n" + quoted_printable(text) + b"=\r\n"


def _letters(data: bytes) -> str:
    return data.decode("latin-1")


def _bytes(letters: list[str]) -> tuple[bytes, ...]:
    return tuple(each.encode("latin-1") for each in letters)
