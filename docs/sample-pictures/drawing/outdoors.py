"""A satellite dish under the sky, a market in the evening."""

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
from drawing.land import (
    hill,
    lit_clouds,
    mist,
    stars,
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
from drawing.noise import ridge, sample, tile
from drawing.skins import grained, mottled


def satellite_dish(canvas: Canvas) -> Look:
    """A large dish points up at an evening sky."""
    canvas.sky(
        [
            (0, "#14294d"),
            (0.3, "#3d5f8b"),
            (0.55, "#9aa3b2"),
            (0.72, "#edb78c"),
            (0.8, "#f8cf9f"),
            (1, "#f8cf9f"),
        ]
    )
    stars(canvas, 220, 0.42)
    lit_clouds(canvas, "#f0b795", "#5c6f92", 0.36, 0.25, 5)
    for i, tone in enumerate(("#a58f93", "#6f6a7c")):
        hill(
            canvas,
            (0.77 + 0.035 * i - 0.03 * ridge(canvas, 0.5, 7)).astype(np.float32),
            [(0, tone), (1, "#d9b39a")],
            0.12,
        )
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
        rib = (
            np.maximum(np.maximum(rib, np.abs(v - 0.115 * far * far + 0.62) - 0.17), far - 3.5)
            * 0.7
        )
        hoop = np.minimum(
            solid.ring(u, w, v + 0.42, 1.8, 0.05), solid.ring(u, w, v - 0.25, 2.9, 0.05)
        )
        feed = np.full_like(x, 1e3)
        for a in (0.3, 2.4, 4.5):
            feed = np.minimum(
                feed,
                solid.bar(
                    u, v, w, (2.9 * np.cos(a), 0.55, 2.9 * np.sin(a)), (0.0, 3.0, 0.0), 0.045
                ),
            )
        horn = solid.cone(u, v - 2.9, w, 0.16, 0.30, 0.28)
        hub = solid.rod(u, w, v + 0.9, 0.75, 0.45, 0.05)
        house = solid.box(*_spin(x, y - 4.1, z, turn), (0.62, 0.9, 0.75), 0.05)
        tower = solid.cone(x, y - 1.7, z, 1.25, 0.8, 1.9)
        rails = np.minimum(
            solid.ring(x, z, y - 3.95, 1.35, 0.03), solid.ring(x, z, y - 3.55, 1.35, 0.025)
        )
        deck = solid.rod(x, z, y - 3.3, 1.45, 0.06)
        door = solid.box(x - 0.25, y - 0.95, z - 1.12, (0.32, 0.75, 0.12), 0.02)
        frame = np.minimum(np.minimum(rib, hoop), np.minimum(feed, rails))
        return [
            (np.minimum(bowl, lip).astype(np.float32), 0),
            (frame.astype(np.float32), 1),
            (np.minimum(horn, hub), 1),
            (np.minimum(np.minimum(house, tower), deck), 2),
            (door, 3),
            ((y + 0.05 * sample(grime, x * 0.05, z * 0.05)).astype(np.float32), 4),
        ]

    def panels(x: Field, y: Field, z: Field) -> Field:
        u, _, w = dish_space(x, y, z)
        far, angle = np.hypot(u, w), np.arctan2(w, u) / (2 * np.pi) * 24
        seam = np.minimum(
            np.abs(angle - np.round(angle)) * far * 0.26, np.abs((far / 0.72) % 1 - 0.5) * 0.72
        )
        tone = (0.78 + 0.22 * step(0.006, 0.022, seam)) * (
            1 + 0.04 * sample(grime, u * 0.1, w * 0.1)
        )
        return (tone[:, None] * rgb("#d9d8d4")).astype(np.float32)

    matter = [
        Matter(panels, 0.12, 12),
        Matter("#9a9da2", 0.2, 18),
        Matter(mottled(grime, "#b9b2a8", 0.07, 4.0), 0.05, 10),
        Matter("#4d5560"),
        Matter(mottled(grime, "#3c3a33", 0.3, 3.0)),
    ]
    sun = (-0.86, 0.16, -0.30)
    world = World(
        shape,
        matter,
        [
            Lamp(sun, "#ffb27a", 2.4, sun=True, hard=30),
            Lamp((6, 9, 14), "#8fb0e0", 40.0, shadow=False),
        ],
        above="#46618c",
        beneath="#4a3f3c",
        haze="#e8bd98",
        dense=0.006,
        corner=0.8,
        careful=0.8,
        steps=140,
    )
    eye = Eye((2.6, 1.5, 15.5), (0.0, 3.95, 0.0), 0.64, (0.56, 0.5))
    canvas.light = look(canvas, world, eye, canvas.light / 0.85)[0] * 0.85
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
        awning = (
            np.maximum(
                np.maximum(np.abs(slope) - 0.015, np.abs(ax - 2.2) - 0.98), np.abs(dz) - 1.22
            )
            * 0.9
        )
        hem = (
            np.maximum(
                np.maximum(
                    np.abs(ax - 1.23) - 0.012,
                    np.abs(y - 2.30 + 0.05 * np.abs(np.cos(dz * 6.4))) - 0.11,
                ),
                np.abs(dz) - 1.22,
            )
            * 0.8
        )
        posts = solid.rod(np.abs(ax - 2.2) - 0.92, np.abs(dz) - 1.18, y - 1.35, 0.028, 1.35)
        wire = y - 3.05 - 0.10 * np.cos(z * 2.4) - 0.16 * np.abs(x) ** 1.4
        cord = np.sqrt(wire**2 + (np.abs(x) - 0.55) ** 2) - 0.006
        bz, _ = solid.again(z, 0.85, -30, 4)
        bulb = solid.ball(np.abs(x) - 0.55, wire + 0.08, bz, 0.055) * 0.85
        houses = np.minimum(5.6 - ax + 0.25 * solid.chance(np.floor(z / 3.1), 2), z + 24.0)
        return [
            ((y + 0.006 * sample(stone, x * 0.8, z * 0.8)).astype(np.float32), 0),
            (np.minimum(table, crate).astype(np.float32), 1),
            (skirt, 2),
            (fruit.astype(np.float32), 3),
            (np.minimum(awning, hem).astype(np.float32), 4),
            (np.minimum(posts, cord).astype(np.float32), 5),
            (bulb.astype(np.float32), 6),
            (houses.astype(np.float32), 7),
        ]

    def produce(x: Field, y: Field, z: Field) -> Field:
        number = np.round(z / 0.7) * 5 + np.sign(x) * 3
        pick = (solid.chance(number, 2) * 7).astype(int)
        tones = np.stack(
            [
                rgb(c)
                for c in (
                    "#c4472f",
                    "#d98a2e",
                    "#8aa63e",
                    "#b5303a",
                    "#d9b23e",
                    "#5d7d35",
                    "#7a3a5a",
                )
            ]
        )
        single = 0.75 + 0.45 * solid.chance(
            np.round((np.abs(x) - 2.15) / 0.125) * 7 + np.round(z / 0.125) * 13, 4
        )
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
        edge = (
            np.minimum(
                0.1 - np.abs(across % 1 - 0.5) * 0.2, 0.08 - np.abs((z / 0.16) % 1 - 0.5) * 0.16
            )
            + 0 * gap
        )
        tone = (0.7 + 0.5 * solid.chance(row * 37 + np.floor(across))) * (
            0.45 + 0.55 * step(0.002, 0.022, edge)
        )
        return (tone[:, None] * rgb("#5e5a58")).astype(np.float32)

    def facade(x: Field, y: Field, z: Field) -> Field:
        row, column = np.floor(y / 1.5), np.floor(z / 1.2)
        inside = (
            (np.abs((y / 1.5) % 1 - 0.5) < 0.28) & (np.abs((z / 1.2) % 1 - 0.5) < 0.22) & (y > 1.5)
        )
        on = inside & (solid.chance(row * 11 + column * 3 + np.sign(x)) > 0.62)
        return (on[:, None] * rgb("#ffb85c") * 0.9).astype(np.float32)

    lamps = [
        Lamp((side * 0.55, 2.9, 0.6 - 2.6 * i), "#ffc27a", 5.2, hard=5, shadow=i < 3)
        for i in range(-1, 6)
        for side in (-1, 1)
    ]
    matter = [
        Matter(cobbles, 0.30, 14, mirror=0.06),
        Matter(grained(wood, "#7d5b3c", 0.2)),
        Matter(mottled(wood, "#5b4a3c", 0.1, 1.0)),
        Matter(produce, 0.35, 24),
        Matter(striped, 0.02, 8),
        Matter("#2c2622"),
        Matter("#000000", glow=np.array((9.0, 6.2, 3.2), np.float32)),
        Matter("#4a4550", glow=facade),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#34415e",
        beneath="#2e2521",
        haze="#47506a",
        dense=0.035,
        corner=0.4,
        careful=0.8,
        steps=130,
    )
    dusk = [(0, "#131d38"), (0.3, "#3d4a70"), (0.5, "#8d7a86"), (1, "#8d7a86")]
    eye = Eye((-0.35, 1.6, 3.4), (0.05, 1.45, -6.0), 1.05)
    canvas.light, depth = look(canvas, world, eye, ramp(canvas.y + 0 * canvas.x, dusk))
    canvas.light = focus(canvas.light, depth, 4.0, 0.5, canvas)
    return Look(
        exposure=1.0, filmic=True, bloom=0.35, threshold=1.0, vignette=0.36, saturation=0.92
    )
