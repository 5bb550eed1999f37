"""Six small emblems that stand for authors: things and weather, never a face."""

from __future__ import annotations

import numpy as np

from drawing.canvas import Canvas, Look, ramp, rgb, step
from drawing.figures import curve
from drawing.land import (
    below,
    branches,
    draw_strokes,
    glitter,
    hill,
    lit_clouds,
    mist,
    reflect,
    stars,
)
from drawing.noise import bend, clouds, ridge


def _disc(canvas: Canvas, x: float, y: float, size: float, colour: str, power: float = 1.0) -> None:
    canvas.paint(step(1.0, 0.985, canvas.distance(x, y) / size) * power, colour)


def avatar_heron(canvas: Canvas) -> Look:
    """A heron among reeds before a pale sun."""
    canvas.sky([(0, "#6f8f8b"), (0.5, "#b9c2a8"), (0.74, "#ecdcb4"), (1, "#ecdcb4")])
    canvas.glow(0.54, 0.40, 0.22, "#fff0c8", 0.35)
    _disc(canvas, 0.54, 0.40, 0.235, "#f6e6bd", 0.95)
    mist(canvas, 0.66, 0.08, "#e8dcb8", 0.6)
    pen = canvas.stencil()
    body = [
        (0.36, 0.60),
        (0.40, 0.535),
        (0.47, 0.505),
        (0.535, 0.49),
        (0.56, 0.45),
        (0.545, 0.40),
        (0.515, 0.355),
        (0.525, 0.305),
        (0.565, 0.285),
    ]
    body += [
        (0.60, 0.292),
        (0.715, 0.318),
        (0.60, 0.322),
        (0.568, 0.335),
        (0.556, 0.36),
        (0.588, 0.41),
        (0.60, 0.47),
        (0.575, 0.545),
        (0.50, 0.60),
        (0.42, 0.622),
        (0.345, 0.665),
    ]
    pen.polygon(curve(body, 10))
    pen.polygon(
        curve([(0.56, 0.288), (0.49, 0.283), (0.425, 0.318), (0.50, 0.300), (0.565, 0.305)], 10)
    )
    pen.line([(0.47, 0.60), (0.468, 0.70), (0.475, 0.86)], 0.008)
    pen.line([(0.51, 0.59), (0.53, 0.69), (0.515, 0.86)], 0.008)
    canvas.paint(pen.mask(), "#24393b")
    reflect(canvas, 0.80, "#dfe0c8", 0.02, 0.004, 0.9, "#3d5450")
    reeds = canvas.stencil()
    for _ in range(70):
        x = canvas.rng.choice([canvas.rng.normal(0.12, 0.08), canvas.rng.normal(0.88, 0.09)])
        tall, lean = canvas.rng.uniform(0.15, 0.5), canvas.rng.normal(0.01, 0.03)
        reeds.line([(x, 1.0), (x + lean * 0.4, 1 - tall * 0.6), (x + lean, 1 - tall)], 0.004)
        if canvas.rng.random() < 0.3:
            reeds.line([(x + lean, 1 - tall), (x + lean * 1.05, 1 - tall - 0.05)], 0.012)
    canvas.paint(reeds.mask(), "#1b2c2e")
    return Look(vignette=0.3, bloom=0.1)


def avatar_lamp(canvas: Canvas) -> Look:
    """A lit desk lamp in a dark window."""
    canvas.sky([(0, "#14203a"), (1, "#232c44")])
    canvas.light = (canvas.light * (0.8 + 0.5 * clouds(canvas, 0.2, 6)[..., None])).astype(
        np.float32
    )
    room = canvas.stencil()
    room.box(0.17, 0.12, 0.66, 0.70)
    inside = room.mask()
    near = canvas.distance(0.47, 0.52)
    canvas.paint(
        inside, ramp(near, [(0, "#ffe9b8"), (0.18, "#f7b765"), (0.42, "#a8592f"), (0.7, "#4a2426")])
    )
    frame = canvas.stencil()
    for a, b in (
        ((0.17, 0.12), (0.83, 0.12)),
        ((0.17, 0.12), (0.17, 0.83)),
        ((0.83, 0.12), (0.83, 0.83)),
        ((0.62, 0.12), (0.62, 0.82)),
        ((0.17, 0.28), (0.83, 0.28)),
    ):
        frame.line([a, b], 0.018)
    frame.box(0.13, 0.815, 0.74, 0.035)
    canvas.paint(frame.mask(), "#121827")
    pen = canvas.stencil()
    pen.polygon([(0.33, 0.46), (0.39, 0.33), (0.53, 0.33), (0.59, 0.46)])
    pen.line([(0.46, 0.44), (0.46, 0.70)], 0.014)
    pen.polygon(
        curve([(0.37, 0.725), (0.40, 0.695), (0.46, 0.685), (0.52, 0.695), (0.55, 0.725)], 8)
    )
    pen.box(0.17, 0.725, 0.66, 0.10)
    for x, high, wide in (
        (0.62, 0.16, 0.035),
        (0.66, 0.19, 0.03),
        (0.695, 0.14, 0.04),
        (0.74, 0.17, 0.03),
    ):
        pen.box(x, 0.725 - high, wide, high)
    pen.polygon([(0.21, 0.725), (0.225, 0.655), (0.285, 0.655), (0.30, 0.725)])
    canvas.paint(pen.mask() * inside, "#25141b")
    shade = canvas.stencil()
    shade.polygon([(0.335, 0.457), (0.392, 0.335), (0.528, 0.335), (0.585, 0.457)])
    canvas.paint(
        shade.mask(),
        ramp(
            np.abs(canvas.x - 0.46) + 0.5 * (0.457 - canvas.y), [(0, "#fff6da"), (0.13, "#ffd991")]
        ),
    )
    cone = np.abs(canvas.x - 0.46) < 0.12 + 0.42 * (canvas.y - 0.46)
    canvas.add(
        (cone * inside * step(0.45, 0.47, canvas.y) * step(0.8, 0.46, canvas.y) * 0.22).astype(
            np.float32
        ),
        "#ffd084",
    )
    canvas.glow(0.46, 0.46, 0.12, "#ffc574", 0.35)
    return Look(vignette=0.38, bloom=0.35, threshold=0.5)


def avatar_ridge(canvas: Canvas) -> Look:
    """Blue ridges under a full moon."""
    canvas.sky([(0, "#15264a"), (0.5, "#3f6690"), (0.75, "#a9bfcf"), (1, "#a9bfcf")])
    stars(canvas, 120, 0.5)
    canvas.glow(0.62, 0.30, 0.10, "#e8f0ff", 0.5)
    _disc(canvas, 0.62, 0.30, 0.098, "#f3efdf", 0.96)
    spots = clouds(canvas, 0.06, 4) * (canvas.distance(0.62, 0.30) < 0.095)
    canvas.dim((step(0.5, 0.8, spots) * 0.14).astype(np.float32))
    for i, tone in enumerate(("#6f93b0", "#4d7598", "#34597f", "#1f3c5e", "#11243c")):
        sharp = 1 - np.abs(ridge(canvas, 0.5, 9, 0.5)) * 1.6
        line = (0.60 + 0.095 * i - 0.15 * sharp).astype(np.float32)
        hill(canvas, line, [(0, tone), (0.4, tone), (1, "#b9cbd6")], 0.24)
        mist(canvas, 0.70 + 0.09 * i, 0.04, "#c5d3da", 0.35)
    return Look(vignette=0.3, bloom=0.16)


def avatar_boat(canvas: Canvas) -> Look:
    """A small sailing boat on a golden sea."""
    canvas.sky([(0, "#c9763c"), (0.35, "#f0a850"), (0.56, "#ffdf9a"), (1, "#ffdf9a")])
    lit_clouds(canvas, "#ffd08c", "#b8683c", 0.4, 0.2, 3.5)
    canvas.glow(0.36, 0.50, 0.11, "#fff0bf", 1.0)
    pen = canvas.stencil()
    pen.polygon(
        curve(
            [
                (0.44, 0.575),
                (0.50, 0.585),
                (0.66, 0.585),
                (0.745, 0.562),
                (0.70, 0.622),
                (0.62, 0.632),
                (0.50, 0.630),
            ],
            8,
        )
    )
    pen.line([(0.585, 0.60), (0.585, 0.20)], 0.008)
    pen.polygon(
        [(0.578, 0.215), *curve([(0.578, 0.40), (0.50, 0.50), (0.455, 0.555), (0.578, 0.555)], 6)]
    )
    pen.polygon(
        curve([(0.594, 0.235), (0.66, 0.36), (0.705, 0.47), (0.72, 0.545), (0.594, 0.555)], 8)
    )
    canvas.paint(pen.mask(), "#4a2320")
    reflect(canvas, 0.625, "#f2d2a0", 0.035, 0.006, 0.9, "#7a3f22")
    glitter(canvas, 0.36, 0.625, 0.07, "#ffe3a3")
    return Look(vignette=0.32, bloom=0.2)


def avatar_tree(canvas: Canvas) -> Look:
    """A bare tree on a hill with birds leaving it."""
    canvas.sky([(0, "#b24a3a"), (0.45, "#dd8058"), (0.8, "#f4c68c"), (1, "#f4c68c")])
    canvas.glow(0.50, 0.62, 0.2, "#ffe0a6", 0.5)
    far = (0.80 + 0.03 * ridge(canvas, 0.6, 5)).astype(np.float32)
    hill(canvas, far, [(0, "#a8553f"), (1, "#d99066")], 0.15)
    front = (0.99 - 0.15 * np.exp(-(((canvas.x[0] - 0.44) / 0.35) ** 2))).astype(np.float32)
    canvas.paint(below(canvas, front), "#2a1418")
    strokes, _ = branches(canvas, 0.43, 0.86, 0.66, 0.36, 8)
    canvas.paint(draw_strokes(canvas, strokes), "#2a1418")
    pen = canvas.stencil()
    for i in range(16):
        t = i / 15
        x, y = (
            0.60 + 0.34 * t + canvas.rng.normal(0, 0.03),
            0.42 - 0.32 * t + canvas.rng.normal(0, 0.045),
        )
        s = 0.020 * canvas.rng.uniform(0.6, 1.2)
        lift = canvas.rng.uniform(-0.2, 0.7)
        pen.polygon(
            [
                (x, y),
                (x - s * 0.5, y - s * lift * 0.7),
                (x - s * 1.2, y - s * lift),
                (x - s * 0.4, y - s * lift * 0.4 + s * 0.12),
            ]
        )
        pen.polygon(
            [
                (x, y),
                (x + s * 0.5, y - s * lift * 0.7),
                (x + s * 1.2, y - s * lift),
                (x + s * 0.4, y - s * lift * 0.4 + s * 0.12),
            ]
        )
        pen.ellipse(x, y, s * 0.30, s * 0.13)
    canvas.paint(pen.mask(), "#2a1418")
    return Look(vignette=0.3, bloom=0.14)


def avatar_ink(canvas: Canvas) -> Look:
    """Ink spreading in water, in blue and rust."""
    canvas.sky([(0, "#efe9dc"), (1, "#dcd8cc")])
    swirl = [clouds(canvas, 0.45, 5) - 0.5 for _ in range(4)]
    for x, y, size, colour, k in (
        (0.46, 0.42, 0.25, "#1d4563", 0),
        (0.60, 0.60, 0.25, "#a2492c", 2),
        (0.50, 0.52, 0.13, "#132b45", 1),
    ):
        drop = step(1.0, 0.0, canvas.distance(x, y) / (size * 1.25))
        for _ in range(4):
            drop = bend(drop, swirl[k] * 0.36, swirl[(k + 1) % 4] * 0.36)
        wisps = 0.45 + 0.9 * clouds(canvas, 0.09, 6, 1.0, 0.6)
        veil = np.clip(drop * 1.7 * wisps, 0, 1) ** 1.25
        rim_ = np.clip(np.hypot(*np.gradient(drop)) * canvas.height * 0.02, 0, 0.5)
        canvas.paint(np.clip(veil * 0.94 + rim_ * drop, 0, 0.97).astype(np.float32), rgb(colour))
    return Look(vignette=0.22, bloom=0.05)
