"""Scenes by the river: a bridge, a flood."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Field,
    Look,
    Stencil,
    rgb,
    step,
)
from drawing.land import (
    below,
    branches,
    draw_strokes,
    glitter,
    hill,
    lit_clouds,
    mist,
    reflect,
    spruces,
    waves,
)
from drawing.noise import ridge


def river_at_dawn(canvas: Canvas) -> None:
    """Paint the river's far bank and the iron bridge, without the water."""
    canvas.sky(
        [(0, "#476287"), (0.25, "#8da3b8"), (0.45, "#e0c2b0"), (0.58, "#fbd9ab"), (1, "#fbd9ab")]
    )
    lit_clouds(canvas, "#fbd5b5", "#7f91aa", 0.4, 0.28, 4.5)
    canvas.glow(0.45, 0.56, 0.09, "#ffd59a", 1.2)
    for i, tone in enumerate(("#b3a7ab", "#8d8894", "#666a7c")):
        line = (0.53 + 0.027 * i - 0.035 * ridge(canvas, 0.6, 6)).astype(np.float32)
        canvas.paint(spruces(canvas, line, 0.012 + 0.006 * i, 30), tone)
        mist(canvas, 0.575 + 0.012 * i, 0.03, "#f5d8bd", 0.55)
    _bridge(canvas, 0.555)
    mist(canvas, 0.605, 0.03, "#f3d6bb", 0.5)


def tamna_bridge(canvas: Canvas) -> Look:
    """An iron arch bridge at first light, mirrored in the river."""
    shore = 0.62
    river_at_dawn(canvas)
    reflect(canvas, shore, "#e6e2e2", 0.016, 0.006, 0.94, "#22334a")
    glitter(canvas, 0.45, shore, 0.07, "#a87c4c")
    mist(canvas, 0.635, 0.018, "#f3d8c0", 0.6)
    bank = (
        0.975 - 0.10 * np.exp(-((canvas.x[0] / 0.5) ** 2)) + 0.012 * ridge(canvas, 0.2, 6)
    ).astype(np.float32)
    canvas.paint(below(canvas, bank), "#151a22")
    _grasses(canvas, bank, 900, 0.06, "#151a22")
    return Look(vignette=0.32, bloom=0.16)


def _grasses(canvas: Canvas, line: Field, count: int, high: float, colour: str) -> None:
    pen = canvas.stencil()
    for _ in range(count):
        x = canvas.rng.uniform(0, canvas.aspect)
        y = float(line[min(int(x * canvas.height), canvas.width - 1)]) + 0.01
        lean, tall = canvas.rng.normal(0, 0.012), high * canvas.rng.uniform(0.2, 1) ** 1.5
        pen.line([(x, y), (x + lean * 0.4, y - tall * 0.6), (x + lean, y - tall)], 0.0014)
    canvas.paint(pen.mask(), colour)


def _bridge(canvas: Canvas, deck: float) -> None:
    pen, stone = canvas.stencil(), canvas.stencil()
    for middle, half, rise in ((0.28, 0.36, 0.16), (1.02, 0.37, 0.20), (1.76, 0.36, 0.16)):
        _arch(pen, middle, half, rise, deck)
    pen.box(-0.2, deck - 0.006, 2.2, 0.014)
    for i in range(130):
        pen.line([(i * 0.012, deck - 0.006), (i * 0.012, deck - 0.02)], 0.0008)
    pen.line([(-0.1, deck - 0.02), (1.7, deck - 0.02)], 0.0014)
    for x in (0.65, 1.395):
        stone.polygon([(x - 0.022, deck), (x + 0.022, deck), (x + 0.03, 0.64), (x - 0.03, 0.64)])
        stone.box(x - 0.03, deck - 0.008, 0.06, 0.016)
    canvas.paint(stone.mask(), "#4a4a58")
    canvas.paint(pen.mask(), "#2c3346")


def _arch(pen: Stencil, middle: float, half: float, rise: float, deck: float) -> None:
    t = np.linspace(-1, 1, 25)
    low = [(middle + half * float(a), deck - rise * float(1 - a**2)) for a in t]
    up = [
        (middle + half * float(a), deck - rise * float(1 - a**2) - 0.012 - 0.02 * float(1 - a**2))
        for a in t
    ]
    pen.line(low, 0.0045)
    pen.line(up, 0.0045)
    for i in range(24):
        pen.line([low[i], up[i + 1]], 0.0013)
        pen.line([up[i], low[i]], 0.0013)
        if i and i % 2 == 0:
            pen.line([low[i], (low[i][0], deck)], 0.0022)


def tamna_flood(canvas: Canvas) -> Look:
    """Houses and bare trees in still brown flood water under a heavy sky."""
    shore = 0.50
    canvas.sky(
        [(0, "#5d6a75"), (0.25, "#8f9799"), (0.42, "#c9c2b2"), (0.5, "#ddd0b6"), (1, "#ddd0b6")]
    )
    lit_clouds(canvas, "#a9aba6", "#6d7880", 0.8, 0.5, 4.5)
    canvas.glow(0.35, 0.47, 0.12, "#f6e2b8", 0.35)
    line = (shore - 0.016 + 0.006 * ridge(canvas, 0.3, 6)).astype(np.float32)
    hill(canvas, line - 0.008, [(0, "#a5a497"), (1, "#c6bda8")], 0.03)
    for _ in range(26):
        x = canvas.rng.uniform(0, canvas.aspect)
        _flood_tree(canvas, x, shore, canvas.rng.uniform(0.02, 0.045), "#8b8a80")
    for x, size in (
        (0.16, 0.035),
        (0.30, 0.045),
        (0.62, 0.05),
        (1.28, 0.04),
        (1.42, 0.05),
        (0.52, 0.035),
    ):
        _flood_house(canvas, x, shore, size, 0.45)
    mist(canvas, shore - 0.01, 0.03, "#d5cab4", 0.5)
    snapshot = _with_mirror(canvas, shore)
    return snapshot


def _with_mirror(canvas: Canvas, shore: float) -> Look:
    reflect(canvas, shore, "#d9cfbb", 0.012, 0.003, 0.95, "#4b4436")
    mist(canvas, shore + 0.005, 0.012, "#d5cab4", 0.6)
    for x, y, size, kind in (
        (1.02, 0.60, 0.15, "house"),
        (0.42, 0.585, 0.13, "tree"),
        (1.33, 0.615, 0.19, "tree"),
        (0.66, 0.64, 0.13, "pole"),
        (0.26, 0.70, 0.22, "house"),
        (0.95, 0.73, 0.2, "pole"),
        (0.58, 0.80, 0.42, "tree"),
        (1.30, 0.86, 0.32, "pole"),
    ):
        _standing(canvas, x, y, size, kind)
    return Look(vignette=0.36, bloom=0.1)


def _standing(canvas: Canvas, x: float, y: float, size: float, kind: str) -> None:
    """Draw one thing in the water with its own mirror image below it."""
    sheet = canvas.light.copy()
    state = canvas.rng.bit_generator.state
    _flood_thing(canvas, x, y, size, kind)
    changed = np.abs(canvas.light - sheet).max(axis=-1) > 0.002
    row = round(y * canvas.height)
    canvas.rng.bit_generator.state = state
    deep = min(row, canvas.height - row)
    mirror, mask = canvas.light[row - deep : row][::-1], changed[row - deep : row][::-1]
    soft = (
        canvas.blur(mask.astype(np.float32), 0.0015)
        * np.linspace(0.8, 0.45, deep, dtype=np.float32)[:, None]
    )
    up_down, _ = waves(canvas, y - 0.14)
    shift = np.round(up_down[row : row + deep] * 0.0035 * canvas.height).astype(int)
    columns = np.clip(np.arange(canvas.width)[None] + shift, 0, canvas.width - 1)
    rows = np.arange(deep)[:, None]
    share = soft[rows, columns][..., None]
    canvas.light[row : row + deep] = (
        canvas.light[row : row + deep] * (1 - share)
        + mirror[rows, columns] * rgb("#c4b7a0") * share
    )


def _flood_thing(canvas: Canvas, x: float, y: float, size: float, kind: str) -> None:
    near = float(step(0.5, 0.85, np.full((), y)))
    tone = rgb("#7a776e") * (1 - near) + rgb("#1d1e1f") * near
    if kind == "tree":
        strokes, _ = branches(canvas, x, y, size, 0.34, 8)
        canvas.paint(draw_strokes(canvas, strokes), tone)
    elif kind == "house":
        _flood_house(canvas, x, y, size, 0.45 + 0.55 * near)
    else:
        pen = canvas.stencil()
        pen.line([(x, y), (x + size * 0.03, y - size)], size * 0.022)
        for at, reach in ((0.92, 0.13), (0.83, 0.13)):
            pen.line(
                [
                    (x + size * (0.03 * at - reach), y - size * at),
                    (x + size * (0.03 * at + reach), y - size * (at + 0.015)),
                ],
                size * 0.014,
            )
        canvas.paint(pen.mask(), tone)


def _flood_tree(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    strokes, _ = branches(canvas, x, y, size, 0.34, 5)
    canvas.paint(draw_strokes(canvas, strokes), colour)


def _flood_house(canvas: Canvas, x: float, y: float, size: float, near: float) -> None:
    front, side, roof, holes = (canvas.stencil() for _ in range(4))
    wall = size * 0.42
    peak = (x + size * 0.4, y - wall - size * 0.42)
    front.polygon([(x, y), (x, y - wall), peak, (x + size * 0.8, y - wall), (x + size * 0.8, y)])
    side.polygon(
        [
            (x + size * 0.8, y),
            (x + size * 0.8, y - wall),
            (x + size * 1.9, y - wall * 1.0),
            (x + size * 1.9, y),
        ]
    )
    roof.polygon(
        [
            (peak[0], peak[1] - size * 0.02),
            (peak[0] + size * 1.08, peak[1]),
            (x + size * 1.97, y - wall * 0.92),
            (x + size * 0.86, y - wall * 0.88),
        ]
    )
    roof.line(
        [
            (x - size * 0.06, y - wall * 0.86),
            (peak[0], peak[1] - size * 0.01),
            (x + size * 0.86, y - wall * 0.88),
        ],
        size * 0.035,
    )
    roof.box(peak[0] + size * 0.5, peak[1] - size * 0.14, size * 0.1, size * 0.2)
    for px in (0.2, 0.48):
        holes.box(x + size * px, y - wall * 0.8, size * 0.13, wall * 0.5)
    for px in (1.05, 1.4):
        holes.box(x + size * px, y - wall * 0.75, size * 0.16, wall * 0.45)
    haze = rgb("#bdb3a0")
    for pen, tone in ((side, "#57514a"), (front, "#8f8069"), (roof, "#4a3029"), (holes, "#1f2022")):
        canvas.paint(pen.mask(), rgb(tone) * near + haze * 0.72 * (1 - near))
