"""Rooms with nobody in them: a classroom, a library, a theatre, a cinema."""

from __future__ import annotations

import numpy as np

from drawing import solid
from drawing.canvas import (
    Canvas,
    Field,
    Look,
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
from drawing.noise import clouds, sample, tile
from drawing.skins import grained, mottled, planks


def _desks(x: Field, y: Field, z: Field) -> tuple[Field, Field]:
    dx, _ = solid.again(x, 1.55, -1, 1)
    dz, _ = solid.again(z - 2.4, 1.5, 0, 3)
    top = solid.box(dx, y - 0.74, dz + 0.32, (0.55, 0.018, 0.25), 0.01)
    legs = solid.box(np.abs(dx) - 0.48, y - 0.36, np.abs(dz + 0.32) - 0.2, (0.018, 0.36, 0.018))
    seat = solid.box(dx, y - 0.45, dz - 0.22, (0.21, 0.014, 0.19), 0.01)
    back = solid.box(dx, y - 0.74, dz - 0.42, (0.2, 0.1, 0.012), 0.008)
    stool = solid.box(np.abs(dx) - 0.19, y - 0.22, np.abs(dz - 0.22) - 0.17, (0.014, 0.22, 0.014))
    posts = solid.box(np.abs(dx) - 0.19, y - 0.62, dz - 0.42, (0.014, 0.2, 0.012))
    wooden = np.minimum(np.minimum(top, seat), back)
    return wooden, np.minimum(np.minimum(legs, stool), posts)


def _classroom_panes(y: Field, z: Field) -> Field:
    """Say where the panes of the classroom's window wall are."""
    nz, _ = solid.again(z - 1.5, 1.75, 0, 3)
    inside = step(0.0, 0.05, 0.6 - np.abs(nz)) * step(0.0, 0.05, 1.05 - np.abs(y - 1.9))
    bars = step(0.02, 0.05, np.abs(nz)) * step(0.02, 0.05, np.abs(y - 2.2))
    return (inside * bars).astype(np.float32)


def empty_classroom(canvas: Canvas) -> Look:
    """Rows of desks, sun through tall windows."""
    wood, plaster = tile(canvas, 1.3, 2), tile(canvas, 1.8, 2)
    sun = (-0.72, 0.66, -0.16)

    def through(x: Field, y: Field, z: Field) -> Field:
        run = -(x + 3.4) / sun[0]
        return _classroom_panes(y + sun[1] * run, z + sun[2] * run) * step(-3.38, -3.3, x)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        walls = np.minimum(np.minimum(3.4 - x, z), 3.4 - y)
        walls = np.maximum(walls, -x - 3.9).astype(np.float32)
        nz, _ = solid.again(z - 1.5, 1.75, 0, 3)
        panel = np.maximum(x + 3.4, -solid.box(x + 3.4, y - 1.9, nz, (2.0, 1.05, 0.6)))
        panel = np.maximum(panel, -x - 3.9)
        cross = np.minimum(
            solid.box(x + 3.5, y - 1.9, nz, (0.03, 1.05, 0.025)),
            solid.box(x + 3.5, y - 2.2, nz, (0.03, 0.025, 0.6)),
        )
        board = solid.box(x - 0.3, y - 1.65, z, (1.6, 0.6, 0.03))
        frame = solid.box(x - 0.3, y - 1.65, z, (1.67, 0.67, 0.045))
        frame = np.maximum(frame, -solid.box(x - 0.3, y - 1.65, z, (1.59, 0.59, 0.3)))
        frame = np.minimum(frame, solid.box(x - 0.3, y - 0.97, z - 0.07, (1.67, 0.015, 0.05)))
        table = solid.box(x + 1.9, y - 0.38, z - 0.85, (0.6, 0.38, 0.32), 0.01)
        wooden, iron = _desks(x, y, z)
        wooden = np.minimum(wooden, table)
        return [
            (walls, 0),
            (panel, 0),
            (np.maximum(y, -x - 3.9), 1),
            (wooden, 2),
            (iron, 3),
            (board, 4),
            (frame, 5),
            (cross, 6),
        ]

    def paint(x: Field, y: Field, z: Field) -> Field:
        tone = (1 + 0.035 * sample(plaster, (x + z) * 0.3, y * 0.3))[:, None]
        low = step(1.22, 1.20, y)[:, None]
        return ((rgb("#8aa398") * low + rgb("#e4decd") * (1 - low)) * tone).astype(np.float32)

    def chalk(x: Field, y: Field, z: Field) -> Field:
        smear = np.clip(sample(plaster, x * 0.2, y * 0.5) * 0.02 + 0.03, 0, 1)
        return (rgb("#26382f") + smear[:, None]).astype(np.float32)

    day = np.array((0.62, 0.78, 1.0), np.float32)
    fill = [
        Lamp((-3.2, 2.0, z), day, 2.6, shadow=False, gate=lambda x, y, z: step(-3.4, -2.2, x))
        for z in (1.5, 3.25, 5.0)
    ]
    matter = [
        Matter(paint),
        Matter(planks(wood, "#8a6546", 0.12), 0.1, 12),
        Matter(grained(wood, "#b98a58"), 0.2, 24),
        Matter("#3c4244", 0.3, 20),
        Matter(chalk),
        Matter("#8a6a47"),
        Matter("#d9d5c9"),
    ]
    world = World(
        shape,
        matter,
        [Lamp(sun, "#ffdfa8", 6.0, sun=True, hard=60, gate=through), *fill],
        above="#82847f",
        beneath="#8d7a60",
        corner=0.7,
    )
    eye = Eye((2.1, 1.75, 7.2), (-0.75, 1.15, 0.0), 0.86)
    canvas.light, depth = look(canvas, world, eye, rgb("#fff6e4") * 1.9)
    _shafts(canvas)
    canvas.light = focus(canvas.light, depth, 5.0, 0.2, canvas)
    return Look(exposure=0.85, filmic=True, bloom=0.14, threshold=1.2, vignette=0.3)


def _shafts(canvas: Canvas) -> None:
    haze = np.exp(-(((canvas.x - 0.25) / 0.6) ** 2)) * step(0.9, 0.2, canvas.y)
    canvas.add((0.05 * haze).astype(np.float32), "#ffe2b0")


def library_shelves(canvas: Canvas) -> Look:
    """An aisle between tall shelves, light at the far end."""
    wood, cloth = tile(canvas, 1.3, 2), tile(canvas, 1.5, 3)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        ax = np.abs(x)
        shelf_y, _ = solid.again(y - 0.1, 0.4, 0, 8)
        case = solid.box(ax - 1.32, shelf_y, z, (0.26, 0.016, 13.0))
        post_z, _ = solid.again(z, 1.3, -10, 10)
        case = np.minimum(case, solid.box(ax - 1.32, y - 1.75, post_z, (0.27, 1.75, 0.025)))
        case = np.minimum(case, solid.box(ax - 1.32, y - 3.5, z, (0.3, 0.06, 13.0)))
        case = np.minimum(case, (1.56 - ax).astype(np.float32))
        ladder = _ladder(x, y, z)
        lamp_z, _ = solid.again(z - 0.4, 2.6, -4, 4)
        globe = solid.ball(x, y - 3.25, lamp_z, 0.11)
        cord = solid.rod(x, lamp_z, y - 3.9, 0.008, 0.6)
        vault = (4.4 - np.sqrt(x * x * 0.6 + y * y)).astype(np.float32)
        end = np.maximum((z + 12.5), -solid.box(x, y - 2.0, z + 12.5, (0.62, 1.5, 2.0))).astype(
            np.float32
        )
        return [
            (y, 0),
            (case, 1),
            (_books(ax, y, z, np.sign(x)), 2),
            (globe, 3),
            (np.minimum(ladder, cord), 4),
            (vault, 5),
            (end, 5),
        ]

    def cover(x: Field, y: Field, z: Field) -> Field:
        number = np.floor(z / 0.052) + 57 * np.floor((y - 0.1) / 0.4) + 991 * np.sign(x)
        pick = (solid.chance(number, 2) * 8).astype(int)
        colours = np.stack(
            [
                rgb(c)
                for c in (
                    "#5a2f2a",
                    "#2f4038",
                    "#3a3d4f",
                    "#6b5236",
                    "#7d6b50",
                    "#43302f",
                    "#2d3a47",
                    "#8d7d62",
                )
            ]
        )
        tone = 0.7 + 0.7 * solid.chance(number, 5) + 0.12 * sample(cloth, z * 2, y * 2)
        band = step(0.010, 0.006, np.abs(((y - 0.1) % 0.4) - 0.08 - 0.15 * solid.chance(number, 7)))
        gilt = band * (solid.chance(number, 9) > 0.45)
        return (colours[pick] * tone[:, None] + gilt[:, None] * rgb("#b08d4c") * 0.8).astype(
            np.float32
        )

    lamps = [
        Lamp((0, 3.2, 0.4 + 2.6 * i), "#ffd3a0", 3.6, hard=5, shadow=i in (-1, 0))
        for i in range(-4, 2)
    ]
    lamps.append(Lamp((0, 2.2, -12.0), "#dbe9ff", 14.0, shadow=False))
    glow = np.array((4.5, 3.1, 1.7), np.float32)
    matter = [
        Matter(planks(wood, "#6d4a30", 0.16), 0.2, 20, mirror=0.16),
        Matter(grained(wood, "#5a3b26", 0.2), 0.12, 20),
        Matter(cover, 0.10, 14),
        Matter("#000000", glow=glow),
        Matter("#241a14", 0.3, 30),
        Matter("#8c7a62"),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#30261d",
        beneath="#2a1d13",
        haze="#6f6a62",
        dense=0.022,
        corner=0.4,
        careful=0.75,
        steps=130,
    )
    eye = Eye((0.24, 1.55, 3.6), (-0.02, 1.75, -6), 0.95)
    canvas.light, depth = look(canvas, world, eye, rgb("#eaf1fb") * 2.2)
    canvas.light = focus(canvas.light, depth, 4.2, 0.45, canvas)
    return Look(exposure=1.45, filmic=True, bloom=0.22, threshold=1.1, vignette=0.36)


def _books(ax: Field, y: Field, z: Field, side: Field) -> Field:
    row = np.clip(np.floor((y - 0.1) / 0.4), 0, 7)
    number = np.floor(z / 0.052)
    mixed = number + 57 * row + 991 * side
    high = 0.115 + 0.055 * solid.chance(mixed, 1)
    gone = np.where(solid.chance(mixed, 3) > 0.955, 1.0, 0.0)
    dz = z - (number + 0.5) * 0.052
    dy = y - (row * 0.4 + 0.1 + 0.016) - high
    dx = ax - 1.34 - 0.03 * solid.chance(mixed, 4) - gone
    a = np.abs(dx) - 0.2 + 0.01
    b = np.abs(dy) - high + 0.01
    c = np.abs(dz) - 0.0245 + 0.01
    outer = np.sqrt(np.maximum(a, 0) ** 2 + np.maximum(b, 0) ** 2 + np.maximum(c, 0) ** 2)
    near = outer + np.minimum(np.maximum(a, np.maximum(b, c)), 0) - 0.01
    return np.where(ax < 1.08, 1.12 - ax, np.minimum(near, 0.05)).astype(np.float32)


def _ladder(x: Field, y: Field, z: Field) -> Field:
    lean = -0.62 - 0.42 * y / 3.4
    rails = np.sqrt((x - lean) ** 2 + (np.abs(z + 1.2) - 0.24) ** 2) - 0.022
    rails = np.maximum(rails, y - 3.35)
    rung, _ = solid.again(y, 0.3, 1, 10)
    steps = solid.box(x - lean, rung, z + 1.2, (0.04, 0.013, 0.24))
    return (np.minimum(rails, steps) * 0.95).astype(np.float32)


def theatre_stage(canvas: Canvas) -> Look:
    """One chair in a spotlight between heavy curtains."""
    wood, cloth = tile(canvas, 1.3, 2), tile(canvas, 1.6, 3)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        fold = 0.16 * np.sin(x * 8.5 + 0.9 * np.sin(x * 2.3)) + 0.05 * np.sin(x * 23)
        gather = 1.62 + 0.55 * np.clip((y - 1.2) / 3.2, 0, 1) ** 1.5 + 0.12 * np.cos(y * 1.2)
        side = np.maximum(np.abs(z + 0.6 + fold) - 0.08, gather - np.abs(x)) * 0.55
        hem = 3.55 + 0.55 * np.abs(np.sin(x * 0.82 + 0.6)) ** 1.5
        top = np.maximum(np.abs(z + 0.35 + 0.7 * fold) - 0.08, hem - y) * 0.55
        back = (z + 5.2 + 0.12 * np.sin(x * 6.5 + np.sin(x * 1.7))) * 0.75
        floor = np.maximum(y, z - 0.6).astype(np.float32)
        apron = np.maximum(np.maximum(z - 0.6, y), -9.0 + 0 * y)
        sx, _ = solid.again(x, 0.62, -8, 8)
        seats = solid.box(sx, y + 0.52, z - 3.0, (0.26, 0.42, 0.07), 0.07)
        seats = np.minimum(
            seats,
            solid.box(
                solid.again(x - 0.31, 0.62, -9, 8)[0], y + 0.75, z - 4.05, (0.26, 0.44, 0.07), 0.07
            ),
        )
        return [
            (np.minimum(floor, apron).astype(np.float32), 0),
            (np.minimum(side, top).astype(np.float32), 1),
            (back.astype(np.float32), 2),
            (_chair(x, y, z), 3),
            (seats, 4),
            ((y + 1.0).astype(np.float32), 5),
        ]

    def beam(x: Field, y: Field, z: Field) -> Field:
        run = (5.4 - y) / 5.4
        off = np.hypot(x - 1.5 * (1 - run) - 0.0 * y, z + 2.2 - 3.0 * (1 - run))
        return step(1.06, 0.86, off / np.maximum(run, 0.05) / 1.0).astype(np.float32)

    lamps = [
        Lamp((1.5, 5.4, 0.8), "#fff0d2", 70.0, hard=26, gate=beam),
        Lamp((-2.2, 3.4, 2.4), "#ffa070", 8.0, hard=4),
        Lamp((2.4, 3.4, 2.4), "#ff9066", 7.0, hard=4),
        Lamp((0, 3.2, -3.6), "#8a6cff", 1.1, shadow=False),
    ]
    matter = [
        Matter(planks(wood, "#70523a", 0.17, 0.35), 0.15, 18, mirror=0.06),
        Matter(mottled(cloth, "#74201f", 0.08, 0.5), 0.05, 6),
        Matter(mottled(cloth, "#2a1420", 0.08, 0.5)),
        Matter("#5a3a22", 0.25, 24),
        Matter(mottled(cloth, "#4c1015", 0.1, 0.3), 0.08, 8),
        Matter("#0c0808"),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#0c0a0d",
        beneath="#0b0706",
        haze="#1c1212",
        dense=0.012,
        corner=0.5,
        careful=0.85,
        steps=120,
    )
    canvas.light, depth = look(canvas, world, Eye((0, 0.95, 5.6), (0, 1.12, -2), 0.50))
    _cone(canvas)
    canvas.light = focus(canvas.light, depth, 9.2, 1.1, canvas)
    return Look(exposure=1.35, filmic=True, bloom=0.2, threshold=1.0, vignette=0.4, saturation=0.85)


def _cone(canvas: Canvas) -> None:
    """Show the spotlight's beam in the dust of the stage."""
    top, foot = (1.03, -0.35), (0.75, 0.80)
    run = np.clip((canvas.y - top[1]) / (foot[1] - top[1]), 0.001, 1.05)
    middle = top[0] + (foot[0] - top[0]) * run
    off = (canvas.x - middle) / (0.03 + 0.21 * run)
    dust = 0.75 + 0.5 * clouds(canvas, 0.2, 5)
    canvas.add(
        (0.11 * np.exp(-(off**4)) * dust * step(1.04, 0.9, run) / (0.4 + run)).astype(np.float32),
        "#fff0d6",
    )


def _chair(x: Field, y: Field, z: Field) -> Field:
    u, w = solid.turned(x, z + 2.2, 0.5)
    seat = solid.box(u, y - 0.46, w, (0.22, 0.02, 0.21), 0.015)
    legs = solid.rod(np.abs(u) - 0.19, np.abs(w) - 0.18, y - 0.23, 0.017, 0.23)
    posts = solid.rod(np.abs(u) - 0.19, w + 0.19, y - 0.69, 0.017, 0.24)
    bars = solid.box(u, solid.again(y - 0.66, 0.1, 0, 2)[0], w + 0.19, (0.19, 0.018, 0.01), 0.008)
    return np.minimum(np.minimum(seat, legs), np.minimum(posts, bars))


def cinema(canvas: Canvas) -> Look:
    """Rows of empty seats before a glowing blank screen."""
    cloth = tile(canvas, 1.6, 3)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        dz, number = solid.again(z, 1.0, -7, 3)
        rise = 0.16 * number
        half = np.where(np.abs(x) < 0.45, 9.0, 0.0)
        sx, _ = solid.again(np.abs(x) - 0.85, 0.62, 0, 8)
        back = solid.box(sx, y - rise - 0.62, dz + 0.08 * (y - rise), (0.27, 0.40, 0.075), 0.075)
        arms = solid.box(
            solid.again(np.abs(x) - 0.54, 0.62, 0, 9)[0],
            y - rise - 0.55,
            dz + 0.2,
            (0.035, 0.05, 0.22),
            0.03,
        )
        floor = (y - rise - 0.0).astype(np.float32)
        screen = np.maximum(solid.box(x, y - 2.1, z + 10.5, (4.3, 1.85, 0.05)), half * 0).astype(
            np.float32
        )
        drape = np.maximum(np.abs(z + 10.4 + 0.09 * np.sin(x * 9)) - 0.05, 4.3 - np.abs(x)) * 0.7
        walls = np.minimum(np.minimum(6.6 - np.abs(x), 6.2 - y), z + 11.2).astype(np.float32)
        ribs = solid.box(
            np.abs(x) - 6.5, y - 2.5, solid.again(z, 1.6, -7, 5)[0], (0.2, 2.6, 0.18), 0.03
        )
        return [
            (np.minimum(back, arms), 0),
            (floor, 1),
            (screen, 2),
            (drape.astype(np.float32), 3),
            (np.minimum(walls, ribs), 4),
        ]

    def projected(x: Field, y: Field, z: Field) -> Field:
        fall = 0.62 - 0.12 * ((x / 4.3) ** 2 + ((y - 2.1) / 1.85) ** 2)
        return (fall[:, None] * np.array((1.25, 1.38, 1.5), np.float32)).astype(np.float32)

    lamps = [Lamp((dx, 2.1, -9.6), "#cfe0f5", 46.0, hard=3.0) for dx in (-2.6, 0.0, 2.6)]
    lamps += [
        Lamp((side * 6.0, 3.6, z), "#ff9b55", 2.2, shadow=False)
        for side in (-1, 1)
        for z in (-6.4, -1.6)
    ]
    matter = [
        Matter(mottled(cloth, "#7a1f26", 0.1, 0.4), 0.22, 10),
        Matter("#1a1618", 0.1, 10),
        Matter("#000000", glow=projected),
        Matter("#3a1216"),
        Matter(mottled(cloth, "#3a3338", 0.1, 1.0)),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#20242c",
        beneath="#0c0a0a",
        haze="#5c6672",
        dense=0.006,
        corner=0.35,
        careful=0.8,
        steps=120,
    )
    canvas.light, depth = look(canvas, world, Eye((0.0, 2.15, 4.6), (0.0, 1.55, -10), 0.92))
    canvas.light = focus(canvas.light, depth, 5.5, 0.5, canvas)
    return Look(exposure=1.2, filmic=True, bloom=0.2, threshold=0.9, vignette=0.32)
