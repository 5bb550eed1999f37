"""What a camera writes into a picture does not reach a reader."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tamizdat.stories import drawing
from tamizdat.stories.metadata import UnknownPicture, without_metadata
from tamizdat.stories.models import Home, Photo
from tests import writing

CANARY = b"SerialNumber 4711 owned by J. Okker"


PACKET = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><!--' + CANARY + b"--></x:xmpmeta>"


def picture(kind: str) -> bytes:
    """Draw a picture that carries place and owner, a profile, XMP and a comment."""
    exif = Image.Exif()
    exif[0x013B] = CANARY.decode()  # Artist
    exif[0x010E] = CANARY.decode()  # ImageDescription
    exif.get_ifd(0x8825).update({1: "N", 2: (56.0, 57.0, 4.711), 29: CANARY.decode()})  # GPS
    drawn = BytesIO()
    more: dict[str, Any] = {"comment": CANARY} if kind == "JPEG" else {}
    if kind == "PNG":
        more["pnginfo"] = words = PngInfo()
        words.add_itxt("XML:com.adobe.xmp", PACKET.decode())
        words.add_text("Author", CANARY.decode())
    else:
        more["xmp"] = PACKET
    image = Image.linear_gradient("L").resize((900, 600)).convert("RGB")
    image.save(drawn, kind, exif=exif, icc_profile=b"profile of " + CANARY, **more)
    return drawn.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_its_pixels_and_loses_all_else(kind: str) -> None:
    data = picture(kind)
    assert CANARY in data
    bare = without_metadata(data)
    assert CANARY not in bare
    before, after = Image.open(BytesIO(data)), Image.open(BytesIO(bare))
    assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()
    assert not after.getexif()
    assert "icc_profile" not in after.info


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(UnknownPicture):
        without_metadata(b"GIF89a")


OWNED = Image.Exif()
OWNED[0x013B] = CANARY.decode()
AVIF = {"quality": 40, "speed": 10, "max_threads": 1}


@pytest.mark.parametrize(
    "said", [{"exif": OWNED}, {"xmp": PACKET}, {"icc_profile": b"profile " + CANARY}]
)
def test_an_avif_picture_that_holds_more_than_a_picture_is_refused(said: dict[str, Any]) -> None:
    written = BytesIO()
    Image.new("RGB", (32, 32)).save(written, "AVIF", **AVIF, **said)
    with pytest.raises(UnknownPicture):
        without_metadata(written.getvalue())


def test_what_stands_behind_an_avif_picture_is_refused() -> None:
    bare = drawing.encode(Image.new("RGB", (32, 32)), "avif")
    assert without_metadata(bare) == bare
    for stray in (b"\0\0\0\x10free" + CANARY[:8], CANARY, b"\xff\xff\xff\xffmdat"):
        with pytest.raises(UnknownPicture):
            without_metadata(bare + stray)


@pytest.mark.parametrize("kind", ["avif", "webp", "jpeg", "png"])
def test_what_is_drawn_carries_nothing_of_what_it_was_drawn_from(kind: str) -> None:
    with Image.open(BytesIO(picture("JPEG"))) as opened:
        drawn = drawing.encode(opened, kind)
    assert CANARY not in drawn
    with Image.open(BytesIO(drawn)) as bare:
        assert not bare.getexif()
        assert not {"icc_profile", "xmp", "exif", "comment"} & bare.info.keys()


@pytest.mark.long
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_nothing_of_the_camera_is_in_the_edition(
    kind: str, newsroom: dict[str, Home], bake: Callable[..., Any], edition: Path
) -> None:
    photo = Photo(
        title="weir",
        description="A weir",
        credit="V. Orlan",
        file=ContentFile(picture(kind), f"weir.{kind.lower()}"),
    )
    photo.save()
    home = newsroom["en"]
    home.logo = photo
    home.save()
    writing.published(home, lead_photo=photo)
    bake(full=True)
    pictures = [f for f in (edition / "media").iterdir() if f.suffix in PICTURES]
    assert {file.suffix for file in pictures} == PICTURES
    for file in pictures:
        data = file.read_bytes()
        assert CANARY not in data
        with Image.open(BytesIO(data)) as opened:
            assert not opened.getexif()
            assert not {"icc_profile", "xmp", "exif", "comment"} & opened.info.keys()


PICTURES = {".avif", ".jpg", ".webp", ".png"}
