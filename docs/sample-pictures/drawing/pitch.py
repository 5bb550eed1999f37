"""A football pitch at night."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Look,
    ramp,
    step,
)
from drawing.land import (
    below,
    mist,
)
from drawing.noise import sample, tile


def football_pitch(canvas: Canvas) -> Look:
    """An empty pitch at night under floodlights, the goal in front."""
    horizon = 0.47
    canvas.sky([(0, "#070d17"), (0.3, "#13233a"), (0.47, "#37506a"), (1, "#37506a")])
    _stand(canvas, horizon)
    for x, top in ((0.13, 0.10), (0.50, 0.21), (1.0, 0.21), (1.37, 0.10)):
        _floodlight(canvas, x, top, horizon)
    mist(canvas, horizon - 0.02, 0.09, "#9db4c4", 0.40)
    _turf(canvas, horizon)
    mist(canvas, horizon + 0.02, 0.035, "#b9cbd3", 0.55)
    mist(canvas, horizon + 0.16, 0.05, "#a9bfae", 0.16)
    _goal(canvas)
    return Look(vignette=0.4, bloom=0.5, threshold=0.7)


def _stand(canvas: Canvas, horizon: float) -> None:
    pen, dots = canvas.stencil(), canvas.stencil()
    pen.polygon(
        [(-0.1, horizon), (-0.1, 0.30), (0.30, 0.385), (1.20, 0.385), (1.6, 0.30), (1.6, horizon)]
    )
    pen.polygon(
        [
            (-0.1, 0.25),
            (0.31, 0.352),
            (1.19, 0.352),
            (1.6, 0.25),
            (1.6, 0.268),
            (1.19, 0.362),
            (0.31, 0.362),
            (-0.1, 0.268),
        ]
    )
    for i in range(16):
        x = i * 0.1
        pen.line([(x, 0.33), (x, horizon)], 0.0025)
    canvas.paint(pen.mask(0.001), "#16212f")
    for i in range(300):
        for j in range(7):
            dots.ellipse(
                i * 0.0052, 0.402 + j * 0.0085, 0.0014, 0.002, 0.4 + 0.6 * canvas.rng.random()
            )
    canvas.paint(dots.mask() * 0.5, "#3d5266")


def _floodlight(canvas: Canvas, x: float, top: float, foot: float) -> None:
    pen, lamps = canvas.stencil(), canvas.stencil()
    pen.polygon([(x - 0.007, foot), (x - 0.003, top), (x + 0.003, top), (x + 0.007, foot)])
    wide = 0.034 if top < 0.15 else 0.024
    pen.box(x - wide, top - 0.03, wide * 2, 0.05)
    for i in range(5):
        for j in range(3):
            lamps.ellipse(
                x - wide + (i + 0.5) * wide * 0.4, top - 0.022 + j * 0.017, wide * 0.13, wide * 0.13
            )
    canvas.paint(pen.mask(), "#0c131d")
    canvas.add(lamps.mask() * 3.0, "#f1f7ff")
    canvas.glow(x, top, wide * 1.2, "#dcebff", 0.8)
    canvas.glow(x, top, 0.20, "#a9c8e8", 0.12)
    ray = np.exp(
        -(
            (
                (canvas.x - x - (0.75 - x) * (canvas.y - top) * 1.3)
                / (0.03 + 0.55 * np.maximum(canvas.y - top, 0))
            )
            ** 2
        )
    )
    canvas.add(
        (0.07 * ray * step(0.9, top, canvas.y) * step(top - 0.01, top + 0.02, canvas.y)).astype(
            np.float32
        ),
        "#cfe2f5",
    )


def _turf(canvas: Canvas, horizon: float) -> None:
    under = np.maximum(canvas.y - horizon, 0.0015)
    far, across = 0.30 / under, (canvas.x - 0.75) * 0.30 / under
    stripes = 0.5 + 0.5 * np.tanh(9 * np.sin(far * 3.4))
    blades = sample(tile(canvas, 0.9, 8), across * 0.9, far * 0.9) * step(0.02, 0.2, under)
    lumps = sample(tile(canvas, 1.8, 2), across * 0.10, far * 0.10)
    light = 0.42 + 0.10 * stripes + 0.07 * blades + 0.05 * lumps - 0.28 * under
    tone = ramp(
        np.clip(light, 0, 1).astype(np.float32), [(0, "#0c2113"), (0.5, "#4c7d3a"), (1, "#b5d089")]
    )
    canvas.paint(below(canvas, horizon), tone)
    white = np.zeros_like(far)
    for at, left, right in ((1.02, -9, 9), (1.42, -0.62, 0.62), (2.0, -1.3, 1.3)):
        white = np.maximum(
            white, step(0.020, 0.010, np.abs(far - at)) * (across > left) * (across < right)
        )
    for x, near, away in ((0.62, 1.02, 1.42), (1.3, 1.02, 2.0)):
        white = np.maximum(
            white, step(0.016, 0.008, np.abs(np.abs(across) - x)) * (far > near) * (far < away)
        )
    white = np.maximum(
        white, step(0.018, 0.008, np.abs(np.hypot(across, far - 1.78) - 0.62)) * (far > 2.0)
    )
    white = np.maximum(white, step(0.03, 0.015, np.hypot(across, far - 1.78)))
    worn = 0.7 + 0.3 * step(-1.0, 0.6, blades)
    canvas.paint(
        (white * worn * 0.8 * below(canvas, horizon + 0.004)).astype(np.float32), "#e6eee4"
    )


def _goal(canvas: Canvas) -> None:
    left, right, bar, foot = 0.46, 1.04, 0.475, 0.765
    net, frame, shade = canvas.stencil(), canvas.stencil(), canvas.stencil()
    back_l, back_r, back_t, back_f = 0.43, 1.07, 0.50, 0.86
    for i in range(33):
        t = i / 32
        x0, x1 = left + (right - left) * t, back_l + (back_r - back_l) * t
        sag = 0.010 * np.sin(np.pi * t)
        net.line([(x0, bar), (x1, back_t + sag), (x1, back_f)], 0.0011)
    for j in range(17):
        t = j / 16
        y = back_t + (back_f - back_t) * t
        net.line(
            [
                (back_l + (back_r - back_l) * s, y + 0.010 * np.sin(np.pi * s) * (1 - t))
                for s in np.linspace(0, 1, 9)
            ],
            0.0011,
        )
        for a, b in ((left, back_l), (right, back_r)):
            net.line([(a, bar + (foot - bar) * t), (b, y)], 0.0009)
    shade.polygon([(left, foot), (right, foot), (back_r, back_f), (back_l, back_f)])
    canvas.dim(shade.mask(0.01) * 0.22)
    canvas.paint(net.mask() * 0.55, "#dfe8ee")
    frame.line([(left, foot), (left, bar), (right, bar), (right, foot)], 0.0105)
    canvas.paint(frame.mask(), "#f2f6f8")
    edge = canvas.stencil()
    edge.line(
        [
            (left + 0.003, foot),
            (left + 0.003, bar + 0.003),
            (right + 0.003, bar + 0.003),
            (right + 0.003, foot),
        ],
        0.0035,
    )
    canvas.dim(edge.mask() * 0.35)
