"""Larger rooms: a printing hall, servers, a greenhouse."""

from __future__ import annotations

from itertools import pairwise

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
from drawing.noise import clouds, sample, tile
from drawing.skins import mottled

_WEB = (
    (-9.0, 0.9),
    (-6.2, 0.9),
    (-5.7, 2.3),
    (-4.6, 2.3),
    (-4.1, 0.8),
    (-3.0, 0.8),
    (-2.5, 2.6),
    (-1.2, 2.6),
    (-0.7, 1.1),
    (0.5, 1.1),
    (1.0, 2.45),
    (2.2, 2.45),
    (2.7, 0.7),
    (4.2, 0.7),
    (4.8, 1.9),
    (7.0, 2.1),
)


def printing_hall(canvas: Canvas) -> Look:
    """A web of paper over the rollers of a press, at night."""
    grime = tile(canvas, 1.5, 3)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        web, rolls = np.full_like(x, 1e3), np.full_like(x, 1e3)
        for (z0, y0), (z1, y1) in pairwise(_WEB):
            web = np.minimum(web, _sheet(y, z, z0, y0, z1, y1))
        for i, (at, high) in enumerate(_WEB):
            side = -0.14 if _turns_up(i) else 0.14
            rolls = np.minimum(rolls, solid.rod(y - high - side, z - at, x, 0.13, 1.05))
        web = np.maximum(web, np.abs(x) - 0.86)
        dz, _ = solid.again(z + 5.2, 3.45, 0, 4)
        frames = solid.box(x + 1.16, y - 1.5, dz, (0.07, 1.5, 0.75), 0.03)
        frames = np.maximum(frames, -solid.rod(y - 1.6, dz, x, 0.34, 3.0))
        frames = np.minimum(frames, solid.box(x - 1.16, y - 0.62, dz, (0.07, 0.62, 0.3), 0.03))
        frames = np.minimum(frames, solid.box(x, y - 0.06, z, (1.3, 0.06, 7.0), 0.02))
        lift = np.full_like(x, 1e3)
        for at, high in _WEB:
            lift = np.minimum(
                lift, solid.box(x + 1.13, y - high / 2, z - at, (0.05, high / 2 + 0.2, 0.12), 0.02)
            )
        rails = solid.rod(x + 1.0, y - 2.95, z, 0.03, 7.0)
        walls = np.minimum(np.minimum(x + 4.6, 6.4 - x), np.minimum(6.2 - y, z + 9.4)).astype(
            np.float32
        )
        beams = solid.box(x, y - 5.5, solid.again(z, 3.0, -4, 3)[0], (7.0, 0.22, 0.1))
        columns = solid.box(x + 3.6, y - 2.8, solid.again(z, 3.0, -4, 3)[0], (0.14, 2.9, 0.14))
        tubes = solid.rod(x - 0.0, y - 4.3, solid.again(z, 3.0, -4, 2)[0], 0.045, 0.8)
        reels = solid.rod(y - 0.62, solid.again(z + 1.0, 1.5, -4, 2)[0], x + 3.4, 0.6, 0.62, 0.02)
        return [
            (y, 0),
            (web.astype(np.float32), 1),
            (rolls, 2),
            (np.minimum(frames, lift), 3),
            (rails, 4),
            (walls, 5),
            (np.minimum(beams, columns), 6),
            (tubes, 7),
            (reels, 8),
        ]

    lamps = [
        Lamp((0.0, 4.25, 3.0 * i), "#ffe3b5", 7.5, hard=6, shadow=i in (-1, 0, 1))
        for i in range(-3, 3)
    ]
    lamps.append(Lamp((4.6, 3.4, 3.0), "#a9c6e6", 12.0, shadow=False))
    matter = [
        Matter(mottled(grime, "#4c4a46", 0.18, 1.6), 0.25, 20, mirror=0.10),
        Matter(_newsprint, 0.04, 10),
        Matter("#50565c", 0.8, 40, mirror=0.12),
        Matter(mottled(grime, "#33504c", 0.08, 0.8), 0.3, 26),
        Matter("#b58a2c", 0.4, 26),
        Matter(mottled(grime, "#5b5952", 0.1, 2.0)),
        Matter("#2f3335"),
        Matter("#000000", glow=np.array((5.0, 4.4, 3.4), np.float32)),
        Matter(mottled(grime, "#c9c2b2", 0.04, 0.7), 0.03, 8),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#2c2f33",
        beneath="#25221d",
        haze="#4c4a44",
        dense=0.02,
        corner=0.5,
        careful=0.85,
        steps=120,
    )
    canvas.light, depth = look(canvas, world, Eye((3.6, 2.15, 5.2), (-0.35, 1.55, -0.6), 0.84))
    canvas.light = focus(canvas.light, depth, 5.5, 0.6, canvas)
    return Look(exposure=1.2, filmic=True, bloom=0.22, threshold=1.2, vignette=0.34, saturation=0.9)


def _turns_up(i: int) -> bool:
    before = _WEB[i - 1][1] if i else _WEB[i][1]
    after = _WEB[i + 1][1] if i + 1 < len(_WEB) else _WEB[i][1]
    return bool(before + after < 2 * _WEB[i][1])


def _sheet(y: Field, z: Field, z0: float, y0: float, z1: float, y1: float) -> Field:
    dz, dy = z1 - z0, y1 - y0
    share = np.clip(((z - z0) * dz + (y - y0) * dy) / (dz * dz + dy * dy), 0, 1)
    return np.hypot(z - z0 - dz * share, y - y0 - dy * share) - 0.008


def _newsprint(x: Field, y: Field, z: Field) -> Field:
    """Print columns of grey lines, headings and picture boxes that say nothing."""
    run = y * 1.2 + z
    page, at = np.floor(run / 0.62), (run / 0.62) % 1
    column, across = np.floor((x + 0.86) / 0.215), ((x + 0.86) / 0.215) % 1
    inside = (across > 0.08) & (across < 0.94) & (at > 0.05) & (at < 0.95)
    salt = solid.chance(page * 7 + column)
    picture = (
        (at > 0.15 + 0.3 * salt)
        & (at < 0.42 + 0.3 * salt)
        & (solid.chance(page * 3 + np.floor(column / 2), 4) > 0.45)
    )
    heading = (at > 0.07) & (at < 0.13)
    line = (((at * 36) % 1) < 0.55) & (
        across < 0.55 + 0.4 * solid.chance(np.floor(at * 36) + 40 * column + page, 2)
    )
    ink = np.where(picture, 0.55, np.where(heading, 0.75, np.where(line, 0.42, 0.0))) * inside
    return ((1 - ink)[:, None] * rgb("#efe9dc")).astype(np.float32)


def server_room(canvas: Canvas) -> Look:
    """An aisle between dark racks with small lamps."""

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        ax = np.abs(x)
        dz, _ = solid.again(z, 0.7, -22, 8)
        racks = solid.box(ax - 1.45, y - 1.12, dz, (0.5, 1.08, 0.338), 0.01)
        unit, _ = solid.again(y - 0.2, 0.09, 0, 21)
        racks = np.maximum(racks, -solid.box(ax - 0.95, y - 1.12, dz, (0.02, 1.0, 0.29)))
        face = solid.box(ax - 1.0, unit, dz, (0.032, 0.041, 0.285))
        handles = solid.rod(ax - 0.925, dz - 0.29, y - 1.1, 0.011, 0.16)
        trays = solid.box(ax - 0.75, y - 2.75, z, (0.14, 0.05, 17.0))
        cables = solid.rod(
            ax - 0.75 + 0.04 * np.sin(z * 3), y - 2.83 + 0.015 * np.sin(z * 5), z, 0.035, 17.0
        )
        ceiling = (3.1 - y).astype(np.float32)
        tubes = solid.box(x, y - 3.08, solid.again(z, 2.1, -7, 2)[0], (0.16, 0.03, 0.7))
        end = (z + 15.2).astype(np.float32)
        return [
            (y, 0),
            (racks, 1),
            (face, 2),
            (handles, 3),
            (np.minimum(trays, cables), 3),
            (ceiling, 4),
            (tubes, 5),
            (end, 6),
        ]

    def leds(x: Field, y: Field, z: Field) -> Field:
        row, rack = np.floor((y - 0.155) / 0.09), np.round(z / 0.7)
        column = np.floor((z - rack * 0.7) / 0.036)
        near = np.hypot(
            ((z - rack * 0.7) / 0.036) % 1 - 0.5, (((y - 0.155) / 0.09) % 1 - 0.5) * 2.5
        )
        number = row * 31 + rack * 17 + column * 5 + np.sign(x) * 400
        on = (
            (solid.chance(number) > 0.62)
            & (solid.chance(row + rack * 13 + np.sign(x) * 7, 3) > 0.25)
            & (np.abs(column) > 2)
        )
        tone = np.where((solid.chance(number, 6) > 0.3)[:, None], rgb("#4dffb0"), rgb("#58a8ff"))
        tone = np.where((solid.chance(number, 8) > 0.95)[:, None], rgb("#ffb04d"), tone)
        return (tone * (on * step(0.5, 0.25, near))[:, None] * 3.2).astype(np.float32)

    def floor(x: Field, y: Field, z: Field) -> Field:
        joint = np.minimum(np.abs((x / 0.6) % 1 - 0.5), np.abs((z / 0.6) % 1 - 0.5))
        return ((0.35 + 0.65 * step(0.0, 0.012, joint))[:, None] * rgb("#59616b")).astype(
            np.float32
        )

    lamps = [Lamp((0, 2.9, -2.1 * i), "#cfe4ff", 1.5, hard=6, shadow=i < 3) for i in range(-1, 7)]
    matter = [
        Matter(floor, 0.3, 30, mirror=0.30),
        Matter("#23272d", 0.3, 24),
        Matter("#14171b", 0.35, 20, glow=leds),
        Matter("#3b4148", 0.4, 24),
        Matter("#4a5058"),
        Matter("#000000", glow=np.array((2.6, 3.1, 3.6), np.float32)),
        Matter("#9fc4e8", glow=np.array((0.35, 0.55, 0.8), np.float32)),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#20262e",
        beneath="#12161b",
        haze="#35506c",
        dense=0.035,
        corner=0.3,
        careful=0.85,
        steps=130,
    )
    canvas.light, depth = look(canvas, world, Eye((0.22, 1.45, 2.6), (-0.05, 1.35, -6.0), 0.92))
    canvas.light = focus(canvas.light, depth, 3.6, 0.5, canvas)
    return Look(exposure=1.05, filmic=True, bloom=0.4, threshold=0.9, vignette=0.36)


def greenhouse(canvas: Canvas) -> Look:
    """Rows of young plants under arched ribs, the sun low beyond the glass."""
    earth = tile(canvas, 1.4, 3)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        arch = np.hypot(x / 1.06, np.maximum(y - 1.0, 0) * 1.02) - 3.1
        dz, _ = solid.again(z, 1.5, -14, 3)
        ribs = np.hypot(arch, dz) - 0.045
        angle = np.arctan2(np.maximum(y - 1.0, 0), x)
        bars = np.hypot(arch, (angle / np.pi * 8 - np.round(angle / np.pi * 8)) * 1.2) - 0.025
        ties = solid.rod(y - 2.7, dz, x, 0.02, 2.3)
        hang = solid.rod(solid.again(x, 1.5, -1, 1)[0], dz, y - 3.3, 0.010, 0.6)
        pipes = np.minimum(ties, hang)
        beds, _ = solid.again(x, 1.35, -1, 1)
        edge = solid.box(beds, y - 0.12, z, (0.44, 0.12, 22.0), 0.02)
        soil = solid.box(beds, y - 0.2, z, (0.40, 0.07, 22.0), 0.03)
        return [
            ((y + 0.02 * sample(earth, x * 0.3, z * 0.3)).astype(np.float32), 0),
            (np.minimum(ribs, bars).astype(np.float32), 1),
            (pipes, 1),
            (edge, 2),
            (soil, 3),
            (_leaves(beds, y, z, np.round(x / 1.35)), 4),
        ]

    def leaf(x: Field, y: Field, z: Field) -> Field:
        number = np.floor(z / 0.36) + 40 * np.round(x / 1.35)
        tone = 0.6 + 0.6 * solid.chance(number, 5) + np.clip((y - 0.3) * 2.2, 0, 1)
        vein = 1 + 0.15 * sample(earth, x * 3, z * 3)
        mixed = np.where((solid.chance(number, 9) > 0.8)[:, None], rgb("#8a9c3e"), rgb("#4f8a34"))
        return (mixed * (tone * vein * 0.9)[:, None]).astype(np.float32)

    matter = [
        Matter(mottled(earth, "#7a6a55", 0.2, 0.8)),
        Matter("#c9cdc8", 0.3, 20),
        Matter("#8d7a5c"),
        Matter(mottled(earth, "#3d2e22", 0.3, 0.4)),
        Matter(leaf, 0.25, 10),
    ]
    sun = (0.28, 0.42, -0.86)
    world = World(
        shape,
        matter,
        [
            Lamp(sun, "#ffdba0", 2.6, sun=True, hard=14),
            Lamp((0, 4, 3), "#dfeaf2", 4.0, shadow=False),
        ],
        above="#b4c2c8",
        beneath="#5a5a3c",
        haze="#fbe9bf",
        dense=0.035,
        corner=0.3,
        careful=0.6,
        steps=150,
    )
    sky = ramp(
        canvas.y + 0 * canvas.x,
        [(0, "#a9c3d2"), (0.4, "#f3ead0"), (0.55, "#f9e3b4"), (1, "#d9c89a")],
    )
    sky = sky * (0.9 + 0.3 * clouds(canvas, 0.3, 4, 2)[..., None])
    eye = Eye((0.68, 1.5, 2.8), (0.05, 1.22, -6.0), 1.0)
    canvas.light, depth = look(canvas, world, eye, sky)
    canvas.glow(0.98, 0.36, 0.12, "#ffe2a8", 1.6)
    canvas.light = focus(canvas.light, depth, 4.0, 0.55, canvas)
    return Look(
        exposure=0.78, filmic=True, bloom=0.2, threshold=1.0, vignette=0.28, saturation=0.92
    )


def _leaves(x: Field, y: Field, z: Field, bed: Field) -> Field:
    """Grow a rosette of leaves every so often along a bed, two abreast."""
    side = np.where(x > 0, 0.2, -0.2)
    dz, number = solid.again(z, 0.36, -60, 8)
    salt = solid.chance(number + 40 * bed + 7 * np.sign(x), 1)
    dx, high = x - side, y - 0.26
    dz = dz - 0.06 * (salt - 0.5)
    size = 0.8 + 0.5 * salt
    least = np.full_like(x, 1e3)
    for i in range(7):
        angle = i * 0.9 + salt * 6
        u = dx * np.cos(angle) + dz * np.sin(angle)
        w = -dx * np.sin(angle) + dz * np.cos(angle)
        rise = (
            high - 0.02 - 1.3 * np.clip(u, 0, 0.2) + 4.0 * np.clip(u, 0, 0.2) ** 2 - 0.05 * (i % 3)
        )
        body = (
            np.sqrt(((u - 0.085 * size) / 0.105) ** 2 + (w / 0.06) ** 2 + (rise / 0.022) ** 2)
            - size
        )
        least = np.minimum(least, body * 0.02)
    far = np.hypot(np.hypot(dx, dz), high - 0.1) - 0.26
    return np.where(far > 0.08, far, least).astype(np.float32)
