"""Works and open places: a mine, a mast, a dish, a market, a football pitch."""

from __future__ import annotations

import numpy as np

from tamizdat.importers.sample.drawing import solid
from tamizdat.importers.sample.drawing.canvas import Canvas, Field, Look, Stencil, ramp, rgb, step
from tamizdat.importers.sample.drawing.land import below, hill, lit_clouds, mist, spruces, stars
from tamizdat.importers.sample.drawing.march import Eye, Lamp, Matter, Part, World, focus, look
from tamizdat.importers.sample.drawing.noise import ridge, sample, tile
from tamizdat.importers.sample.drawing.rooms import behind, grained, mottled


def brakk_headframe(canvas: Canvas) -> Look:
    """The winding tower of a coal mine against a smoky sky."""
    canvas.sky([(0, "#3a3540"), (0.25, "#7a5a52"), (0.5, "#d58a4c"), (0.68, "#f7c27c"), (1, "#f7c27c")])
    lit_clouds(canvas, "#f0a566", "#5a4a4d", 0.5, 0.35, 3.5)
    canvas.glow(0.46, 0.62, 0.10, "#ffd28c", 1.3)
    for i, tone in enumerate(("#c08a62", "#96694f", "#5f4640")):
        line = (0.66 + 0.035 * i - 0.07 * np.exp(-(((canvas.x[0] - 0.25 - 0.5 * i) / (0.22 + 0.05 * i)) ** 2)) + 0.012 * ridge(canvas, 0.3, 6)).astype(np.float32)
        hill(canvas, line, [(0, tone), (1, "#d39a68")], 0.2)
        mist(canvas, 0.70 + 0.03 * i, 0.04, "#eab27c", 0.5)
    _works(canvas)
    _headframe(canvas, 0.88, 0.80, 0.60)
    mist(canvas, 0.79, 0.03, "#c88a5c", 0.4)
    hill(canvas, (0.83 + 0.02 * ridge(canvas, 0.5, 6)).astype(np.float32), [(0, "#2b2222"), (0.6, "#141012"), (1, "#0c0a0b")], 0.17)
    _track(canvas)
    return Look(vignette=0.38, bloom=0.22)


def _headframe(canvas: Canvas, x: float, foot: float, high: float) -> None:
    pen = canvas.stencil()
    top, w = foot - high, high * 0.011
    legs = (((-0.085, 0), (-0.05, -0.9)), ((0.085, 0), (0.05, -0.9)), ((0.50, 0), (0.06, -0.86)), ((0.43, 0), (0.03, -0.78)))
    for (ax, ay), (bx, by) in legs:
        pen.line([(x + ax * high, foot + ay * high), (x + bx * high, foot + by * high)], w * 2.0)
    for i in range(9):
        a, b = i / 9 * 0.9, (i + 1) / 9 * 0.9
        la, lb = 0.085 - 0.035 * a / 0.9, 0.085 - 0.035 * b / 0.9
        for side in (-1, 1):
            pen.line([(x + side * la * high, foot - a * high), (x - side * lb * high, foot - b * high)], w * 0.7)
        pen.line([(x - lb * high, foot - b * high), (x + lb * high, foot - b * high)], w * 0.8)
    for i in range(1, 7):
        t = i / 7
        one = (x + (0.50 - 0.44 * t) * high, foot - 0.86 * t * high)
        two = (x + (0.43 - 0.40 * t) * high, foot - 0.78 * t * high)
        side = (x + (0.085 - 0.035 * t) * high, foot - 0.86 * t * high)
        pen.line([one, two], w * 0.7)
        if i in (2, 4):
            pen.line([two, side], w * 0.8)
    pen.box(x - 0.12 * high, foot - 0.895 * high, 0.27 * high, w * 2.2)
    pen.box(x - 0.10 * high, foot - 0.795 * high, 0.20 * high, w * 1.4)
    for dx in (-0.10, 0.13):
        pen.line([(x + dx * high, foot - 0.89 * high), (x + dx * high, foot - 0.93 * high)], w * 0.5)
    pen.line([(x - 0.12 * high, foot - 0.93 * high), (x + 0.15 * high, foot - 0.93 * high)], w * 0.5)
    for cx, cy in ((-0.035, -0.965), (0.055, -0.965)):
        _wheel(pen, x + cx * high, foot + cy * high, high * 0.075)
    pen.line([(x - 0.055 * high, top + 0.10 * high), (x, top - 0.055 * high), (x + 0.075 * high, top + 0.10 * high)], w)
    for cx in (-0.035, 0.055):
        pen.line([(x + (cx + 0.05) * high, foot - 1.02 * high), (x + 0.80 * high, foot - 0.13 * high)], w * 0.45)
    canvas.paint(pen.mask(), "#1d171a")


def _wheel(pen: Stencil, x: float, y: float, r: float) -> None:
    turn = np.linspace(0, 2 * np.pi, 60)
    for radius, width in ((1.0, 0.10), (0.88, 0.03)):
        pen.line([(x + r * radius * float(np.cos(a)), y + r * radius * float(np.sin(a))) for a in turn], r * width)
    for i in range(6):
        a = i * np.pi / 6 + 0.2
        pen.line([(x - r * np.cos(a), y - r * np.sin(a)), (x + r * np.cos(a), y + r * np.sin(a))], r * 0.05)
    pen.ellipse(x, y, r * 0.13, r * 0.13)


def _works(canvas: Canvas) -> None:
    pen, panes = canvas.stencil(), canvas.stencil()
    pen.polygon([(0.30, 0.80), (0.30, 0.66), (0.36, 0.63), (0.42, 0.66), (0.42, 0.80)])
    pen.box(0.42, 0.70, 0.20, 0.1)
    pen.polygon([(0.42, 0.70), (0.47, 0.672), (0.47, 0.70), (0.52, 0.672), (0.52, 0.70), (0.57, 0.672), (0.57, 0.70), (0.62, 0.672), (0.62, 0.70)])
    pen.polygon([(0.62, 0.735), (0.84, 0.60), (0.85, 0.615), (0.66, 0.75), (0.62, 0.76)])
    pen.box(1.30, 0.68, 0.12, 0.13)
    pen.polygon([(1.29, 0.68), (1.36, 0.65), (1.43, 0.68)])
    for x, top, w in ((0.20, 0.42, 0.013), (0.25, 0.46, 0.012)):
        pen.polygon([(x - w * 1.3, 0.82), (x - w * 0.8, top), (x + w * 0.8, top), (x + w * 1.3, 0.82)])
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
            puff = canvas.distance(x + 0.55 * t**1.3 + 0.02 * np.sin(9 * t + x * 40), y - 0.28 * t**0.75) / (0.012 + 0.10 * t)
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
    canvas.sky([(0, "#0d1a38"), (0.35, "#23406b"), (0.62, "#5f7a9b"), (0.8, "#d8a98c"), (0.88, "#f0bd8d"), (1, "#f0bd8d")])
    stars(canvas, 420, 0.62)
    lit_clouds(canvas, "#c99c97", "#3a4f74", 0.25, 0.2, 5)
    for i, tone in enumerate(("#8d8194", "#5c5a74")):
        hill(canvas, (0.83 + 0.035 * i - 0.03 * ridge(canvas, 0.5, 6)).astype(np.float32), [(0, tone), (1, "#c9a294")], 0.12)
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
    front = (0.93 - 0.02 * np.exp(-(((canvas.x[0] - x) / 0.2) ** 2)) + 0.012 * ridge(canvas, 0.4, 6)).astype(np.float32)
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
    pen.polygon([(-0.1, horizon), (-0.1, 0.30), (0.30, 0.385), (1.20, 0.385), (1.6, 0.30), (1.6, horizon)])
    pen.polygon([(-0.1, 0.25), (0.31, 0.352), (1.19, 0.352), (1.6, 0.25), (1.6, 0.268), (1.19, 0.362), (0.31, 0.362), (-0.1, 0.268)])
    for i in range(16):
        x = i * 0.1
        pen.line([(x, 0.33), (x, horizon)], 0.0025)
    canvas.paint(pen.mask(0.001), "#16212f")
    for i in range(300):
        for j in range(7):
            dots.ellipse(i * 0.0052, 0.402 + j * 0.0085, 0.0014, 0.002, 0.4 + 0.6 * canvas.rng.random())
    canvas.paint(dots.mask() * 0.5, "#3d5266")


def _floodlight(canvas: Canvas, x: float, top: float, foot: float) -> None:
    pen, lamps = canvas.stencil(), canvas.stencil()
    pen.polygon([(x - 0.007, foot), (x - 0.003, top), (x + 0.003, top), (x + 0.007, foot)])
    wide = 0.034 if top < 0.15 else 0.024
    pen.box(x - wide, top - 0.03, wide * 2, 0.05)
    for i in range(5):
        for j in range(3):
            lamps.ellipse(x - wide + (i + 0.5) * wide * 0.4, top - 0.022 + j * 0.017, wide * 0.13, wide * 0.13)
    canvas.paint(pen.mask(), "#0c131d")
    canvas.add(lamps.mask() * 3.0, "#f1f7ff")
    canvas.glow(x, top, wide * 1.2, "#dcebff", 0.8)
    canvas.glow(x, top, 0.20, "#a9c8e8", 0.12)
    ray = np.exp(-(((canvas.x - x - (0.75 - x) * (canvas.y - top) * 1.3) / (0.03 + 0.55 * np.maximum(canvas.y - top, 0))) ** 2))
    canvas.add((0.07 * ray * step(0.9, top, canvas.y) * step(top - 0.01, top + 0.02, canvas.y)).astype(np.float32), "#cfe2f5")


def _turf(canvas: Canvas, horizon: float) -> None:
    under = np.maximum(canvas.y - horizon, 0.0015)
    far, across = 0.30 / under, (canvas.x - 0.75) * 0.30 / under
    stripes = 0.5 + 0.5 * np.tanh(9 * np.sin(far * 3.4))
    blades = sample(tile(canvas, 0.9, 8), across * 0.9, far * 0.9) * step(0.02, 0.2, under)
    lumps = sample(tile(canvas, 1.8, 2), across * 0.10, far * 0.10)
    light = 0.42 + 0.10 * stripes + 0.07 * blades + 0.05 * lumps - 0.28 * under
    tone = ramp(np.clip(light, 0, 1).astype(np.float32), [(0, "#0c2113"), (0.5, "#4c7d3a"), (1, "#b5d089")])
    canvas.paint(below(canvas, horizon), tone)
    white = np.zeros_like(far)
    for at, left, right in ((1.02, -9, 9), (1.42, -0.62, 0.62), (2.0, -1.3, 1.3)):
        white = np.maximum(white, step(0.020, 0.010, np.abs(far - at)) * (across > left) * (across < right))
    for x, near, away in ((0.62, 1.02, 1.42), (1.3, 1.02, 2.0)):
        white = np.maximum(white, step(0.016, 0.008, np.abs(np.abs(across) - x)) * (far > near) * (far < away))
    white = np.maximum(white, step(0.018, 0.008, np.abs(np.hypot(across, far - 1.78) - 0.62)) * (far > 2.0))
    white = np.maximum(white, step(0.03, 0.015, np.hypot(across, far - 1.78)))
    worn = 0.7 + 0.3 * step(-1.0, 0.6, blades)
    canvas.paint((white * worn * 0.8 * below(canvas, horizon + 0.004)).astype(np.float32), "#e6eee4")


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
        net.line([(back_l + (back_r - back_l) * s, y + 0.010 * np.sin(np.pi * s) * (1 - t)) for s in np.linspace(0, 1, 9)], 0.0011)
        for a, b in ((left, back_l), (right, back_r)):
            net.line([(a, bar + (foot - bar) * t), (b, y)], 0.0009)
    shade.polygon([(left, foot), (right, foot), (back_r, back_f), (back_l, back_f)])
    canvas.dim(shade.mask(0.01) * 0.22)
    canvas.paint(net.mask() * 0.55, "#dfe8ee")
    frame.line([(left, foot), (left, bar), (right, bar), (right, foot)], 0.0105)
    canvas.paint(frame.mask(), "#f2f6f8")
    edge = canvas.stencil()
    edge.line([(left + 0.003, foot), (left + 0.003, bar + 0.003), (right + 0.003, bar + 0.003), (right + 0.003, foot)], 0.0035)
    canvas.dim(edge.mask() * 0.35)


def satellite_dish(canvas: Canvas) -> Look:
    """A large dish points up at an evening sky."""
    canvas.sky([(0, "#14294d"), (0.3, "#3d5f8b"), (0.55, "#9aa3b2"), (0.72, "#edb78c"), (0.8, "#f8cf9f"), (1, "#f8cf9f")])
    stars(canvas, 220, 0.42)
    lit_clouds(canvas, "#f0b795", "#5c6f92", 0.36, 0.25, 5)
    for i, tone in enumerate(("#a58f93", "#6f6a7c")):
        hill(canvas, (0.77 + 0.035 * i - 0.03 * ridge(canvas, 0.5, 7)).astype(np.float32), [(0, tone), (1, "#d9b39a")], 0.12)
        mist(canvas, 0.80 + 0.03 * i, 0.03, "#f0c7a2", 0.5)
    grime = tile(canvas, 1.6, 2)
    tilt, turn = 0.72, 0.55

    def dish_space(x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
        u, w = solid.turned(x, z, turn)
        v, w = solid.turned(y - 5.2, w, -tilt)
        return u, v, w

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        u, v, w = dish_space(x, y, z)
        far = np.hypot(u, w)
        bowl = np.abs(v - 0.115 * far * far + 0.4) - 0.035
        bowl = np.maximum(bowl * 0.72, far - 3.6)
        lip = solid.ring(u, w, v - 1.09, 3.6, 0.06)
        angle = np.arctan2(w, u) / (2 * np.pi) * 16
        rib = np.abs(angle - np.round(angle)) * far * 0.39 - 0.03
        rib = np.maximum(np.maximum(rib, np.abs(v - 0.115 * far * far + 0.62) - 0.17), far - 3.5) * 0.7
        hoop = np.minimum(solid.ring(u, w, v + 0.42, 1.8, 0.05), solid.ring(u, w, v - 0.25, 2.9, 0.05))
        feed = np.full_like(x, 1e3)
        for a in (0.3, 2.4, 4.5):
            feed = np.minimum(feed, solid.bar(u, v, w, (2.9 * np.cos(a), 0.55, 2.9 * np.sin(a)), (0.0, 3.0, 0.0), 0.045))
        horn = solid.cone(u, v - 2.9, w, 0.16, 0.30, 0.28)
        hub = solid.rod(u, w, v + 0.9, 0.75, 0.45, 0.05)
        house = solid.box(*_spin(x, y - 4.1, z, turn), (0.62, 0.9, 0.75), 0.05)
        tower = solid.cone(x, y - 1.7, z, 1.25, 0.8, 1.9)
        rails = np.minimum(solid.ring(x, z, y - 3.95, 1.35, 0.03), solid.ring(x, z, y - 3.55, 1.35, 0.025))
        deck = solid.rod(x, z, y - 3.3, 1.45, 0.06)
        door = solid.box(x - 0.25, y - 0.95, z - 1.12, (0.32, 0.75, 0.12), 0.02)
        frame = np.minimum(np.minimum(rib, hoop), np.minimum(feed, rails))
        return [
            (np.minimum(bowl, lip).astype(np.float32), 0), (frame.astype(np.float32), 1), (np.minimum(horn, hub), 1),
            (np.minimum(np.minimum(house, tower), deck), 2), (door, 3), ((y + 0.05 * sample(grime, x * 0.05, z * 0.05)).astype(np.float32), 4),
        ]

    def panels(x: Field, y: Field, z: Field) -> Field:
        u, v, w = dish_space(x, y, z)
        far, angle = np.hypot(u, w), np.arctan2(w, u) / (2 * np.pi) * 24
        seam = np.minimum(np.abs(angle - np.round(angle)) * far * 0.26, np.abs((far / 0.72) % 1 - 0.5) * 0.72)
        tone = (0.78 + 0.22 * step(0.006, 0.022, seam)) * (1 + 0.04 * sample(grime, u * 0.1, w * 0.1))
        return (tone[:, None] * rgb("#d9d8d4")).astype(np.float32)

    matter = [
        Matter(panels, 0.12, 12), Matter("#9a9da2", 0.2, 18), Matter(mottled(grime, "#b9b2a8", 0.07, 4.0), 0.05, 10),
        Matter("#4d5560"), Matter(mottled(grime, "#3c3a33", 0.3, 3.0)),
    ]
    sun = (-0.86, 0.16, -0.30)
    world = World(shape, matter, [Lamp(sun, "#ffb27a", 2.4, sun=True, hard=30), Lamp((6, 9, 14), "#8fb0e0", 40.0, shadow=False)], above="#46618c", beneath="#4a3f3c", haze="#e8bd98", dense=0.006, corner=0.8, careful=0.8, steps=140)
    light, depth = look(canvas, world, Eye((2.6, 1.5, 15.5), (0.0, 3.95, 0.0), 0.64, (0.56, 0.5)), finer=1.4)
    solid_ = step(60.0, 45.0, depth)
    exposed = light * 0.85
    canvas.paint(solid_, exposed)
    _grass_edge(canvas)
    return Look(vignette=0.34, bloom=0.16, saturation=0.95)


def _spin(x: Field, y: Field, z: Field, turn: float) -> tuple[Field, Field, Field]:
    u, w = solid.turned(x, z, turn)
    return u, y, w


def _grass_edge(canvas: Canvas) -> None:
    pen = canvas.stencil()
    for _ in range(1800):
        x = canvas.rng.uniform(0, canvas.aspect)
        tall = 0.05 * canvas.rng.uniform(0.2, 1) ** 2
        lean = canvas.rng.normal(0, 0.010)
        pen.line([(x, 1.0), (x + lean * 0.4, 1 - tall * 0.6), (x + lean, 1 - tall)], 0.0013)
    canvas.paint(pen.mask() * 0.9, "#1b1a1c")


def market_stalls(canvas: Canvas) -> Look:
    """Stalls with striped awnings and crates of fruit under lamps, in the evening."""
    wood, stone = tile(canvas, 1.3, 2), tile(canvas, 1.5, 2)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        ax = np.abs(x)
        dz, number = solid.again(z, 2.6, -8, 1)
        table = solid.box(ax - 2.3, y - 0.66, dz, (0.75, 0.04, 1.1), 0.01)
        skirt = solid.box(ax - 1.60, y - 0.33, dz, (0.02, 0.33, 1.08))
        cz, _ = solid.again(dz, 0.7, -1, 1)
        tilt = y - 0.86 - 0.22 * (ax - 2.15)
        crate = solid.box(ax - 2.15, tilt, cz, (0.52, 0.14, 0.31), 0.01) * 0.9
        crate = np.maximum(crate, -solid.box(ax - 2.15, tilt - 0.1, cz, (0.49, 0.15, 0.28)) * 0.9)
        fx, _ = solid.again(ax - 2.15, 0.125, -3, 3)
        fz, _ = solid.again(cz, 0.125, -1, 1)
        salt = solid.chance(np.round((ax - 2.15) / 0.125) * 7 + np.round(z / 0.125) * 13 + number)
        fruit = solid.ball(fx, tilt - 0.06 - 0.035 * salt, fz, 0.064) * 0.85
        slope = y - 2.42 - 0.32 * (ax - 1.3) + 0.03 * np.cos(dz * 2.4)
        awning = np.maximum(np.maximum(np.abs(slope) - 0.015, np.abs(ax - 2.2) - 0.98), np.abs(dz) - 1.22) * 0.9
        hem = np.maximum(np.maximum(np.abs(ax - 1.23) - 0.012, np.abs(y - 2.30 + 0.05 * np.abs(np.cos(dz * 6.4))) - 0.11), np.abs(dz) - 1.22) * 0.8
        posts = solid.rod(np.abs(ax - 2.2) - 0.92, np.abs(dz) - 1.18, y - 1.35, 0.028, 1.35)
        wire = y - 3.05 - 0.10 * np.cos(z * 2.4) - 0.16 * np.abs(x) ** 1.4
        cord = np.sqrt(wire**2 + (np.abs(x) - 0.55) ** 2) - 0.006
        bz, _ = solid.again(z, 0.85, -30, 4)
        bulb = solid.ball(np.abs(x) - 0.55, wire + 0.08, bz, 0.055) * 0.85
        houses = np.minimum(5.6 - ax + 0.25 * solid.chance(np.floor(z / 3.1), 2), z + 24.0)
        return [
            ((y + 0.006 * sample(stone, x * 0.8, z * 0.8)).astype(np.float32), 0), (np.minimum(table, crate).astype(np.float32), 1), (skirt, 2),
            (fruit.astype(np.float32), 3), (np.minimum(awning, hem).astype(np.float32), 4), (np.minimum(posts, cord).astype(np.float32), 5),
            (bulb.astype(np.float32), 6), (houses.astype(np.float32), 7),
        ]

    def produce(x: Field, y: Field, z: Field) -> Field:
        number = np.round(z / 0.7) * 5 + np.sign(x) * 3
        pick = (solid.chance(number, 2) * 7).astype(int)
        tones = np.stack([rgb(c) for c in ("#c4472f", "#d98a2e", "#8aa63e", "#b5303a", "#d9b23e", "#5d7d35", "#7a3a5a")])
        single = 0.75 + 0.45 * solid.chance(np.round((np.abs(x) - 2.15) / 0.125) * 7 + np.round(z / 0.125) * 13, 4)
        return (tones[pick] * single[:, None]).astype(np.float32)

    def striped(x: Field, y: Field, z: Field) -> Field:
        number = np.round(z / 2.6) + 9 * np.sign(x)
        pick = (solid.chance(number, 3) * 4).astype(int)
        tones = np.stack([rgb(c) for c in ("#a8402f", "#33615f", "#b5792b", "#4a5c7a")])
        band = step(-0.1, 0.1, np.sin(z * 14.5))[:, None]
        return (tones[pick] * band + rgb("#d9cfbb") * (1 - band)).astype(np.float32)

    def cobbles(x: Field, y: Field, z: Field) -> Field:
        row = np.floor(z / 0.16)
        across = (x + 0.08 * (row % 2)) / 0.2
        gap = np.minimum(np.abs(across % 1 - 0.5) * 0.2, np.abs((z / 0.16) % 1 - 0.5) * 0.16)
        edge = np.minimum(0.1 - np.abs(across % 1 - 0.5) * 0.2, 0.08 - np.abs((z / 0.16) % 1 - 0.5) * 0.16) + 0 * gap
        tone = (0.7 + 0.5 * solid.chance(row * 37 + np.floor(across))) * (0.45 + 0.55 * step(0.002, 0.022, edge))
        return (tone[:, None] * rgb("#5e5a58")).astype(np.float32)

    def facade(x: Field, y: Field, z: Field) -> Field:
        row, column = np.floor(y / 1.5), np.floor(z / 1.2)
        inside = (np.abs((y / 1.5) % 1 - 0.5) < 0.28) & (np.abs((z / 1.2) % 1 - 0.5) < 0.22) & (y > 1.5)
        on = inside & (solid.chance(row * 11 + column * 3 + np.sign(x)) > 0.62)
        return (on[:, None] * rgb("#ffb85c") * 0.9).astype(np.float32)

    lamps = [Lamp((side * 0.55, 2.9, 0.6 - 2.6 * i), "#ffc27a", 5.2, hard=5, shadow=i < 3) for i in range(-1, 6) for side in (-1, 1)]
    matter = [
        Matter(cobbles, 0.30, 14, mirror=0.06), Matter(grained(wood, "#7d5b3c", 0.2)), Matter(mottled(wood, "#5b4a3c", 0.1, 1.0)), Matter(produce, 0.35, 24),
        Matter(striped, 0.02, 8), Matter("#2c2622"), Matter("#000000", glow=np.array((9.0, 6.2, 3.2), np.float32)), Matter("#4a4550", glow=facade),
    ]
    world = World(shape, matter, lamps, above="#34415e", beneath="#2e2521", haze="#47506a", dense=0.035, corner=0.4, careful=0.8, steps=130)
    canvas.light, depth = look(canvas, world, Eye((-0.35, 1.6, 3.4), (0.05, 1.45, -6.0), 1.05))
    behind(canvas, depth, ramp(canvas.y + 0 * canvas.x, [(0, "#131d38"), (0.3, "#3d4a70"), (0.5, "#8d7a86"), (1, "#8d7a86")]))
    canvas.light = focus(canvas.light, depth, 4.0, 0.5, canvas)
    return Look(exposure=1.0, filmic=True, bloom=0.35, threshold=1.0, vignette=0.36, saturation=0.92)
