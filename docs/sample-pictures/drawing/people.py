"""People, only ever as silhouettes and from behind: a queue and a crowd."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Look,
    Point,
    Stencil,
    rgb,
    step,
)
from drawing.figures import limb, person, rim
from drawing.land import (
    below,
    mist,
    reflect,
    waves,
)
from drawing.noise import clouds


def _umbrella(pen: Stencil, x: float, y: float, wide: float, tilt: float) -> None:
    arc = np.linspace(np.pi, 0, 28)
    dome = [(float(np.cos(a)), float(-np.sin(a) * 0.58)) for a in arc]
    hem: list[Point] = []
    for i in range(6):
        for t in np.linspace(0, 1, 5)[:-1]:
            hem.append((1 - 2 * (i + float(t)) / 6, -0.09 * float(np.sin(np.pi * t))))
    c, s = np.cos(tilt), np.sin(tilt)

    def put(px: float, py: float) -> Point:
        return (x + wide * (px * c - py * s), y + wide * (px * s + py * c))

    pen.polygon([put(*p) for p in dome + hem])
    pen.line([put(0, -0.55), put(0, -0.70)], wide * 0.025)
    pen.line([put(0, -0.2), put(0.02, 0.75)], wide * 0.022)


def umbrella_queue(canvas: Canvas) -> Look:
    """A long queue in the rain against wet light."""
    ground = 0.745
    canvas.sky(
        [(0, "#4d5c69"), (0.3, "#7d8a90"), (0.55, "#c3b8a2"), (0.74, "#f0d3a2"), (1, "#f0d3a2")]
    )
    canvas.glow(0.95, 0.62, 0.22, "#ffd596", 0.55)
    _street(canvas, ground)
    mist(canvas, 0.66, 0.14, "#ecd6b0", 0.5)
    for depth, high, count, tone in ((0.0, 0.20, 15, "#a3937f"), (0.5, 0.27, 11, "#746b64")):
        _row(canvas, ground - 0.028 * (1 - depth * 2), high, count, tone, -0.1)
    mist(canvas, 0.72, 0.06, "#e8cfa6", 0.35)
    _row(canvas, ground + 0.004, 0.40, 8, "#2a2c33", 0.03)
    reflect(canvas, ground + 0.004, "#cfc6ba", 0.012, 0.008, 0.80, "#2b2c30")
    _wet_stones(canvas, ground)
    _row(canvas, 0.90, 0.56, 4, "#15171d", 0.75, gap=0.26)
    _rain(canvas)
    return Look(vignette=0.36, bloom=0.2)


def _street(canvas: Canvas, ground: float) -> None:
    rng, pen, panes = canvas.rng, canvas.stencil(), canvas.stencil()
    x = -0.05
    while x < canvas.aspect:
        wide, high = rng.uniform(0.1, 0.24), rng.uniform(0.36, 0.55)
        if not 0.78 < x + wide / 2 < 1.12:
            pen.box(x, ground - high, wide, high)
            for i in range(1, int(wide / 0.032)):
                for j in range(1, int(high / 0.06)):
                    if rng.random() < 0.16:
                        panes.box(
                            x + i * 0.032 - 0.006, ground - high + j * 0.06 - 0.03, 0.013, 0.028
                        )
        x += wide * rng.uniform(1.0, 1.1)
    canvas.paint(pen.mask(0.0015) * 0.75, "#86837f")
    canvas.add(panes.mask(0.001) * 0.5, "#ffd48a")
    for i in range(6):
        lx, size = 0.12 + i * 0.27, 0.30
        post = canvas.stencil()
        post.line([(lx, ground), (lx, ground - size), (lx + 0.035, ground - size - 0.012)], 0.004)
        canvas.paint(post.mask(), "#5c5a58")
        canvas.glow(lx + 0.037, ground - size - 0.006, 0.012, "#ffe3a8", 1.6)


def _row(
    canvas: Canvas, foot: float, high: float, count: int, tone: str, start: float, gap: float = 0.0
) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    gap = gap or canvas.aspect / (count - 0.4)
    for i in range(count):
        x = start + (i + 0.3) * gap + rng.normal(0, gap * 0.08)
        size = high * rng.uniform(0.9, 1.06)
        covered = rng.random() < 0.8
        person(pen, rng, x, foot, size, head=True)
        if covered:
            _umbrella(
                pen,
                x + rng.normal(0.0, 0.02) * size,
                foot - size * rng.uniform(0.93, 1.0),
                size * rng.uniform(0.30, 0.36),
                rng.normal(0.0, 0.10),
            )
    mask = pen.mask()
    canvas.paint(mask, tone)
    rim(canvas, mask, "#ffd9a0", 0.16, 0.003)


def _wet_stones(canvas: Canvas, ground: float) -> None:
    under = np.maximum(canvas.y - ground, 0.002)
    near = 0.22 / (under + 0.06)
    across = (canvas.x - 0.75) * near
    rows = near * 3.0
    joint = np.minimum(
        np.abs((across * 5 + 0.5 * (np.floor(rows * 4) % 2)) % 1 - 0.5),
        np.abs((rows * 4) % 1 - 0.5),
    )
    shade = step(0.10, 0.0, joint) * below(canvas, ground + 0.02) * step(0.02, 0.12, under)
    canvas.dim((shade * 0.30).astype(np.float32))
    sheen, _ = waves(canvas, ground, 0.2)
    canvas.add(
        (step(0.6, 2.0, sheen) * step(0.0, 0.1, under) * 0.10 * below(canvas, ground)).astype(
            np.float32
        ),
        "#ffdca8",
    )


def _rain(canvas: Canvas) -> None:
    for count, length, power in ((700, 0.03, 0.14), (220, 0.07, 0.18)):
        pen = canvas.stencil()
        for _ in range(count):
            x, y = canvas.rng.uniform(0, canvas.aspect), canvas.rng.random()
            run = length * canvas.rng.uniform(0.6, 1.2)
            pen.line([(x, y), (x - run * 0.16, y + run)], 0.0009)
        canvas.add(pen.mask() * power, "#fff0d8")


def blank_placards(canvas: Canvas) -> Look:
    """A crowd from behind holds up blank placards in a misty square."""
    canvas.sky([(0, "#8c9fb0"), (0.3, "#c2ccd0"), (0.55, "#ece0cb"), (1, "#e6d9c2")])
    canvas.glow(0.75, 0.42, 0.28, "#fff0cf", 0.5)
    _square(canvas)
    mist(canvas, 0.56, 0.14, "#efe5d2", 0.7)
    rows = (
        (0.56, 0.055, 60, 0.10),
        (0.60, 0.08, 44, 0.22),
        (0.655, 0.12, 30, 0.40),
        (0.74, 0.19, 19, 0.62),
        (0.87, 0.30, 11, 0.84),
        (1.07, 0.46, 6, 1.0),
    )
    for shoulder, size, count, near in rows:
        _crowd(canvas, shoulder, size, count, near)
        mist(canvas, shoulder + size * 0.3, 0.06, "#eadfcd", 0.38 * (1 - near))
    return Look(vignette=0.34, bloom=0.14)


def _square(canvas: Canvas) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    x = -0.02
    while x < canvas.aspect:
        wide, high = rng.uniform(0.08, 0.2), rng.uniform(0.17, 0.3)
        edge = abs(x + wide / 2 - 0.75)
        if edge > 0.16:
            pen.box(x, 0.58 - high * (0.7 + 0.5 * edge), wide, 0.4)
            pen.polygon(
                [
                    (x, 0.58 - high * (0.7 + 0.5 * edge)),
                    (x + wide / 2, 0.55 - high * (0.7 + 0.5 * edge)),
                    (x + wide, 0.58 - high * (0.7 + 0.5 * edge)),
                ]
            )
        x += wide
    pen.box(0.655, 0.36, 0.19, 0.3)
    pen.box(0.70, 0.30, 0.10, 0.1)
    pen.ellipse(0.75, 0.30, 0.05, 0.06)
    pen.line([(0.75, 0.25), (0.75, 0.185)], 0.003)
    canvas.paint(pen.mask(0.0015) * 0.62, "#aeb3b4")


def _crowd(canvas: Canvas, shoulder: float, size: float, count: int, near: float) -> None:
    pen, boards, sticks, rng = canvas.stencil(), canvas.stencil(), canvas.stencil(), canvas.rng
    gap = canvas.aspect / (count - 1)
    for i in range(count):
        x, y = i * gap + rng.normal(0, gap * 0.2), shoulder + rng.normal(0, size * 0.12)
        high = size * 2.6 * rng.uniform(0.92, 1.08)
        person(pen, rng, x, y + high * 0.79, high)
        if rng.random() < 0.42 - 0.2 * near:
            _placard(pen, boards, sticks, rng, x + rng.choice([-1, 1]) * high * 0.13, y, high)
    tone = rgb("#d3c8b6") * (1 - near) + rgb("#1b1e26") * near
    canvas.paint(sticks.mask(), tone * 0.8 + rgb("#6b5138") * 0.25)
    board = boards.mask()
    wash = clouds(canvas, 0.06, 3)[..., None] * 0.12 + 0.86
    canvas.paint(board, (rgb("#e9e0cf") * (1 - near) + rgb("#c4c0b8") * near) * wash)
    mask = pen.mask()
    canvas.paint(mask, tone)
    rim(canvas, mask, "#fff0d2", 0.22 * near, 0.005)


def _placard(
    pen: Stencil,
    boards: Stencil,
    sticks: Stencil,
    rng: np.random.Generator,
    x: float,
    y: float,
    high: float,
) -> None:
    lift, tilt = high * rng.uniform(0.50, 0.66), rng.normal(0, 0.08)
    wide, tall = high * rng.uniform(0.125, 0.165), high * rng.uniform(0.085, 0.11)
    c, s = np.cos(tilt), np.sin(tilt)
    top = (x + s * lift, y - c * lift)
    sticks.line([(x - s * high * 0.05, y + high * 0.02), top], high * 0.014)
    corners = ((-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall))
    boards.polygon([(top[0] + px * c - py * s, top[1] + px * s + py * c) for px, py in corners])
    hand = (x + s * lift * 0.38, y - c * lift * 0.38)
    elbow = (x - np.sign(tilt + 0.001) * high * 0.045, y - high * 0.02)
    limb(pen, (elbow[0], y + high * 0.06), elbow, high * 0.045, high * 0.036)
    limb(pen, elbow, hand, high * 0.036, high * 0.023)
    pen.ellipse(hand[0], hand[1] - high * 0.01, high * 0.026, high * 0.032)
