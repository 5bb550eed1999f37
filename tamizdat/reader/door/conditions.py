"""Conditional and range requests (RFC 9110, 13 and 14), as far as an edition needs them.

One range of bytes is served, of the plain file only; several ranges, other units and what is not
well formed are ignored, as the RFC allows. There are no dates to compare, as we send none.
"""

import re

_TAG = re.compile(rb'(W/)?("[!#-~\x80-\xff]*")')
_RANGE = re.compile(rb"[Bb][Yy][Tt][Ee][Ss]=[ \t]*([0-9]{0,18})-([0-9]{0,18})")


class OutOfRange(Exception):
    """The range begins after the end of the file."""


def is_known(etag: bytes, if_none_match: bytes) -> bool:
    """Whether the reader says it has this content already (weak comparison)."""
    if if_none_match == b"*":
        return True
    return any(tag == etag for _, tag in _TAG.findall(if_none_match))


def is_wanted(etag: bytes, if_match: bytes) -> bool:
    """Whether the content is the one the reader insists on (strong comparison)."""
    if if_match == b"*":
        return True
    return any(tag == etag and not weak for weak, tag in _TAG.findall(if_match))


def span(asked: bytes, size: int) -> tuple[int, int] | None:
    """Return the first byte asked for and the one after the last; None to ignore the field.

    Raises `OutOfRange` when no byte of a file of `size` bytes is asked for.
    """
    match = _RANGE.fullmatch(asked)
    if match is None or match[0].endswith(b"=-"):
        return None
    if not match[1]:
        return _suffix(int(match[2] or 0), size) if match[2] else None
    first, last = int(match[1]), int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise OutOfRange
    return first, min(last, size - 1) + 1


def _suffix(length: int, size: int) -> tuple[int, int]:
    if length == 0 or size == 0:
        raise OutOfRange
    return max(0, size - length), size
