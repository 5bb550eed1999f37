"""What many out-of-door scenes share: skies, ridges, water, trees, lit windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from drawing.canvas import (
    Canvas,
    Colour,
    Field,
    Point,
    Stencil,
    ramp,
    rgb,
    step,
)
from drawing.noise import bend, clouds, sample, tile

Stops = Sequence[tuple[float, str]]


def below(canvas: Canvas, line: Field | float) -> Field:
    """Mask everything under a line given as one height for each column."""
    edge = (canvas.y - np.asarray(line, np.float32)) * canvas.height + 0.5
    return np.clip(edge + np.zeros((1, canvas.width), np.float32), 0, 1).astype(np.float32)


def depth_under(canvas: Canvas, line: Field | float) -> Field:
    """Measure how far each point lies under a line (below nothing above it)."""
    return (canvas.y - np.asarray(line, np.float32) + 0 * canvas.x).astype(np.float32)


def hill(canvas: Canvas, line: Field, stops: Stops, fade: float = 0.3) -> Field:
    """Paint the land under a line, from the first stop's colour at the crest downwards."""
    mask = below(canvas, line)
    canvas.paint(mask, ramp(depth_under(canvas, line) / fade, stops))
    return mask


def overcast(
    canvas: Canvas, colour: Colour, cover: float, size: float = 0.5, wide: float = 2.6
) -> Field:
    """Lay soft clouds over the sky; returns where they are."""
    lump = clouds(canvas, size, 7, wide)
    mask = step(0.62 - cover * 0.5, 0.95 - cover * 0.4, lump)
    canvas.paint(mask * 0.85, colour)
    return mask


def lit_clouds(
    canvas: Canvas, bright: Colour, dark: Colour, cover: float, size: float = 0.4, wide: float = 2.8
) -> None:
    """Lay clouds that are bright on their lower edges, as before sunrise and after sunset."""
    lump = clouds(canvas, size, 7, wide)
    shade = lump - bend(canvas.blur(lump, 0.003), 0.0, 0.02)
    mask = step(0.60 - cover * 0.5, 0.92 - cover * 0.4, lump)
    lit = step(-0.06, 0.09, -shade)[..., None]
    canvas.paint(mask * 0.8, rgb(dark) * (1 - lit) + rgb(bright) * lit)


def stars(canvas: Canvas, count: int, lowest: float, colour: Colour = "#dfe8ff") -> None:
    """Scatter stars above a height, fewer and fainter towards it."""
    pen = canvas.stencil()
    for _ in range(count):
        x, y = canvas.rng.random() * canvas.aspect, canvas.rng.random() ** 1.3 * lowest
        size = 0.0006 + 0.0009 * canvas.rng.random() ** 4
        pen.ellipse(x, y, size, size, 0.25 + 0.7 * canvas.rng.random() ** 2)
    fade = step(lowest, lowest * 0.3, canvas.y) + 0 * canvas.x
    canvas.add(pen.mask() * fade, colour)


def mist(canvas: Canvas, middle: float, thick: float, colour: Colour, strength: float) -> None:
    """Lay a torn band of mist across the sheet."""
    band = np.exp(-(((canvas.y - middle) / thick) ** 2))
    torn = 0.35 + 0.65 * clouds(canvas, 0.35, 5, 4.0)
    canvas.paint((band * torn * strength).astype(np.float32), colour)


def waves(canvas: Canvas, shore: float, scale: float = 0.11) -> tuple[Field, Field]:
    """Give two rippling fields in perspective for the water under `shore`."""
    under = np.maximum(canvas.y - shore, 0) + 0.006
    near = scale / under
    across = (canvas.x - canvas.aspect / 2) * near
    one, other = tile(canvas, 1.7, 4), tile(canvas, 1.7, 4)
    row = near * 2.2 + 0 * canvas.x
    first = sample(one, across * 0.5, row)
    second = sample(other, across * 0.5 + 0.3, row * 1.1)
    calm = step(0.0, 0.12, under)
    return (first * calm).astype(np.float32), (second * calm).astype(np.float32)


def reflect(
    canvas: Canvas,
    shore: float,
    tint: Colour,
    ripple: float = 0.02,
    smear: float = 0.01,
    strength: float = 0.9,
    depth: Colour = "#0b1418",
) -> Field:
    """Turn everything under `shore` into water that mirrors what stands above it."""
    up_down, sideways = waves(canvas, shore)
    under = np.maximum(canvas.y - shore, 0)
    rows = (shore - under * 0.96) + up_down * ripple * (0.25 + under * 2)
    columns = canvas.x + sideways * ripple * 0.35 * (0.2 + under * 2)
    at = np.stack(
        [np.clip(rows, 0, shore - 0.002) * canvas.height, columns * canvas.height + 0 * rows]
    )
    source = gaussian_filter1d(canvas.light, max(smear * canvas.height, 0.3), axis=0)
    parts = [map_coordinates(source[..., i], at, order=1, mode="nearest") for i in range(3)]
    seen = np.stack(parts, axis=-1).astype(np.float32) * rgb(tint)
    share = strength * (1 - 0.45 * step(0, 1 - shore, under + 0 * canvas.x))
    mixed = rgb(depth) * (1 - share[..., None]) + seen * share[..., None]
    canvas.paint(below(canvas, shore), mixed)
    return up_down


def glitter(canvas: Canvas, x: float, shore: float, wide: float, colour: Colour) -> None:
    """Lay a path of sparks on the water under a low sun or moon at `x`."""
    up_down, _ = waves(canvas, shore, 0.16)
    under = np.maximum(canvas.y - shore, 0)
    path = np.exp(-(((canvas.x - x) / (wide * (0.35 + under * 2.5))) ** 2))
    sparks = step(0.7, 1.7, up_down) * below(canvas, shore)
    canvas.add((sparks * path).astype(np.float32), colour)


Stroke = tuple[list[Point], float]


def branches(
    canvas: Canvas, x: float, y: float, high: float, bend: float = 0.35, forks: int = 7
) -> tuple[list[Stroke], list[Point]]:
    """Grow a bare tree; return its strokes and the places where twigs end."""
    strokes: list[Stroke] = []
    ends: list[Point] = []
    rng = canvas.rng

    def grow(at: Point, angle: float, length: float, width: float, left: int) -> None:
        middle = (at[0] + np.sin(angle) * length / 2, at[1] - np.cos(angle) * length / 2)
        turned = angle + rng.normal(0, 0.12)
        end = (middle[0] + np.sin(turned) * length / 2, middle[1] - np.cos(turned) * length / 2)
        strokes.append(([at, middle, end], width))
        if left == 0:
            ends.append(end)
            return
        for side in (-1, 1) if rng.random() < 0.8 else (-1, 0.15, 1):
            spread = side * bend * rng.uniform(0.6, 1.5)
            shorter = length * rng.uniform(0.68, 0.86)
            way = float(np.clip(turned * 0.92 + spread, -1.35, 1.35))
            grow(end, way, shorter, width * 0.66, left - 1)

    grow((x, y), rng.normal(0, 0.05), high * 0.27, high * 0.035, forks)
    return strokes, ends


def draw_strokes(canvas: Canvas, strokes: Sequence[Stroke], soft: float = 0.0) -> Field:
    """Turn strokes into a mask."""
    pen = canvas.stencil()
    for points, width in strokes:
        pen.line(points, max(width, 0.0007))
    return pen.mask(soft)


def spruces(canvas: Canvas, line: Field, high: float, crowded: float) -> Field:
    """Stand a spruce wood on a line and return the mask of trees and land."""
    pen = canvas.stencil()
    rng = canvas.rng
    for _ in range(int(canvas.aspect / high * crowded)):
        x = rng.uniform(-0.02, canvas.aspect + 0.02)
        column = int(np.clip(x * canvas.height, 0, canvas.width - 1))
        _spruce(pen, rng, x, float(line[column]) + high * 0.06, high * rng.uniform(0.55, 1.1))
    return np.maximum(pen.mask(), below(canvas, line)).astype(np.float32)


def _spruce(pen: Stencil, rng: np.random.Generator, x: float, y: float, high: float) -> None:
    left: list[Point] = []
    right: list[Point] = []
    tiers = 9
    for tier in range(tiers):
        at = tier / tiers
        reach = high * 0.19 * (at + 0.08)
        left += [(x - reach * rng.uniform(0.7, 1.15), y - high * (1 - at - 0.07))]
        left += [(x - reach * 0.45, y - high * (1 - at - 0.09))]
        right += [(x + reach * rng.uniform(0.7, 1.15), y - high * (1 - at - 0.07))]
        right += [(x + reach * 0.45, y - high * (1 - at - 0.09))]
    pen.polygon([(x, y - high), *right, (x, y), *reversed(left)])
