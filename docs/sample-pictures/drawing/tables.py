"""Things on tables, close to: bread, a microphone, ballot boxes."""

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
from drawing.noise import sample, soft_tile, tile
from drawing.skins import grained, mottled, planks


def bread_table(canvas: Canvas) -> Look:
    """A dark loaf, partly sliced, on old planks in window light."""
    wood, crumb, crust = tile(canvas, 1.3, 2), tile(canvas, 0.9, 12), soft_tile(canvas)
    cut = 0.42

    def loaf(x: Field, y: Field, z: Field) -> Field:
        lump = 0.0025 * sample(crust, x * 0.6, z * 0.6 + y * 0.4)
        deep = 0.014 * _score(x, z) * step(0.36, 0.5, y)
        a, b, c = x / 0.95, (y - 0.30) / np.where(y > 0.3, 0.36, 0.30), z / 0.46
        body = (np.sqrt(a * a + b * b + c * c) - 1) * 0.33
        return (body + lump + deep).astype(np.float32)

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        whole = np.maximum(loaf(x, y, z), x - cut)
        slices = np.full_like(x, 1e3)
        for i, (px, lean) in enumerate(((0.60, 0.50), (0.76, 0.86), (0.98, 1.42))):
            u, v = solid.turned(x - px, y - 0.02, lean)
            u0 = u + cut + 0.10 * i
            one = np.maximum(
                loaf(u0, v + 0.02, z * (1 + 0.03 * i)), np.abs(u0 - cut - 0.10 * i) - 0.035
            )
            slices = np.minimum(slices, one)
        board = solid.box(x - 0.2, y + 0.025, z - 0.05, (1.45, 0.03, 0.72), 0.03)
        knife = solid.box(x - 0.25, y - 0.022, z - 0.60 - 0.06 * x, (0.52, 0.012, 0.045), 0.008)
        grip = solid.box(x + 0.55, y - 0.03, z - 0.57 - 0.06 * x, (0.27, 0.022, 0.038), 0.018)
        bowl = np.hypot(np.hypot(x + 1.35, z + 0.42), y - 0.24) - 0.30
        bowl = np.maximum(np.maximum(np.abs(bowl + 0.02) - 0.018, y - 0.25), -y - 0.055)
        salt = np.maximum(
            np.hypot(np.hypot(x + 1.35, z + 0.42), y - 0.24) - 0.27,
            y - 0.17 - 0.02 * sample(crumb, x, z),
        )
        bits = np.full_like(x, 1e3)
        for i in range(9):
            bx, bz = 0.5 + 0.8 * np.sin(i * 2.3), 0.35 + 0.3 * np.cos(i * 3.7)
            bits = np.minimum(bits, solid.ball(x - bx, y - 0.012, z - bz, 0.010 + 0.006 * (i % 3)))
        bread = np.minimum(whole, slices)
        return [
            ((y + 0.055).astype(np.float32), 0),
            (board, 1),
            (bread, 2),
            (knife, 3),
            (grip, 4),
            (bowl.astype(np.float32), 5),
            (salt.astype(np.float32), 6),
            (bits, 7),
            ((z + 2.4).astype(np.float32), 8),
        ]

    def baked(x: Field, y: Field, z: Field) -> Field:
        inside = np.clip(-loaf(x, y, z) / 0.03, 0, 1) * (x < cut + 0.01)
        flat = np.where(
            x < cut + 0.02,
            inside * step(cut - 0.02, cut - 0.008, x),
            step(1.08, 0.96, _slice_edge(x, y, z, cut)),
        )
        pores = step(0.5, 1.6, sample(crumb, z * 0.7, y * 0.7 + x * 0.9))
        soft = rgb("#c9a877") * (1 - 0.45 * pores[:, None])
        tone = 1.0 + 0.08 * sample(crust, x * 0.8, z * 0.8 + y) - 0.75 * (y - 0.35)
        dust = step(-0.6, 2.0, sample(crumb, x * 0.8, z * 0.8 + y)) * step(0.25, 0.62, y)
        flour = dust * 0.65 * (1 - _score(x, z)) + 0.22 * _score(x, z) * step(0.33, 0.5, y)
        shell = (
            rgb("#8f5c33") * tone[:, None] * (1 - flour[:, None]) + rgb("#e3d3b8") * flour[:, None]
        )
        return (shell * (1 - flat[:, None]) + soft * flat[:, None]).astype(np.float32)

    matter = [
        Matter(planks(wood, "#4a3526", 0.5, 0.3), 0.10, 14),
        Matter(grained(wood, "#9a7048", 0.16), 0.12, 16),
        Matter(baked, 0.06, 10),
        Matter("#a9b0b5", 0.9, 60, mirror=0.25),
        Matter(grained(wood, "#2d1d14"), 0.3, 26),
        Matter("#cfc8ba", 0.5, 40),
        Matter("#f0ece4"),
        Matter("#b08a5a"),
        Matter(mottled(crust, "#8b928c", 0.05, 2.5)),
    ]
    lamps = [
        Lamp((3.1, 2.3, 0.9), "#f2f1f4", 40.0, hard=5),
        Lamp((-2.6, 1.6, 2.0), "#ffc590", 5.0, shadow=False),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#3c424c",
        beneath="#3a2a1c",
        corner=0.35,
        careful=0.7,
        steps=130,
    )
    canvas.light, depth = look(canvas, world, Eye((0.15, 1.35, 3.1), (0.05, 0.24, -0.1), 0.74))
    canvas.light = focus(canvas.light, depth, 3.0, 0.9, canvas)
    return Look(
        exposure=0.95, filmic=True, bloom=0.12, threshold=1.1, vignette=0.38, saturation=0.92
    )


def _score(x: Field, z: Field) -> Field:
    """Say where the baker cut the top of the loaf."""
    return np.exp(-(((((x + 0.45 * z + 3.0) % 0.46) - 0.23) / 0.04) ** 2)).astype(np.float32)


def _slice_edge(x: Field, y: Field, z: Field, cut: float) -> Field:
    """Say how near the rim of a leaning slice a point is: 1 on the crust."""
    least = np.full_like(x, 9.0)
    for i, (px, lean) in enumerate(((0.60, 0.50), (0.76, 0.86), (0.98, 1.42))):
        u, v = solid.turned(x - px, y - 0.02, lean)
        far = np.hypot(z * (1 + 0.03 * i) / 0.395, (v + 0.02 - 0.30) / 0.29)
        near = np.abs(u) < 0.045
        least = np.where(near, np.minimum(least, far), least)
    return least.astype(np.float32)


def radio_studio(canvas: Canvas) -> Look:
    """A microphone in a dark studio, a red lamp out of focus behind it."""

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        u, v = solid.turned(x, y - 1.25, -0.16)
        head = solid.rod(u, z, v - 0.12, 0.155, 0.23, 0.13)
        body = solid.rod(u, z, v + 0.20, 0.115, 0.15, 0.02)
        band = solid.rod(u, z, v + 0.07, 0.162, 0.026, 0.012)
        tail = solid.rod(u, z, v + 0.40, 0.035, 0.08, 0.01)
        yoke = np.maximum(solid.ring(u, v - 0.0, z, 0.235, 0.016), v - 0.05)
        knobs = solid.rod(z, v - 0.02, np.abs(u) - 0.235, 0.034, 0.03, 0.01)
        arm = solid.bar(x, y, z, (0.04, 1.0, 0.0), (0.55, 0.55, -0.15), 0.024)
        arm = np.minimum(arm, solid.bar(x, y, z, (0.55, 0.55, -0.15), (1.9, 1.45, -0.5), 0.026))
        arm = np.minimum(arm, solid.bar(x, y, z, (0.60, 0.66, -0.15), (1.9, 1.55, -0.5), 0.012))
        arm = np.minimum(arm, solid.rod(x - 0.55, y - 0.55, z + 0.15, 0.055, 0.045, 0.01))
        rim = solid.ring(u + 0.02, v - 0.13, z - 0.42, 0.19, 0.013)
        desk = solid.box(x, y - 0.1, z + 0.2, (4.0, 0.04, 1.1), 0.02)
        panel = solid.box(x + 1.15, y - 0.22, z + 0.25, (0.75, 0.07, 0.42), 0.02)
        knob_x, _ = solid.again(x + 1.15, 0.13, -5, 5)
        faders = solid.box(
            knob_x,
            y - 0.31,
            z + 0.15 - 0.12 * np.sin((x - knob_x) * 17),
            (0.028, 0.025, 0.04),
            0.008,
        )
        faders = np.minimum(faders, solid.rod(knob_x, z + 0.52, y - 0.31, 0.024, 0.025, 0.008))
        wedge = np.abs(((x + 0.0) / 0.24) % 1 - 0.5) * 0.24
        foam = (z + 2.6 - 0.55 * np.minimum(wedge, np.abs((y / 0.24) % 1 - 0.5) * 0.24)) * 0.8
        foam = np.maximum(foam, -solid.box(x + 0.2, y - 1.35, z + 2.6, (0.85, 0.55, 0.4)))
        lamp = solid.box(x - 1.25, y - 1.85, z + 2.45, (0.22, 0.085, 0.08), 0.03)
        glass = solid.box(x + 0.2, y - 1.35, z + 3.3, (1.6, 1.2, 0.02))
        return [
            (head, 0),
            (body, 1),
            (np.minimum(band, np.minimum(yoke, knobs)).astype(np.float32), 2),
            (np.minimum(arm, tail), 3),
            (rim, 3),
            (desk, 5),
            (panel, 1),
            (faders, 6),
            (foam.astype(np.float32), 7),
            (lamp, 8),
            (glass, 9),
        ]

    def grille(x: Field, y: Field, z: Field) -> Field:
        u, v = solid.turned(x, y - 1.25, -0.16)
        angle = np.arctan2(z, u) * 0.155
        mesh = np.maximum(
            np.abs(((angle + v) / 0.013) % 1 - 0.5), np.abs(((angle - v) / 0.013) % 1 - 0.5)
        )
        wire = 0.22 + 0.78 * step(0.28, 0.42, mesh)
        seam = 1 - 0.8 * step(0.012, 0.006, np.abs(u))
        return (wire * seam)[:, None] * rgb("#a9a294")

    def desks_beyond(x: Field, y: Field, z: Field) -> Field:
        warm = np.exp(-(((x + 0.7) / 0.3) ** 2) - ((y - 1.5) / 0.25) ** 2) * 1.2
        cool = np.exp(-(((x - 0.25) / 0.35) ** 2) - ((y - 1.2) / 0.14) ** 2) * 0.8
        return (
            warm[:, None] * rgb("#ffbf73") + cool[:, None] * rgb("#6fb0ff") + rgb("#16202c")
        ).astype(np.float32)

    matter = [
        Matter(grille, 0.5, 22),
        Matter("#25272a", 0.5, 30),
        Matter("#c2b594", 0.9, 40, mirror=0.15),
        Matter("#202225", 0.6, 26),
        Matter("#111111"),
        Matter("#2b211b", 0.3, 24, mirror=0.10),
        Matter("#c9c4b8", 0.4, 20),
        Matter("#2c3138"),
        Matter("#300806", glow=np.array((9.0, 0.7, 0.45), np.float32)),
        Matter("#0c0f14", glow=desks_beyond),
    ]
    lamps = [
        Lamp((-1.5, 2.5, 1.5), "#ffdfb5", 9.0, hard=9),
        Lamp((1.8, 1.9, -1.2), "#6fa8ff", 7.0, hard=9),
        Lamp((1.25, 1.85, -2.2), "#ff3a22", 1.5, shadow=False),
        Lamp((-1.3, 1.1, -1.4), "#ffb066", 1.0, shadow=False),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#15181d",
        beneath="#0e0c0a",
        corner=0.3,
        careful=0.85,
        steps=120,
    )
    canvas.light, depth = look(canvas, world, Eye((-0.42, 1.28, 1.75), (0.12, 1.13, 0), 0.74))
    canvas.light = focus(canvas.light, depth, 1.75, 0.75, canvas)
    return Look(exposure=1.15, filmic=True, bloom=0.35, threshold=0.9, vignette=0.4)


def ballot_boxes(canvas: Canvas) -> Look:
    """Three ballot boxes on a table in an empty polling station."""
    wood, paper = tile(canvas, 1.3, 2), tile(canvas, 1.8, 2)
    boxes = ((-1.05, -0.1, 0.08), (0.05, -0.18, -0.05), (1.12, -0.08, 0.05))

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        body, slot, slit, locks = (np.full_like(x, 1e3) for _ in range(4))
        for bx, bz, turn in boxes:
            u, w = solid.turned(x - bx, z - bz, turn)
            one = solid.box(u, y - 0.36, w, (0.38, 0.36, 0.30), 0.02)
            lid = solid.box(u, y - 0.74, w, (0.41, 0.03, 0.33), 0.015)
            body = np.minimum(body, np.minimum(one, lid))
            slot = np.minimum(slot, solid.box(u, y - 0.772, w, (0.21, 0.010, 0.055), 0.006))
            slit = np.minimum(slit, solid.box(u, y - 0.776, w, (0.165, 0.010, 0.013)))
            locks = np.minimum(
                locks, solid.box(u, y - 0.66, w - 0.32, (0.045, 0.055, 0.025), 0.015)
            )
            locks = np.minimum(locks, solid.ring(u, y - 0.72, w - 0.335, 0.03, 0.008))
        ballot = np.full_like(x, 1e3)
        for i, (px, pz, turn) in enumerate(
            (
                (-0.75, 0.52, 0.3),
                (-0.42, 0.66, -0.5),
                (0.30, 0.56, 0.9),
                (0.62, 0.70, -0.2),
                (1.15, 0.58, 0.4),
            )
        ):
            u, w = solid.turned(x - px, z - pz, turn)
            fold = 0.02 + (0.30 + 0.06 * (i % 3)) * np.abs(w)
            ballot = np.minimum(
                ballot,
                np.maximum(np.abs(y - fold) - 0.003, solid.box(u, y, w, (0.16, 0.3, 0.11))) * 0.85,
            )
        u, w = solid.turned(x - 0.05, z + 0.18, -0.05)
        entering = solid.box(
            u + 0.02 * (y - 0.8), y - 0.84, w + 0.15 * (y - 0.77), (0.13, 0.12, 0.004)
        )
        table = solid.box(x, y + 0.03, z, (2.4, 0.03, 0.95), 0.01)
        fold = 0.05 * np.sin(x * 19 + 1.5 * np.sin(x * 4)) * (0.6 + 0.4 * np.clip(1.6 - y, 0, 2))
        booth = (
            np.maximum(
                np.maximum(np.abs(z + 2.9 + fold) - 0.02, y - 1.55),
                np.abs(np.abs(x - 0.2) - 1.15) - 0.85,
            )
            * 0.6
        )
        rods = solid.rod(y - 1.58, z + 2.9, x, 0.02, 2.4)
        wall = (z + 4.2).astype(np.float32)
        floor = (y + 0.85).astype(np.float32)
        return [
            (body, 0),
            (slot, 1),
            (locks, 2),
            (np.minimum(ballot, entering).astype(np.float32), 3),
            (table, 4),
            (booth.astype(np.float32), 5),
            (rods, 1),
            (wall, 6),
            (floor, 7),
            (slit, 8),
        ]

    matter = [
        Matter(mottled(paper, "#7f93a0", 0.03, 1.0), 0.28, 24),
        Matter("#3f464b", 0.5, 26),
        Matter("#b08a3c", 0.8, 36),
        Matter(mottled(paper, "#ede8dc", 0.02), 0.02, 8),
        Matter(grained(wood, "#96704b"), 0.22, 22, mirror=0.05),
        Matter("#a3443a", 0.03, 8),
        Matter(mottled(paper, "#b9b9ab", 0.03, 2.0)),
        Matter("#6d6256"),
        Matter("#0a0b0c"),
    ]
    lamps = [
        Lamp((-3.0, 2.6, 1.6), "#fff1da", 26.0, hard=6),
        Lamp((-2.6, 2.6, -2.4), "#dce8f5", 9.0, shadow=False),
        Lamp((3.0, 2.0, 2.0), "#c9dcf0", 4.0, shadow=False),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#4f565e",
        beneath="#45392d",
        corner=0.4,
        careful=0.85,
        steps=120,
    )
    canvas.light, depth = look(canvas, world, Eye((-0.55, 1.35, 3.25), (0.02, 0.42, -0.1), 0.76))
    canvas.light = focus(canvas.light, depth, 3.4, 1.1, canvas)
    return Look(
        exposure=0.82, filmic=True, bloom=0.1, threshold=1.1, vignette=0.34, saturation=0.92
    )
