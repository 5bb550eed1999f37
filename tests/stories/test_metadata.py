"""What a camera writes into a picture does not reach a reader."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from tamizdat.stories.metadata import UnknownPicture, without_metadata
from tamizdat.stories.models import Home, Photo
from tests import writing

CANARY = b"SerialNumber 4711 owned by J. Okker"


def picture(kind: str) -> bytes:
    """Draw a picture that carries EXIF, a profile and a comment."""
    exif = Image.Exif()
    exif[0x013B] = CANARY.decode()  # Artist
    drawn = BytesIO()
    more: dict[str, Any] = {"comment": CANARY} if kind == "JPEG" else {}
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


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
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
    media = list((edition / "media").iterdir())
    assert {file.suffix for file in media} >= {".jpg", ".webp", ".png"}
    for file in media:
        data = file.read_bytes()
        assert CANARY not in data
        assert not Image.open(BytesIO(data)).getexif()
