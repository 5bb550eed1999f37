"""Open land: mountains, marsh, fields, turbines, pylons, an orchard, a river valley."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from drawing.canvas import Canvas, Field, Look, Stencil, ramp, rgb, step
from drawing.land import (
    below,
    branches,
    depth_under,
    draw_strokes,
    glitter,
    hill,
    lit_clouds,
    mist,
    overcast,
    reflect,
    spruces,
)
from drawing.noise import bend, clouds, ridge


def _peaks(canvas: Canvas, base: float, high: float, size: float) -> Field:
    sharp = 1 - np.abs(ridge(canvas, size, 9, 0.52)) * 1.5
    return (base - high * sharp).astype(np.float32)


def serrin_mountains(canvas: Canvas) -> Look:
    """Ridge after ridge in morning haze, a spruce wood in front."""
    canvas.sky([(0, "#5d83ad"), (0.22, "#9db8cf"), (0.42, "#f0dcc4"), (0.6, "#f6e6d2")])
    lit_clouds(canvas, "#fff1dc", "#a9bccf", 0.28, 0.3, 4.5)
    canvas.glow(0.88, 0.33, 0.16, "#ffd9a6", 0.8)
    crests = ["#a8b8cb", "#8ba2bd", "#6c88a9", "#4d6c90", "#355373", "#223b55"]
    for i, crest in enumerate(crests):
        line = _peaks(canvas, 0.47 + 0.085 * i, 0.13 - 0.008 * i, 0.62 - 0.05 * i)
        pale = "#f3e3d3" if i < 3 else "#c3ced8"
        _ridge_with_relief(canvas, line, crest, pale, 0.30 - 0.012 * i, 0.4 + 0.12 * i)
        mist(canvas, 0.60 + 0.08 * i, 0.05, "#f2e6da" if i < 3 else "#d0d9e0", 0.42)
    front = (0.93 + 0.05 * ridge(canvas, 0.8, 4)).astype(np.float32)
    canvas.paint(spruces(canvas, front - 0.05, 0.12, 9), "#1a3042")
    canvas.paint(spruces(canvas, front + 0.02, 0.2, 6), "#0c1a26")
    return Look(vignette=0.3, bloom=0.12)


def _ridge_with_relief(
    canvas: Canvas, line: Field, crest: str, pale: str, fade: float, relief: float
) -> None:
    mask = hill(canvas, line, [(0, crest), (0.35, crest), (1, pale)], fade)
    veins = 1 - np.abs(clouds(canvas, 0.11, 6, 0.55, 0.6) - 0.5) * 3
    slant = bend(veins, 0.5 * (canvas.y - 0.6), 0.0)
    lit = (bend(slant, 0.008, 0.004) - slant) * relief
    near = step(0.6, 0.0, depth_under(canvas, line) / fade)
    canvas.add(mask * near * np.clip(lit, 0, 1) * 0.28, "#ffcf9a")
    canvas.dim((mask * near * np.clip(-lit * 0.75, 0, 0.6)).astype(np.float32))


def ostra_marsh(canvas: Canvas) -> Look:
    """Winding water in a salt marsh at sunrise, reeds in front, birds far off."""
    shore = 0.46
    canvas.sky(
        [(0, "#53688c"), (0.2, "#a396a6"), (0.36, "#eab08d"), (0.46, "#fbdca5"), (1, "#fbdca5")]
    )
    lit_clouds(canvas, "#ffdcae", "#8d7f95", 0.42, 0.3, 4.2)
    canvas.glow(0.84, 0.43, 0.055, "#ffd48a", 2.2)
    far = (shore - 0.012 + 0.006 * ridge(canvas, 0.3, 6)).astype(np.float32)
    hill(canvas, far - 0.012, [(0, "#a98d86"), (1, "#d5b398")], 0.05)
    hill(canvas, far, [(0, "#77656a"), (1, "#a98a7c")], 0.04)
    reflect(canvas, shore, "#f4e6da", 0.014, 0.004, 0.95, "#3f4a5c")
    glitter(canvas, 0.84, shore, 0.09, "#ffca80")
    for i in range(7):
        _marsh_bank(canvas, shore + 0.012 + 0.55 * (i / 7) ** 1.9, i)
    mist(canvas, 0.475, 0.025, "#fbdcb4", 0.7)
    _birds(canvas, 0.5, 0.22, 13, 0.011, "#4a4654")
    return Look(vignette=0.3, bloom=0.16)


def _marsh_bank(canvas: Canvas, at: float, index: int) -> None:
    scale = 0.25 + 0.9 * index / 7
    wander = ridge(canvas, 0.5 * scale + 0.1, 5)
    side = ridge(canvas, 1.1, 3)
    top = at + 0.012 * scale * wander
    thick = np.maximum(0.055 * scale * (side + 0.08 + 0.12 * (index % 2)), 0)
    mask = below(canvas, top) * (1 - below(canvas, top + thick))
    colour = ramp(np.full((), index / 6), [(0, "#96796f"), (0.5, "#54484a"), (1, "#1f1d24")])
    grass = clouds(canvas, 0.03 * scale, 4, 0.5)[..., None]
    canvas.paint(mask, colour * (0.7 + 0.6 * grass))
    _reeds(canvas, top, thick, 0.05 * scale, colour, 900)


def _reeds(canvas: Canvas, top: Field, thick: Field, high: float, colour: Field, n: int) -> None:
    pen = canvas.stencil()
    for _ in range(n):
        x = canvas.rng.uniform(0, canvas.aspect)
        column = min(int(x * canvas.height), canvas.width - 1)
        if thick[column] <= 0.002:
            continue
        y = float(top[column] + thick[column] * canvas.rng.random() * 0.8)
        tall, lean = high * canvas.rng.uniform(0.3, 1), canvas.rng.normal(0.006, 0.01)
        pen.line([(x, y), (x + lean * 0.4, y - tall * 0.6), (x + lean, y - tall)], high * 0.025)
    canvas.paint(pen.mask(), colour * 0.85)


def _birds(canvas: Canvas, x: float, y: float, count: int, size: float, colour: str) -> None:
    pen = canvas.stencil()
    for i in range(count):
        side = -1 if i % 2 else 1
        bx = x + (i // 2) * size * 2.6 * (1 if side > 0 else 0.9) + canvas.rng.normal(0, 0.004)
        by = y + side * (i // 2) * size * 0.9 + canvas.rng.normal(0, 0.004)
        s, lift = size * canvas.rng.uniform(0.7, 1), canvas.rng.uniform(0.15, 0.5) * size
        wing = [(bx - s, by - lift), (bx - s * 0.4, by - lift * 0.9), (bx, by)]
        wing += [(bx + s * 0.4, by - lift * 0.9), (bx + s, by - lift)]
        pen.line(wing, size * 0.16)
    canvas.paint(pen.mask() * 0.85, colour)


def wheat_fields(canvas: Canvas) -> Look:
    """Ripe wheat in wind under a wide sky with a far line of poplars."""
    horizon = 0.44
    canvas.sky(
        [(0, "#7d93a3"), (0.25, "#b9c2bf"), (0.40, "#efe0bd"), (0.44, "#f6e3b4"), (1, "#f6e3b4")]
    )
    lit_clouds(canvas, "#fff3d9", "#8d98a1", 0.62, 0.34, 2.6)
    canvas.glow(0.35, 0.40, 0.14, "#ffe9b4", 0.45)
    far = (horizon + 0.008 * ridge(canvas, 0.9, 4)).astype(np.float32)
    hill(canvas, far - 0.025, [(0, "#a3b3b5"), (1, "#c3c6a9")], 0.06)
    hill(canvas, far - 0.006, [(0, "#a9aa78"), (1, "#c9b26c")], 0.05)
    _poplars(canvas, far)
    field = below(canvas, far + 0.012)
    under = np.maximum(canvas.y - horizon, 0)
    canvas.paint(
        field, ramp(under + 0 * canvas.x, [(0, "#d9c074"), (0.2, "#c99b45"), (0.56, "#80541f")])
    )
    for i in range(16):
        _wheat_row(canvas, horizon + 0.03 + 0.62 * (i / 15) ** 1.7, i / 15)
    mist(canvas, horizon + 0.01, 0.03, "#f1e3bf", 0.5)
    return Look(vignette=0.3, bloom=0.1)


def _poplars(canvas: Canvas, far: Field) -> None:
    pen = canvas.stencil()
    for i in range(11):
        x = 0.93 + i * 0.036 + canvas.rng.normal(0, 0.005)
        y = float(far[min(int(x * canvas.height), canvas.width - 1)]) + 0.014
        high = canvas.rng.uniform(0.055, 0.085)
        for j in range(26):
            at = j / 26
            wide = high * 0.10 * np.sin(np.pi * min(at * 0.93 + 0.1, 1)) ** 0.8
            pen.ellipse(
                x + canvas.rng.normal(0, wide * 0.16),
                y - at * high,
                wide * canvas.rng.uniform(0.75, 1.0),
                high * 0.05,
            )
    canvas.paint(pen.mask() * 0.9, "#5f6f58")


def _wheat_row(canvas: Canvas, y: float, near: float) -> None:
    pen, ears = canvas.stencil(), canvas.stencil()
    size = 0.012 + 0.12 * near**1.4
    sway = ridge(canvas, 0.35, 3)
    for _ in range(int(4200 - 2500 * near)):
        x = canvas.rng.uniform(-0.02, canvas.aspect + 0.02)
        column = int(np.clip(x * canvas.height, 0, canvas.width - 1))
        lean = size * (0.25 * sway[column] + canvas.rng.normal(0.1, 0.12))
        foot, tall = y + size * canvas.rng.uniform(0.2, 0.9), size * canvas.rng.uniform(0.7, 1.1)
        tip = (x + lean, foot - tall)
        pen.line([(x, foot), (x + lean * 0.35, foot - tall * 0.6), tip], size * 0.018)
        _ear(ears, tip, lean, size)
    light = ramp(np.full((), near), [(0, "#ead28a"), (0.4, "#dcb055"), (1, "#c98f34")])
    canvas.paint(pen.mask() * 0.7, light * 0.55)
    patch = 0.55 + 0.9 * clouds(canvas, 0.2, 4, 3.0)[..., None]
    canvas.paint(ears.mask() * 0.85, light * patch)


def _ear(pen: Stencil, tip: tuple[float, float], lean: float, size: float) -> None:
    (x, y), drop = tip, lean * 0.8
    for i in range(5):
        t = i / 5
        gx, gy = x + drop * t, y - size * 0.20 * t
        thick = size * 0.021 * (1.15 - 0.6 * t)
        pen.ellipse(gx + (thick * 0.5 if i % 2 else -thick * 0.5), gy, thick, size * 0.032)
    for side in (-0.25, 0.1, 0.4):
        end = (x + drop * 2.1 + side * size * 0.10, y - size * 0.40)
        pen.line([(x + drop * 0.7, y - size * 0.15), end], size * 0.006, 0.7)


def wind_turbines(canvas: Canvas) -> Look:
    """Turbines on misty ridges, the sun just up."""
    canvas.sky(
        [(0, "#44597e"), (0.25, "#a58fa2"), (0.45, "#f0ad86"), (0.6, "#ffdcae"), (1, "#ffdcae")]
    )
    lit_clouds(canvas, "#ffc9a0", "#7f7890", 0.35, 0.25, 5.0)
    canvas.glow(0.47, 0.56, 0.07, "#ffd494", 2.0)
    tones = ["#c59c96", "#9d7f89", "#6d6078", "#443f58"]
    masts = [(0.12, 0.11), (0.38, 0.12), (0.62, 0.13), (0.30, 0.2), (1.3, 0.23), (0.97, 0.42)]
    for i, tone in enumerate(tones):
        line = (0.58 + 0.1 * i - (0.06 - 0.006 * i) * ridge(canvas, 0.7, 7, 0.45)).astype(
            np.float32
        )
        for x, high in masts[(0, 3, 5, 6)[i] : (3, 5, 6, 6)[i]]:
            _turbine(canvas, line, x, high, tone)
        hill(canvas, line, [(0, tone), (0.3, tone), (1, "#f6cfae" if i < 2 else "#b08d92")], 0.26)
        mist(canvas, 0.68 + 0.1 * i, 0.05, "#ffdcbc" if i < 2 else "#c7a3a0", 0.6)
    front = (0.95 + 0.03 * ridge(canvas, 0.6, 5)).astype(np.float32)
    canvas.paint(spruces(canvas, front, 0.09, 8), "#211f30")
    return Look(vignette=0.3)


def _turbine(canvas: Canvas, line: Field, x: float, high: float, tone: str) -> None:
    foot = float(line[min(int(x * canvas.height), canvas.width - 1)]) + 0.01
    top = foot - high
    pen = canvas.stencil()
    w = high * 0.014
    pen.polygon([(x - w, foot), (x + w, foot), (x + w * 0.5, top), (x - w * 0.5, top)])
    turn = canvas.rng.uniform(0, 2)
    for i in range(3):
        a = turn + i * 2 * np.pi / 3
        dx, dy = np.sin(a), -np.cos(a)
        nx, ny = -dy * high, dx * high
        root, wide, tip = 0.03, 0.16, 0.56
        pen.polygon(
            [
                (x + dx * root * high - nx * 0.008, top + dy * root * high - ny * 0.008),
                (x + dx * wide * high + nx * 0.024, top + dy * wide * high + ny * 0.024),
                (x + dx * tip * high, top + dy * tip * high),
                (x + dx * wide * high - nx * 0.006, top + dy * wide * high - ny * 0.006),
            ]
        )
    pen.ellipse(x, top, high * 0.022, high * 0.022)
    canvas.paint(pen.mask(), rgb(tone) * 0.8)


def power_lines_fog(canvas: Canvas) -> Look:
    """Pylons walking off into fog over bare fields."""
    canvas.sky([(0, "#8fa0a8"), (0.35, "#c3cbc9"), (0.6, "#e6e0d2"), (1, "#d9d5c8")])
    canvas.glow(1.05, 0.36, 0.14, "#fff0d0", 0.55)
    overcast(canvas, "#b5c0c2", 0.3, 0.4, 4)
    hill(
        canvas,
        (0.66 + 0.012 * ridge(canvas, 0.5, 5)).astype(np.float32),
        [(0, "#bfc3ba"), (1, "#d5d3c6")],
        0.1,
    )
    ground = (0.735 + 0.02 * ridge(canvas, 1.2, 3)).astype(np.float32)
    hill(canvas, ground, [(0, "#b3b2a2"), (0.4, "#7d796a"), (1, "#33342f")], 0.3)
    _furrows(canvas, 0.74)
    spots = [
        (1.16, 0.715, 0.085),
        (1.08, 0.725, 0.14),
        (0.95, 0.745, 0.24),
        (0.71, 0.785, 0.42),
        (0.22, 0.88, 0.80),
    ]
    tones = ["#b4bbb7", "#a0a9a7", "#7f8b8c", "#4f5c60", "#22292d"]
    arms = [
        _pylon(canvas, x, y, high, tone) for (x, y, high), tone in zip(spots, tones, strict=True)
    ]
    for i in range(len(arms) - 1):
        _wires(canvas, arms[i], arms[i + 1], tones[i + 1], spots[i + 1][2])
    _wires(canvas, arms[-1], [(x * 3.2 - 1.9, y * 2.2 - 0.45) for x, y in arms[-1]], tones[-1], 1.2)
    mist(canvas, 0.72, 0.09, "#e4e0d4", 0.75)
    mist(canvas, 0.8, 0.04, "#dedbd0", 0.4)
    return Look(vignette=0.32, bloom=0.1)


def _furrows(canvas: Canvas, horizon: float) -> None:
    under = np.maximum(canvas.y - horizon, 0.002)
    across = (canvas.x - 1.15) / under
    rows = np.sin(across * 9 + 2.5 * clouds(canvas, 0.3, 3)) * step(0.02, 0.2, under)
    lumps = clouds(canvas, 0.02, 4, 2.5) - 0.5
    shade = (rows * 0.16 + lumps * 0.7) * below(canvas, horizon + 0.02)
    canvas.light = (canvas.light * (1 + shade[..., None])).astype(np.float32)


def _pylon(
    canvas: Canvas, x: float, foot: float, high: float, tone: str
) -> list[tuple[float, float]]:
    pen = canvas.stencil()
    thin = max(0.006 * high, 0.0009)

    def leg(at: float) -> float:
        return high * (
            0.11 * (1 - at / 0.6) + 0.028 if at < 0.6 else 0.028 * (1 - (at - 0.6) * 1.6)
        )

    rungs = [0.0, 0.14, 0.26, 0.36, 0.45, 0.53, 0.6, 0.66, 0.72, 0.78, 0.84, 0.9, 0.96, 1.0]
    for low, up in pairwise(rungs):
        a, b = leg(low), leg(up)
        y, z = foot - low * high, foot - up * high
        for side in (-1, 1):
            pen.line([(x + side * a, y), (x + side * b, z)], thin * 1.5)
            pen.line([(x - side * a, y), (x + side * b, z)], thin * 0.8)
        pen.line([(x - b, z), (x + b, z)], thin * 0.8)
    ends = []
    for at, reach in ((0.64, 0.17), (0.78, 0.22), (0.91, 0.14)):
        y = foot - at * high
        for side in (-1, 1):
            tip = (x + side * reach * high, y)
            pen.line([(x, y - 0.045 * high), tip, (x, y + 0.012 * high)], thin)
            pen.line([tip, (tip[0], tip[1] + 0.035 * high)], thin * 1.4)
            ends.append((tip[0], tip[1] + 0.035 * high))
    canvas.paint(pen.mask(), tone)
    return ends


def _wires(
    canvas: Canvas,
    one: list[tuple[float, float]],
    other: list[tuple[float, float]],
    tone: str,
    size: float,
) -> None:
    pen = canvas.stencil()
    for (x, y), (u, v) in zip(one, other, strict=True):
        t = np.linspace(0, 1, 30)
        sag = 0.16 * abs(u - x) * 4 * t * (1 - t)
        points = list(zip(x + (u - x) * t, y + (v - y) * t + sag, strict=True))
        pen.line([(float(a), float(b)) for a, b in points], 0.0016 * size + 0.0006)
    canvas.paint(pen.mask() * 0.85, tone)


def orchard(canvas: Canvas) -> Look:
    """Rows of apple trees in blossom, the sun behind them."""
    canvas.sky([(0, "#8fb4d4"), (0.3, "#d3dfdf"), (0.5, "#fbeecb"), (1, "#f0e2b0")])
    overcast(canvas, "#ffffff", 0.25, 0.3, 3)
    canvas.glow(0.62, 0.36, 0.16, "#fff0c0", 0.9)
    hill(
        canvas,
        (0.47 + 0.02 * ridge(canvas, 0.8, 5)).astype(np.float32),
        [(0, "#b0bfb4"), (1, "#d5d7ae")],
        0.12,
    )
    ground = (0.545 - 0.03 * (canvas.x[0] - 0.5) + 0.006 * ridge(canvas, 0.4, 4)).astype(np.float32)
    hill(canvas, ground, [(0, "#cfd493"), (0.35, "#93a957"), (1, "#3c5526")], 0.46)
    _grass(canvas, ground)
    rows = [
        (0.58, 0.10, 13, 0.75),
        (0.62, 0.15, 9, 0.55),
        (0.69, 0.26, 6, 0.3),
        (0.84, 0.52, 3, 0.0),
    ]
    for foot, high, count, haze in rows:
        gap = canvas.aspect / (count - 0.5)
        for i in range(count):
            _blossom_tree(canvas, (i - 0.05) * gap + canvas.rng.normal(0, 0.02), foot, high, haze)
        mist(canvas, foot + 0.01, 0.05, "#fdf3cf", 0.35 * haze + 0.05)
    canvas.glow(0.62, 0.36, 0.3, "#ffe9b5", 0.22)
    return Look(vignette=0.28, bloom=0.16)


def _grass(canvas: Canvas, ground: Field) -> None:
    blades = clouds(canvas, 0.012, 3, 0.35) - 0.5
    patches = clouds(canvas, 0.25, 5, 3.5) - 0.5
    near = step(0.0, 0.4, depth_under(canvas, ground))
    shade = (blades * 0.9 * near + patches * 0.9) * below(canvas, ground)
    canvas.light = (canvas.light * (1 + shade[..., None])).astype(np.float32)


def _blossom_tree(canvas: Canvas, x: float, foot: float, high: float, haze: float) -> None:
    pale = rgb("#f6ecd0")
    shadow = canvas.distance(x - high * 0.12, foot, 5.5) / (high * 0.5)
    canvas.dim((0.5 * (1 - haze) * np.exp(-(shadow**3))).astype(np.float32))
    strokes, ends = branches(
        canvas, x, foot, high * canvas.rng.uniform(0.85, 1.1), 0.5, 5 if high < 0.3 else 6
    )
    canvas.paint(draw_strokes(canvas, strokes), rgb("#3a2b25") * (1 - haze) + pale * haze)
    for tone, lift, spread in (
        ("#b98f95", 0.02, 0.075),
        ("#e9c6c8", 0, 0.07),
        ("#fff2ee", -0.022, 0.055),
    ):
        pen = canvas.stencil()
        for ex, ey in ends:
            for _ in range(14 if high < 0.3 else 60):
                px, py = canvas.rng.normal(0, spread, 2) * high
                size = high * canvas.rng.uniform(0.004, 0.010 if high < 0.3 else 0.0075)
                pen.ellipse(
                    ex + px, ey + py + lift * high, size, size * 0.8, canvas.rng.uniform(0.5, 1)
                )
        canvas.paint(pen.mask() * 0.92, rgb(tone) * (1 - haze * 0.8) + pale * haze * 0.8)
