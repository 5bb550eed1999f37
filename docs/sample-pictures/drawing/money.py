"""Stacks of coins on plain banknotes."""

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
from drawing.noise import tile
from drawing.skins import mottled


def coins_banknotes(canvas: Canvas) -> Look:
    """Stacks of coins on plain banknotes with wave patterns."""
    metal = tile(canvas, 1.2, 6)
    stacks = (
        (-0.62, 0.1, 9, 0),
        (-0.08, -0.28, 14, 1),
        (0.45, 0.02, 6, 0),
        (0.98, -0.35, 18, 1),
        (-1.15, -0.5, 5, 1),
        (0.25, 0.58, 2, 1),
    )

    def shape(x: Field, y: Field, z: Field) -> list[Part]:
        kinds = [np.full_like(x, 1e3), np.full_like(x, 1e3)]
        for px, pz, count, kind in stacks:
            thick = 0.052
            level = np.clip(np.floor(y / thick), 0, count - 1)
            salt = level + px * 37
            dx = x - px - 0.025 * (solid.chance(salt, 1) - 0.5)
            dz = z - pz - 0.025 * (solid.chance(salt, 2) - 0.5)
            dy = y - (level + 0.5) * thick
            radius = 0.235 if kind == 0 else 0.205
            coin = solid.rod(dx, dz, dy, radius, thick * 0.48, 0.010)
            dish = solid.rod(dx, dz, dy - thick * 0.48, radius - 0.03, 0.006)
            kinds[kind] = np.minimum(kinds[kind], np.maximum(coin, -dish) * 0.85)
        for px, pz, lean, kind in (
            (-0.28, 0.62, 0.16, 0),
            (0.82, 0.52, 0.0, 0),
            (1.22, 0.35, 0.0, 1),
        ):
            u, v = solid.turned(x - px, y - 0.03 - lean * 0.2, lean)
            kinds[kind] = np.minimum(
                kinds[kind], solid.rod(u, z - pz, v, 0.235 if kind == 0 else 0.205, 0.025, 0.010)
            )
        notes = np.full_like(x, 1e3)
        for i, (px, pz, turn) in enumerate(
            ((-0.5, 0.25, 0.25), (0.6, 0.1, -0.32), (0.1, -0.7, 0.08), (-1.4, -0.3, -0.6))
        ):
            u, w = solid.turned(x - px, z - pz, turn)
            curl = 0.004 + 0.012 * i + 0.03 * np.clip(np.abs(u) - 0.55, 0, 1) ** 2
            notes = np.minimum(
                notes,
                np.maximum(np.abs(y - curl + 0.045) - 0.004, solid.box(u, y, w, (0.95, 0.5, 0.46)))
                * 0.9,
            )
        return [
            (kinds[0], 0),
            (kinds[1], 1),
            (notes.astype(np.float32), 2),
            ((y + 0.05).astype(np.float32), 3),
        ]

    def engraved(x: Field, y: Field, z: Field) -> Field:
        tone = np.full_like(x, 1.0)
        for i, (px, pz, turn) in enumerate(
            ((-0.5, 0.25, 0.25), (0.6, 0.1, -0.32), (0.1, -0.7, 0.08), (-1.4, -0.3, -0.6))
        ):
            u, w = solid.turned(x - px, z - pz, turn)
            on = (np.abs(u) < 0.95) & (np.abs(w) < 0.46) & (np.abs(y + 0.041 - 0.012 * i) < 0.012)
            rose = np.hypot(u - 0.4, w)
            lines = np.sin(95 * (rose + 0.05 * np.sin(12 * np.arctan2(w, u - 0.4)))) * (rose < 0.3)
            field = np.sin(70 * (w + 0.06 * np.sin(9 * u) + 0.03 * np.sin(23 * u))) * (rose >= 0.3)
            edge = np.maximum(np.abs(u) / 0.95, np.abs(w) / 0.46)
            frame = (edge > 0.86) & (edge < 0.90)
            ink = 0.30 * step(0.1, 0.8, lines + field) * (edge < 0.85) + 0.45 * frame
            tone = np.where(on, 1 - ink, tone)
        number = np.where(x < 0, 1, 0)
        paper = np.where(number[:, None] == 1, rgb("#9fb39a"), rgb("#c09a84"))
        return (paper * tone[:, None]).astype(np.float32)

    matter = [
        Matter(mottled(metal, "#a98b55", 0.12, 1.2), 1.1, 40, mirror=0.30),
        Matter(mottled(metal, "#a5a9ad", 0.10, 1.2), 1.1, 44, mirror=0.32),
        Matter(engraved, 0.03, 8),
        Matter("#33261e", 0.15, 16),
    ]
    lamps = [
        Lamp((-2.4, 1.9, 0.6), "#ffd9a3", 15.0, hard=9),
        Lamp((2.2, 1.8, -1.8), "#8fb4e0", 8.0, hard=8),
        Lamp((0.5, 2.5, 2.4), "#ffe9cc", 3.0, shadow=False),
    ]
    world = World(
        shape,
        matter,
        lamps,
        above="#4a453f",
        beneath="#2b211a",
        corner=0.25,
        careful=0.8,
        steps=130,
    )
    eye = Eye((-0.15, 1.15, 2.3), (0.1, 0.2, -0.1), 0.74)
    canvas.light, depth = look(canvas, world, eye, "#191412")
    canvas.light = focus(canvas.light, depth, 2.3, 1.1, canvas)
    return Look(exposure=0.95, filmic=True, bloom=0.2, threshold=1.0, vignette=0.4, saturation=0.9)
