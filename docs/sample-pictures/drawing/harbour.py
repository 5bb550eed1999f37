"""Scenes by the sea: harbour cranes, a lighthouse."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Look,
    rgb,
    step,
)
from drawing.land import (
    below,
    hill,
    lit_clouds,
    mist,
    reflect,
    stars,
    waves,
)
from drawing.noise import clouds, ridge


def halden_cranes(canvas: Canvas) -> Look:
    """Gantry cranes and container stacks in blue haze."""
    shore = 0.70
    canvas.sky(
        [(0, "#4a7196"), (0.3, "#8fb0c6"), (0.55, "#dfe0d3"), (0.7, "#f5e4c4"), (1, "#f5e4c4")]
    )
    lit_clouds(canvas, "#f8efdc", "#89a5ba", 0.4, 0.28, 4.5)
    canvas.glow(0.34, 0.5, 0.1, "#fff0cc", 0.8)
    hill(
        canvas,
        (0.62 + 0.02 * ridge(canvas, 0.6, 6)).astype(np.float32),
        [(0, "#aebfc8"), (1, "#d5d9d2")],
        0.1,
    )
    for x, size, tone in (
        (0.20, 0.30, "#93abba"),
        (0.46, 0.34, "#7f9bad"),
        (1.32, 0.36, "#7492a6"),
    ):
        _crane(canvas, x, shore - 0.01, size, tone)
    mist(canvas, 0.66, 0.06, "#e3e2d6", 0.5)
    _stacks(canvas, shore, 0.75)
    for x, size, tone in ((0.72, 0.54, "#41637b"), (1.10, 0.60, "#2c4d66")):
        _crane(canvas, x, shore, size, tone)
    _ship(canvas, shore)
    canvas.paint(below(canvas, shore - 0.012), "#2c3d4a")
    mist(canvas, 0.69, 0.03, "#d5dcd8", 0.4)
    reflect(canvas, shore, "#d0dbe0", 0.03, 0.01, 0.92, "#17303f")
    return Look(vignette=0.32, bloom=0.14)


def _crane(canvas: Canvas, x: float, foot: float, size: float, tone: str) -> None:
    pen, thin = canvas.stencil(), size * 0.011
    girder, apex = foot - size * 0.56, (x + size * 0.03, foot - size * 0.98)
    for leg, top in ((-0.14, -0.12), (0.16, 0.14)):
        pen.line([(x + leg * size, foot), (x + top * size, girder)], thin * 2.4)
        pen.box(x + (leg - 0.035) * size, foot - size * 0.03, size * 0.07, size * 0.03)
    pen.line(
        [(x - 0.135 * size, foot - size * 0.25), (x + 0.152 * size, foot - size * 0.25)], thin * 2
    )
    pen.line([(x - 0.135 * size, foot - size * 0.25), (x + 0.142 * size, girder)], thin)
    pen.box(x - size * 0.55, girder - size * 0.022, size * 0.86, size * 0.03)
    for i in range(30):
        at = x + size * (-0.55 + 0.86 * i / 30)
        pen.line(
            [
                (at, girder - size * 0.022),
                (at + size * 0.014, girder - size * 0.045),
                (at + size * 0.028, girder - size * 0.022),
            ],
            thin * 0.3,
        )
    pen.line([(x - 0.10 * size, girder), apex, (x + 0.14 * size, girder)], thin * 1.7)
    for reach in (-0.53, -0.33, 0.30):
        pen.line([apex, (x + reach * size, girder - size * 0.01)], thin * 0.55)
    pen.box(x + size * 0.19, girder - size * 0.085, size * 0.12, size * 0.07)
    cab = x - size * 0.36
    pen.box(cab - size * 0.02, girder + size * 0.008, size * 0.045, size * 0.035)
    for dx in (-0.008, 0.02):
        pen.line([(cab + dx * size, girder), (cab + dx * size, girder + size * 0.22)], thin * 0.3)
    pen.box(cab - size * 0.055, girder + size * 0.22, size * 0.12, size * 0.04)
    canvas.paint(pen.mask(), tone)


def _stacks(canvas: Canvas, shore: float, haze: float) -> None:
    colours = ["#7a4b43", "#4d6a7c", "#8a7a5a", "#5d7468", "#6d5a68", "#93837a", "#3f5a70"]
    pens = [canvas.stencil() for _ in colours]
    lines = canvas.stencil()
    w, h = 0.052, 0.021
    for i in range(30):
        levels = int(np.clip(2.5 + 2.2 * np.sin(i * 0.55) + canvas.rng.normal(0, 0.8), 1, 6))
        for j in range(levels):
            x, y = i * w * 1.02 - 0.02, shore - 0.012 - (j + 1) * h
            pens[canvas.rng.integers(len(colours))].box(x, y, w * 0.985, h * 0.94)
            for k in range(1, 10):
                lines.line([(x + w * k / 10, y), (x + w * k / 10, y + h * 0.94)], 0.0006, 0.5)
    for pen, colour in zip(pens, colours, strict=True):
        canvas.paint(pen.mask(), rgb(colour) * haze + rgb("#b9c6cb") * (1 - haze))
    canvas.dim(lines.mask() * 0.3)


def _ship(canvas: Canvas, shore: float) -> None:
    hull, band, house = (canvas.stencil() for _ in range(3))
    y = shore - 0.075
    hull.polygon(
        [(-0.1, y), (0.40, y), (0.47, y - 0.02), (0.425, shore + 0.004), (-0.1, shore + 0.004)]
    )
    band.polygon(
        [
            (-0.1, shore - 0.018),
            (0.43, shore - 0.018),
            (0.425, shore + 0.004),
            (-0.1, shore + 0.004),
        ]
    )
    house.box(0.02, y - 0.10, 0.07, 0.10)
    house.box(0.008, y - 0.115, 0.094, 0.018)
    house.line([(0.055, y - 0.115), (0.055, y - 0.165)], 0.003)
    house.box(0.10, y - 0.06, 0.024, 0.06)
    canvas.paint(house.mask(), "#8a9ca6")
    canvas.paint(hull.mask(), "#28465a")
    canvas.paint(band.mask(), "#6a3f3a")


def marrow_lighthouse(canvas: Canvas) -> Look:
    """A lighthouse on a rock throws its beam through sea mist."""
    shore = 0.78
    canvas.sky(
        [(0, "#101c36"), (0.35, "#2b456c"), (0.6, "#6d7f9a"), (0.76, "#c9a799"), (1, "#c9a799")]
    )
    stars(canvas, 240, 0.45)
    lit_clouds(canvas, "#a98f9d", "#2c4062", 0.42, 0.25, 3.5)
    lamp = (0.43, 0.305)
    _beams(canvas, lamp)
    hill(
        canvas,
        (shore - 0.02 + 0.01 * ridge(canvas, 0.4, 6)).astype(np.float32),
        [(0, "#5f6a84"), (1, "#8d8798")],
        0.05,
    )
    mist(canvas, shore - 0.015, 0.03, "#c5adab", 0.6)
    reflect(canvas, shore, "#b9c0d0", 0.03, 0.01, 0.9, "#0f1c33")
    _swell(canvas, shore)
    _rock(canvas, shore)
    _tower(canvas, lamp)
    canvas.glow(lamp[0], lamp[1], 0.028, "#fff1c9", 2.6)
    return Look(vignette=0.36, bloom=0.3, threshold=0.6)


def _beams(canvas: Canvas, lamp: tuple[float, float]) -> None:
    dx, dy = canvas.x - lamp[0], canvas.y - lamp[1]
    far = np.hypot(dx, dy)
    torn = 0.6 + 0.6 * clouds(canvas, 0.3, 5, 2.0)
    for heading, power in ((-0.13, 0.55), (np.pi - 0.05, 0.38)):
        off = np.angle(np.exp(1j * (np.arctan2(dy, dx) - heading)))
        ray = np.exp(-((off / 0.075) ** 2)) * power / (0.25 + far * 1.6)
        canvas.add((ray * torn * 0.55).astype(np.float32), "#ffe7b0")


def _swell(canvas: Canvas, shore: float) -> None:
    up_down, other = waves(canvas, shore, 0.2)
    under = step(0.0, 0.2, np.maximum(canvas.y - shore, 0)) * below(canvas, shore)
    canvas.dim((step(0.2, 1.6, -up_down) * under * 0.5).astype(np.float32))
    canvas.paint((step(1.1, 2.0, other) * under * 0.35).astype(np.float32), "#aebccd")


def _rock(canvas: Canvas, shore: float) -> None:
    shape = 0.135 * np.exp(-(np.abs((canvas.x[0] - 0.42) / 0.24) ** 2.6)) + 0.05 * np.exp(
        -(((canvas.x[0] - 0.14) / 0.1) ** 2)
    )
    line = (shore + 0.055 - shape + 0.018 * ridge(canvas, 0.16, 8, 0.6)).astype(np.float32)
    foot = shore + 0.045 + 0.006 * ridge(canvas, 0.12, 6)
    mask = below(canvas, line) * (1 - below(canvas, foot))
    rough = clouds(canvas, 0.08, 7, 1.2, 0.65)
    lit = np.clip(np.roll(rough, round(0.006 * canvas.height), axis=0) - rough + 0.03, 0, 1) * 7
    canvas.paint(
        mask, rgb("#141a28") * (0.6 + rough[..., None]) + lit[..., None] * rgb("#4d5470") * 0.5
    )
    spray = np.exp(-np.abs(canvas.y - foot) / 0.007) * (shape > 0.012) * clouds(canvas, 0.05, 5, 2)
    canvas.paint(np.clip(spray * 0.9, 0, 1).astype(np.float32), "#c5cfdd")


def _tower(canvas: Canvas, lamp: tuple[float, float]) -> None:
    x, top, foot = lamp[0], lamp[1] + 0.04, 0.715
    t = np.clip((canvas.y - top) / (foot - top), 0, 1)
    half = 0.030 + 0.026 * t**1.5
    across = (canvas.x - x) / half
    mask = step(1.02, 0.97, np.abs(across)) * below(canvas, top) * (1 - below(canvas, foot))
    round_ = np.sqrt(np.clip(1 - across**2, 0, 1)) * 0.55 + 0.45 * np.clip(0.5 + 0.5 * across, 0, 1)
    bands = (np.floor(t * 5) % 2)[..., None]
    paint = rgb("#c9c6cf") * (1 - bands) + rgb("#8c3b37") * bands
    canvas.paint(
        mask,
        paint
        * (0.16 + 0.62 * round_[..., None])
        * (0.9 + 0.2 * clouds(canvas, 0.05, 4, 0.5)[..., None]),
    )
    pen, glass, cap = canvas.stencil(), canvas.stencil(), canvas.stencil()
    for at in (0.25, 0.5, 0.75):
        pen.box(x - 0.005, top + (foot - top) * at, 0.010, 0.018)
    cap.box(x - 0.046, top - 0.007, 0.092, 0.011)
    for i in range(13):
        cap.line(
            [(x - 0.044 + i * 0.0073, top - 0.007), (x - 0.044 + i * 0.0073, top - 0.026)], 0.0012
        )
    cap.line([(x - 0.045, top - 0.026), (x + 0.045, top - 0.026)], 0.0018)
    glass.box(x - 0.021, lamp[1] - 0.026, 0.042, 0.06)
    cap.polygon([(x - 0.028, lamp[1] - 0.026), (x, lamp[1] - 0.066), (x + 0.028, lamp[1] - 0.026)])
    cap.line([(x, lamp[1] - 0.06), (x, lamp[1] - 0.095)], 0.0025)
    for dx in (-0.021, -0.007, 0.007, 0.021):
        cap.line([(x + dx, lamp[1] - 0.026), (x + dx, lamp[1] + 0.034)], 0.0018)
    canvas.paint(pen.mask(), "#0f1420")
    canvas.paint(glass.mask(), rgb("#ffe9b8") * 1.1)
    canvas.paint(cap.mask(), "#171b29")
