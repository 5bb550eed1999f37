"""Distances to simple solids, for `march`.

Each function takes points as three fields and gives how far each is from the solid: below
nothing inside. Lengths are metres; y points up.
"""

from __future__ import annotations

import numpy as np

from drawing.canvas import Field


def box(x: Field, y: Field, z: Field, size: tuple[float, float, float], soft: float = 0.0) -> Field:
    """A box about nothing, of half sizes `size`, its edges rounded by `soft`."""
    a, b, c = np.abs(x) - size[0] + soft, np.abs(y) - size[1] + soft, np.abs(z) - size[2] + soft
    outer = np.sqrt(np.maximum(a, 0) ** 2 + np.maximum(b, 0) ** 2 + np.maximum(c, 0) ** 2)
    return (outer + np.minimum(np.maximum(a, np.maximum(b, c)), 0) - soft).astype(np.float32)


def ball(x: Field, y: Field, z: Field, radius: float) -> Field:
    """A ball about nothing."""
    return (np.sqrt(x * x + y * y + z * z) - radius).astype(np.float32)


def rod(
    across: Field,
    other: Field,
    along: Field,
    radius: float | Field,
    half: float | Field,
    soft: float = 0.0,
) -> Field:
    """A round rod about nothing; `along` is its own direction."""
    a = np.sqrt(across * across + other * other) - radius + soft
    b = np.abs(along) - half + soft
    outer = np.sqrt(np.maximum(a, 0) ** 2 + np.maximum(b, 0) ** 2)
    return (outer + np.minimum(np.maximum(a, b), 0) - soft).astype(np.float32)


def cone(x: Field, y: Field, z: Field, low: float, up: float, half: float) -> Field:
    """A standing, cut-off cone: radius `low` at -half and `up` at +half (nearly a distance)."""
    radius = low + (up - low) * np.clip((y + half) / (2 * half), 0, 1)
    a, b = np.sqrt(x * x + z * z) - radius, np.abs(y) - half
    outer = np.sqrt(np.maximum(a, 0) ** 2 + np.maximum(b, 0) ** 2)
    return ((outer + np.minimum(np.maximum(a, b), 0)) * 0.9).astype(np.float32)


def bar(
    x: Field,
    y: Field,
    z: Field,
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
) -> Field:
    """A bar with round ends from one point to another."""
    run = np.subtract(end, start).astype(np.float32)
    a, b, c = x - start[0], y - start[1], z - start[2]
    share = np.clip((a * run[0] + b * run[1] + c * run[2]) / float(run @ run), 0, 1)
    return ball(a - run[0] * share, b - run[1] * share, c - run[2] * share, radius)


def ring(across: Field, other: Field, along: Field, radius: float, thick: float) -> Field:
    """A ring about the direction `along`."""
    far = np.sqrt(across * across + other * other) - radius
    return (np.sqrt(far * far + along * along) - thick).astype(np.float32)


def again(value: Field, every: float, low: int, high: int) -> tuple[Field, Field]:
    """Repeat space from copy `low` to copy `high`; gives the place in a copy, and its number."""
    number = np.clip(np.round(value / every), low, high)
    return (value - number * every).astype(np.float32), number.astype(np.float32)


def chance(number: Field, salt: float = 0.0) -> Field:
    """Give each number a value in 0..1 that looks like chance and never changes."""
    value = np.sin(number * 12.9898 + salt * 78.233 + 4.1) * 43758.547
    return (value - np.floor(value)).astype(np.float32)


def turned(x: Field, y: Field, angle: float) -> tuple[Field, Field]:
    """Turn a plane about nothing by radians."""
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return (x * c - y * s).astype(np.float32), (x * s + y * c).astype(np.float32)


def blend(one: Field, other: Field, width: float) -> Field:
    """Join two solids with a rounded seam."""
    share = np.clip(0.5 + 0.5 * (other - one) / width, 0, 1)
    joined = other + (one - other) * share - width * share * (1 - share)
    return joined.astype(np.float32)
