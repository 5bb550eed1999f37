"""The newsroom's mark as browsers and telephones show it."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from tamizdat.stories.models import Home, Photo
from tamizdat.stories.showing import icons


def logo(size: tuple[int, int] = (300, 150), ground: tuple[int, ...] = (0, 0, 0, 0)) -> bytes:
    image = Image.new("RGBA", size, ground)
    ImageDraw.Draw(image).ellipse((20, 20, size[0] - 20, size[1] - 20), (200, 0, 0, 255))
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def shown(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data))


def test_a_home_without_a_logo_has_a_plain_mark() -> None:
    for shape in icons.IN_MANIFEST:
        image = shown(icons.png(None, shape))
        assert (image.format, image.size) == ("PNG", (shape.size, shape.size))
    assert shown(icons.favicon(None)).format == "ICO"
    assert shown(icons.touch(None)).size == (180, 180)


def test_the_same_logo_gives_the_same_icons() -> None:
    for draw, *more in ((icons.favicon,), (icons.touch,), (icons.png, icons.Shape(192))):
        afresh = draw.__wrapped__  # nothing is kept
        assert afresh(logo(), *more) == afresh(logo(), *more) == draw(logo(), *more)


def test_a_logo_that_is_no_square_is_not_stretched() -> None:
    image = shown(icons.png(logo((300, 100)), icons.Shape(300)))
    assert image.getpixel((150, 150))[:3] == (200, 0, 0)
    assert image.getpixel((150, 60))[3] == 0


def test_a_masked_icon_has_ground_to_its_edges_and_its_mark_within_the_circle() -> None:
    """W3C, Web App Manifest: the safe zone is a circle of two fifths of the width."""
    image = shown(icons.png(logo((200, 200)), icons.Shape(512, "maskable")))
    assert image.mode == "RGB"
    for x in range(512):
        for y in (0, 60, 100, 412, 452, 511):
            if (x - 256) ** 2 + (y - 256) ** 2 > (0.4 * 512) ** 2:
                assert image.getpixel((x, y)) == (255, 255, 255)


def test_a_logo_with_a_ground_of_its_own_keeps_it() -> None:
    own = logo((200, 100), (0, 0, 90, 255))
    for data in (icons.touch(own), icons.png(own, icons.Shape(512, "maskable"))):
        assert shown(data).getpixel((0, 0)) == (0, 0, 90)


def test_the_edition_has_icons_where_browsers_look_and_in_its_manifest(
    newsroom: dict[str, Home], bake: Callable[..., Any], edition: Path
) -> None:
    bake(full=True)
    plain = (edition / "favicon.ico").read_bytes()
    assert (edition / "apple-touch-icon.png").exists()
    home = newsroom["en"]
    home.logo = Photo.objects.create(title="mark", file=ContentFile(logo(), "mark.png"))
    home.save_revision().publish()
    bake()
    assert (edition / "favicon.ico").read_bytes() != plain
    manifest = json.loads((edition / "manifest.webmanifest").read_text(encoding="utf-8"))
    for icon in manifest["icons"]:
        data = (edition / icon["src"].lstrip("/")).read_bytes()
        assert "{0}x{0}".format(shown(data).width) == icon["sizes"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
