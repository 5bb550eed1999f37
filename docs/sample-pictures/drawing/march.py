"""Draws rooms and things from distances: rays, soft shadows, shade in corners, haze.

Promises: no chance is used, so a picture never has speckles; points on an edge are looked at
nine times, all others once; a ray that meets nothing has a depth of `FAR`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from drawing.canvas import Canvas, Colour, Field, encode, rgb

FAR = 80.0
_CHUNK = 1 << 16
_BRIGHTEST = 6.0
# Where nine more rays go through a point that lies on an edge.
_FINER = tuple((down / 3, right / 3) for down in (-1, 0, 1) for right in (-1, 0, 1))

Part = tuple[Field, int]
Shape = Callable[[Field, Field, Field], Sequence[Part]]
Skin = Callable[[Field, Field, Field], Field]
Gate = Callable[[Field, Field, Field], Field]
Spot = tuple[float, float, float]


@dataclass(frozen=True)
class Matter:
    """What a part is made of; a skin gives a colour for each place."""

    colour: Colour | Skin = "#808080"
    gloss: float = 0.0
    sharp: float = 30.0
    mirror: float = 0.0
    glow: Colour | Skin | None = None


@dataclass(frozen=True)
class Lamp:
    """A light: at a place, or (`sun`) from a direction; a gate says where it reaches."""

    place: Spot
    colour: Colour
    power: float = 1.0
    sun: bool = False
    hard: float = 10.0
    shadow: bool = True
    gate: Gate | None = None


@dataclass(frozen=True)
class World:
    """Everything that is seen, and the light it is seen by."""

    shape: Shape
    matter: Sequence[Matter]
    lamps: Sequence[Lamp]
    above: Colour = "#30343a"
    beneath: Colour = "#181614"
    haze: Colour = "#000000"
    dense: float = 0.0
    corner: float = 0.5
    careful: float = 0.9
    steps: int = 96


@dataclass(frozen=True)
class Eye:
    """Where we look from and at; `wide` is the height of the sheet one metre away."""

    place: Spot
    target: Spot
    wide: float = 0.9
    middle: tuple[float, float] = field(default=(0.5, 0.5))


def look(canvas: Canvas, world: World, eye: Eye, sky: Colour | None = None) -> tuple[Field, Field]:
    """Render the world at the canvas's size; return light and depth.

    The sky, one colour or one for each point, is what rays that meet nothing see; without
    one they see the haze.
    """
    shape = (canvas.height * canvas.width, 3)
    ground = np.broadcast_to(rgb(world.haze if sky is None else sky), (*canvas.light.shape,))
    ground = ground.reshape(shape)
    rows, columns = np.divmod(np.arange(shape[0]), canvas.width)
    light, depth = _sampled(world, eye, canvas, columns, rows, ground)
    rough = np.flatnonzero(_edges(light, depth, canvas))
    total = np.zeros((len(rough), 3), np.float32)
    for down, right in _FINER:
        some = (columns[rough] + right, rows[rough] + down)
        total += _sampled(world, eye, canvas, *some, ground[rough])[0]
    light[rough] = total / len(_FINER)
    return light.reshape(canvas.light.shape), depth.reshape(canvas.height, canvas.width)


def _sampled(
    world: World, eye: Eye, canvas: Canvas, columns: Field, rows: Field, ground: Field
) -> tuple[Field, Field]:
    light = np.zeros((len(columns), 3), np.float32)
    depth = np.zeros(len(columns), np.float32)
    for at in range(0, len(columns), _CHUNK):
        part = slice(at, at + _CHUNK)
        rays = _rays(eye, canvas, columns[part], rows[part])
        origin = np.broadcast_to(np.asarray(eye.place, np.float32), rays.shape)
        light[part], depth[part] = _seen(world, origin, rays, mirrors=1)
    missed = depth >= FAR
    light[missed] = ground[missed]
    return np.minimum(light, _BRIGHTEST), depth


def _edges(light: Field, depth: Field, canvas: Canvas) -> NDArray[np.bool_]:
    """Find the points that differ so much from a neighbour that one ray is too few."""
    tone = encode(light.reshape(canvas.light.shape).mean(axis=-1))
    near = 1 / depth.reshape(canvas.height, canvas.width)
    marked = np.zeros(tone.shape, np.bool_)
    for sheet, limit in ((tone, 0.06), (near, 0.015)):
        for axis in (0, 1):
            steep = np.abs(np.diff(sheet, axis=axis)) > limit
            low = [(0, 1) if i == axis else (0, 0) for i in range(2)]
            high = [(1, 0) if i == axis else (0, 0) for i in range(2)]
            marked |= np.pad(steep, low) | np.pad(steep, high)
    return marked.ravel()


def _rays(eye: Eye, canvas: Canvas, columns: Field, rows: Field) -> Field:
    forward = np.subtract(eye.target, eye.place).astype(np.float64)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0, 1, 0))
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    x = ((columns + 0.5) / canvas.width - eye.middle[0]) * eye.wide * canvas.aspect
    y = (eye.middle[1] - (rows + 0.5) / canvas.height) * eye.wide
    rays = forward + x[:, None] * right + y[:, None] * up
    return (rays / np.linalg.norm(rays, axis=-1, keepdims=True)).astype(np.float32)


def _nearest(world: World, p: Field) -> Field:
    parts = world.shape(p[:, 0], p[:, 1], p[:, 2])
    least = parts[0][0]
    for part, _ in parts[1:]:
        least = np.minimum(least, part)
    return least


def _travel(world: World, origin: Field, ray: Field, longest: float) -> Field:
    """Walk each ray to the first thing it meets."""
    gone = np.zeros(len(ray), np.float32)
    moving = np.arange(len(ray))
    for _ in range(world.steps):
        gap = _nearest(world, origin[moving] + ray[moving] * gone[moving, None])
        gone[moving] += gap * world.careful
        still = (gap > 0.0002 * (1 + gone[moving])) & (gone[moving] < longest)
        moving = moving[still]
        if len(moving) == 0:
            break
    gone[gone >= longest] = FAR
    return gone


def _seen(world: World, origin: Field, ray: Field, mirrors: int) -> tuple[Field, Field]:
    gone = _travel(world, origin, ray, FAR)
    light = np.zeros((len(ray), 3), np.float32)
    hit = np.flatnonzero(gone < FAR)
    if len(hit):
        light[hit] = _shaded(world, origin[hit] + ray[hit] * gone[hit, None], ray[hit], mirrors)
    if world.dense:
        clear = np.exp(-np.minimum(gone, 60) * world.dense)[:, None]
        light = light * clear + rgb(world.haze) * (1 - clear)
    return light.astype(np.float32), gone


def _normals(world: World, p: Field) -> Field:
    e = 0.0008
    total = np.zeros_like(p)
    for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
        way = np.asarray(corner, np.float32)
        total += way * _nearest(world, p + way * e)[:, None]
    return (total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-9)).astype(
        np.float32
    )


def _corners(world: World, p: Field, n: Field) -> Field:
    """Say how open each point is to the room: 1 in the open, 0 in a tight corner."""
    shade = np.zeros(len(p), np.float32)
    weight = 1.0
    for i in range(1, 6):
        reach = world.corner * (i / 5) ** 1.6
        shade += weight * (reach - np.clip(_nearest(world, p + n * reach), 0, reach)) / reach
        weight *= 0.8
    return np.clip(1 - shade / 4.0, 0.06, 1).astype(np.float32)


def _owners(world: World, p: Field) -> list[NDArray[np.int64]]:
    """List, for each kind of matter, the points that belong to it."""
    parts = world.shape(p[:, 0], p[:, 1], p[:, 2])
    owner = np.zeros(len(p), np.int64)
    least = np.full(len(p), np.inf, np.float32)
    for part, number in parts:
        closer = part < least
        owner[closer], least[closer] = number, part[closer]
    return [np.flatnonzero(owner == i) for i in range(len(world.matter))]


def _coloured(paint: Colour | Skin, p: Field) -> Field:
    if callable(paint):
        return paint(p[:, 0], p[:, 1], p[:, 2])
    return np.broadcast_to(rgb(paint), p.shape).astype(np.float32)


def _shaded(world: World, p: Field, ray: Field, mirrors: int) -> Field:
    n = _normals(world, p)
    places = _owners(world, p)
    albedo, glow = np.zeros_like(p), np.zeros_like(p)
    gloss, sharp, mirror = (np.zeros(len(p), np.float32) for _ in range(3))
    for matter, at in zip(world.matter, places, strict=True):
        if len(at):
            albedo[at] = _coloured(matter.colour, p[at])
            gloss[at], sharp[at], mirror[at] = matter.gloss, matter.sharp, matter.mirror
            if matter.glow is not None:
                glow[at] = _coloured(matter.glow, p[at])
    open_ = _corners(world, p, n)[:, None]
    up = (0.5 + 0.5 * n[:, 1])[:, None]
    light = albedo * open_ * (rgb(world.above) * up + rgb(world.beneath) * (1 - up)) + glow
    for lamp in world.lamps:
        light = light + _lit(world, lamp, p, n, ray, albedo, gloss, sharp)
    shiny = np.flatnonzero(mirror > 0)
    if mirrors and len(shiny):
        light[shiny] += _mirrored(world, p[shiny], n[shiny], ray[shiny], mirror[shiny])
    return light.astype(np.float32)


def _lit(
    world: World,
    lamp: Lamp,
    p: Field,
    n: Field,
    ray: Field,
    albedo: Field,
    gloss: Field,
    sharp: Field,
) -> Field:
    place = np.asarray(lamp.place, np.float32)
    run = np.broadcast_to(place, p.shape) if lamp.sun else place - p
    far = np.linalg.norm(run, axis=1)
    way = (run / far[:, None]).astype(np.float32)
    facing = np.clip((n * way).sum(1), 0, 1)
    power = np.full(len(p), lamp.power, np.float32) if lamp.sun else lamp.power / (0.15 + far**2)
    if lamp.gate is not None:
        power = power * lamp.gate(p[:, 0], p[:, 1], p[:, 2])
    if lamp.shadow:
        reach = np.full(len(p), 30.0, np.float32) if lamp.sun else far
        power = power * _shadow(world, p + n * 0.004, way, reach, lamp.hard, facing * power > 0.006)
    half = way - ray
    half = half / np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
    shine = gloss * np.clip((n * half).sum(1), 0, 1) ** sharp * (facing > 0)
    return ((albedo * facing[:, None] + shine[:, None]) * power[:, None] * rgb(lamp.colour)).astype(
        np.float32
    )


def _shadow(
    world: World, p: Field, way: Field, reach: Field, hard: float, worth: NDArray[np.bool_]
) -> Field:
    open_ = np.ones(len(p), np.float32)
    gone = np.full(len(p), 0.012, np.float32)
    last = np.full(len(p), 1e9, np.float32)
    moving = np.flatnonzero(worth)
    for _ in range(64):
        if len(moving) == 0:
            break
        t = gone[moving]
        gap = np.maximum(_nearest(world, p[moving] + way[moving] * t[:, None]), 0)
        back = gap * gap / (2 * last[moving])
        side = np.sqrt(np.maximum(gap * gap - back * back, 0))
        open_[moving] = np.minimum(open_[moving], hard * side / np.maximum(t - back, 1e-4))
        last[moving] = np.maximum(gap, 1e-5)
        gone[moving] += np.clip(gap * 0.8, 0.008, 0.5)
        moving = moving[(open_[moving] > 0.005) & (gone[moving] < reach[moving] - 0.02)]
    open_ = np.clip(open_, 0, 1)
    return (open_ * open_ * (3 - 2 * open_)).astype(np.float32)


def _mirrored(world: World, p: Field, n: Field, ray: Field, mirror: Field) -> Field:
    cos = np.clip(-(n * ray).sum(1), 0, 1)
    bounced = (ray + 2 * cos[:, None] * n).astype(np.float32)
    share = mirror + (1 - mirror) * 0.6 * mirror * (1 - cos) ** 4
    seen, _ = _seen(world, p + n * 0.006, bounced, mirrors=0)
    return seen * share[:, None]


def focus(light: Field, depth: Field, at: float, strength: float, canvas: Canvas) -> Field:
    """Blur what lies nearer or farther than `at`, as a wide-open lens does."""
    blur = np.clip(strength * np.abs(1 / np.maximum(depth, 0.05) - 1 / at), 0, 1)
    blur = gaussian_filter(blur, 0.004 * canvas.height)
    levels = [0.0, 0.0025, 0.006, 0.013, 0.026]
    marks = [0.0, 0.1, 0.25, 0.5, 1.0]
    out = np.zeros_like(light)
    for i, size in enumerate(levels):
        sheet = light if size == 0 else canvas.blur(light, size)
        low = marks[i - 1] if i else -1.0
        high = marks[i + 1] if i + 1 < len(marks) else 2.0
        rising = np.clip((blur - low) / (marks[i] - low), 0, 1)
        falling = np.clip((high - blur) / (high - marks[i]), 0, 1)
        out += sheet * np.minimum(rising, falling)[..., None]
    return out
