"""Scenes by water: a dam, a bridge, a flood, harbour cranes, a lighthouse."""

from __future__ import annotations

import numpy as np

from tamizdat.importers.sample.drawing.canvas import Canvas, Field, Look, Stencil, ramp, rgb, step
from tamizdat.importers.sample.drawing.land import (
    below,
    branches,
    draw_strokes,
    glitter,
    hill,
    lit_clouds,
    mist,
    overcast,
    reflect,
    spruces,
    stars,
    waves,
)
from tamizdat.importers.sample.drawing.noise import clouds, ridge


def tamna_dam(canvas: Canvas) -> Look:
    """A curved concrete wall between dark slopes, mist at its foot."""
    canvas.sky([(0, "#7790a8"), (0.2, "#b9c7d0"), (0.4, "#e5e3da"), (1, "#d5dadb")])
    lit_clouds(canvas, "#f3efe6", "#94a6b5", 0.5, 0.3, 3)
    for i, tone in enumerate(("#a2b4c1", "#7f96a6")):
        line = (0.25 + 0.07 * i - 0.09 * np.abs(ridge(canvas, 0.55, 8)) + 0.05 * np.cos((canvas.x[0] - 0.75) * 4)).astype(np.float32)
        hill(canvas, line, [(0, tone), (1, "#cfd8dc")], 0.25)
    _wall(canvas)
    for side in (-1, 1):
        _valley_side(canvas, side)
    _rapids(canvas)
    mist(canvas, 0.79, 0.06, "#e4eaec", 0.55)
    for x, y, size, power in ((0.75, 0.80, 0.10, 0.5), (0.68, 0.82, 0.07, 0.25), (0.83, 0.81, 0.08, 0.3)):
        spray = np.exp(-((canvas.distance(x, y, 1.3) / size) ** 2)) * (0.5 + 0.9 * clouds(canvas, 0.09, 5))
        canvas.paint(np.clip(spray * power * 1.6, 0, 0.95).astype(np.float32), "#edf2f3")
    front = (0.985 - 0.22 * np.abs(canvas.x[0] - 0.75) ** 2.2 + 0.02 * ridge(canvas, 0.3, 6)).astype(np.float32)
    canvas.paint(spruces(canvas, front + 0.03, 0.15, 5) * step(0.25, 0.5, np.abs(canvas.x - 0.75)), "#101e24")
    return Look(vignette=0.34, bloom=0.12)


def _wall(canvas: Canvas) -> None:
    across = (canvas.x - 0.75) / 0.62
    top = 0.335 - 0.045 * across**2
    mask = below(canvas, top[0]) * (1 - below(canvas, 0.84))
    turn = np.clip(across, -1, 1)
    light = 0.58 - 0.34 * turn + 0.10 * np.cos(turn * 3)
    down = np.clip((canvas.y - top) / 0.5, 0, 1)
    stains = clouds(canvas, 0.22, 6, 0.10, 0.62) - 0.5
    patches = clouds(canvas, 0.2, 5, 1.6) - 0.5
    lifts = 0.035 * (np.abs(((canvas.y - top) * 26) % 1 - 0.5) > 0.46)
    joints = 0.07 * (np.abs((np.arcsin(turn * 0.98) * 15) % 1 - 0.5) > 0.475)
    tone = light * (1 - 0.28 * down) + 0.30 * stains * (0.4 + down) + 0.12 * patches - lifts - joints
    canvas.paint(mask, np.clip(tone, 0.03, 1)[..., None] * rgb("#d8d2c4"))
    _crown(canvas, top[0])
    for i in range(5):
        _fall(canvas, 0.60 + 0.075 * i, 0.365, 0.82)


def _crown(canvas: Canvas, top: Field) -> None:
    walk = below(canvas, top - 0.012) * (1 - below(canvas, top + 0.004))
    canvas.paint(walk, "#c9c6bb")
    canvas.dim(below(canvas, top + 0.004) * (1 - below(canvas, top + 0.012)) * 0.5)
    pen = canvas.stencil()
    for i in range(60):
        x = 0.13 + i * 0.021
        y = float(top[min(int(x * canvas.height), canvas.width - 1)])
        pen.line([(x, y - 0.012), (x, y - 0.024)], 0.0009)
        if i % 7 == 3:
            pen.line([(x, y - 0.012), (x, y - 0.06), (x + 0.008, y - 0.062)], 0.0013)
    for i in range(6):
        x = 0.5625 + 0.075 * i
        y = float(top[int(x * canvas.height)])
        pen.box(x - 0.007, y - 0.028, 0.014, 0.06)
    pen.box(0.53, 0.278, 0.44, 0.013)
    canvas.paint(pen.mask(), "#59646b")


def _fall(canvas: Canvas, x: float, y: float, foot: float) -> None:
    t = np.clip((canvas.y - y) / (foot - y), 0, 1)
    wide = 0.024 + 0.012 * t
    edge = (canvas.x - x + 0.004 * (clouds(canvas, 0.1, 4, 0.3) - 0.5)) / wide
    inside = step(1.0, 0.75, np.abs(edge)) * below(canvas, y) * (1 - below(canvas, foot))
    threads = clouds(canvas, 0.12, 6, 0.06, 0.7)
    canvas.dim((inside * (1 - below(canvas, y + 0.016)) * 0.8).astype(np.float32))
    white = inside * below(canvas, y + 0.01) * (0.35 + 0.75 * threads) * (0.75 + 0.25 * t)
    canvas.paint(np.clip(white, 0, 1).astype(np.float32), "#f2f6f7")


def _valley_side(canvas: Canvas, side: int) -> None:
    x = canvas.x[0] if side < 0 else canvas.aspect - canvas.x[0]
    for shift, tone, high in ((0.0, "#52666d", 0.045), (0.08, "#33474f", 0.06), (0.2, "#1f3138", 0.09)):
        line = 0.10 + shift + 1.15 * np.maximum(x - 0.12 + shift * 0.9, 0) ** 1.25 + 0.03 * ridge(canvas, 0.25, 7)
        trees = spruces(canvas, line.astype(np.float32), high, 16)
        canvas.paint(trees * (canvas.x < 0.75 if side < 0 else canvas.x > 0.75), tone)
        mist(canvas, 0.5 + shift, 0.2, "#c9d3d6", 0.10)


def _rapids(canvas: Canvas) -> None:
    under = np.maximum(canvas.y - 0.80, 0)
    bank = 0.09 * (clouds(canvas, 0.08, 5, 1.5) - 0.5)
    reach = 0.10 + 1.9 * under + 9 * under**2 + bank
    inside = step(1.0, 0.93, np.abs(canvas.x - 0.75) / np.maximum(reach, 0.01)) * below(canvas, 0.81)
    up_down, other = waves(canvas, 0.80, 0.2)
    canvas.paint(inside * 0.85, ramp(np.clip(0.45 + 0.25 * up_down, 0, 1), [(0, "#2c444c"), (0.5, "#6f8b92"), (1, "#e9f1f2")]))
    canvas.paint(inside * step(0.7, 1.6, other) * 0.6, "#f4f8f8")


def river_at_dawn(canvas: Canvas) -> None:
    """Paint the river's far bank and the iron bridge, without the water."""
    canvas.sky([(0, "#476287"), (0.25, "#8da3b8"), (0.45, "#e0c2b0"), (0.58, "#fbd9ab"), (1, "#fbd9ab")])
    lit_clouds(canvas, "#fbd5b5", "#7f91aa", 0.4, 0.28, 4.5)
    canvas.glow(0.45, 0.56, 0.09, "#ffd59a", 1.2)
    for i, tone in enumerate(("#b3a7ab", "#8d8894", "#666a7c")):
        line = (0.53 + 0.027 * i - 0.035 * ridge(canvas, 0.6, 6)).astype(np.float32)
        canvas.paint(spruces(canvas, line, 0.012 + 0.006 * i, 30), tone)
        mist(canvas, 0.575 + 0.012 * i, 0.03, "#f5d8bd", 0.55)
    _bridge(canvas, 0.555)
    mist(canvas, 0.605, 0.03, "#f3d6bb", 0.5)


def tamna_bridge(canvas: Canvas) -> Look:
    """An iron arch bridge at first light, mirrored in the river."""
    shore = 0.62
    river_at_dawn(canvas)
    reflect(canvas, shore, "#e6e2e2", 0.016, 0.006, 0.94, "#22334a")
    glitter(canvas, 0.45, shore, 0.07, "#a87c4c")
    mist(canvas, 0.635, 0.018, "#f3d8c0", 0.6)
    bank = (0.975 - 0.10 * np.exp(-((canvas.x[0] / 0.5) ** 2)) + 0.012 * ridge(canvas, 0.2, 6)).astype(np.float32)
    canvas.paint(below(canvas, bank), "#151a22")
    _grasses(canvas, bank, 900, 0.06, "#151a22")
    return Look(vignette=0.32, bloom=0.16)


def _grasses(canvas: Canvas, line: Field, count: int, high: float, colour: str) -> None:
    pen = canvas.stencil()
    for _ in range(count):
        x = canvas.rng.uniform(0, canvas.aspect)
        y = float(line[min(int(x * canvas.height), canvas.width - 1)]) + 0.01
        lean, tall = canvas.rng.normal(0, 0.012), high * canvas.rng.uniform(0.2, 1) ** 1.5
        pen.line([(x, y), (x + lean * 0.4, y - tall * 0.6), (x + lean, y - tall)], 0.0014)
    canvas.paint(pen.mask(), colour)


def _bridge(canvas: Canvas, deck: float) -> None:
    pen, stone = canvas.stencil(), canvas.stencil()
    for middle, half, rise in ((0.28, 0.36, 0.16), (1.02, 0.37, 0.20), (1.76, 0.36, 0.16)):
        _arch(pen, middle, half, rise, deck)
    pen.box(-0.2, deck - 0.006, 2.2, 0.014)
    for i in range(130):
        pen.line([(i * 0.012, deck - 0.006), (i * 0.012, deck - 0.02)], 0.0008)
    pen.line([(-0.1, deck - 0.02), (1.7, deck - 0.02)], 0.0014)
    for x in (0.65, 1.395):
        stone.polygon([(x - 0.022, deck), (x + 0.022, deck), (x + 0.03, 0.64), (x - 0.03, 0.64)])
        stone.box(x - 0.03, deck - 0.008, 0.06, 0.016)
    canvas.paint(stone.mask(), "#4a4a58")
    canvas.paint(pen.mask(), "#2c3346")


def _arch(pen: Stencil, middle: float, half: float, rise: float, deck: float) -> None:
    t = np.linspace(-1, 1, 25)
    low = [(middle + half * float(a), deck - rise * float(1 - a**2)) for a in t]
    up = [(middle + half * float(a), deck - rise * float(1 - a**2) - 0.012 - 0.02 * float(1 - a**2)) for a in t]
    pen.line(low, 0.0045)
    pen.line(up, 0.0045)
    for i in range(24):
        pen.line([low[i], up[i + 1]], 0.0013)
        pen.line([up[i], low[i]], 0.0013)
        if i and i % 2 == 0:
            pen.line([low[i], (low[i][0], deck)], 0.0022)


def tamna_flood(canvas: Canvas) -> Look:
    """Houses and bare trees in still brown flood water under a heavy sky."""
    shore = 0.50
    canvas.sky([(0, "#5d6a75"), (0.25, "#8f9799"), (0.42, "#c9c2b2"), (0.5, "#ddd0b6"), (1, "#ddd0b6")])
    lit_clouds(canvas, "#a9aba6", "#6d7880", 0.8, 0.5, 4.5)
    canvas.glow(0.35, 0.47, 0.12, "#f6e2b8", 0.35)
    line = (shore - 0.016 + 0.006 * ridge(canvas, 0.3, 6)).astype(np.float32)
    hill(canvas, line - 0.008, [(0, "#a5a497"), (1, "#c6bda8")], 0.03)
    for i in range(26):
        x = canvas.rng.uniform(0, canvas.aspect)
        _flood_tree(canvas, x, shore, canvas.rng.uniform(0.02, 0.045), "#8b8a80")
    for x, size in ((0.16, 0.035), (0.30, 0.045), (0.62, 0.05), (1.28, 0.04), (1.42, 0.05), (0.52, 0.035)):
        _flood_house(canvas, x, shore, size, 0.45)
    mist(canvas, shore - 0.01, 0.03, "#d5cab4", 0.5)
    snapshot = _with_mirror(canvas, shore)
    return snapshot


def _with_mirror(canvas: Canvas, shore: float) -> Look:
    reflect(canvas, shore, "#d9cfbb", 0.012, 0.003, 0.95, "#4b4436")
    mist(canvas, shore + 0.005, 0.012, "#d5cab4", 0.6)
    for x, y, size, kind in ((1.02, 0.60, 0.15, "house"), (0.42, 0.585, 0.13, "tree"), (1.33, 0.615, 0.19, "tree"), (0.66, 0.64, 0.13, "pole"), (0.26, 0.70, 0.22, "house"), (0.95, 0.73, 0.2, "pole"), (0.58, 0.80, 0.42, "tree"), (1.30, 0.86, 0.32, "pole")):
        _standing(canvas, x, y, size, kind)
    return Look(vignette=0.36, bloom=0.1)


def _standing(canvas: Canvas, x: float, y: float, size: float, kind: str) -> None:
    """Draw one thing in the water with its own mirror image below it."""
    sheet = canvas.light.copy()
    state = canvas.rng.bit_generator.state
    _flood_thing(canvas, x, y, size, kind)
    changed = np.abs(canvas.light - sheet).max(axis=-1) > 0.002
    row = round(y * canvas.height)
    canvas.rng.bit_generator.state = state
    deep = min(row, canvas.height - row)
    mirror, mask = canvas.light[row - deep : row][::-1], changed[row - deep : row][::-1]
    soft = canvas.blur(mask.astype(np.float32), 0.0015) * np.linspace(0.8, 0.45, deep, dtype=np.float32)[:, None]
    up_down, _ = waves(canvas, y - 0.14)
    shift = np.round(up_down[row : row + deep] * 0.0035 * canvas.height).astype(int)
    columns = np.clip(np.arange(canvas.width)[None] + shift, 0, canvas.width - 1)
    rows = np.arange(deep)[:, None]
    share = soft[rows, columns][..., None]
    canvas.light[row : row + deep] = canvas.light[row : row + deep] * (1 - share) + mirror[rows, columns] * rgb("#c4b7a0") * share


def _flood_thing(canvas: Canvas, x: float, y: float, size: float, kind: str) -> None:
    near = float(step(0.5, 0.85, np.float32(y)))
    tone = rgb("#7a776e") * (1 - near) + rgb("#1d1e1f") * near
    if kind == "tree":
        strokes, _ = branches(canvas, x, y, size, 0.34, 8)
        canvas.paint(draw_strokes(canvas, strokes), tone)
    elif kind == "house":
        _flood_house(canvas, x, y, size, 0.45 + 0.55 * near)
    else:
        pen = canvas.stencil()
        pen.line([(x, y), (x + size * 0.03, y - size)], size * 0.022)
        for at, reach in ((0.92, 0.13), (0.83, 0.13)):
            pen.line([(x + size * (0.03 * at - reach), y - size * at), (x + size * (0.03 * at + reach), y - size * (at + 0.015))], size * 0.014)
        canvas.paint(pen.mask(), tone)


def _flood_tree(canvas: Canvas, x: float, y: float, size: float, colour: str) -> None:
    strokes, _ = branches(canvas, x, y, size, 0.34, 5)
    canvas.paint(draw_strokes(canvas, strokes), colour)


def _flood_house(canvas: Canvas, x: float, y: float, size: float, near: float) -> None:
    front, side, roof, holes = (canvas.stencil() for _ in range(4))
    wall = size * 0.42
    peak = (x + size * 0.4, y - wall - size * 0.42)
    front.polygon([(x, y), (x, y - wall), peak, (x + size * 0.8, y - wall), (x + size * 0.8, y)])
    side.polygon([(x + size * 0.8, y), (x + size * 0.8, y - wall), (x + size * 1.9, y - wall * 1.0), (x + size * 1.9, y)])
    roof.polygon([(peak[0], peak[1] - size * 0.02), (peak[0] + size * 1.08, peak[1]), (x + size * 1.97, y - wall * 0.92), (x + size * 0.86, y - wall * 0.88)])
    roof.line([(x - size * 0.06, y - wall * 0.86), (peak[0], peak[1] - size * 0.01), (x + size * 0.86, y - wall * 0.88)], size * 0.035)
    roof.box(peak[0] + size * 0.5, peak[1] - size * 0.14, size * 0.1, size * 0.2)
    for px in (0.2, 0.48):
        holes.box(x + size * px, y - wall * 0.8, size * 0.13, wall * 0.5)
    for px in (1.05, 1.4):
        holes.box(x + size * px, y - wall * 0.75, size * 0.16, wall * 0.45)
    haze = rgb("#bdb3a0")
    for pen, tone in ((side, "#57514a"), (front, "#8f8069"), (roof, "#4a3029"), (holes, "#1f2022")):
        canvas.paint(pen.mask(), rgb(tone) * near + haze * 0.72 * (1 - near))


def halden_cranes(canvas: Canvas) -> Look:
    """Gantry cranes and container stacks in blue haze."""
    shore = 0.70
    canvas.sky([(0, "#4a7196"), (0.3, "#8fb0c6"), (0.55, "#dfe0d3"), (0.7, "#f5e4c4"), (1, "#f5e4c4")])
    lit_clouds(canvas, "#f8efdc", "#89a5ba", 0.4, 0.28, 4.5)
    canvas.glow(0.34, 0.5, 0.1, "#fff0cc", 0.8)
    hill(canvas, (0.62 + 0.02 * ridge(canvas, 0.6, 6)).astype(np.float32), [(0, "#aebfc8"), (1, "#d5d9d2")], 0.1)
    for x, size, tone in ((0.20, 0.30, "#93abba"), (0.46, 0.34, "#7f9bad"), (1.32, 0.36, "#7492a6")):
        _crane(canvas, x, shore - 0.01, size, tone)
    mist(canvas, 0.66, 0.06, "#e3e2d6", 0.5)
    _stacks(canvas, shore, 0.75)
    for x, size, tone in ((0.72, 0.54, "#41637b"), (1.10, 0.60, "#2c4d66")):
        _crane(canvas, x, shore, size, tone)
    _ship(canvas, shore)
    canvas.paint(below(canvas, shore - 0.012), "#2c3d4a")
    mist(canvas, 0.69, 0.03, "#d5dcd8", 0.4)
    reflect(canvas, shore, "#d0dbe0", 0.03, 0.01, 0.92, "#17303f")
    return Look(vignette=0.32, bloom=0.14)


def _crane(canvas: Canvas, x: float, foot: float, size: float, tone: str) -> None:
    pen, thin = canvas.stencil(), size * 0.011
    girder, apex = foot - size * 0.56, (x + size * 0.03, foot - size * 0.98)
    for leg, top in ((-0.14, -0.12), (0.16, 0.14)):
        pen.line([(x + leg * size, foot), (x + top * size, girder)], thin * 2.4)
        pen.box(x + (leg - 0.035) * size, foot - size * 0.03, size * 0.07, size * 0.03)
    pen.line([(x - 0.135 * size, foot - size * 0.25), (x + 0.152 * size, foot - size * 0.25)], thin * 2)
    pen.line([(x - 0.135 * size, foot - size * 0.25), (x + 0.142 * size, girder)], thin)
    pen.box(x - size * 0.55, girder - size * 0.022, size * 0.86, size * 0.03)
    for i in range(30):
        at = x + size * (-0.55 + 0.86 * i / 30)
        pen.line([(at, girder - size * 0.022), (at + size * 0.014, girder - size * 0.045), (at + size * 0.028, girder - size * 0.022)], thin * 0.3)
    pen.line([(x - 0.10 * size, girder), apex, (x + 0.14 * size, girder)], thin * 1.7)
    for reach in (-0.53, -0.33, 0.30):
        pen.line([apex, (x + reach * size, girder - size * 0.01)], thin * 0.55)
    pen.box(x + size * 0.19, girder - size * 0.085, size * 0.12, size * 0.07)
    cab = x - size * 0.36
    pen.box(cab - size * 0.02, girder + size * 0.008, size * 0.045, size * 0.035)
    for dx in (-0.008, 0.02):
        pen.line([(cab + dx * size, girder), (cab + dx * size, girder + size * 0.22)], thin * 0.3)
    pen.box(cab - size * 0.055, girder + size * 0.22, size * 0.12, size * 0.04)
    canvas.paint(pen.mask(), tone)


def _stacks(canvas: Canvas, shore: float, haze: float) -> None:
    colours = ["#7a4b43", "#4d6a7c", "#8a7a5a", "#5d7468", "#6d5a68", "#93837a", "#3f5a70"]
    pens = [canvas.stencil() for _ in colours]
    lines = canvas.stencil()
    w, h = 0.052, 0.021
    for i in range(30):
        levels = int(np.clip(2.5 + 2.2 * np.sin(i * 0.55) + canvas.rng.normal(0, 0.8), 1, 6))
        for j in range(levels):
            x, y = i * w * 1.02 - 0.02, shore - 0.012 - (j + 1) * h
            pens[canvas.rng.integers(len(colours))].box(x, y, w * 0.985, h * 0.94)
            for k in range(1, 10):
                lines.line([(x + w * k / 10, y), (x + w * k / 10, y + h * 0.94)], 0.0006, 0.5)
    for pen, colour in zip(pens, colours, strict=True):
        canvas.paint(pen.mask(), rgb(colour) * haze + rgb("#b9c6cb") * (1 - haze))
    canvas.dim(lines.mask() * 0.3)


def _ship(canvas: Canvas, shore: float) -> None:
    hull, band, house = (canvas.stencil() for _ in range(3))
    y = shore - 0.075
    hull.polygon([(-0.1, y), (0.40, y), (0.47, y - 0.02), (0.425, shore + 0.004), (-0.1, shore + 0.004)])
    band.polygon([(-0.1, shore - 0.018), (0.43, shore - 0.018), (0.425, shore + 0.004), (-0.1, shore + 0.004)])
    house.box(0.02, y - 0.10, 0.07, 0.10)
    house.box(0.008, y - 0.115, 0.094, 0.018)
    house.line([(0.055, y - 0.115), (0.055, y - 0.165)], 0.003)
    house.box(0.10, y - 0.06, 0.024, 0.06)
    canvas.paint(house.mask(), "#8a9ca6")
    canvas.paint(hull.mask(), "#28465a")
    canvas.paint(band.mask(), "#6a3f3a")


def marrow_lighthouse(canvas: Canvas) -> Look:
    """A lighthouse on a rock throws its beam through sea mist."""
    shore = 0.78
    canvas.sky([(0, "#101c36"), (0.35, "#2b456c"), (0.6, "#6d7f9a"), (0.76, "#c9a799"), (1, "#c9a799")])
    stars(canvas, 240, 0.45)
    lit_clouds(canvas, "#a98f9d", "#2c4062", 0.42, 0.25, 3.5)
    lamp = (0.43, 0.305)
    _beams(canvas, lamp)
    hill(canvas, (shore - 0.02 + 0.01 * ridge(canvas, 0.4, 6)).astype(np.float32), [(0, "#5f6a84"), (1, "#8d8798")], 0.05)
    mist(canvas, shore - 0.015, 0.03, "#c5adab", 0.6)
    reflect(canvas, shore, "#b9c0d0", 0.03, 0.01, 0.9, "#0f1c33")
    _swell(canvas, shore)
    _rock(canvas, shore)
    _tower(canvas, lamp)
    canvas.glow(lamp[0], lamp[1], 0.028, "#fff1c9", 2.6)
    return Look(vignette=0.36, bloom=0.3, threshold=0.6)


def _beams(canvas: Canvas, lamp: tuple[float, float]) -> None:
    dx, dy = canvas.x - lamp[0], canvas.y - lamp[1]
    far = np.hypot(dx, dy)
    torn = 0.6 + 0.6 * clouds(canvas, 0.3, 5, 2.0)
    for heading, power in ((-0.13, 0.55), (np.pi - 0.05, 0.38)):
        off = np.angle(np.exp(1j * (np.arctan2(dy, dx) - heading)))
        ray = np.exp(-((off / 0.075) ** 2)) * power / (0.25 + far * 1.6)
        canvas.add((ray * torn * 0.55).astype(np.float32), "#ffe7b0")


def _swell(canvas: Canvas, shore: float) -> None:
    up_down, other = waves(canvas, shore, 0.2)
    under = step(0.0, 0.2, np.maximum(canvas.y - shore, 0)) * below(canvas, shore)
    canvas.dim((step(0.2, 1.6, -up_down) * under * 0.5).astype(np.float32))
    canvas.paint((step(1.1, 2.0, other) * under * 0.35).astype(np.float32), "#aebccd")


def _rock(canvas: Canvas, shore: float) -> None:
    shape = 0.135 * np.exp(-np.abs((canvas.x[0] - 0.42) / 0.24) ** 2.6) + 0.05 * np.exp(-(((canvas.x[0] - 0.14) / 0.1) ** 2))
    line = (shore + 0.055 - shape + 0.018 * ridge(canvas, 0.16, 8, 0.6)).astype(np.float32)
    foot = shore + 0.045 + 0.006 * ridge(canvas, 0.12, 6)
    mask = below(canvas, line) * (1 - below(canvas, foot))
    rough = clouds(canvas, 0.08, 7, 1.2, 0.65)
    lit = np.clip(np.roll(rough, round(0.006 * canvas.height), axis=0) - rough + 0.03, 0, 1) * 7
    canvas.paint(mask, rgb("#141a28") * (0.6 + rough[..., None]) + lit[..., None] * rgb("#4d5470") * 0.5)
    spray = np.exp(-np.abs(canvas.y - foot) / 0.007) * (shape > 0.012) * clouds(canvas, 0.05, 5, 2)
    canvas.paint(np.clip(spray * 0.9, 0, 1).astype(np.float32), "#c5cfdd")


def _tower(canvas: Canvas, lamp: tuple[float, float]) -> None:
    x, top, foot = lamp[0], lamp[1] + 0.04, 0.715
    t = np.clip((canvas.y - top) / (foot - top), 0, 1)
    half = 0.030 + 0.026 * t**1.5
    across = (canvas.x - x) / half
    mask = step(1.02, 0.97, np.abs(across)) * below(canvas, top) * (1 - below(canvas, foot))
    round_ = np.sqrt(np.clip(1 - across**2, 0, 1)) * 0.55 + 0.45 * np.clip(0.5 + 0.5 * across, 0, 1)
    bands = (np.floor(t * 5) % 2)[..., None]
    paint = rgb("#c9c6cf") * (1 - bands) + rgb("#8c3b37") * bands
    canvas.paint(mask, paint * (0.16 + 0.62 * round_[..., None]) * (0.9 + 0.2 * clouds(canvas, 0.05, 4, 0.5)[..., None]))
    pen, glass, cap = canvas.stencil(), canvas.stencil(), canvas.stencil()
    for at in (0.25, 0.5, 0.75):
        pen.box(x - 0.005, top + (foot - top) * at, 0.010, 0.018)
    cap.box(x - 0.046, top - 0.007, 0.092, 0.011)
    for i in range(13):
        cap.line([(x - 0.044 + i * 0.0073, top - 0.007), (x - 0.044 + i * 0.0073, top - 0.026)], 0.0012)
    cap.line([(x - 0.045, top - 0.026), (x + 0.045, top - 0.026)], 0.0018)
    glass.box(x - 0.021, lamp[1] - 0.026, 0.042, 0.06)
    cap.polygon([(x - 0.028, lamp[1] - 0.026), (x, lamp[1] - 0.066), (x + 0.028, lamp[1] - 0.026)])
    cap.line([(x, lamp[1] - 0.06), (x, lamp[1] - 0.095)], 0.0025)
    for dx in (-0.021, -0.007, 0.007, 0.021):
        cap.line([(x + dx, lamp[1] - 0.026), (x + dx, lamp[1] + 0.034)], 0.0018)
    canvas.paint(pen.mask(), "#0f1420")
    canvas.paint(glass.mask(), rgb("#ffe9b8") * 1.1)
    canvas.paint(cap.mask(), "#171b29")
