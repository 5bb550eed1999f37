"""A coal mine and a radio mast against the evening sky."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Look,
    Stencil,
)
from drawing.land import (
    hill,
    lit_clouds,
    mist,
    spruces,
    stars,
)
from drawing.noise import ridge


def brakk_headframe(canvas: Canvas) -> Look:
    """The winding tower of a coal mine against a smoky sky."""
    canvas.sky(
        [(0, "#3a3540"), (0.25, "#7a5a52"), (0.5, "#d58a4c"), (0.68, "#f7c27c"), (1, "#f7c27c")]
    )
    lit_clouds(canvas, "#f0a566", "#5a4a4d", 0.5, 0.35, 3.5)
    canvas.glow(0.46, 0.62, 0.10, "#ffd28c", 1.3)
    for i, tone in enumerate(("#c08a62", "#96694f", "#5f4640")):
        line = (
            0.66
            + 0.035 * i
            - 0.07 * np.exp(-(((canvas.x[0] - 0.25 - 0.5 * i) / (0.22 + 0.05 * i)) ** 2))
            + 0.012 * ridge(canvas, 0.3, 6)
        ).astype(np.float32)
        hill(canvas, line, [(0, tone), (1, "#d39a68")], 0.2)
        mist(canvas, 0.70 + 0.03 * i, 0.04, "#eab27c", 0.5)
    _works(canvas)
    _headframe(canvas, 0.88, 0.835, 0.64)
    mist(canvas, 0.79, 0.03, "#c88a5c", 0.4)
    hill(
        canvas,
        (0.83 + 0.02 * ridge(canvas, 0.5, 6)).astype(np.float32),
        [(0, "#2b2222"), (0.6, "#141012"), (1, "#0c0a0b")],
        0.17,
    )
    _track(canvas)
    return Look(vignette=0.38, bloom=0.22)


def _headframe(canvas: Canvas, x: float, foot: float, high: float) -> None:
    pen = canvas.stencil()
    top, w = foot - high, high * 0.011
    legs = (
        ((-0.085, 0), (-0.05, -0.9)),
        ((0.085, 0), (0.05, -0.9)),
        ((0.50, 0), (0.06, -0.86)),
        ((0.43, 0), (0.03, -0.78)),
    )
    for (ax, ay), (bx, by) in legs:
        pen.line([(x + ax * high, foot + ay * high), (x + bx * high, foot + by * high)], w * 2.0)
    for i in range(9):
        a, b = i / 9 * 0.9, (i + 1) / 9 * 0.9
        la, lb = 0.085 - 0.035 * a / 0.9, 0.085 - 0.035 * b / 0.9
        for side in (-1, 1):
            pen.line(
                [(x + side * la * high, foot - a * high), (x - side * lb * high, foot - b * high)],
                w * 0.7,
            )
        pen.line([(x - lb * high, foot - b * high), (x + lb * high, foot - b * high)], w * 0.8)
    for i in range(1, 7):
        t = i / 7
        one = (x + (0.50 - 0.44 * t) * high, foot - 0.86 * t * high)
        two = (x + (0.43 - 0.40 * t) * high, foot - 0.78 * t * high)
        brace = (x + (0.085 - 0.035 * t) * high, foot - 0.86 * t * high)
        pen.line([one, two], w * 0.7)
        if i in (2, 4):
            pen.line([two, brace], w * 0.8)
    pen.box(x - 0.12 * high, foot - 0.895 * high, 0.27 * high, w * 2.2)
    pen.box(x - 0.10 * high, foot - 0.795 * high, 0.20 * high, w * 1.4)
    for dx in (-0.10, 0.13):
        pen.line(
            [(x + dx * high, foot - 0.89 * high), (x + dx * high, foot - 0.93 * high)], w * 0.5
        )
    pen.line(
        [(x - 0.12 * high, foot - 0.93 * high), (x + 0.15 * high, foot - 0.93 * high)], w * 0.5
    )
    for cx, cy in ((-0.035, -0.965), (0.055, -0.965)):
        _wheel(pen, x + cx * high, foot + cy * high, high * 0.075)
    pen.line(
        [
            (x - 0.055 * high, top + 0.10 * high),
            (x, top - 0.055 * high),
            (x + 0.075 * high, top + 0.10 * high),
        ],
        w,
    )
    for cx in (-0.035, 0.055):
        pen.line(
            [(x + (cx + 0.05) * high, foot - 1.02 * high), (x + 0.80 * high, foot - 0.13 * high)],
            w * 0.45,
        )
    canvas.paint(pen.mask(), "#1d171a")


def _wheel(pen: Stencil, x: float, y: float, r: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 60)
    for radius, width in ((1.0, 0.10), (0.88, 0.03)):
        pen.line(
            [(x + r * radius * float(np.cos(a)), y + r * radius * float(np.sin(a))) for a in turn],
            r * width,
        )
    for i in range(6):
        a = i * np.pi / 6 + 0.2
        pen.line(
            [(x - r * np.cos(a), y - r * np.sin(a)), (x + r * np.cos(a), y + r * np.sin(a))],
            r * 0.05,
        )
    pen.ellipse(x, y, r * 0.13, r * 0.13)


def _works(canvas: Canvas) -> None:
    pen, panes = canvas.stencil(), canvas.stencil()
    pen.polygon([(0.30, 0.86), (0.30, 0.66), (0.36, 0.63), (0.42, 0.66), (0.42, 0.86)])
    pen.box(0.42, 0.70, 0.20, 0.16)
    pen.polygon(
        [
            (0.42, 0.70),
            (0.47, 0.672),
            (0.47, 0.70),
            (0.52, 0.672),
            (0.52, 0.70),
            (0.57, 0.672),
            (0.57, 0.70),
            (0.62, 0.672),
            (0.62, 0.70),
        ]
    )
    pen.polygon([(0.62, 0.735), (0.84, 0.60), (0.85, 0.615), (0.66, 0.75), (0.62, 0.76)])
    pen.box(1.30, 0.68, 0.12, 0.18)
    pen.polygon([(1.29, 0.68), (1.36, 0.65), (1.43, 0.68)])
    for x, top, w in ((0.20, 0.42, 0.013), (0.25, 0.46, 0.012)):
        pen.polygon(
            [(x - w * 1.3, 0.87), (x - w * 0.8, top), (x + w * 0.8, top), (x + w * 1.3, 0.87)]
        )
        pen.box(x - w, top - 0.004, w * 2, 0.010)
    for i in range(4):
        panes.box(0.315 + i * 0.026, 0.71, 0.013, 0.03)
        panes.box(0.44 + i * 0.046, 0.73, 0.022, 0.024, 0.7 if i % 2 else 0.2)
        panes.box(1.315 + i * 0.026, 0.71, 0.012, 0.025, 0.8 if i % 3 else 0.2)
    canvas.paint(pen.mask(), "#33262a")
    canvas.add(panes.mask() * 0.9, "#ffb35c")
    for x, y in ((0.20, 0.415), (0.25, 0.455)):
        for i in range(34):
            t = i / 34
            puff = canvas.distance(
                x + 0.55 * t**1.3 + 0.02 * np.sin(9 * t + x * 40), y - 0.28 * t**0.75
            ) / (0.012 + 0.10 * t)
            canvas.paint((0.22 * (1 - t) * np.exp(-(puff**2))).astype(np.float32), "#5b4a4c")


def _track(canvas: Canvas) -> None:
    pen, ties = canvas.stencil(), canvas.stencil()
    for near, far in ((0.28, 0.845), (0.56, 0.860)):
        pen.line([(near, 1.02), (far, 0.838)], 0.003)
    for i in range(24):
        t = (i / 24) ** 0.55
        y = 1.02 + (0.838 - 1.02) * t
        left, right = 0.28 + 0.565 * t, 0.56 + 0.300 * t
        reach = (right - left) * 0.25
        ties.line([(left - reach, y), (right + reach, y)], 0.010 * (1 - t) + 0.0012)
    canvas.paint(ties.mask() * 0.7, "#2c2220")
    canvas.paint(pen.mask(), "#c48a5a")


def radio_mast(canvas: Canvas) -> Look:
    """A tall mast held by wires, its red lamps lit under the first stars."""
    canvas.sky(
        [
            (0, "#0d1a38"),
            (0.35, "#23406b"),
            (0.62, "#5f7a9b"),
            (0.8, "#d8a98c"),
            (0.88, "#f0bd8d"),
            (1, "#f0bd8d"),
        ]
    )
    stars(canvas, 420, 0.62)
    lit_clouds(canvas, "#c99c97", "#3a4f74", 0.25, 0.2, 5)
    for i, tone in enumerate(("#8d8194", "#5c5a74")):
        hill(
            canvas,
            (0.83 + 0.035 * i - 0.03 * ridge(canvas, 0.5, 6)).astype(np.float32),
            [(0, tone), (1, "#c9a294")],
            0.12,
        )
        mist(canvas, 0.87 + 0.02 * i, 0.02, "#e0b296", 0.5)
    x, foot, top = 0.44, 0.925, 0.09
    pen = canvas.stencil()
    count = 74
    for i in range(count):
        a, b = foot + (top - foot) * i / count, foot + (top - foot) * (i + 1) / count
        w = 0.0075
        pen.line([(x - w, a), (x + w if i % 2 else x - w, b)], 0.0011)
        pen.line([(x - w if i % 2 else x + w, a), (x + (-w if i % 2 else w) * -1, b)], 0.0012)
        pen.line([(x - w, a), (x + w, a)], 0.0008)
    for side in (-1, 1):
        pen.line([(x + side * 0.0075, foot), (x + side * 0.0075, top)], 0.0022)
        for at, reach in ((0.22, 0.40), (0.42, 0.33), (0.62, 0.27)):
            pen.line([(x + side * 0.007, at), (x + side * reach, foot + 0.03)], 0.0009)
            pen.line([(x + side * 0.007, at), (x + side * reach * 0.55, foot + 0.02)], 0.0007)
    pen.line([(x, top), (x, top - 0.06)], 0.0022)
    for at in (0.15, 0.18, 0.21):
        for side in (-1, 1):
            pen.box(x + side * 0.016 - 0.003, at - 0.012, 0.006, 0.024)
            pen.line([(x, at), (x + side * 0.016, at)], 0.001)
    pen.ellipse(x + 0.02, 0.33, 0.014, 0.016)
    pen.ellipse(x - 0.021, 0.37, 0.011, 0.012)
    canvas.paint(pen.mask(), "#101726")
    front = (
        0.93 - 0.02 * np.exp(-(((canvas.x[0] - x) / 0.2) ** 2)) + 0.012 * ridge(canvas, 0.4, 6)
    ).astype(np.float32)
    canvas.paint(spruces(canvas, front + 0.012, 0.055, 9), "#0d1422")
    hut = canvas.stencil()
    hut.box(x + 0.05, 0.893, 0.06, 0.04)
    hut.polygon([(x + 0.043, 0.893), (x + 0.08, 0.876), (x + 0.117, 0.893)])
    canvas.paint(hut.mask(), "#0b111d")
    canvas.glow(x + 0.08, 0.912, 0.004, "#ffc876", 1.6)
    for at in (top - 0.06, 0.30, 0.52, 0.74):
        canvas.glow(x, at, 0.0045, "#ff4a3a", 3.0)
        canvas.glow(x, at, 0.028, "#ff3b2e", 0.22)
    return Look(vignette=0.34, bloom=0.3)
