"""A dam in a mountain valley."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Field,
    Look,
    ramp,
    rgb,
    step,
)
from drawing.land import (
    below,
    hill,
    lit_clouds,
    mist,
    spruces,
    waves,
)
from drawing.noise import clouds, ridge


def tamna_dam(canvas: Canvas) -> Look:
    """A curved concrete wall between dark slopes, mist at its foot."""
    canvas.sky([(0, "#7790a8"), (0.2, "#b9c7d0"), (0.4, "#e5e3da"), (1, "#d5dadb")])
    lit_clouds(canvas, "#f3efe6", "#94a6b5", 0.5, 0.3, 3)
    for i, tone in enumerate(("#a2b4c1", "#7f96a6")):
        line = (
            0.25
            + 0.07 * i
            - 0.09 * np.abs(ridge(canvas, 0.55, 8))
            + 0.05 * np.cos((canvas.x[0] - 0.75) * 4)
        ).astype(np.float32)
        hill(canvas, line, [(0, tone), (1, "#cfd8dc")], 0.25)
    _wall(canvas)
    for side in (-1, 1):
        _valley_side(canvas, side)
    _rapids(canvas)
    mist(canvas, 0.79, 0.06, "#e4eaec", 0.55)
    for x, y, size, power in (
        (0.75, 0.80, 0.10, 0.5),
        (0.68, 0.82, 0.07, 0.25),
        (0.83, 0.81, 0.08, 0.3),
    ):
        spray = np.exp(-((canvas.distance(x, y, 1.3) / size) ** 2)) * (
            0.5 + 0.9 * clouds(canvas, 0.09, 5)
        )
        canvas.paint(np.clip(spray * power * 1.6, 0, 0.95).astype(np.float32), "#edf2f3")
    front = (
        0.985 - 0.22 * np.abs(canvas.x[0] - 0.75) ** 2.2 + 0.02 * ridge(canvas, 0.3, 6)
    ).astype(np.float32)
    canvas.paint(
        spruces(canvas, front + 0.03, 0.15, 5) * step(0.25, 0.5, np.abs(canvas.x - 0.75)), "#101e24"
    )
    return Look(vignette=0.34, bloom=0.12)


def _wall(canvas: Canvas) -> None:
    across = (canvas.x - 0.75) / 0.62
    top = 0.335 - 0.045 * across**2
    mask = below(canvas, top[0]) * (1 - below(canvas, 0.84))
    turn = np.clip(across, -1, 1)
    light = 0.58 - 0.34 * turn + 0.10 * np.cos(turn * 3)
    down = np.clip((canvas.y - top) / 0.5, 0, 1)
    stains = clouds(canvas, 0.22, 6, 0.10, 0.62) - 0.5
    patches = clouds(canvas, 0.2, 5, 1.6) - 0.5
    lifts = 0.035 * (np.abs(((canvas.y - top) * 26) % 1 - 0.5) > 0.46)
    joints = 0.07 * (np.abs((np.arcsin(turn * 0.98) * 15) % 1 - 0.5) > 0.475)
    tone = (
        light * (1 - 0.28 * down) + 0.30 * stains * (0.4 + down) + 0.12 * patches - lifts - joints
    )
    canvas.paint(mask, np.clip(tone, 0.03, 1)[..., None] * rgb("#d8d2c4"))
    _crown(canvas, top[0])
    for i in range(5):
        _fall(canvas, 0.60 + 0.075 * i, 0.365, 0.82)


def _crown(canvas: Canvas, top: Field) -> None:
    walk = below(canvas, top - 0.012) * (1 - below(canvas, top + 0.004))
    canvas.paint(walk, "#c9c6bb")
    canvas.dim(below(canvas, top + 0.004) * (1 - below(canvas, top + 0.012)) * 0.5)
    pen = canvas.stencil()
    for i in range(60):
        x = 0.13 + i * 0.021
        y = float(top[min(int(x * canvas.height), canvas.width - 1)])
        pen.line([(x, y - 0.012), (x, y - 0.024)], 0.0009)
        if i % 7 == 3:
            pen.line([(x, y - 0.012), (x, y - 0.06), (x + 0.008, y - 0.062)], 0.0013)
    for i in range(6):
        x = 0.5625 + 0.075 * i
        y = float(top[int(x * canvas.height)])
        pen.box(x - 0.007, y - 0.028, 0.014, 0.06)
    pen.box(0.53, 0.278, 0.44, 0.013)
    canvas.paint(pen.mask(), "#59646b")


def _fall(canvas: Canvas, x: float, y: float, foot: float) -> None:
    t = np.clip((canvas.y - y) / (foot - y), 0, 1)
    wide = 0.024 + 0.012 * t
    edge = (canvas.x - x + 0.004 * (clouds(canvas, 0.1, 4, 0.3) - 0.5)) / wide
    inside = step(1.0, 0.75, np.abs(edge)) * below(canvas, y) * (1 - below(canvas, foot))
    threads = clouds(canvas, 0.12, 6, 0.06, 0.7)
    canvas.dim((inside * (1 - below(canvas, y + 0.016)) * 0.8).astype(np.float32))
    white = inside * below(canvas, y + 0.01) * (0.35 + 0.75 * threads) * (0.75 + 0.25 * t)
    canvas.paint(np.clip(white, 0, 1).astype(np.float32), "#f2f6f7")


def _valley_side(canvas: Canvas, side: int) -> None:
    x = canvas.x[0] if side < 0 else canvas.aspect - canvas.x[0]
    for shift, tone, high in (
        (0.0, "#52666d", 0.045),
        (0.08, "#33474f", 0.06),
        (0.2, "#1f3138", 0.09),
    ):
        line = (
            0.10
            + shift
            + 1.15 * np.maximum(x - 0.12 + shift * 0.9, 0) ** 1.25
            + 0.03 * ridge(canvas, 0.25, 7)
        )
        trees = spruces(canvas, line.astype(np.float32), high, 16)
        canvas.paint(trees * (canvas.x < 0.75 if side < 0 else canvas.x > 0.75), tone)
        mist(canvas, 0.5 + shift, 0.2, "#c9d3d6", 0.10)


def _rapids(canvas: Canvas) -> None:
    under = np.maximum(canvas.y - 0.80, 0)
    bank = 0.09 * (clouds(canvas, 0.08, 5, 1.5) - 0.5)
    reach = 0.10 + 1.9 * under + 9 * under**2 + bank
    inside = step(1.0, 0.93, np.abs(canvas.x - 0.75) / np.maximum(reach, 0.01)) * below(
        canvas, 0.81
    )
    up_down, other = waves(canvas, 0.80, 0.2)
    canvas.paint(
        inside * 0.85,
        ramp(
            np.clip(0.45 + 0.25 * up_down, 0, 1), [(0, "#2c444c"), (0.5, "#6f8b92"), (1, "#e9f1f2")]
        ),
    )
    canvas.paint(inside * step(0.7, 1.6, other) * 0.6, "#f4f8f8")
