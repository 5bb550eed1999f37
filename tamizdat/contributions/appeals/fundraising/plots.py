"""Plots as shapes: a template draws them as inline SVG, and a table beside them says the same.

Coordinates are in units of the drawing's own box, ``WIDTH`` by ``HEIGHT``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 220
LEFT, FOOT, TOP = 64, 24, 10  # what axes and words take
STEPS = (1, 2, 5)


@dataclass(frozen=True)
class Bar:
    """A bar; ``label`` stands under it where there is room, ``title`` says all of it."""

    x: float
    y: float
    width: float
    height: float
    label: str
    title: str
    kind: str = ""

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


@dataclass(frozen=True)
class Tick:
    """A line across, with what it stands for."""

    y: float
    label: str


@dataclass(frozen=True)
class Plot:
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    zero: float

    width, height, left = WIDTH, HEIGHT, LEFT

    @property
    def box(self) -> str:
        return f"0 0 {WIDTH} {HEIGHT}"


@dataclass(frozen=True)
class Value:
    """One column: what is stacked in it, each with its kind, and what is said of it."""

    label: str
    parts: tuple[tuple[str, float], ...]
    title: str


def columns(values: Sequence[Value]) -> Plot:
    """Stack what is above nothing upwards, what is below downwards."""
    high = max((sum(max(0, size) for _, size in each.parts) for each in values), default=0)
    low = min((sum(min(0, size) for _, size in each.parts) for each in values), default=0)
    step = _step(high - low)
    top, bottom = _up(high, step), -_up(-low, step)
    scale = (HEIGHT - FOOT - TOP) / ((top - bottom) or 1)
    zero = TOP + top * scale
    slot = (WIDTH - LEFT) / max(1, len(values))
    every = 1 if len(values) <= 12 else 3
    bars: list[Bar] = []
    for at, each in enumerate(values):
        label = each.label if at % every == 0 else ""
        bars += _stacked(each, LEFT + at * slot + slot * 0.15, slot * 0.7, zero, scale, label)
    return Plot(tuple(bars), tuple(_ticks(bottom, top, step, zero, scale)), round(zero, 1))


def _stacked(
    value: Value, x: float, width: float, zero: float, scale: float, label: str
) -> list[Bar]:
    up = down = zero
    found: list[Bar] = []
    for kind, size in value.parts:
        height = abs(size) * scale
        if size >= 0:
            up -= height
        y = up if size >= 0 else down
        if size < 0:
            down += height
        shape = (round(x, 1), round(y, 1), round(width, 1), round(height, 1))
        found.append(Bar(*shape, label if not found else "", value.title, kind))
    return found


def _ticks(bottom: float, top: float, step: float, zero: float, scale: float) -> list[Tick]:
    found: list[Tick] = []
    at = bottom
    while at <= top + step / 2:
        found.append(Tick(round(zero - at * scale, 1), _short(at)))
        at += step
    return found


def _step(span: float) -> float:
    """Return a round step that divides a span into four or so."""
    if span <= 0:
        return 1
    power = 1
    while power * 10 * 4 < span:
        power *= 10
    return next((power * each for each in STEPS if power * each * 4 >= span), power * 10)


def _up(value: float, step: float) -> float:
    return -(-value // step) * step if value > 0 else 0


def _short(value: float) -> str:
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:g} M"
    return f"{value / 1000:g} k" if abs(value) >= 10_000 else f"{value:g}"
