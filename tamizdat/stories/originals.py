"""A photo as the newsroom keeps it: looked at as a whole, and with nothing in it but the picture.

A source's telephone writes into a photo where it was taken, when, and with which device. Whoever
takes the newsroom's disk would read that. So an original that says more than its pixels is drawn
anew before it is stored, and so is one with something behind its end, which may be another file.
An original that is bare stays as it is, byte for byte, having been decoded once: what cannot be
decoded later would keep a story from being made.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from tamizdat.stories import drawing
from tamizdat.stories.metadata import UnknownPicture, without_metadata

# An original is drawn from again, so it is kept better than what readers get.
KEPT = {"quality": 92, "subsampling": "4:4:4"}
_ENDS = {
    b"\xff\xd8": b"\xff\xd9"
}  # a JPEG's scan is not taken apart; what is behind its end is not it


@dataclass(frozen=True)
class Kept:
    """The bytes of an original as they are stored, and their file's ending."""

    data: bytes
    ending: str


def look_at(data: bytes) -> Kept | None:
    """Return an original drawn anew; None where it may stay as it is. Raises UnreadablePhoto."""
    original = drawing.decode(BytesIO(data))
    if is_bare(data):
        return None
    kind = "png" if original.image.mode == "RGBA" or data.startswith(b"\x89PNG") else "jpeg"
    more = KEPT if kind == "jpeg" else {}
    return Kept(drawing.encode(original.image, kind, **more), drawing.ENDINGS[kind])


def is_bare(data: bytes) -> bool:
    """Say whether a file holds a picture and nothing else."""
    try:
        is_same = without_metadata(data) == data
    except UnknownPicture:
        return False
    return is_same and data.endswith(_ENDS.get(data[:2], b""))
