"""Where people live: roofs in snow, a block of flats at night."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Field,
    Look,
    Point,
    ramp,
    rgb,
    step,
)
from drawing.land import (
    branches,
    draw_strokes,
    hill,
    lit_clouds,
    mist,
)
from drawing.noise import clouds, ridge


def snow_roofs(canvas: Canvas) -> Look:
    """An old town under snow at blue hour."""
    canvas.sky(
        [(0, "#33517f"), (0.18, "#7791b5"), (0.32, "#d8bfc0"), (0.42, "#f2d3bd"), (1, "#c5cfe0")]
    )
    lit_clouds(canvas, "#f0cfc4", "#7a8fb2", 0.4, 0.3, 4)
    hill(
        canvas,
        (0.31 + 0.04 * ridge(canvas, 0.9, 7)).astype(np.float32),
        [(0, "#96a7c6"), (1, "#cfd0dc")],
        0.15,
    )
    rows = 8
    for i in range(rows):
        near = i / (rows - 1)
        _snow_row(canvas, 0.40 + 0.62 * near**1.45, 0.045 + 0.17 * near**1.3, near)
        if i == 1:
            _snow_church(canvas)
        mist(canvas, 0.42 + 0.55 * near**1.45, 0.06, "#cdd6e6", 0.35 * (1 - near))
    _snowfall(canvas, 420)
    return Look(vignette=0.3, bloom=0.22, threshold=0.62)


def _snow_row(canvas: Canvas, base: float, size: float, near: float) -> None:
    rng, x = canvas.rng, canvas.rng.uniform(-0.2, -0.02)
    while x < canvas.aspect:
        w = size * rng.uniform(0.75, 1.2)
        y = base + size * rng.uniform(-0.2, 0.2)
        flip = float(rng.choice([-1, 1]))
        _snow_house(
            canvas, x, y, w * rng.uniform(0.85, 1.15), size * rng.uniform(0.45, 0.85), near, flip
        )
        x += w * rng.uniform(0.95, 1.7) * 1.25


def _snow_house(
    canvas: Canvas, x: float, y: float, w: float, h: float, near: float, flip: float
) -> None:
    """Draw one house seen from its corner; `flip` -1 shows it from the other corner."""
    rng = canvas.rng
    hazy = rgb("#b9c6dc") * 0.8
    front, side, slope, edge, panes, stack = (canvas.stencil() for _ in range(6))

    def at(*points: Point) -> list[Point]:
        return [(x + w * 0.6 + flip * (px - w * 0.6), y + py) for px, py in points]

    peak, back, eave = (w * 0.35, -h * 1.75), w * 0.85, (w * 0.76, -h * 0.74)
    front.polygon(at((0, -h * 0.85), peak, (w * 0.7, -h * 0.85), (w * 0.7, h), (0, h)))
    side.polygon(at((w * 0.7, -h * 0.85), (w * 0.7 + back, -h), (w * 0.7 + back, h), (w * 0.7, h)))
    slope.polygon(
        at(
            (peak[0] - w * 0.02, peak[1] - h * 0.1),
            (peak[0] + back, peak[1] - h * 0.22),
            (eave[0] + back, eave[1] - h * 0.14),
            eave,
        )
    )
    edge.line(at((-w * 0.06, -h * 0.74), (peak[0], peak[1] - h * 0.05), eave), h * 0.12)
    cx = peak[0] + back * rng.uniform(0.35, 0.8)
    stack.polygon(
        at(
            (cx, peak[1] - h * 0.55),
            (cx + w * 0.09, peak[1] - h * 0.55),
            (cx + w * 0.09, peak[1] + h * 0.05),
            (cx, peak[1] + h * 0.05),
        )
    )
    edge.line(
        at((cx - w * 0.01, peak[1] - h * 0.57), (cx + w * 0.10, peak[1] - h * 0.57)), h * 0.09
    )
    for px in (0.14, 0.42, 0.92, 1.2):
        for py in (-0.55, 0.02):
            if rng.random() < 0.42:
                tall = h * 0.34
                corner = (w * px, h * py)
                panes.polygon(
                    at(
                        corner,
                        (corner[0] + w * 0.13, corner[1]),
                        (corner[0] + w * 0.13, corner[1] + tall),
                        (corner[0], corner[1] + tall),
                    ),
                    rng.uniform(0.5, 1),
                )
    wall = rgb(str(rng.choice(["#4a4c66", "#6b5358", "#3f4a63", "#7a6258", "#586878"])))
    canvas.paint(side.mask(), wall * 0.5 * near + hazy * 0.72 * (1 - near))
    canvas.paint(front.mask(), wall * 0.85 * near + hazy * 0.85 * (1 - near))
    canvas.paint(stack.mask(), wall * 0.6 * near + hazy * 0.7 * (1 - near))
    drift = 0.82 + 0.5 * (clouds(canvas, 0.06, 4, 2)[..., None] - 0.5)
    lit = 1.0 if flip > 0 else 1.18
    canvas.paint(
        slope.mask(), rgb("#a9bcdc") * drift * lit * near + rgb("#d5dceb") * 0.95 * (1 - near)
    )
    canvas.paint(edge.mask(), rgb("#dfe6f4") * near + rgb("#dfe4ee") * (1 - near))
    panes_mask = panes.mask()
    canvas.paint(panes_mask, "#ffbe62")
    canvas.add(canvas.blur(panes_mask, 0.012) * 0.25 * near, "#ff9f45")
    if rng.random() < 0.3:
        (smoke,) = at((cx + w * 0.04, peak[1] - h * 0.6))
        _smoke(canvas, smoke[0], smoke[1], h)


def _smoke(canvas: Canvas, x: float, y: float, size: float) -> None:
    for i in range(14):
        t = i / 14
        drift = size * (0.9 * t**1.5 + 0.08 * np.sin(6 * t + x * 9))
        puff = canvas.distance(x + drift, y - size * 1.5 * t) / (size * (0.05 + 0.17 * t))
        canvas.paint((0.30 * (1 - t) ** 1.2 * np.exp(-(puff**2))).astype(np.float32), "#e6e4ea")


def _snow_church(canvas: Canvas) -> None:
    pen, snow = canvas.stencil(), canvas.stencil()
    x, y = 0.98, 0.46
    pen.box(x - 0.028, y - 0.21, 0.056, 0.26)
    pen.polygon([(x - 0.03, y - 0.21), (x, y - 0.36), (x + 0.03, y - 0.21)])
    snow.polygon(
        [(x - 0.030, y - 0.206), (x - 0.024, y - 0.24), (x, y - 0.36), (x - 0.008, y - 0.206)]
    )
    canvas.paint(pen.mask(), "#8794b4")
    canvas.paint(snow.mask() * 0.85, "#dfe5ef")


def _snowfall(canvas: Canvas, count: int) -> None:
    for low, high, soft, share in ((0.0008, 0.0016, 0.0, 0.8), (0.002, 0.004, 0.0015, 0.2)):
        pen = canvas.stencil()
        for _ in range(int(count * share)):
            x, y = canvas.rng.random() * canvas.aspect, canvas.rng.random()
            size = canvas.rng.uniform(low, high)
            pen.ellipse(x, y, size, size, canvas.rng.uniform(0.3, 0.8))
        canvas.paint(pen.mask(soft) * 0.7, "#f4f6fb")


def night_apartments(canvas: Canvas) -> Look:
    """One block of flats at night, a few windows lit in many."""
    canvas.sky([(0, "#1d2840"), (0.6, "#283248"), (1, "#3d3a40")])
    rough = (
        clouds(canvas, 0.3, 7, 1.0)[..., None] * 0.5 + clouds(canvas, 0.04, 4, 0.4)[..., None] * 0.4
    )
    canvas.light = (canvas.light * (0.6 + 0.8 * rough)).astype(np.float32)
    columns, floors = 7, 10
    wide, high = canvas.aspect / columns, 0.97 / floors
    _seams(canvas, columns, floors, wide, high)
    for j in range(floors):
        for i in range(columns):
            _flat(canvas, i * wide, j * high, wide, high, balcony=i in (1, 5))
    canvas.glow(0.66, 1.03, 0.2, "#ff9f4a", 0.35)
    canvas.glow(0.08, 1.05, 0.2, "#ff9f4a", 0.2)
    for x, size in ((0.17, 0.36), (0.70, 0.26)):
        strokes, _ = branches(canvas, x, 1.02, size, 0.36, 8)
        canvas.paint(draw_strokes(canvas, strokes), "#06080d")
    return Look(vignette=0.4, bloom=0.34, threshold=0.4)


def _seams(canvas: Canvas, columns: int, floors: int, wide: float, high: float) -> None:
    pen = canvas.stencil()
    for i in range(columns + 1):
        pen.line([(i * wide, 0), (i * wide, 1)], 0.0022)
    for j in range(floors + 1):
        pen.line([(0, j * high), (canvas.aspect, j * high)], 0.0022)
    canvas.dim(pen.mask() * 0.55)


def _flat(canvas: Canvas, x: float, y: float, wide: float, high: float, balcony: bool) -> None:
    rng = canvas.rng
    w, h = wide * (0.56 if not balcony else 0.62), high * 0.52
    left, top = x + (wide - w) / 2, y + high * 0.22
    frame, glass = canvas.stencil(), canvas.stencil()
    frame.box(left - 0.004, top - 0.004, w + 0.008, h + 0.010)
    for k in range(2):
        glass.box(left + k * w * 0.51, top, w * 0.49, h)
    canvas.paint(frame.mask(), "#2c3140")
    lit = rng.random() < 0.30
    colour = rgb(
        str(
            rng.choice(
                ["#ffc777", "#ffb257", "#ffe2b0", "#ff9a5a", "#8fb7ff", "#ffd3bd"],
                p=[0.3, 0.25, 0.2, 0.1, 0.1, 0.05],
            )
        )
    )
    pane = glass.mask()
    if not lit:
        canvas.paint(pane, rgb("#0d1422") * (0.7 + 0.9 * rng.random()))
        gleam = pane * step(0.35, 0.75, clouds(canvas, 0.2, 3)) * 0.10
        canvas.add(gleam, "#4a6791")
    else:
        lamp = canvas.distance(left + w * rng.uniform(0.25, 0.75), top + h * rng.uniform(0.1, 0.4))
        fall = 0.35 + 0.75 * np.exp(-((lamp / (w * 0.55)) ** 2))
        canvas.paint(pane, colour * fall[..., None])
        _in_window(canvas, left, top, w, h, pane)
        spill = canvas.blur(pane, 0.012) * 0.05
        canvas.add(spill, colour)
    if balcony:
        _railing(canvas, x + wide * 0.08, y + high * 0.66, wide * 0.84, high * 0.26)


def _in_window(canvas: Canvas, left: float, top: float, w: float, h: float, pane: Field) -> None:
    rng, pen = canvas.rng, canvas.stencil()
    kind = rng.random()
    if kind < 0.5:
        for side in (0, 1):
            edge = left if side == 0 else left + w
            hang = w * rng.uniform(0.12, 0.26) * (1 if side == 0 else -1)
            pen.polygon(
                [
                    (edge, top),
                    (edge + hang, top),
                    (edge + hang * 0.7, top + h * 0.6),
                    (edge + hang * 0.9, top + h),
                    (edge, top + h),
                ]
            )
    if kind > 0.35:
        px, py = left + w * rng.uniform(0.2, 0.8), top + h
        pen.polygon(
            [(px - 0.005, py - 0.009), (px + 0.005, py - 0.009), (px + 0.004, py), (px - 0.004, py)]
        )
        for _ in range(16):
            ox, oy = rng.normal(0, 0.0055), abs(rng.normal(0, 0.007))
            pen.ellipse(px + ox, py - 0.010 - oy, rng.uniform(0.0018, 0.0034), 0.0022)
    canvas.dim(pen.mask(0.0008) * pane * 0.62)


def _railing(canvas: Canvas, x: float, y: float, wide: float, high: float) -> None:
    pen = canvas.stencil()
    pen.box(x, y, wide, high)
    mask = pen.mask()
    shade = ramp(
        np.clip((canvas.y - y) / high, 0, 1) + 0 * canvas.x, [(0, "#313746"), (1, "#181c27")]
    )
    canvas.paint(mask, shade * (0.8 + 0.4 * clouds(canvas, 0.05, 3)[..., None]))
    bars = canvas.stencil()
    for i in range(1, 12):
        bars.line(
            [(x + wide * i / 12, y + high * 0.1), (x + wide * i / 12, y + high * 0.94)], 0.0012
        )
    canvas.dim(bars.mask() * 0.5)
