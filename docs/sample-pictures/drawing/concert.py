"""An orchestra in silhouette."""

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
from drawing.figures import curve, limb, person, rim
from drawing.land import (
    below,
    hill,
    mist,
)
from drawing.noise import clouds


def orchestra(canvas: Canvas) -> Look:
    """An orchestra in silhouette before a wash of warm light."""
    canvas.sky(
        [(0, "#1a0f12"), (0.3, "#5a2a1c"), (0.52, "#d98a3f"), (0.7, "#e8a355"), (1, "#1a0d0a")]
    )
    canvas.glow(0.75, 0.46, 0.30, "#ffcf86", 0.8)
    _light_wash(canvas)
    for i, (foot, size, count) in enumerate(((0.62, 0.155, 17), (0.70, 0.20, 13), (0.80, 0.26, 9))):
        near = (i + 1) / 3
        _players(canvas, foot, size, count, rgb("#a8622c") * (1 - near) + rgb("#1c0e0b") * near, i)
        mist(canvas, foot - 0.01, 0.06, "#e0914a", 0.28 * (1 - near))
    hill(
        canvas,
        (0.865 + 0.0 * canvas.x[0]).astype(np.float32),
        [(0, "#120806"), (1, "#080404")],
        0.1,
    )
    _conductor(canvas)
    _audience(canvas)
    return Look(vignette=0.42, bloom=0.26, threshold=0.5)


def _light_wash(canvas: Canvas) -> None:
    dust = 0.6 + 0.8 * clouds(canvas, 0.3, 5, 1.0)
    for x, lean in ((0.25, 0.42), (0.55, 0.18), (0.95, -0.18), (1.25, -0.42)):
        middle = x + lean * canvas.y
        ray = np.exp(-(((canvas.x - middle) / (0.035 + 0.13 * canvas.y)) ** 2)) * step(
            0.85, 0.0, canvas.y
        )
        canvas.add((0.16 * ray * dust).astype(np.float32), "#ffc074")


def _players(canvas: Canvas, foot: float, size: float, count: int, tone: Field, row: int) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    for i in range(count):
        t = (i + 0.5) / count * 2 - 1
        x = 0.75 + t * 0.86 + rng.normal(0, 0.01)
        y = foot + 0.05 * t * t
        if abs(t) < 0.09 and row == 2:
            continue
        person(pen, rng, x, y + size * 0.42, size)
        side = -1 if t > 0 else 1
        bow = rng.normal(0.55, 0.12)
        if row == 0 and i % 5 == 2:
            _double_bass(pen, x + side * size * 0.13, y, size)
        elif row == 1 and i % 4 == 1:
            pen.line([(x, y - size * 0.28), (x + side * size * 0.42, y - size * 0.46)], size * 0.03)
            pen.ellipse(x + side * size * 0.44, y - size * 0.47, size * 0.06, size * 0.07)
        else:
            pen.line(
                [
                    (x - side * size * 0.02, y - size * 0.36),
                    (x + side * size * 0.30, y - size * 0.30),
                ],
                size * 0.028,
            )
            pen.ellipse(x + side * size * 0.08, y - size * 0.35, size * 0.085, size * 0.04)
            pen.line(
                [
                    (x + side * size * 0.02, y - size * 0.56 * bow),
                    (x + side * size * 0.34, y - size * 0.95 * bow),
                ],
                size * 0.010,
            )
            pen.line(
                [
                    (x + side * size * 0.13, y - size * 0.05),
                    (x + side * size * 0.05, y - size * 0.5 * bow),
                ],
                size * 0.055,
            )
        stand = x + side * size * 0.52
        pen.line([(stand, y + size * 0.42), (stand, y - size * 0.05)], size * 0.012)
        pen.polygon(
            [
                (stand - size * 0.12, y - size * 0.16),
                (stand + size * 0.12, y - size * 0.18),
                (stand + size * 0.11, y - size * 0.02),
                (stand - size * 0.11, y),
            ]
        )
    mask = pen.mask()
    canvas.paint(mask, tone)
    rim(canvas, mask, "#ffbf70", 0.25, 0.0025)
    curve_ = foot + size * 0.10 + 0.05 * ((canvas.x[0] - 0.75) / 0.86) ** 2
    floor = below(canvas, curve_)
    canvas.paint(floor, tone * 0.72)


def _double_bass(pen: Stencil, x: float, y: float, size: float) -> None:
    pen.line([(x, y + size * 0.1), (x + size * 0.07, y - size * 0.85)], size * 0.035)
    pen.ellipse(x + size * 0.075, y - size * 0.88, size * 0.035, size * 0.04)
    pen.ellipse(x - size * 0.01, y + size * 0.2, size * 0.19, size * 0.22)
    pen.ellipse(x + size * 0.015, y - size * 0.06, size * 0.14, size * 0.15)


def _conductor(canvas: Canvas) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    x, foot, high = 0.75, 0.90, 0.50
    pen.box(x - 0.11, foot - 0.004, 0.22, 0.06)
    person(pen, rng, x, foot, high)
    for side, elbow_at, hand_at in (
        (-1, (0.245, 0.735), (0.345, 0.90)),
        (1, (0.235, 0.86), (0.315, 1.06)),
    ):
        shoulder = (x + side * 0.105 * high, foot - 0.775 * high)
        elbow = (x + side * elbow_at[0] * high, foot - elbow_at[1] * high)
        grip = (x + side * hand_at[0] * high, foot - hand_at[1] * high)
        limb(pen, shoulder, elbow, high * 0.042, high * 0.034)
        limb(pen, elbow, grip, high * 0.034, high * 0.021)
        pen.ellipse(grip[0], grip[1] - high * 0.018, high * 0.020, high * 0.032)
        if side > 0:
            pen.line(
                [(grip[0], grip[1] - 0.01 * high), (grip[0] - 0.05 * high, grip[1] - 0.20 * high)],
                high * 0.006,
            )
    mask = pen.mask()
    canvas.paint(mask, "#0b0606")
    rim(canvas, mask, "#ffb765", 0.5, 0.004, 0.80)


def _audience(canvas: Canvas) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    for i in range(12):
        x = i * 0.14 + rng.normal(0, 0.015)
        size = rng.uniform(0.048, 0.056)
        if abs(x - 0.75) < 0.05:
            continue
        y = 0.985 + rng.normal(0, 0.012)
        pen.ellipse(x, y - size * 0.5, size * 0.78, size)
        pen.polygon(
            curve(
                [
                    (x - size * 2, 1.12),
                    (x - size * 1.6, y + size * 0.75),
                    (x - size * 0.5, y + size * 0.35),
                    (x + size * 0.5, y + size * 0.35),
                    (x + size * 1.6, y + size * 0.75),
                    (x + size * 2, 1.12),
                ]
            )
        )
    canvas.paint(pen.mask(0.002), "#050303")
