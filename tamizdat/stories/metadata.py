"""Take out of a picture's file what is not the picture: EXIF, XMP, IPTC, profiles, comments.

Works on the file's structure and never decodes: the pixels stay as they are. Colour profiles go
too, since a calibrated screen's or camera's profile names its owner's device.

AVIF is a box of boxes that point at each other's bytes, and is only checked: one that holds more
than a picture is refused. Ours are encoded from bare pixels, so none of them does.

Sources: JPEG, ITU-T T.81 annex B; PNG, W3C PNG (third edition) section 11; WebP, RFC 9649; AVIF,
ISO/IEC 14496-12 section 8.11 and the AV1 Image File Format.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

JPEG, PNG, RIFF = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF"
# JPEG: APP0 (JFIF) and APP14 (Adobe's colour transform) say how to decode; other APPn and COM go.
JPEG_DROPPED = {*range(0xE1, 0xEE), 0xEF, 0xFE}
PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM"}
WEBP_DROPPED = {b"EXIF", b"XMP ", b"ICCP"}
WEBP_FLAGS = 0b00101100  # in VP8X: ICC profile, EXIF, XMP


AVIF_KEPT = {b"ftyp", b"meta", b"mdat"}
AVIF_META = {b"hdlr", b"pitm", b"iloc", b"iinf", b"iprp", b"iref", b"idat"}
AVIF_ITEMS = {b"av01", b"grid"}  # all other kinds of item (Exif, mime for XMP, uri) are words
# Properties: sizes, colour without a profile, depth, codec, and which item is which one's alpha.
AVIF_PROPERTIES = {b"ispe", b"colr", b"pixi", b"av1C", b"auxC", b"irot", b"imir", b"pasp"}


class UnknownPicture(ValueError):
    """The bytes are no JPEG, PNG, WebP or bare AVIF; what they say besides is not known."""


def without_metadata(data: bytes) -> bytes:
    """Return the same picture and nothing else. Raises UnknownPicture."""
    if data.startswith(JPEG):
        return b"".join(_jpeg(data))
    if data.startswith(PNG):
        return PNG + b"".join(_png(data))
    if data.startswith(RIFF) and data[8:12] == b"WEBP":
        body = b"WEBP" + b"".join(_webp(data))
        return RIFF + struct.pack("<I", len(body)) + body
    if data[4:12] == b"ftypavif":
        _expect_bare_avif(data)
        return data
    raise UnknownPicture("a rendition is neither JPEG, PNG, WebP nor AVIF")


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give the name and content of each box. Raises UnknownPicture where they do not add up."""
    place = 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 4], "big")
        if not 8 <= length <= len(data) - place:
            raise UnknownPicture("an AVIF picture whose boxes do not add up")
        yield data[place + 4 : place + 8], data[place + 8 : place + length]
        place += length


def _expect_bare_avif(data: bytes) -> None:
    _expect(AVIF_KEPT, boxes(data))
    meta = next((content for name, content in boxes(data) if name == b"meta"), b"")
    _expect(AVIF_META, boxes(meta[4:]))
    for name, content in boxes(meta[4:]):
        if name == b"iinf":  # version, flags and a count, two bytes long in version 0
            for _, entry in boxes(content[6 if content[0] == 0 else 8 :]):
                kind = entry[8:12] if entry[0] == 2 else entry[10:14]
                _expect(AVIF_ITEMS, [(kind, b"")])
        if name == b"iprp":
            for _, properties in (each for each in boxes(content) if each[0] == b"ipco"):
                _expect(AVIF_PROPERTIES, boxes(properties))
                if any(n == b"colr" and c[:4] != b"nclx" for n, c in boxes(properties)):
                    raise UnknownPicture("an AVIF picture with a colour profile")


def _expect(known: set[bytes], found: Iterable[tuple[bytes, bytes]]) -> None:
    for name, _ in found:
        if name not in known:
            raise UnknownPicture(f"an AVIF picture with a part of the kind {name!r}")


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield JPEG
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xDA:  # the scan: picture from here to the end
            break
        length = 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if marker not in JPEG_DROPPED:
            yield data[place : place + length]
        place += length
    yield data[place:]


def _png(data: bytes) -> Iterator[bytes]:
    place = len(PNG)
    while place + 12 <= len(data):
        length = 12 + int.from_bytes(data[place : place + 4], "big")
        if data[place + 4 : place + 8] in PNG_KEPT:
            yield data[place : place + length]
        place += length


def _webp(data: bytes) -> Iterator[bytes]:
    place = 12
    while place + 8 <= len(data):
        name = data[place : place + 4]
        length = 8 + int.from_bytes(data[place + 4 : place + 8], "little")
        length += length % 2
        chunk = data[place : place + length]
        if name == b"VP8X" and len(chunk) < 18:
            raise UnknownPicture("a WebP picture that is cut short")
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_FLAGS]) + chunk[9:]
        if name not in WEBP_DROPPED:
            yield chunk
        place += length
