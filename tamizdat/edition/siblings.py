"""The compressed siblings of a file: that they decode to just its bytes.

The check stops at the first byte that differs, so a bomb unpacks to no more than the file's own
length and one piece.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator

import brotli

from tamizdat.edition.errors import Altered

PIECE = 65_536
_GZIP = 31  # zlib's window bits for gzip's own header and trailer


class _Unreadable(Exception):
    """The packed bytes are cut off, damaged, or more than one stream."""


def expect_sibling(path: str, packed: bytes, data: bytes) -> None:
    """Refuse a sibling (``a.html.br``) that does not decode to these bytes. Raises Altered."""
    at = 0
    try:
        for piece in _WAYS[path[-3:]](packed):
            if piece != data[at : at + len(piece)]:
                raise Altered(f"{path} decodes to other bytes than the plain file has")
            at += len(piece)
    except (_Unreadable, zlib.error, brotli.error):
        raise Altered(f"{path} cannot be decoded") from None
    if at != len(data):
        raise Altered(f"{path} decodes to {at} bytes; the plain file has {len(data)}")


def longest(length: int) -> int:
    """Return how long a sibling of a file of this length may be; packing may add a little."""
    return length + length // 8 + 1024


def _unbrotli(packed: bytes) -> Iterator[bytes]:
    decoder = brotli.Decompressor()
    piece = decoder.process(packed, output_buffer_limit=PIECE)
    while piece or not decoder.is_finished():
        if not piece and decoder.can_accept_more_data():
            raise _Unreadable
        yield piece
        piece = decoder.process(b"", output_buffer_limit=PIECE)


def _gunzip(packed: bytes) -> Iterator[bytes]:
    decoder = zlib.decompressobj(_GZIP)
    while not decoder.eof:
        piece = decoder.decompress(packed, PIECE)
        if not piece and not decoder.eof:
            raise _Unreadable
        yield piece
        packed = decoder.unconsumed_tail
    if decoder.unused_data:
        raise _Unreadable


_WAYS: dict[str, Callable[[bytes], Iterator[bytes]]] = {".br": _unbrotli, ".gz": _gunzip}
