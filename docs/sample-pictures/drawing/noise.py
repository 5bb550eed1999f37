"""Textures that come from chance: clouds, ridges, rippling water.

Promises: every texture is made on a grid of its own, so it looks alike at every size.
"""

from __future__ import annotations

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter, map_coordinates

from drawing.canvas import Canvas, Field

_TILE = 1024


def clouds(
    canvas: Canvas, size: float, octaves: int = 6, wide: float = 1.0, gain: float = 0.5
) -> Field:
    """Draw fractal noise in 0..1 about a half; `size` is its largest lump, `wide` stretches it."""
    total = np.zeros((canvas.height, canvas.width), np.float32)
    weight = 1.0
    for octave in range(octaves):
        total += weight * _lattice(canvas, size / 2**octave, wide)
        weight *= gain
    level = (total - total.mean()) / max(float(total.std()), 1e-6)
    return np.clip(0.5 + 0.2 * level, 0, 1).astype(np.float32)


def _lattice(canvas: Canvas, size: float, wide: float) -> Field:
    across = canvas.aspect / (size * wide)
    down = 1 / size
    grid = canvas.rng.standard_normal((int(down) + 5, int(across) + 5)).astype(np.float32)
    x, y = canvas.rng.random(2)
    box = (1 + x, 1 + y, 1 + x + across, 1 + y + down)
    image = Image.fromarray(grid).resize(
        (canvas.width, canvas.height), Image.Resampling.BICUBIC, box
    )
    return np.asarray(image, np.float32)


def ridge(canvas: Canvas, size: float, octaves: int = 8, gain: float = 0.5) -> Field:
    """Draw a rough line in about -1..1, one value for each column."""
    places = np.linspace(0, canvas.aspect, 4096)
    total = np.zeros(4096)
    for octave in range(octaves):
        step = size / 2**octave
        knots = np.arange(-2, canvas.aspect / step + 3)
        heights = canvas.rng.uniform(-1, 1, len(knots))
        at = places / step + canvas.rng.random()
        total += gain**octave * _eased(at, knots, heights)
    return np.interp(canvas.x[0], places, total / 1.6).astype(np.float32)


def _eased(at: Field, knots: Field, heights: Field) -> Field:
    whole = np.floor(at)
    part = at - whole
    part = part * part * (3 - 2 * part)
    low = np.interp(whole, knots, heights)
    return low + (np.interp(whole + 1, knots, heights) - low) * part


def tile(canvas: Canvas, roughness: float = 1.6, lowest: int = 3) -> Field:
    """Make a square of noise that joins up with itself at its edges; mean 0, spread 1."""
    raw = np.fft.rfft2(canvas.rng.standard_normal((_TILE, _TILE)))
    fy, fx = np.fft.fftfreq(_TILE)[:, None] * _TILE, np.fft.rfftfreq(_TILE)[None] * _TILE
    far = np.hypot(fx, fy)
    shaped = raw * np.where(far >= lowest, np.maximum(far, 1) ** -roughness, 0)
    noise = np.fft.irfft2(shaped)
    return (noise / noise.std()).astype(np.float32)


def soft_tile(canvas: Canvas) -> Field:
    """Make a joining-up square of smooth lumps, for surfaces that are themselves uneven."""
    smooth = gaussian_filter(tile(canvas, 2.0, 5), 5, mode="wrap")
    return (smooth / smooth.std()).astype(np.float32)


def sample(texture: Field, x: Field, y: Field) -> Field:
    """Read a joining-up texture at any place; one whole texture is one unit."""
    size = texture.shape[0]
    at = np.stack(np.broadcast_arrays(y * size, x * size))
    return np.asarray(map_coordinates(texture, at, order=1, mode="grid-wrap"), np.float32)


def bend(field: Field, right: Field | float, down: Field | float) -> Field:
    """Move each point of a picture's field; shifts are fractions of its height."""
    high, wide = field.shape[:2]
    rows, columns = np.mgrid[0:high, 0:wide].astype(np.float32)
    at = np.stack([rows - down * high, columns - right * high])
    if field.ndim == 2:
        return np.asarray(map_coordinates(field, at, order=1, mode="reflect"), np.float32)
    parts = [map_coordinates(field[..., i], at, order=1, mode="reflect") for i in range(3)]
    return np.stack(parts, axis=-1).astype(np.float32)
