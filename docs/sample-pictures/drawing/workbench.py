"""Two quiet still lifes: a microscope on a bench, a suitcase and a passport by a window."""

from __future__ import annotations

import numpy as np

from drawing import solid
from drawing.canvas import (
    Canvas,
    Field,
    Look,
    ramp,
    rgb,
    step,
)
from drawing.march import (
    Eye,
    Lamp,
    Matter,
    Part,
    World,
    focus,
    look,
)
from drawing.noise import clouds, sample, soft_tile, tile
from drawing.skins import grained, mottled

_FLASKS = ((0.95, -0.30, 0.34, "cone"), (1.55, -0.65, 0.42, "round"), (-1.25, -0.75, 0.36, "cone"))


def laboratory(canvas: Canvas) -> Look:
    """A microscope beside glass flasks in cool light."""
    noise = tile(canvas, 1.6, 2)

    def solids(x: Field, y: Field, z: Field) -> list[Part]:
        white, black, steel = _microscope(x + 0.1, y, z)
        liquid = np.full_like(x, 1e3)
        for px, pz, size, kind in _FLASKS:
            liquid = np.minimum(
                liquid, np.maximum(_flask(x - px, y, z - pz, size, kind) + 0.03, y - size * 0.62)
            )
        bench = (y + 0.0).astype(np.float32)
        tiles_ = (z + 2.6).astype(np.float32)
        shelf = solid.box(x, y - 2.05, z + 2.35, (4.0, 0.03, 0.25))
        jx, number = solid.again(x + 0.2, 0.42, -6, 6)
        high = 0.16 + 0.10 * solid.chance(number, 3)
        wide = 0.11 + 0.04 * solid.chance(number, 5)
        # The next jar may be taller, and so nearer than this one: walk with care.
        jars = 0.6 * solid.rod(jx, z + 2.35, y - 2.08 - high, wide, high, 0.03)
        dish = solid.rod(x - 0.55, z - 0.55, y - 0.03, 0.26, 0.03, 0.012)
        dish = np.maximum(dish, -solid.rod(x - 0.55, z - 0.55, y - 0.05, 0.24, 0.04))
        rack = solid.box(x + 1.35, y - 0.22, z - 0.25, (0.42, 0.02, 0.11), 0.01)
        rack = np.minimum(
            rack, solid.box(np.abs(x + 1.35) - 0.41, y - 0.14, z - 0.25, (0.02, 0.14, 0.11))
        )
        return [
            (bench, 0),
            (white, 1),
            (black, 2),
            (steel, 3),
            (liquid.astype(np.float32), 4),
            (tiles_, 5),
            (shelf, 5),
            (jars.astype(np.float32), 6),
            (dish, 7),
            (rack, 8),
        ]

    def glassy(x: Field, y: Field, z: Field) -> list[Part]:
        glass = np.full_like(x, 1e3)
        for px, pz, size, kind in _FLASKS:
            glass = np.minimum(glass, _flask(x - px, y, z - pz, size, kind))
        tx, _ = solid.again(x + 1.35, 0.16, -2, 2)
        tubes = np.minimum(
            solid.rod(tx, z - 0.25, y - 0.29, 0.048, 0.25, 0.04),
            solid.ring(tx, z - 0.25, y - 0.54, 0.05, 0.008),
        )
        return [*solids(x, y, z), (np.minimum(glass, tubes).astype(np.float32), 9)]

    def coloured(x: Field, y: Field, z: Field) -> Field:
        tone = np.where(
            (x > 1.25)[:, None],
            rgb("#c9772b"),
            np.where((x > 0)[:, None], rgb("#2f7f9c"), rgb("#7b9a3d")),
        )
        return tone.astype(np.float32)

    def tiled(x: Field, y: Field, z: Field) -> Field:
        joint = np.minimum(np.abs((x / 0.3) % 1 - 0.5), np.abs((y / 0.3) % 1 - 0.5))
        tone = (
            0.80
            + 0.20
            * step(
                0.0,
                0.02,
                0.5 - np.maximum(np.abs((x / 0.3) % 1 - 0.5), np.abs((y / 0.3) % 1 - 0.5)),
            )
            + 0 * joint
        )
        return (tone[:, None] * rgb("#9fb4bb")).astype(np.float32)

    def jar(x: Field, y: Field, z: Field) -> Field:
        number = np.round((x + 0.2) / 0.42)
        tones = np.stack([rgb(c) for c in ("#6b4426", "#3c5561", "#8f8a7c", "#4f3a2a")])
        label = (np.abs(y - 2.24) < 0.07)[:, None]
        return np.where(
            label, rgb("#d9d4c6"), tones[(solid.chance(number, 7) * 4).astype(int)]
        ).astype(np.float32)

    matter = [
        Matter(mottled(noise, "#3a4146", 0.05, 1.5), 0.5, 40, mirror=0.16),
        Matter("#dfe2e0", 0.5, 34),
        Matter("#1b1d20", 0.6, 34),
        Matter("#9aa0a6", 0.9, 44, mirror=0.22),
        Matter(coloured, 0.2, 20),
        Matter(tiled, 0.3, 20),
        Matter(jar, 0.4, 30),
        Matter("#a9b8bd", 0.6, 50),
        Matter(mottled(noise, "#b39a78", 0.1)),
        Matter("#8fa4ab", 1.6, 70, mirror=0.35),
    ]
    lamps = [
        Lamp((-2.6, 2.9, 1.8), "#e4f0ff", 20.0, hard=6),
        Lamp((2.8, 2.2, 0.6), "#ffd9ad", 6.0, hard=5),
        Lamp((0.5, 3.0, -1.6), "#bcd8ee", 5.0, shadow=False),
    ]
    settings = {
        "above": "#46535c",
        "beneath": "#2d3235",
        "corner": 0.3,
        "careful": 0.85,
        "steps": 120,
    }
    eye = Eye((0.1, 1.35, 3.7), (0.14, 1.02, -0.1), 0.70)
    plain, depth = look(canvas, World(solids, matter, lamps, **settings), eye)  # type: ignore[arg-type]
    shiny, near = look(canvas, World(glassy, matter, lamps, **settings), eye)  # type: ignore[arg-type]
    glass = step(0.004, 0.03, depth - near)[..., None]
    canvas.light = plain * (1 - 0.22 * glass) + np.minimum(shiny, 2.5) * 0.34 * glass
    canvas.light = focus(canvas.light, np.minimum(depth, near), 3.7, 1.0, canvas)
    return Look(
        exposure=0.92, filmic=True, bloom=0.16, threshold=1.1, vignette=0.36, saturation=0.92
    )


def _flask(x: Field, y: Field, z: Field, size: float, kind: str) -> Field:
    neck = solid.rod(x, z, y - size * 1.55, size * 0.19, size * 0.45, 0.01)
    lip = solid.ring(x, z, y - size * 2.0, size * 0.2, 0.014)
    if kind == "cone":
        body = solid.cone(x, y - size * 0.6, z, size * 0.72, size * 0.18, size * 0.6) - 0.015
    else:
        body = solid.ball(x, y - size * 0.62, z, size * 0.62)
    return np.minimum(solid.blend(body, neck, 0.06), lip).astype(np.float32)


def _microscope(x: Field, y: Field, z: Field) -> tuple[Field, Field, Field]:
    """Give the enamelled, the black and the steel parts."""
    foot = solid.box(x + 0.05, y - 0.09, z, (0.52, 0.09, 0.33), 0.07)
    pillar = solid.box(x + 0.40 - 0.05 * np.sin(y * 2.0), y - 0.72, z, (0.11, 0.66, 0.13), 0.06)
    arm = solid.bar(x, y, z * 0.8, (-0.38, 1.32, 0.0), (0.02, 1.42, 0.0), 0.135)
    head = solid.box(x - 0.03, y - 1.50, z, (0.19, 0.10, 0.17), 0.06)
    u, v = solid.turned(x + 0.06, y - 1.72, 0.72)
    prism = solid.box(u, v, z, (0.17, 0.13, 0.17), 0.05)
    white = solid.blend(solid.blend(foot, pillar, 0.10), solid.blend(arm, head, 0.06), 0.08)
    white = np.minimum(white, prism)
    tube = solid.rod(u + 0.0, np.abs(z) - 0.095, v - 0.32, 0.062, 0.22, 0.01)
    cups = solid.rod(u, np.abs(z) - 0.095, v - 0.56, 0.078, 0.06, 0.015)
    stage = solid.box(x - 0.05, y - 0.62, z, (0.37, 0.028, 0.30), 0.015)
    nose = solid.rod(x - 0.06, z, y - 1.33, 0.15, 0.05, 0.02)
    lamp = solid.rod(x - 0.10, z, y - 0.24, 0.15, 0.08, 0.02)
    black = np.minimum(np.minimum(tube, cups), np.minimum(stage, np.minimum(nose, lamp)))
    least = np.full_like(x, 1e3)
    for lean, away, long in ((0.0, 0.0, 0.26), (0.55, 0.10, 0.18), (-0.55, -0.10, 0.16)):
        a, b = solid.turned(x - 0.06 - away, y - 1.26, lean)
        least = np.minimum(
            least,
            np.minimum(
                solid.cone(a, b + long * 0.5, z, 0.035, 0.062, long * 0.5),
                solid.rod(a, z, b + long * 0.35, 0.064, 0.03, 0.008),
            ),
        )
    knobs = solid.rod(x + 0.40, y - 0.42, np.abs(z) - 0.19, 0.13, 0.05, 0.015)
    knobs = np.minimum(knobs, solid.rod(x + 0.40, y - 0.42, np.abs(z) - 0.27, 0.075, 0.04, 0.012))
    glass = solid.box(x - 0.05, y - 0.655, z - 0.02, (0.24, 0.006, 0.075))
    collar = solid.rod(x - 0.06, z, y - 0.52, 0.09, 0.08, 0.01)
    steel = np.minimum(np.minimum(least, knobs), np.minimum(glass, collar))
    return white.astype(np.float32), black.astype(np.float32), steel.astype(np.float32)


def passport_suitcase(canvas: Canvas) -> Look:
    """An old suitcase and a plain passport on a bench by a window."""
    wood, hide = tile(canvas, 1.3, 2), soft_tile(canvas)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        u, w = solid.turned(x + 0.22, z + 0.1, 0.16)
        v = y - 0.66
        dent = 0.0016 * sample(hide, u * 0.6, v * 0.6)
        case = solid.box(u, v, w, (1.0, 0.64, 0.27), 0.09) + dent
        seam = np.maximum(np.abs(w - 0.02) - 0.012, solid.box(u, v, w, (1.013, 0.653, 0.4), 0.09))
        corners = solid.box(
            np.abs(u) - 0.93, np.abs(v) - 0.57, np.abs(w) - 0.2, (0.085, 0.085, 0.085), 0.06
        )
        straps = np.maximum(
            np.abs(np.abs(u) - 0.55) - 0.065, solid.box(u, v, w, (1.2, 0.657, 0.287), 0.09)
        )
        buckle = solid.box(np.abs(u) - 0.55, v - 0.28, w - 0.293, (0.085, 0.06, 0.012), 0.008)
        buckle = np.maximum(
            buckle, -solid.box(np.abs(u) - 0.55, v - 0.28, w - 0.29, (0.062, 0.037, 0.05))
        )
        buckle = np.minimum(buckle, solid.box(u, v - 0.42, w - 0.285, (0.11, 0.055, 0.016), 0.01))
        handle = np.maximum(solid.ring(u, v - 0.66, w, 0.19, 0.034), -(v - 0.66))
        studs = solid.ball(np.abs(u) - 0.19, v - 0.66, w, 0.05)
        a, c = solid.turned(x - 0.98, z - 0.42, -0.42)
        book = solid.box(a, y - 0.035, c, (0.26, 0.032, 0.36), 0.012)
        pages = solid.box(a + 0.006, y - 0.035, c, (0.256, 0.022, 0.352))
        cover = np.maximum(book, -solid.box(a - 0.05, y - 0.035, c, (0.3, 0.021, 0.5)))
        plank, number = solid.again(z, 0.52, -1, 3)
        bench = solid.box(
            x, y + 0.05 + 0.006 * solid.chance(number), plank, (3.6, 0.05, 0.25), 0.012
        )
        wall = np.maximum(z + 1.25, -z - 1.65)
        wall = np.maximum(wall, -solid.box(x - 0.95, y - 1.62, z + 1.25, (1.05, 0.95, 0.9)))
        sill = solid.box(x - 0.95, y - 0.64, z + 1.1, (1.15, 0.03, 0.22), 0.01)
        bars = np.minimum(
            solid.box(x - 0.95, y - 1.62, z + 1.45, (0.022, 0.95, 0.025)),
            solid.box(x - 0.95, y - 1.72, z + 1.45, (1.05, 0.022, 0.025)),
        )
        return [
            (np.minimum(case, seam + 0.004).astype(np.float32), 0),
            (
                np.minimum(corners, np.minimum(straps, np.minimum(handle, studs))).astype(
                    np.float32
                ),
                1,
            ),
            (buckle.astype(np.float32), 2),
            (cover.astype(np.float32), 3),
            (pages, 4),
            (bench, 5),
            (wall.astype(np.float32), 6),
            (np.minimum(sill, bars), 7),
        ]

    def stamped(x: Field, y: Field, z: Field) -> Field:
        a, c = solid.turned(x - 0.98, z - 0.42, -0.42)
        far = np.hypot(a, c + 0.06)
        sign = (
            step(0.012, 0.006, np.abs(far - 0.115)) + step(0.012, 0.006, np.abs(far - 0.095)) * 0.6
        )
        rays = (
            (np.abs((np.arctan2(c + 0.06, a) / (2 * np.pi) * 16) % 1 - 0.5) < 0.16)
            & (far < 0.075)
            & (far > 0.03)
        )
        bars = ((np.abs(np.abs(c - 0.19) - 0.02) < 0.007) & (np.abs(a) < 0.12)) | (
            (np.abs(c + 0.26) < 0.010) & (np.abs(a) < 0.15)
        )
        gold = np.clip(sign + rays + bars, 0, 1)[:, None] * (y > 0.06)[:, None]
        tone = (1 + 0.05 * sample(hide, a * 3, c * 3))[:, None]
        return (rgb("#3d1a24") * tone * (1 - gold) + rgb("#c79a4a") * gold).astype(np.float32)

    matter = [
        Matter(mottled(hide, "#6f4a2f", 0.07, 0.45), 0.26, 18),
        Matter(mottled(hide, "#4a2a19", 0.14, 0.5), 0.3, 22),
        Matter("#c2a15c", 1.0, 40, mirror=0.2),
        Matter(stamped, 0.22, 20),
        Matter("#e9e2d0"),
        Matter(grained(wood, "#6d5138", 0.16), 0.15, 18),
        Matter(mottled(hide, "#7d8580", 0.04, 1.5)),
        Matter("#c9c4b6", 0.2, 14),
    ]
    lamps = [
        Lamp(
            (1.7, 2.3, -0.9),
            "#dce8f5",
            6.5,
            hard=5,
            shadow=False,
            gate=lambda x, y, z: step(-1.2, -0.6, z),
        ),
        Lamp((3.0, 2.5, 1.9), "#e8eef5", 15.0, hard=6),
        Lamp((-2.8, 1.9, 2.0), "#ffb673", 6.0, hard=5),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#3f4850",
        beneath="#33271d",
        corner=0.35,
        careful=0.8,
        steps=120,
    )
    eye = Eye((0.45, 1.35, 3.3), (0.25, 0.66, -0.1), 0.78)
    canvas.light, depth = look(canvas, world, eye, _rainy_street(canvas))
    canvas.light = focus(canvas.light, np.minimum(depth, 9.0), 3.2, 0.9, canvas)
    return Look(
        exposure=0.95, filmic=True, bloom=0.2, threshold=1.0, vignette=0.36, saturation=0.92
    )


def _rainy_street(canvas: Canvas) -> Field:
    """Paint blurred lamps and a grey evening beyond a wet pane."""
    street = ramp(
        canvas.y + 0 * canvas.x,
        [(0, "#5f7389"), (0.3, "#8d98a0"), (0.45, "#a9998a"), (1, "#5d5a58")],
    )
    street = street * (0.85 + 0.3 * clouds(canvas, 0.15, 4)[..., None])
    for _ in range(34):
        x, y = canvas.rng.uniform(0.5, canvas.aspect), canvas.rng.uniform(0.1, 0.45)
        size = canvas.rng.uniform(0.010, 0.024)
        disc = step(1.0, 0.85, canvas.distance(x, y) / size) * canvas.rng.uniform(0.15, 0.6)
        street = street + disc[..., None] * rgb(
            str(canvas.rng.choice(["#ffc98a", "#ff9a63", "#fff0cf", "#9fc4ff"]))
        )
    return street.astype(np.float32)
