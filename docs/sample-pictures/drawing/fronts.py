"""Buildings one stands before: a courthouse, a railway platform."""

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
from drawing.noise import sample, tile
from drawing.skins import mottled


def courthouse_columns(canvas: Canvas) -> Look:
    """Fluted columns in hard morning light."""
    stone = tile(canvas, 1.5, 2)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        dx, _ = solid.again(x, 2.3, -5, 3)
        return [
            (_column(dx, y, z), 0),
            (_steps(x, y, z), 1),
            (_building(x, y, z), 2),
            (_door(x, y, z), 3),
        ]

    def block(x: Field, y: Field, z: Field) -> Field:
        row = np.floor(y / 0.62)
        joint = np.minimum(
            np.abs((y / 0.62) % 1 - 0.5), np.abs(((x + 0.55 * (row % 2)) / 1.25) % 1 - 0.5) * 2
        )
        tone = 0.86 + 0.14 * solid.chance(row * 9 + np.floor((x + 0.55 * (row % 2)) / 1.25))
        tone = tone * (
            0.75
            + 0.25
            * step(
                0.49,
                0.478,
                np.maximum(
                    np.abs((y / 0.62) % 1 - 0.5), np.abs(((x + 0.55 * (row % 2)) / 1.25) % 1 - 0.5)
                ),
            )
        )
        tone = tone * (1 + 0.05 * sample(stone, x * 0.3, y * 0.3)) + 0 * joint
        return (tone[:, None] * rgb("#c3b294")).astype(np.float32)

    matter = [
        Matter(mottled(stone, "#d8cbb2", 0.045, 1.4)),
        Matter(mottled(stone, "#c9bda6", 0.06, 1.6)),
        Matter(block),
        Matter("#3d2a1d", 0.2, 16),
    ]
    sun = (0.80, 0.52, 0.62)
    world = World(
        shape,
        matter,
        [Lamp(sun, "#ffdfb0", 3.3, sun=True, hard=70)],
        above="#6f86a6",
        beneath="#6e5c48",
        haze="#cfd6dc",
        dense=0.006,
        corner=0.6,
        careful=0.85,
        steps=130,
    )
    sky = ramp(canvas.y + 0 * canvas.x, [(0, "#54799f"), (0.7, "#c9d4da"), (1, "#e8dfcf")])
    eye = Eye((4.3, 0.55, 5.8), (-2.2, 0.55, 0.0), 1.0, (0.5, 0.78))
    canvas.light, _ = look(canvas, world, eye, sky)
    return Look(exposure=0.48, filmic=True, bloom=0.1, threshold=1.2, vignette=0.3, saturation=0.9)


def _column(x: Field, y: Field, z: Field) -> Field:
    share = np.clip((y - 0.35) / 4.9, 0, 1)
    angle = np.arctan2(z, x)
    flute = (
        0.028 * np.abs(np.cos(angle * 10)) ** 0.7 * step(0.0, 0.03, share) * step(1.0, 0.97, share)
    )
    radius = 0.5 - 0.085 * share**1.4 - flute
    shaft = np.maximum(np.hypot(x, z) - radius, np.abs(y - 2.8) - 2.45) * 0.85
    base = np.minimum(solid.ring(x, z, y - 0.3, 0.5, 0.09), solid.ring(x, z, y - 0.47, 0.47, 0.05))
    plinth = solid.box(x, y - 0.1, z, (0.66, 0.1, 0.66), 0.01)
    cushion = solid.cone(x, y - 5.33, z, 0.44, 0.66, 0.12)
    slab = solid.box(x, y - 5.55, z, (0.70, 0.10, 0.70), 0.01)
    collar = solid.ring(x, z, y - 5.14, 0.42, 0.03)
    return np.minimum(
        np.minimum(shaft, np.minimum(base, plinth)), np.minimum(np.minimum(cushion, slab), collar)
    ).astype(np.float32)


def _steps(x: Field, y: Field, z: Field) -> Field:
    least = solid.box(x, y + 1.5, z + 1.5, (16, 1.5, 2.5))
    for i in range(1, 7):
        least = np.minimum(
            least, solid.box(x, y + 1.5 + 0.17 * i, z + 1.5, (16, 1.5, 2.5 + 0.42 * i), 0.012)
        )
    return np.minimum(least, y + 1.2).astype(np.float32)


def _building(x: Field, y: Field, z: Field) -> Field:
    wall = solid.box(x, y - 4.0, z + 4.2, (16, 5.0, 0.6))
    wall = np.maximum(wall, -solid.box(x + 2.3, y - 1.7, z + 3.7, (0.95, 1.7, 0.5)))
    beam = solid.box(x, y - 6.05, z, (16, 0.4, 0.6), 0.01)
    frieze = solid.box(x, y - 6.75, z, (16, 0.34, 0.52))
    teeth = solid.box(solid.again(x, 0.38, -40, 40)[0], y - 7.2, z - 0.62, (0.11, 0.1, 0.12))
    cornice = solid.box(x, y - 7.42, z + 1.5, (16.5, 0.13, 2.5), 0.01)
    roof = solid.box(x, y - 5.75, z + 2.2, (16, 0.06, 2.0))
    least = np.minimum(np.minimum(wall, beam), np.minimum(frieze, teeth))
    return np.minimum(least, np.minimum(cornice, roof)).astype(np.float32)


def _door(x: Field, y: Field, z: Field) -> Field:
    leaf = solid.box(np.abs(x + 2.3) - 0.46, y - 1.65, z + 3.95, (0.44, 1.65, 0.05))
    panels = solid.box(
        np.abs(x + 2.3) - 0.46,
        solid.again(y - 0.5, 0.95, 0, 3)[0],
        z + 3.9,
        (0.3, 0.36, 0.06),
        0.03,
    )
    return np.minimum(leaf, panels)


def station_platform(canvas: Canvas) -> Look:
    """An empty platform in mist, lamps under the canopy, rails out of sight."""
    stone = tile(canvas, 1.5, 2)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        platform = solid.box(x - 3.0, y + 0.5, z, (3.0, 0.5, 60))
        dz, _ = solid.again(z, 5.0, -11, 1)
        post = solid.cone(x - 2.6, y - 1.8, dz, 0.13, 0.09, 1.8)
        post = np.minimum(post, solid.cone(x - 2.6, y - 0.2, dz, 0.24, 0.18, 0.2))
        brace = solid.bar(np.abs(x - 2.6), y, dz, (0.05, 2.7, 0.0), (1.5, 3.6, 0.0), 0.045)
        curl = solid.ring(np.abs(x - 2.6) - 0.62, y - 3.36, dz, 0.2, 0.022)
        slope = y - 3.72 - 0.10 * np.abs(x - 2.6)
        canopy = np.maximum(np.abs(slope) - 0.06, np.abs(x - 2.6) - 2.3) * 0.95
        fringe = (
            np.maximum(
                np.abs(x - 0.32) - 0.025, np.abs(y - 3.86 + 0.05 * np.abs(np.sin(z * 8))) - 0.2
            )
            * 0.8
        )
        lamp = solid.ball(x - 1.35, y - 2.86, dz - 2.5, 0.15)
        cord = solid.rod(x - 1.35, dz - 2.5, y - 3.3, 0.012, 0.3)
        shade = solid.cone(x - 1.35, y - 3.08, dz - 2.5, 0.28, 0.06, 0.09)
        rail = np.abs(np.abs(x + 1.25) - 0.72)
        rails = np.minimum(
            np.maximum(rail - 0.035, np.abs(y + 0.86) - 0.08),
            np.maximum(np.abs(np.abs(x + 4.9) - 0.72) - 0.035, np.abs(y + 0.86) - 0.08),
        )
        tz, _ = solid.again(z, 0.62, -90, 8)
        ties = np.minimum(
            solid.box(x + 1.25, y + 0.98, tz, (1.25, 0.07, 0.12)),
            solid.box(x + 4.9, y + 0.98, tz, (1.25, 0.07, 0.12)),
        )
        ground = (y + 0.98 + 0.03 * sample(stone, x * 0.9, z * 0.9)).astype(np.float32)
        bench = solid.box(x - 3.5, y - 0.45, dz, (0.22, 0.03, 0.9), 0.01)
        bench = np.minimum(bench, solid.box(x - 3.7, y - 0.72, dz, (0.03, 0.2, 0.9), 0.01))
        bench = np.minimum(bench, solid.box(x - 3.5, y - 0.22, np.abs(dz) - 0.7, (0.2, 0.22, 0.04)))
        iron = np.minimum(np.minimum(post, brace), np.minimum(curl, np.minimum(cord, shade)))
        return [
            (platform, 0),
            (iron, 1),
            (np.minimum(canopy, fringe).astype(np.float32), 2),
            (lamp, 3),
            (rails.astype(np.float32), 4),
            (ties, 5),
            (ground, 6),
            (bench, 7),
        ]

    def paving(x: Field, y: Field, z: Field) -> Field:
        joint = np.minimum(np.abs((x / 0.6) % 1 - 0.5), np.abs((z / 0.6) % 1 - 0.5))
        tone = (0.8 + 0.3 * solid.chance(np.floor(x / 0.6) + 31 * np.floor(z / 0.6))) * (
            0.7 + 0.3 * step(0.0, 0.02, joint)
        )
        edge = step(0.46, 0.44, np.abs(x - 0.62)) * step(0.1, 0.09, np.abs(x - 0.62)) * (y > -0.02)
        tone = tone * (1 + 0.07 * sample(stone, x * 0.3, z * 0.3))
        return (tone[:, None] * rgb("#6d6b68") + edge[:, None] * rgb("#b8b19c") * 0.5).astype(
            np.float32
        )

    lamps = [
        Lamp((1.35, 2.66, 2.5 - 5.0 * i), "#ffc07a", 9.0, hard=6, shadow=i < 3)
        for i in range(-1, 6)
    ]
    matter = [
        Matter(paving, 0.35, 16, mirror=0.10),
        Matter("#2d3b3a", 0.25, 20),
        Matter("#3c4442", 0.1, 10),
        Matter("#000000", glow=np.array((16.0, 10.5, 5.4), np.float32)),
        Matter("#8d949b", 0.9, 30, mirror=0.1),
        Matter("#4a3d33"),
        Matter(mottled(stone, "#5d5a57", 0.45, 0.5)),
        Matter("#5f4631"),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#465468",
        beneath="#2a2c30",
        haze="#8792a3",
        dense=0.045,
        corner=0.5,
        careful=0.85,
        steps=130,
    )
    canvas.light, depth = look(canvas, world, Eye((-0.35, 1.5, 6.2), (0.35, 1.35, -6.0), 1.0))
    canvas.glow(0.72, 0.55, 0.16, "#ffd9b0", 0.22)
    canvas.light = focus(canvas.light, depth, 6.0, 0.5, canvas)
    return Look(
        exposure=0.9, filmic=True, bloom=0.55, threshold=0.75, vignette=0.36, saturation=0.95
    )
