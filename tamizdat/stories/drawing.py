"""How a photo becomes the pictures that readers get: decoded once, cropped, encoded bare.

Rules:

* The same original and settings give the same bytes on every machine with the same libraries. So
  encoders work in one thread: how libavif cuts a picture into tiles follows from their number.
* What leaves is drawn from pixels alone. EXIF is heeded (which way is up) and dropped, a colour
  profile is applied (telephones photograph in wider colours than browsers assume) and dropped.
* Only a logo keeps its transparency. A photo or chart stands on white: black lettering on nothing
  could not be read by readers whose page is dark.
"""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, NamedTuple

from PIL import ExifTags, Image, ImageCms
from wagtail.images.models import Filter

from tamizdat.stories.metadata import without_metadata

# Encoders' settings. Measured on the sample's photos (docs/decisions/0012-pictures.md).
AVIF = {
    "quality": 46,
    "speed": 6,
    "subsampling": "4:2:0",
    "range": "full",
    "codec": "aom",
    "max_threads": 1,
    "autotiling": False,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "avif": AVIF,
    "webp": {"quality": 64, "method": 4},
    "jpeg": {"quality": 72, "optimize": True, "progressive": True, "subsampling": "4:2:0"},
    "png": {"optimize": True},
}
ENDINGS = {"avif": "avif", "webp": "webp", "jpeg": "jpg", "png": "png"}
WHITE = (255, 255, 255)
# EXIF's orientations (CIPA DC-008, 4.6.4), and those in which width and height change places.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
LYING = (5, 6, 7, 8)
# A JPEG may be decoded at half or a quarter of its size, in a fraction of the time, as long as its
# shorter side stays this long: nothing that we draw is wider than 1,200 pixels.
ENOUGH = (1500, 1500)
MOST_PIXELS = 40_000_000  # decoded as RGBA these are 160 MB; twice that is needed at times
# What Pillow and its decoders raise on what they cannot read.
UNREADABLE = (
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Original:
    """A decoded original, the right way up; ``size`` is the original's own, in which crops count.

    ``image`` is RGB, or RGBA where something shines through.
    """

    image: Image.Image
    size: tuple[int, int]


class UnreadablePhoto(ValueError):
    """The bytes are no picture that can be read, or a picture larger than any may be."""


class Picture(NamedTuple):
    """A picture as it was drawn."""

    data: bytes
    ending: str
    tones: str


def decode(file: IO[bytes]) -> Original:
    """Read an original. Raises UnreadablePhoto."""
    try:
        return _decode(file)
    except UNREADABLE as error:
        raise UnreadablePhoto(f"the picture cannot be read ({type(error).__name__})") from error


def refuse_large(file: IO[bytes]) -> None:
    """Refuse a picture by the size that its head claims, before anything decodes it.

    Raises UnreadablePhoto, and what Pillow raises; leaves the file at its beginning.
    """
    _refuse_canvas(file)
    with Image.open(file) as opened:
        _refuse_pixels(*opened.size)
    file.seek(0)


def _refuse_pixels(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise UnreadablePhoto(f"a picture has at most {MOST_PIXELS} pixels")


def _refuse_canvas(file: IO[bytes]) -> None:
    """Refuse a WebP by its head alone (RFC 9649, 2.5 to 2.7): its decoder makes room for the whole
    picture as soon as it is opened."""
    head = file.read(30)
    file.seek(0)
    if head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return
    width, height = 0, 0
    if head[12:16] == b"VP8X":
        width = int.from_bytes(head[24:27], "little") + 1
        height = int.from_bytes(head[27:30], "little") + 1
    elif head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif head[12:16] == b"VP8 ":
        width = int.from_bytes(head[26:28], "little") & 0x3FFF
        height = int.from_bytes(head[28:30], "little") & 0x3FFF
    _refuse_pixels(width, height)


def _decode(file: IO[bytes]) -> Original:
    _refuse_canvas(file)
    with Image.open(file) as opened:
        width, height = opened.size
        _refuse_pixels(width, height)
        turn = _orientation(opened)
        profile = opened.info.get("icc_profile")
        opened.draft(opened.mode, ENOUGH)
        image = _in_srgb(opened, profile)
    if turn in TURNS:
        image = image.transpose(TURNS[turn])
    return Original(image, (height, width) if turn in LYING else (width, height))


def draw(original: Original, wanted: Filter, subject: object) -> Picture:
    """Draw what a Wagtail filter asks for. ``subject`` has the focal point."""
    transform = wanted.get_transform(subject, original.size)
    scale_x = original.image.width / original.size[0]
    scale_y = original.image.height / original.size[1]
    left, top, right, bottom = transform.get_rect().round()
    box = (left * scale_x, top * scale_y, right * scale_x, bottom * scale_y)
    box = (max(0, box[0]), max(0, box[1]), *map(min, box[2:], original.image.size))
    image = original.image.resize(transform.size, Image.Resampling.LANCZOS, box=box)
    kind = _format(wanted, image)
    if kind != "png":
        image = on_white(image)
    return Picture(encode(image, kind), ENDINGS[kind], tones(image))


def encode(image: Image.Image, kind: str, **more: Any) -> bytes:
    """Write pixels and nothing else, as "avif", "webp", "jpeg" or "png"."""
    bare = Image.new(image.mode, image.size)
    bare.paste(image)  # what Pillow carries along in ``info`` it would write
    written = BytesIO()
    bare.save(written, kind.upper(), **{**SETTINGS[kind], **more})
    return without_metadata(written.getvalue())


def tones(image: Image.Image) -> str:
    """Return a picture's mean colours at its top, middle and foot, three hexadecimal digits each:
    what stands in its place while it is on its way."""
    bands = on_white(image).resize((1, 3), Image.Resampling.BOX)
    return "".join(f"{round(value / 17):x}" for value in bands.tobytes())


def on_white(image: Image.Image) -> Image.Image:
    """Return a picture without transparency."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGBA", image.size, (*WHITE, 255))
    ground.alpha_composite(image)
    return ground.convert("RGB")


def _orientation(image: Image.Image) -> int:
    with suppress(SyntaxError, ValueError, TypeError, KeyError, EOFError, OSError, struct.error):
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    return 1  # what the camera wrote cannot be read


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    has_alpha = image.has_transparency_data
    if profile and image.mode in ("RGB", "CMYK") and not has_alpha:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):  # a broken profile says nothing
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(source):
                target = ImageCms.createProfile("sRGB")
                converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
                if converted is not None:
                    return converted
    if image.mode.startswith("I;16") or image.mode == "I":  # sixteen bits of grey
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    return image.convert("RGBA" if has_alpha else "RGB")


def _format(wanted: Filter, image: Image.Image) -> str:
    """Return the format that a filter names; where it names none, what suits the picture."""
    for part in wanted.spec.split("|"):
        if part.startswith("format-"):
            kind = part.removeprefix("format-")
            return kind if kind in SETTINGS else "jpeg"
    return "png" if image.mode == "RGBA" else "jpeg"
