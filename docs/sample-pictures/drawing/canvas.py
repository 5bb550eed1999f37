"""The sheet a scene is drawn on.

Promises: light is linear until `finish`; lengths are fractions of the sheet's height, so a
small proof shows what the full picture will; the same seed draws the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

Field: TypeAlias = NDArray[np.floating[Any]]
Colour: TypeAlias = str | Sequence[float] | Field
Point: TypeAlias = tuple[float, float]

_OVERSAMPLING = 3


def decode(value: Field) -> Field:
    """Turn sRGB values in 0..1 into linear light."""
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(
        np.float32
    )


def encode(light: Field) -> Field:
    """Turn linear light into sRGB values in 0..1."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055).astype(
        np.float32
    )


def _shown(colour: str) -> Field:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def rgb(colour: Colour) -> Field:
    """Give linear light for '#rrggbb', or pass linear numbers through."""
    if isinstance(colour, str):
        return decode(_shown(colour))
    return np.asarray(colour, np.float32)


def ramp(at: Field, stops: Sequence[tuple[float, str]]) -> Field:
    """Colour every value of `at` by stops; eased as the eye sees it, returned as linear light."""
    places = [place for place, _ in stops]
    shown = np.stack([_shown(colour) for _, colour in stops])
    parts = [np.interp(at, places, shown[:, i]) for i in range(3)]
    return decode(np.stack(parts, axis=-1).astype(np.float32))


def step(low: float, high: float, value: Field) -> Field:
    """Rise smoothly from 0 at `low` to 1 at `high`."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


@dataclass(frozen=True)
class Look:
    """How the finished light becomes a photograph."""

    exposure: float = 1.0
    bloom: float = 0.18
    threshold: float = 0.55
    vignette: float = 0.28
    grain: float = 0.005
    filmic: bool = False
    saturation: float = 1.0


class Stencil:
    """Collects shapes, and gives them back as one soft-edged mask."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._unit = canvas.height * _OVERSAMPLING
        size = (canvas.width * _OVERSAMPLING, self._unit)
        self._image = Image.new("L", size, 0)
        self._pen = ImageDraw.Draw(self._image)

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self._unit, y * self._unit) for x, y in points]

    def polygon(self, points: Sequence[Point], value: float = 1.0) -> None:
        """Fill a polygon."""
        self._pen.polygon(self._scaled(points), fill=round(255 * value))

    def line(self, points: Sequence[Point], width: float, value: float = 1.0) -> None:
        """Draw a line with round joints; never thinner than the sheet can show."""
        thick = max(1, round(width * self._unit))
        fill = round(255 * value)
        self._pen.line(self._scaled(points), fill=fill, width=thick, joint="curve")

    def ellipse(self, x: float, y: float, rx: float, ry: float, value: float = 1.0) -> None:
        """Fill an ellipse about its middle."""
        (box,) = [self._scaled([(x - rx, y - ry), (x + rx, y + ry)])]
        self._pen.ellipse([box[0], box[1]], fill=round(255 * value))

    def box(self, x: float, y: float, wide: float, high: float, value: float = 1.0) -> None:
        """Fill an upright rectangle given by its top left corner."""
        corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
        self.polygon(corners, value)

    def mask(self, soft: float = 0.0) -> Field:
        """Give the mask, blurred by `soft` if that is above nothing."""
        small = self._image.reduce(_OVERSAMPLING)
        mask = np.asarray(small, np.float32) / 255
        return self._canvas.blur(mask, soft) if soft else mask


class Canvas:
    """Linear light over a grid: x runs 0..aspect, y runs 0..1 downwards."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.width, self.height = width, height
        self.aspect = width / height
        self.rng = np.random.default_rng(seed)
        self.light: Field = np.zeros((height, width, 3), np.float32)
        self.y: Field = ((np.arange(height, dtype=np.float32) + 0.5) / height)[:, None]
        self.x: Field = ((np.arange(width, dtype=np.float32) + 0.5) / height)[None, :]

    def stencil(self) -> Stencil:
        """Start an empty stencil."""
        return Stencil(self)

    def blur(self, field: Field, size: float) -> Field:
        """Blur by a size in fractions of the height."""
        sigma = (size * self.height,) * 2 + (0,) * (field.ndim - 2)
        return np.asarray(gaussian_filter(field, sigma, mode="nearest"), np.float32)

    def distance(self, x: float, y: float, squash: float = 1.0) -> Field:
        """Measure how far each point is from (x, y); `squash` above 1 flattens the circle."""
        return np.hypot(self.x - x, (self.y - y) * squash).astype(np.float32)

    def sky(self, stops: Sequence[tuple[float, str]]) -> None:
        """Fill the sheet with a gradient from top to bottom."""
        self.light = np.repeat(ramp(self.y, stops), self.width, axis=1)

    def paint(self, mask: Field | float, colour: Colour) -> None:
        """Lay an opaque colour (one, or one for each point) over what is there."""
        cover = np.asarray(mask, np.float32)[..., None]
        self.light = (self.light * (1 - cover) + rgb(colour) * cover).astype(np.float32)

    def add(self, mask: Field, colour: Colour) -> None:
        """Add light to what is there."""
        self.light = (self.light + mask[..., None] * rgb(colour)).astype(np.float32)

    def dim(self, amount: Field) -> None:
        """Take light away: 0 keeps all, 1 leaves none."""
        self.light = (self.light * (1 - amount[..., None])).astype(np.float32)

    def glow(self, x: float, y: float, size: float, colour: Colour, power: float = 1.0) -> None:
        """Add a round glow that falls off as light in haze does."""
        near = self.distance(x, y) / size
        self.add((power / (1 + near**2) ** 1.5).astype(np.float32), colour)

    def finish(self, look: Look) -> Image.Image:
        """Develop the light: bloom, vignette, tone, grain; return an 8-bit picture."""
        light = self.light * look.exposure
        light = light + look.bloom * self._bloom(light, look.threshold)
        light = light * self._vignette(look.vignette)
        light = _film(light) if look.filmic else _shoulder(light)
        shown = encode(_saturated(light, look.saturation)) + self._grain(light, look.grain)
        dither = self.rng.random((self.height, self.width, 1), np.float32) - 0.5
        return Image.fromarray(np.clip(shown * 255 + dither + 0.5, 0, 255).astype(np.uint8))

    def _bloom(self, light: Field, threshold: float) -> Field:
        bright = np.minimum(np.maximum(light - threshold, 0), 4)
        near, wide = self.blur(bright, 0.006), self.blur(bright, 0.03)
        return (near + wide + self.blur(wide, 0.09)).astype(np.float32)

    def _vignette(self, amount: float) -> Field:
        far = self.distance(self.aspect / 2, 0.5) / np.hypot(self.aspect / 2, 0.5)
        return (1 - amount * far**2.2)[..., None].astype(np.float32)

    def _grain(self, light: Field, amount: float) -> Field:
        raw = self.rng.standard_normal((self.height, self.width)).astype(np.float32)
        size = max(0.6, self.height / 1067 * 1.05)
        soft = np.asarray(gaussian_filter(raw, size), np.float32) * 3.4 * size
        tone = encode(light.mean(axis=-1))
        return (amount * soft * (0.35 + np.sqrt(tone * (1 - tone))))[..., None].astype(np.float32)


def _saturated(light: Field, amount: float) -> Field:
    grey = (light @ np.array([0.21, 0.72, 0.07], np.float32))[..., None]
    return np.maximum(grey + (light - grey) * amount, 0).astype(np.float32)


def _shoulder(light: Field) -> Field:
    knee = 0.62
    over = np.maximum(light - knee, 0) / (1 - knee)
    return np.where(light > knee, knee + (1 - knee) * (1 - np.exp(-over)), light).astype(np.float32)


def _film(light: Field) -> Field:
    shown = light * (2.3 * light + 0.05) / (light * (2.2 * light + 0.6) + 0.16)
    return np.clip(shown, 0, 1).astype(np.float32)
