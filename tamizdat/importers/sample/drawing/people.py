"""People, only ever as silhouettes and from behind: a queue, a crowd, an orchestra."""

from __future__ import annotations

import numpy as np

from tamizdat.importers.sample.drawing.canvas import Canvas, Field, Look, Point, Stencil, rgb, step
from tamizdat.importers.sample.drawing.land import below, hill, mist, reflect, waves
from tamizdat.importers.sample.drawing.noise import clouds

_COAT = (
    (0.026, 0.870), (0.033, 0.848), (0.068, 0.830), (0.110, 0.808), (0.130, 0.778), (0.141, 0.71),
    (0.147, 0.62), (0.150, 0.53), (0.148, 0.46), (0.137, 0.437), (0.126, 0.455), (0.121, 0.50),
    (0.119, 0.40), (0.122, 0.30), (0.118, 0.26), (0.060, 0.255),
)
_LEGS = ((0.104, 0.28), (0.097, 0.13), (0.086, 0.03), (0.100, 0.004), (0.034, 0.0), (0.032, 0.05), (0.016, 0.27))


def curve(points: list[Point], each: int = 6) -> list[Point]:
    """Draw a smooth closed line through points (Catmull-Rom)."""
    p = np.asarray(points)
    t = np.linspace(0, 1, each, endpoint=False)[:, None]
    out = []
    for i in range(len(p)):
        a, b, c, d = (p[(i + k) % len(p)] for k in (-1, 0, 1, 2))
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return [(float(x), float(y)) for x, y in np.concatenate(out)]


def person(pen: Stencil, rng: np.random.Generator, x: float, foot: float, high: float, head: bool = True) -> None:
    """Stand one person in a coat with their back to us."""
    broad, lean = rng.uniform(0.88, 1.12), rng.normal(0, 0.010)
    right = [(px * broad, py) for px, py in _COAT]
    body = right + [(-px * rng.uniform(0.97, 1.03), py) for px, py in reversed(right)]
    pen.polygon(curve([(x + (px + lean * py) * high, foot - py * high) for px, py in body]))
    for side in (-1, 1):
        lift = rng.uniform(-0.006, 0.010)
        leg = [(x + side * px * broad * high, foot - (py + lift * (py < 0.1)) * high) for px, py in _LEGS]
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
        pen.polygon(curve([(x - wide * 1.2, y + wide * 0.3), (x + wide * 1.2, y + wide * 0.3), (x + wide * 1.9, y + wide * 2.0), (x - wide * 1.9, y + wide * 2.0)]))


def limb(pen: Stencil, start: Point, end: Point, thick: float, thin: float) -> None:
    """Draw a sleeve that narrows from shoulder to wrist, with round ends."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    far = float(np.hypot(dx, dy)) or 1.0
    nx, ny = -dy / far, dx / far
    pen.polygon(
        [
            (start[0] + nx * thick, start[1] + ny * thick), (end[0] + nx * thin, end[1] + ny * thin),
            (end[0] - nx * thin, end[1] - ny * thin), (start[0] - nx * thick, start[1] - ny * thick),
        ]
    )
    pen.ellipse(*start, thick, thick)
    pen.ellipse(*end, thin, thin)


def rim(canvas: Canvas, mask: Field, colour: str, power: float, wide: float = 0.004) -> None:
    """Let the light behind a silhouette creep round its edges."""
    inner = canvas.blur(mask, wide)
    edge = np.clip(mask * (1 - inner) * 1.8, 0, 1) * step(0.98, 0.5, canvas.y)
    canvas.add((edge * power).astype(np.float32), colour)


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
    canvas.sky([(0, "#4d5c69"), (0.3, "#7d8a90"), (0.55, "#c3b8a2"), (0.74, "#f0d3a2"), (1, "#f0d3a2")])
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
                        panes.box(x + i * 0.032 - 0.006, ground - high + j * 0.06 - 0.03, 0.013, 0.028)
        x += wide * rng.uniform(1.0, 1.1)
    canvas.paint(pen.mask(0.0015) * 0.75, "#86837f")
    canvas.add(panes.mask(0.001) * 0.5, "#ffd48a")
    for i in range(6):
        lx, size = 0.12 + i * 0.27, 0.30
        post = canvas.stencil()
        post.line([(lx, ground), (lx, ground - size), (lx + 0.035, ground - size - 0.012)], 0.004)
        canvas.paint(post.mask(), "#5c5a58")
        canvas.glow(lx + 0.037, ground - size - 0.006, 0.012, "#ffe3a8", 1.6)


def _row(canvas: Canvas, foot: float, high: float, count: int, tone: str, start: float, gap: float = 0.0) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    gap = gap or canvas.aspect / (count - 0.4)
    for i in range(count):
        x = start + (i + 0.3) * gap + rng.normal(0, gap * 0.08)
        size = high * rng.uniform(0.9, 1.06)
        covered = rng.random() < 0.8
        person(pen, rng, x, foot, size, head=True)
        if covered:
            _umbrella(pen, x + rng.normal(0.0, 0.02) * size, foot - size * rng.uniform(0.93, 1.0), size * rng.uniform(0.30, 0.36), rng.normal(0.0, 0.10))
    mask = pen.mask()
    canvas.paint(mask, tone)
    rim(canvas, mask, "#ffd9a0", 0.16, 0.003)


def _wet_stones(canvas: Canvas, ground: float) -> None:
    under = np.maximum(canvas.y - ground, 0.002)
    near = 0.22 / (under + 0.06)
    across = (canvas.x - 0.75) * near
    rows = near * 3.0
    joint = np.minimum(np.abs((across * 5 + 0.5 * (np.floor(rows * 4) % 2)) % 1 - 0.5), np.abs((rows * 4) % 1 - 0.5))
    shade = step(0.10, 0.0, joint) * below(canvas, ground + 0.02) * step(0.02, 0.12, under)
    canvas.dim((shade * 0.30).astype(np.float32))
    sheen, _ = waves(canvas, ground, 0.2)
    canvas.add((step(0.6, 2.0, sheen) * step(0.0, 0.1, under) * 0.10 * below(canvas, ground)).astype(np.float32), "#ffdca8")


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
    rows = ((0.56, 0.055, 60, 0.10), (0.60, 0.08, 44, 0.22), (0.655, 0.12, 30, 0.40), (0.74, 0.19, 19, 0.62), (0.87, 0.30, 11, 0.84), (1.07, 0.46, 6, 1.0))
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
            pen.polygon([(x, 0.58 - high * (0.7 + 0.5 * edge)), (x + wide / 2, 0.55 - high * (0.7 + 0.5 * edge)), (x + wide, 0.58 - high * (0.7 + 0.5 * edge))])
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


def _placard(pen: Stencil, boards: Stencil, sticks: Stencil, rng: np.random.Generator, x: float, y: float, high: float) -> None:
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


def orchestra(canvas: Canvas) -> Look:
    """An orchestra in silhouette before a wash of warm light."""
    canvas.sky([(0, "#1a0f12"), (0.3, "#5a2a1c"), (0.52, "#d98a3f"), (0.7, "#e8a355"), (1, "#1a0d0a")])
    canvas.glow(0.75, 0.46, 0.30, "#ffcf86", 0.8)
    _light_wash(canvas)
    for i, (foot, size, count) in enumerate(((0.62, 0.155, 17), (0.70, 0.20, 13), (0.80, 0.26, 9))):
        near = (i + 1) / 3
        _players(canvas, foot, size, count, rgb("#a8622c") * (1 - near) + rgb("#1c0e0b") * near, i)
        mist(canvas, foot - 0.01, 0.06, "#e0914a", 0.28 * (1 - near))
    hill(canvas, (0.865 + 0.0 * canvas.x[0]).astype(np.float32), [(0, "#120806"), (1, "#080404")], 0.1)
    _conductor(canvas)
    _audience(canvas)
    return Look(vignette=0.42, bloom=0.26, threshold=0.5)


def _light_wash(canvas: Canvas) -> None:
    dust = 0.6 + 0.8 * clouds(canvas, 0.3, 5, 1.0)
    for x, lean in ((0.25, 0.42), (0.55, 0.18), (0.95, -0.18), (1.25, -0.42)):
        middle = x + lean * canvas.y
        ray = np.exp(-(((canvas.x - middle) / (0.035 + 0.13 * canvas.y)) ** 2)) * step(0.85, 0.0, canvas.y)
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
            pen.line([(x - side * size * 0.02, y - size * 0.36), (x + side * size * 0.30, y - size * 0.30)], size * 0.028)
            pen.ellipse(x + side * size * 0.08, y - size * 0.35, size * 0.085, size * 0.04)
            pen.line([(x + side * size * 0.02, y - size * 0.56 * bow), (x + side * size * 0.34, y - size * 0.95 * bow)], size * 0.010)
            pen.line([(x + side * size * 0.13, y - size * 0.05), (x + side * size * 0.05, y - size * 0.5 * bow)], size * 0.055)
        stand = x + side * size * 0.52
        pen.line([(stand, y + size * 0.42), (stand, y - size * 0.05)], size * 0.012)
        pen.polygon([(stand - size * 0.12, y - size * 0.16), (stand + size * 0.12, y - size * 0.18), (stand + size * 0.11, y - size * 0.02), (stand - size * 0.11, y)])
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
    for side, elbow_at, hand_at in ((-1, (0.215, 0.755), (0.275, 0.93)), (1, (0.22, 0.80), (0.25, 1.0))):
        shoulder = (x + side * 0.105 * high, foot - 0.775 * high)
        elbow = (x + side * elbow_at[0] * high, foot - elbow_at[1] * high)
        grip = (x + side * hand_at[0] * high, foot - hand_at[1] * high)
        limb(pen, shoulder, elbow, high * 0.042, high * 0.034)
        limb(pen, elbow, grip, high * 0.034, high * 0.021)
        pen.ellipse(grip[0], grip[1] - high * 0.018, high * 0.020, high * 0.032)
        if side > 0:
            pen.line([(grip[0], grip[1] - 0.01 * high), (grip[0] - 0.17 * high, grip[1] - 0.10 * high)], high * 0.006)
    mask = pen.mask()
    canvas.paint(mask, "#0b0606")
    rim(canvas, mask, "#ffb765", 0.5, 0.004)


def _audience(canvas: Canvas) -> None:
    pen, rng = canvas.stencil(), canvas.rng
    for i in range(12):
        x = i * 0.14 + rng.normal(0, 0.015)
        size = rng.uniform(0.048, 0.056)
        if abs(x - 0.75) < 0.05:
            continue
        y = 0.985 + rng.normal(0, 0.012)
        pen.ellipse(x, y - size * 0.5, size * 0.78, size)
        pen.polygon(curve([(x - size * 2, 1.12), (x - size * 1.6, y + size * 0.75), (x - size * 0.5, y + size * 0.35), (x + size * 0.5, y + size * 0.35), (x + size * 1.6, y + size * 0.75), (x + size * 2, 1.12)]))
    canvas.paint(pen.mask(0.002), "#050303")
