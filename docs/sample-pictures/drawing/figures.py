"""A person seen from behind, as a silhouette, and the light that creeps round one."""

from __future__ import annotations

import numpy as np

from drawing.canvas import (
    Canvas,
    Field,
    Point,
    Stencil,
    step,
)

_COAT = (
    (0.026, 0.870),
    (0.033, 0.848),
    (0.068, 0.830),
    (0.110, 0.808),
    (0.130, 0.778),
    (0.141, 0.71),
    (0.147, 0.62),
    (0.150, 0.53),
    (0.148, 0.46),
    (0.137, 0.437),
    (0.126, 0.455),
    (0.121, 0.50),
    (0.119, 0.40),
    (0.122, 0.30),
    (0.118, 0.26),
    (0.060, 0.255),
)


_LEGS = (
    (0.104, 0.28),
    (0.097, 0.13),
    (0.086, 0.03),
    (0.100, 0.004),
    (0.034, 0.0),
    (0.032, 0.05),
    (0.016, 0.27),
)


def curve(points: list[Point], each: int = 6) -> list[Point]:
    """Draw a smooth closed line through points (Catmull-Rom)."""
    p = np.asarray(points)
    t = np.linspace(0, 1, each, endpoint=False)[:, None]
    out = []
    for i in range(len(p)):
        a, b, c, d = (p[(i + k) % len(p)] for k in (-1, 0, 1, 2))
        out.append(
            0.5
            * (
                2 * b
                + (c - a) * t
                + (2 * a - 5 * b + 4 * c - d) * t**2
                + (3 * b - a - 3 * c + d) * t**3
            )
        )
    return [(float(x), float(y)) for x, y in np.concatenate(out)]


def person(
    pen: Stencil, rng: np.random.Generator, x: float, foot: float, high: float, head: bool = True
) -> None:
    """Stand one person in a coat with their back to us."""
    broad, lean = rng.uniform(0.88, 1.12), rng.normal(0, 0.010)
    right = [(px * broad, py) for px, py in _COAT]
    body = right + [(-px * rng.uniform(0.97, 1.03), py) for px, py in reversed(right)]
    pen.polygon(curve([(x + (px + lean * py) * high, foot - py * high) for px, py in body]))
    for side in (-1, 1):
        lift = rng.uniform(-0.006, 0.010)
        leg = [
            (x + side * px * broad * high, foot - (py + lift * (py < 0.1)) * high)
            for px, py in _LEGS
        ]
        pen.polygon(leg)
    if head:
        _head(pen, rng, x + lean * 0.93 * high, foot - 0.922 * high, high)


def _head(pen: Stencil, rng: np.random.Generator, x: float, y: float, high: float) -> None:
    wide = rng.uniform(0.041, 0.045) * high
    pen.ellipse(x, y, wide, wide * 1.34)
    pen.box(x - wide * 0.62, y + wide * 0.5, wide * 1.24, wide * 1.1)
    kind = rng.random()
    if kind < 0.25:
        pen.ellipse(x, y - wide * 0.42, wide * 1.14, wide * 1.05)
    elif kind < 0.45:
        fall = wide * rng.uniform(1.4, 2.1)
        hair = [(-1.08, -0.4), (-0.7, -1.3), (0, -1.5), (0.7, -1.3), (1.08, -0.4), (1.22, 0.6)]
        ends = [(1.12, fall / wide), (0.0, fall / wide + 0.18), (-1.12, fall / wide), (-1.22, 0.6)]
        pen.polygon(curve([(x + px * wide, y + py * wide) for px, py in hair + ends]))
    elif kind < 0.58:
        pen.ellipse(x + wide * 0.1, y - wide * 1.42, wide * 0.46, wide * 0.42)
    elif kind < 0.72:
        pen.ellipse(x, y - wide * 0.52, wide * 1.75, wide * 0.26)
        pen.ellipse(x, y - wide * 0.75, wide * 1.08, wide * 0.95)
    elif kind < 0.82:
        pen.ellipse(x, y - wide * 0.05, wide * 1.24, wide * 1.5)
        pen.polygon(
            curve(
                [
                    (x - wide * 1.2, y + wide * 0.3),
                    (x + wide * 1.2, y + wide * 0.3),
                    (x + wide * 1.9, y + wide * 2.0),
                    (x - wide * 1.9, y + wide * 2.0),
                ]
            )
        )


def limb(pen: Stencil, start: Point, end: Point, thick: float, thin: float) -> None:
    """Draw a sleeve that narrows from shoulder to wrist, with round ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    far = float(np.hypot(dx, dy)) or 1.0
    nx, ny = -dy / far, dx / far
    pen.polygon(
        [
            (start[0] + nx * thick, start[1] + ny * thick),
            (end[0] + nx * thin, end[1] + ny * thin),
            (end[0] - nx * thin, end[1] - ny * thin),
            (start[0] - nx * thick, start[1] - ny * thick),
        ]
    )
    pen.ellipse(*start, thick, thick)
    pen.ellipse(*end, thin, thin)


def rim(
    canvas: Canvas,
    mask: Field,
    colour: str,
    power: float,
    wide: float = 0.004,
    lowest: float = 0.98,
) -> None:
    """Let the light behind a silhouette creep round its edges."""
    inner = canvas.blur(mask, wide)
    edge = np.clip(mask * (1 - inner) * 1.8, 0, 1) * step(lowest, 0.5, canvas.y)
    canvas.add((edge * power).astype(np.float32), colour)
