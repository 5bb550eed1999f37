"""What rooms and things are made of: boards, wood, plaster, leather."""

from __future__ import annotations

import numpy as np

from drawing import solid
from drawing.canvas import (
    Field,
    rgb,
    step,
)
from drawing.march import (
    Skin,
)
from drawing.noise import sample


def planks(wood: Field, colour: str, wide: float, contrast: float = 0.45) -> Skin:
    """Make floor boards that run along z."""

    def skin(x: Field, y: Field, z: Field) -> Field:
        plank = np.floor(x / wide)
        tone = 1 - contrast / 2 + contrast * solid.chance(plank)
        tone = tone + 0.10 * sample(wood, x * 2.0 + plank * 0.37, z * 0.12)
        tone = tone * (1 - 0.6 * step(0.46, 0.49, np.abs(x / wide - plank - 0.5)))
        return (tone[:, None] * rgb(colour)).astype(np.float32)

    return skin


def grained(wood: Field, colour: str, strength: float = 0.12) -> Skin:
    """Make wood whose grain runs along x."""

    def skin(x: Field, y: Field, z: Field) -> Field:
        tone = 1 + strength * sample(wood, x * 0.22, z * 2.0 + y * 2.0)
        return (np.maximum(tone, 0.1)[:, None] * rgb(colour)).astype(np.float32)

    return skin


def mottled(noise: Field, colour: str, strength: float = 0.05, size: float = 3.0) -> Skin:
    """Make plaster, stone, leather: a colour that is nowhere quite the same."""

    def skin(x: Field, y: Field, z: Field) -> Field:
        tone = 1 + strength * sample(noise, (x + 0.7 * z) / size, (y - 0.7 * z) / size)
        return (np.maximum(tone, 0.05)[:, None] * rgb(colour)).astype(np.float32)

    return skin
