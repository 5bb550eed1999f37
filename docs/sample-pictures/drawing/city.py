"""Towns across water: a skyline at dusk, an exile harbour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from drawing.canvas import (
    Canvas,
    Field,
    Look,
    Stencil,
    rgb,
)
from drawing.land import (
    below,
    glitter,
    hill,
    lit_clouds,
    mist,
    reflect,
    stars,
)
from drawing.noise import clouds, ridge

_WARM = ("#ffcf7d", "#ffb85c", "#ffe0a3", "#f7a24a")


@dataclass(frozen=True)
class Front:
    """The wall of one house, facing us."""

    x: float
    y: float
    wide: float
    high: float


def lesk_dusk(canvas: Canvas) -> Look:
    """The capital beyond the still river, first windows lit."""
    shore = 0.66
    canvas.sky(
        [
            (0, "#1f3556"),
            (0.28, "#54688a"),
            (0.46, "#b98c86"),
            (0.58, "#f0a66e"),
            (0.66, "#ffc98a"),
            (1, "#ffc98a"),
        ]
    )
    lit_clouds(canvas, "#f3a27d", "#4f5876", 0.42, 0.3, 4.5)
    canvas.glow(0.97, 0.63, 0.12, "#ffb469", 1.0)
    tones = ["#b98a80", "#83697a", "#4c4a64", "#252b42"]
    for i, tone in enumerate(tones):
        _skyline(canvas, shore, 0.055 + 0.030 * i, 0.018 + 0.014 * i, tone, i)
        mist(canvas, shore - 0.01, 0.035, "#e8a886", 0.34 if i < 3 else 0.1)
    canvas.paint(_band(canvas, shore - 0.018, 0.02), "#1b2033")
    _quay_lamps(canvas, shore - 0.03, 34, "#ffcf85")
    reflect(canvas, shore, "#d9cfd0", 0.022, 0.012, 0.92, "#142036")
    glitter(canvas, 0.97, shore, 0.08, "#8a5a34")
    return Look(vignette=0.34, bloom=0.28, threshold=0.5)


def _band(canvas: Canvas, top: float, high: float) -> Field:
    return (below(canvas, top) * (1 - below(canvas, top + high))).astype(np.float32)


def _skyline(
    canvas: Canvas, base: float, high: float, wide: float, tone: str, nearness: int
) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    fronts: list[Front] = []
    shape = ridge(canvas, 0.55, 3)
    x = -0.05
    while x < canvas.aspect:
        w = wide * rng.uniform(0.7, 2.0)
        lift = 1 + 0.55 * float(shape[min(max(int(x * canvas.height), 0), canvas.width - 1)])
        h = high * lift * rng.uniform(0.65, 1.25)
        pen.box(x, base - h, w, h)
        fronts.append(Front(x, base - h, w, h))
        _roof(pen, rng, Front(x, base - h, w, h))
        x += w * rng.uniform(0.9, 1.12)
    for place, kind in {
        1: [(0.62, "dome"), (1.22, "spires")],
        2: [(0.36, "tower"), (1.02, "dome")],
        3: [(1.33, "chimneys"), (0.12, "chimneys")],
    }.get(nearness, []):
        _landmark(pen, kind, place, base, high)
    mask = pen.mask()
    shade = 1 - 0.25 * clouds(canvas, 0.05, 3, 0.4)
    canvas.paint(mask, rgb(tone) * shade[..., None])
    if nearness >= 2:
        _windows(canvas, fronts, 0.0055 + 0.0025 * (nearness - 2), 0.22, mask)


def _roof(pen: Stencil, rng: np.random.Generator, front: Front) -> None:
    x, y, w, kind = front.x, front.y, front.wide, rng.random()
    if kind < 0.3:
        pen.polygon([(x - w * 0.04, y), (x + w / 2, y - w * 0.3), (x + w * 1.04, y)])
    elif kind < 0.5:
        pen.polygon([(x, y), (x + w * 0.18, y - w * 0.2), (x + w * 0.82, y - w * 0.2), (x + w, y)])
    elif kind < 0.7:
        pen.box(x + w * 0.2, y - w * 0.14, w * 0.25, w * 0.14)
        pen.line([(x + w * 0.7, y), (x + w * 0.7, y - w * 0.4)], w * 0.02)
    for _ in range(rng.integers(0, 3)):
        pen.box(x + w * rng.uniform(0.1, 0.8), y - w * 0.32, w * 0.07, w * 0.34)


def _landmark(pen: Stencil, kind: str, x: float, base: float, size: float) -> None:
    if kind == "dome":
        y, r = base - size * 1.55, size * 0.42
        pen.box(x - r * 1.9, base - size * 1.05, r * 3.8, size * 1.1)
        pen.box(x - r, y, r * 2, size)
        pen.ellipse(x, y, r, r * 1.12)
        pen.box(x - r * 0.16, y - r * 1.5, r * 0.32, r * 0.5)
        pen.ellipse(x, y - r * 1.5, r * 0.17, r * 0.2)
        pen.line([(x, y - r * 1.5), (x, y - r * 2.1)], r * 0.05)
    elif kind == "spires":
        for dx, h in ((-0.3, 2.6), (0.3, 2.6), (0.0, 1.5)):
            w = size * 0.16
            pen.box(x + dx * size - w, base - size * h * 0.6, w * 2, size * h)
            pen.polygon(
                [
                    (x + dx * size - w, base - size * h * 0.6),
                    (x + dx * size, base - size * h),
                    (x + dx * size + w, base - size * h * 0.6),
                ]
            )
    elif kind == "tower":
        w = size * 0.13
        pen.box(x - w, base - size * 2.1, w * 2, size * 2.1)
        pen.box(x - w * 1.35, base - size * 1.95, w * 2.7, size * 0.1)
        pen.polygon(
            [
                (x - w * 1.1, base - size * 2.1),
                (x, base - size * 2.6),
                (x + w * 1.1, base - size * 2.1),
            ]
        )
    else:
        for dx, h in ((0, 1.9), (0.22, 1.7), (0.44, 2.0)):
            w = size * 0.035
            pen.polygon(
                [
                    (x + dx * size - w * 1.4, base),
                    (x + dx * size - w, base - size * h),
                    (x + dx * size + w, base - size * h),
                    (x + dx * size + w * 1.4, base),
                ]
            )


def _windows(
    canvas: Canvas, fronts: list[Front], pitch: float, share: float, inside: Field
) -> None:
    rng = canvas.rng
    for colour in _WARM:
        pen = canvas.stencil()
        for front in fronts:
            for i in range(1, int(front.wide / pitch)):
                for j in range(1, int(front.high / pitch / 1.35)):
                    if rng.random() < share / len(_WARM):
                        x, y = front.x + i * pitch, front.y + j * pitch * 1.35
                        pen.box(
                            x - pitch * 0.22, y, pitch * 0.44, pitch * 0.62, rng.uniform(0.35, 1)
                        )
        canvas.add(pen.mask() * inside, rgb(colour) * 1.1)


def _quay_lamps(canvas: Canvas, y: float, count: int, colour: str) -> None:
    pen, posts = canvas.stencil(), canvas.stencil()
    for i in range(count):
        x = (i + 0.5) / count * canvas.aspect
        pen.ellipse(x, y, 0.0022, 0.0022)
        posts.line([(x, y), (x, y + 0.02)], 0.0008)
    canvas.paint(posts.mask(), "#141828")
    lamps = pen.mask()
    canvas.add(lamps * 2.0 + canvas.blur(lamps, 0.006) * 3.0, colour)


def port_marrow(canvas: Canvas) -> Look:
    """The exile city: houses climbing a hill above its harbour, after sunset."""
    shore = 0.68
    canvas.sky(
        [(0, "#0f1d3a"), (0.3, "#2a4169"), (0.5, "#6d6f92"), (0.62, "#c98f88"), (1, "#c98f88")]
    )
    lit_clouds(canvas, "#c58a92", "#293a5e", 0.36, 0.3, 5)
    stars(canvas, 160, 0.3)
    hill(
        canvas,
        (
            0.44 - 0.10 * np.exp(-(((canvas.x[0] - 0.2) / 0.4) ** 2)) + 0.02 * ridge(canvas, 0.5, 6)
        ).astype(np.float32),
        [(0, "#3f4a70"), (1, "#8d7f97")],
        0.25,
    )
    across = canvas.x[0]
    crest = (
        0.615
        - 0.27 * np.exp(-(((across - 1.12) / 0.36) ** 2))
        - 0.15 * np.exp(-(((across - 0.55) / 0.26) ** 2))
    )
    crest = (crest + 0.035 * ridge(canvas, 0.35, 6)).astype(np.float32)
    hill(canvas, crest, [(0, "#232d4b"), (1, "#2b3350")], 0.3)
    _church(canvas, 1.10, float(crest[int(1.10 * canvas.height)]))
    rows = 15
    for i in range(rows):
        share = i / (rows - 1)
        _house_row(
            canvas,
            crest + (shore - 0.012 - crest) * share**1.05 + 0.012,
            0.016 + 0.021 * share,
            share,
        )
    canvas.paint(_band(canvas, shore - 0.014, 0.016), "#141b2e")
    _quay_lamps(canvas, shore - 0.028, 26, "#ffc46f")
    reflect(canvas, shore, "#c5c8d8", 0.030, 0.016, 0.95, "#0b1630")
    for x, size, side in ((0.28, 0.11, 1), (0.52, 0.07, -1), (1.22, 0.13, -1), (1.0, 0.055, 1)):
        _boat(canvas, x, shore + 0.05 + size * 0.9, size, side)
    return Look(vignette=0.32, bloom=0.3, threshold=0.45)


def _church(canvas: Canvas, x: float, y: float) -> None:
    pen = canvas.stencil()
    pen.box(x - 0.008, y - 0.06, 0.016, 0.07)
    pen.polygon([(x - 0.009, y - 0.06), (x, y - 0.1), (x + 0.009, y - 0.06)])
    pen.polygon(
        [
            (x, y),
            (x, y - 0.022),
            (x + 0.016, y - 0.036),
            (x + 0.032, y - 0.036),
            (x + 0.045, y - 0.02),
            (x + 0.045, y + 0.01),
        ]
    )
    canvas.paint(pen.mask(), "#1d2743")


def _house_row(canvas: Canvas, line: Field, size: float, near: float) -> None:
    rng = canvas.rng
    walls = [canvas.stencil() for _ in range(4)]
    roofs, fronts = canvas.stencil(), []
    x = rng.uniform(-0.05, 0)
    while x < canvas.aspect:
        w, h = size * rng.uniform(0.8, 1.7), size * rng.uniform(0.8, 1.5)
        y = float(line[min(max(int((x + w / 2) * canvas.height), 0), canvas.width - 1)])
        if y < 0.665 and rng.random() < 0.84:
            pen = walls[rng.integers(0, 4)]
            pen.box(x, y - h, w, h * 1.5)
            top = y - h
            roofs.polygon(
                [
                    (x - w * 0.05, top),
                    (x + w * 0.2, top - h * 0.3),
                    (x + w * 0.8, top - h * 0.3),
                    (x + w * 1.05, top),
                ]
            )
            roofs.box(x + w * 0.65, top - h * 0.5, w * 0.08, h * 0.3)
            fronts.append(Front(x, top, w, h))
        x += w * rng.uniform(1.0, 1.25)
    for pen, tone in zip(walls, ("#4b4f6b", "#5c566c", "#434a68", "#6b6070"), strict=True):
        canvas.paint(pen.mask(), rgb(tone) * (1.25 - 0.35 * near))
    canvas.paint(roofs.mask(), rgb("#5a4350") * (1.0 - 0.3 * near))
    _windows(canvas, fronts, size * 0.36, 0.42, np.ones_like(canvas.light[..., 0]))


def _boat(canvas: Canvas, x: float, y: float, size: float, side: int) -> None:
    pen, ghost = canvas.stencil(), canvas.stencil()
    hull = [(-0.9, -0.16), (-0.75, 0.06), (0.75, 0.06), (1.05, -0.24), (0.5, -0.17)]
    cabin = [(-0.55, -0.16), (-0.55, -0.42), (-0.05, -0.42), (0.05, -0.16)]
    mast = [(0.15, -0.16), (0.15, -1.15)]
    for shape in (hull, cabin):
        pen.polygon([(x + side * px * size, y + py * size) for px, py in shape])
        ghost.polygon([(x + side * px * size, y + 0.12 * size - py * size) for px, py in shape])
    pen.line([(x + side * px * size, y + py * size) for px, py in mast], size * 0.025)
    pen.line(
        [(x + side * 0.15 * size, y - 1.1 * size), (x + side * 1.0 * size, y - 0.22 * size)],
        size * 0.008,
    )
    ghost.line(
        [(x + side * px * size, y + 0.12 * size - py * size) for px, py in mast], size * 0.025
    )
    canvas.paint(ghost.mask(0.004) * 0.6, "#0a1120")
    canvas.paint(pen.mask(), "#0c1222")
    lamp = canvas.stencil()
    lamp.box(x - side * 0.3 * size - 0.07 * size, y - 0.36 * size, 0.05 * size, 0.07 * size)
    lamp.box(x - side * 0.3 * size + 0.02 * size, y - 0.36 * size, 0.05 * size, 0.07 * size)
    lamp.ellipse(x + side * 0.15 * size, y - 1.15 * size, 0.02 * size, 0.02 * size)
    canvas.add(lamp.mask() * 1.6, "#ffc673")
