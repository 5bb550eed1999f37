"""The picture that stands for a story where a link to it is shared: drawn, 1200 by 630.

The headline and the newsroom's name, in the story's direction, and the lead photo beside them if
there is one. Authors are not named: a preview travels further than its page.

Rules:

* The same sketch gives the same bytes. Which libraries drew it is part of the sketch, so that a
  newer one draws under another name and never other bytes under the same.
* What no letter of our font can say is not drawn: the story then has its plain photo, or nothing.
"""

from __future__ import annotations

import hashlib
import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont, features

from tamizdat.stories import drawing

WIDTH, HEIGHT = 1200, 630
FONT = Path(__file__).parent / "fonts" / "headline.ttf"
PAPER, INK, GREY = 255, 26, 90
MARGIN, RULE = 64, 72
SIZES = (76, 66, 58, 50, 44, 38, 33)  # of the headline; the largest in which it fits
LEADING = 1.24
NAME_SIZE = 34
LONGEST = 200  # characters of a headline; the rest is left out
FORM = 1  # counted up whenever the same words are drawn in another way
# What the font has (docs/share-font/make.py), and white space.
LETTERS = (
    (0x09, 0x0D), (0x20, 0x7E), (0xA0, 0x24F), (0x400, 0x52F), (0x600, 0x6FF), (0x750, 0x77F),
    (0x1E00, 0x1EFF), (0x200B, 0x200F), (0x2010, 0x2027), (0x202F, 0x202F), (0x2030, 0x203A),
    (0x20AC, 0x20AC), (0x20B4, 0x20B4), (0x20BD, 0x20BD), (0x2116, 0x2116), (0x2122, 0x2122),
    (0x2212, 0x2212),
)  # fmt: skip


class Known(NamedTuple):
    """What is on record of a story's share picture."""

    drawn_from: str
    sha256: str


@dataclass(frozen=True)
class Sketch:
    """All that a share picture is drawn from; ``photo`` is the SHA-256 of the picture beside."""

    story: int
    headline: str
    name: str
    language: str
    is_rtl: bool
    photo: str = ""
    read_photo: Callable[[], bytes] | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        words = (self.headline, self.name, self.language, self.is_rtl, self.photo)
        return hashlib.sha256(json.dumps([FORM, *_libraries(), *words]).encode()).hexdigest()

    @property
    def ending(self) -> str:
        return "jpg" if self.photo else "png"

    @property
    def type(self) -> str:
        return "image/jpeg" if self.photo else "image/png"

    def draw(self) -> bytes:
        return draw(self)


def can_draw(*texts: str) -> bool:
    """Say whether the font has every letter, and the libraries can join Arabic ones."""
    if not features.check("raqm"):
        return False
    return all(any(a <= ord(letter) <= b for a, b in LETTERS) for text in texts for letter in text)


def draw(sketch: Sketch) -> bytes:
    """Draw a share picture: JPEG with a photo, else PNG in sixteen greys."""
    photo = None
    if sketch.read_photo is not None:
        with Image.open(BytesIO(sketch.read_photo())) as opened:
            photo = opened.convert("RGB")
    panel = _panel(sketch, WIDTH - photo.width if photo else WIDTH)
    if photo is None:
        return _png(panel)
    whole = Image.new("RGB", (WIDTH, HEIGHT))
    whole.paste(panel, (0 if not sketch.is_rtl else photo.width, 0))
    whole.paste(photo, (panel.width if not sketch.is_rtl else 0, 0))
    return drawing.encode(whole, "jpeg")


def _panel(sketch: Sketch, width: int) -> Image.Image:
    """Set the headline from the top and the name at the foot, at the side where reading begins."""
    panel = Image.new("L", (width, HEIGHT), PAPER)
    pen = ImageDraw.Draw(panel)
    room = width - 2 * MARGIN
    setting = _Setting(sketch.is_rtl, sketch.language, width)
    lines, size = _fitted(sketch.headline, room, setting)
    for number, line in enumerate(lines):
        setting.write(pen, line, size, INK, MARGIN + size + round(number * size * LEADING))
    foot = HEIGHT - MARGIN
    left = width - MARGIN - RULE if sketch.is_rtl else MARGIN
    pen.rectangle((left, foot - 62, left + RULE, foot - 57), GREY)
    setting.write(pen, setting.cut(sketch.name, room, NAME_SIZE), NAME_SIZE, GREY, foot)
    return panel


def _fitted(text: str, room: int, setting: _Setting) -> tuple[list[str], int]:
    text = textwrap.shorten(text, LONGEST, placeholder=" …")
    height = HEIGHT - 2 * MARGIN - NAME_SIZE - 70
    for size in SIZES:
        lines = setting.lines(text, room, size)
        if len(lines) * size * LEADING <= height and setting.fits(lines, room, size):
            return lines, size
    most = int(height / (SIZES[-1] * LEADING))
    lines = [setting.cut(line, room, SIZES[-1]) for line in lines[:most]]
    return [*lines[:-1], setting.cut(lines[-1] + " …", room, SIZES[-1])], SIZES[-1]


@dataclass(frozen=True)
class _Setting:
    """How lines of one direction and language are set on a panel."""

    is_rtl: bool
    language: str
    width: int

    @property
    def direction(self) -> str:
        return "rtl" if self.is_rtl else "ltr"

    def length(self, text: str, size: int) -> float:
        font = _font(size)
        return font.getlength(text, direction=self.direction, language=self.language)

    def write(self, pen: ImageDraw.ImageDraw, text: str, size: int, ink: int, base: int) -> None:
        """Write a line from where reading begins; ``base`` is where its letters stand."""
        start, anchor = (self.width - MARGIN, "rs") if self.is_rtl else (MARGIN, "ls")
        pen.text(
            (start, base),
            text,
            ink,
            _font(size),
            anchor,
            direction=self.direction,
            language=self.language,
        )

    def fits(self, lines: list[str], room: int, size: int) -> bool:
        return all(self.length(line, size) <= room for line in lines)

    def lines(self, text: str, room: int, size: int) -> list[str]:
        """Break a text at its spaces; a single word may be longer than a line."""
        lines: list[str] = []
        for word in text.split(" "):
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self.length(longer, size) <= room:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def cut(self, text: str, room: int, size: int) -> str:
        if self.length(text, size) <= room:
            return text
        while text and self.length(f"{text}…", size) > room:
            text = text[:-1]
        return f"{text.rstrip(' …')}…"


def _png(panel: Image.Image) -> bytes:
    """Write greys in sixteen steps: a third of the size, and nobody sees it."""
    few = panel.point([round(value / 17) for value in range(256)])
    few.putpalette([step * 17 for step in range(16) for _ in "rgb"])
    written = BytesIO()
    few.save(written, "PNG", bits=4, compress_level=3)
    return written.getvalue()


@lru_cache(maxsize=16)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size, layout_engine=ImageFont.Layout.RAQM)


@cache
def _libraries() -> tuple[str, ...]:
    """Name what decides how the same sketch comes out."""
    used = ("pil", "freetype2", "raqm", "harfbuzz", "fribidi", "zlib", "jpg")
    versions = (str(features.version(each)) for each in used)
    return (*versions, hashlib.sha256(FONT.read_bytes()).hexdigest())
