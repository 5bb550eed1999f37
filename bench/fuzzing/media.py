"""Photos and recordings that editors are sent by people they do not know."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

from fuzzing import Target, hostile

BOXES = [
    b"moov",
    b"trak",
    b"udta",
    b"meta",
    b"stco",
    b"\0\0\0\0",
    b"\0\0\0\1",
    b"ID3\4\0\0",
    b"TAG",
]


def _django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tamizdat.settings")
    import django

    django.setup()


def _drawn() -> list[bytes]:
    """Return a small picture in each format that can be uploaded."""
    from PIL import Image

    drawn = []
    for kind in ("JPEG", "PNG", "WEBP", "AVIF", "GIF"):
        written = BytesIO()
        picture = Image.linear_gradient("L").resize((48, 32)).convert("RGB")
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = 6, "words"
        picture.save(written, kind, **({} if kind == "GIF" else {"exif": exif}))
        drawn.append(written.getvalue())
    return drawn


def pictures() -> Target:
    """Take the metadata out of a picture's file."""
    _django()
    from tamizdat.stories.metadata import UnknownPicture, without_metadata

    words = [b"Exif\0\0", b"\xff\xe1", b"\xff\xda", b"tEXt", b"VP8X", b"RIFF", b"ftypavif", b"iloc"]
    return Target("pictures", hostile(_drawn(), words), without_metadata, (UnknownPicture,))


def photos() -> Target:
    """Look at an upload as the form does, then decode it and draw it small."""
    _django()
    from tamizdat.stories import drawing

    def run(data: bytes) -> None:
        original = drawing.decode(BytesIO(data))
        if original.image.width * original.image.height > drawing.MOST_PIXELS:
            raise AssertionError("a picture larger than any may be")
        drawing.tones(original.image.resize((8, 8)))

    return Target("photos", hostile(_drawn()), run, (drawing.UnreadablePhoto,))


def recordings() -> Target:
    _django()
    from tamizdat.importers import sample
    from tamizdat.stories.recorded import UnknownRecording, without_metadata
    from tests.stories import test_recorded as examples

    media = Path(sample.__file__).parent / "media"
    good = [
        (media / "harbour-bell.mp3").read_bytes()[:20_000],
        (media / "tamna-fog.mp4").read_bytes(),
        examples.id3(b"words") + (media / "harbour-bell.mp3").read_bytes()[:5_000],
    ]
    return Target("recordings", hostile(good, BOXES), without_metadata, (UnknownRecording,))
