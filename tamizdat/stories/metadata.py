"""Take out of a picture's file what is not the picture: EXIF, XMP, IPTC, profiles, comments.

Works on the file's structure and never decodes: the pixels stay as they are. Colour profiles go
too, since a calibrated screen's or camera's profile names its owner's device.

Sources: JPEG, ITU-T T.81 annex B; PNG, W3C PNG (third edition) section 11; WebP, RFC 9649.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

JPEG, PNG, RIFF = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF"
# JPEG: APP0 (JFIF) and APP14 (Adobe's colour transform) say how to decode; other APPn and COM go.
JPEG_DROPPED = {*range(0xE1, 0xEE), 0xEF, 0xFE}
PNG_KEPT = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"sRGB", b"gAMA", b"cHRM"}
WEBP_DROPPED = {b"EXIF", b"XMP ", b"ICCP"}
WEBP_FLAGS = 0b00101100  # in VP8X: ICC profile, EXIF, XMP


class UnknownPicture(ValueError):
    """The bytes are no JPEG, PNG or WebP; what they say besides the picture is not known."""


def without_metadata(data: bytes) -> bytes:
    """Return the same picture and nothing else. Raises UnknownPicture."""
    if data.startswith(JPEG):
        return b"".join(_jpeg(data))
    if data.startswith(PNG):
        return PNG + b"".join(_png(data))
    if data.startswith(RIFF) and data[8:12] == b"WEBP":
        body = b"WEBP" + b"".join(_webp(data))
        return RIFF + struct.pack("<I", len(body)) + body
    raise UnknownPicture("a rendition is neither JPEG, PNG nor WebP")


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
        if name == b"VP8X":
            chunk = chunk[:8] + bytes([chunk[8] & ~WEBP_FLAGS]) + chunk[9:]
        if name not in WEBP_DROPPED:
            yield chunk
        place += length
