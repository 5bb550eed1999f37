"""The newsroom's mark as browsers and telephones show it: drawn from the logo, or a plain page.

Rules:

* The same logo gives the same bytes.
* Nothing but pixels: what the logo's file says besides stays behind.
* A home without a logo gets a mark that names nobody.
* What was drawn is kept: icons are asked for with every change of a home, and hardly ever change.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageOps

PAPER = (255, 255, 255, 255)
INK = (38, 38, 38, 255)
FAVICON, TOUCH = 32, 180
# A maskable icon may be cut to a circle of four fifths of its width (W3C, Web App Manifest, icon
# masks). A square of that diagonal fits.
SAFE = 0.56


class Shape(NamedTuple):
    """One icon: its width in pixels and what it is for (Web App Manifest, ``purpose``)."""

    size: int
    purpose: str = "any"


IN_MANIFEST = (Shape(192), Shape(512), Shape(512, "maskable"))


kept = lru_cache(maxsize=16)  # of three homes; some 100 KB each


@lru_cache(maxsize=1)
def _mark(logo: bytes | None) -> Image.Image:
    """Return the mark as a square with its transparency, from the logo's file if there is one."""
    if logo is None:
        return _plain_page()
    with Image.open(BytesIO(logo)) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGBA")
    side = max(image.size)
    square = Image.new("RGBA", (side, side), _around(image))
    square.alpha_composite(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


@kept
def png(logo: bytes | None, shape: Shape) -> bytes:
    """Draw one icon as PNG; a maskable one stands on a ground that reaches to its edges."""
    mark = _mark(logo)
    is_masked = shape.purpose == "maskable"
    drawn = _on_ground(mark, shape.size, SAFE) if is_masked else _fitted(mark, shape.size)
    return _png(drawn)


@kept
def touch(logo: bytes | None) -> bytes:
    """Draw the icon that telephones look for at ``/apple-touch-icon.png``: PNG, no transparency."""
    mark = _mark(logo)
    return _png(_on_ground(mark, TOUCH, 1 if _is_opaque(mark) else 0.8))


@kept
def favicon(logo: bytes | None) -> bytes:
    """Draw the icon that browsers look for at ``/favicon.ico``."""
    written = BytesIO()
    icon = _fitted(_mark(logo), FAVICON)
    icon.save(written, "ICO", sizes=[icon.size], bitmap_format="png")
    return written.getvalue()


def _plain_page() -> Image.Image:
    image = Image.new("RGBA", (512, 512), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((96, 32, 415, 479), 40, fill=INK)
    for top, right in ((128, 336), (208, 368), (272, 368), (336, 304)):
        draw.rounded_rectangle((144, top, right, top + 31), 12, fill=PAPER)
    return image


def _around(image: Image.Image) -> tuple[int, ...]:
    """Choose what fills the square around a logo that is none: its own ground, or nothing."""
    corner = image.getpixel((0, 0))
    return corner if isinstance(corner, tuple) and corner[3] == 255 else (0, 0, 0, 0)


def _fitted(mark: Image.Image, size: int) -> Image.Image:
    return mark.resize((size, size), Image.Resampling.LANCZOS)


def _on_ground(mark: Image.Image, size: int, part: float) -> Image.Image:
    ground = Image.new("RGBA", (size, size), _around(mark) if _is_opaque(mark) else PAPER)
    inner = _fitted(mark, round(size * part))
    place = (size - inner.width) // 2
    ground.alpha_composite(inner, (place, place))
    return ground.convert("RGB")


def _is_opaque(mark: Image.Image) -> bool:
    return _around(mark)[3] == 255


def _png(image: Image.Image) -> bytes:
    written = BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
