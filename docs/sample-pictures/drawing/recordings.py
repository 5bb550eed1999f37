"""The sample newsroom's one sound, one moving picture, and the small copies of its mark.

Like the pictures, these are made once and committed. Besides numpy, scipy and Pillow this needs
the programs `ffmpeg` (with libx264 and libmp3lame) and `rsvg-convert`. From the top of the
repository:

    PYTHONPATH=docs/sample-pictures python -m drawing.recordings

Promises: no file carries metadata, nor the encoder's settings.
"""

from __future__ import annotations

import io
import subprocess
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates
from scipy.signal import butter, fftconvolve, sosfilt

from drawing.canvas import Canvas, Field, Look, rgb, step
from drawing.land import below
from drawing.noise import sample, tile
from drawing.water import river_at_dawn

_HERE = Path(__file__).parents[3] / "tamizdat/importers/sample"
_RATE = 44_100
_SOUND_SECONDS = 14.0
_STRIKES = (1.0, 4.6, 8.2)
_FRAMES, _PER_SECOND = 192, 24
_SHORE = 0.62
# Ratio to the bell's note, loudness, and seconds until it has died away.
_PARTIALS = (
    (0.5, 0.5, 5.5),
    (1.0, 1.0, 4.2),
    (1.19, 0.7, 3.4),
    (1.5, 0.35, 2.6),
    (2.0, 0.8, 2.2),
    (2.51, 0.3, 1.3),
    (3.01, 0.28, 0.9),
    (4.1, 0.2, 0.5),
    (5.4, 0.14, 0.3),
)
_PLAIN = ("-map_metadata", "-1", "-fflags", "+bitexact")


def ring_bell(rng: np.random.Generator) -> Field:
    """Make a harbour bell over lapping water, as samples in -1..1."""
    t = np.arange(int(_RATE * _SOUND_SECONDS)) / _RATE
    bell = sum((_strike(t - at, 1.0 - 0.12 * i) for i, at in enumerate(_STRIKES)), 0 * t)
    mixed = 0.5 * _in_open_air(bell, rng) + 0.9 * _water(t, rng) + _horn(t - 5.8)
    ends = np.clip(t / 0.8, 0, 1) * np.clip((_SOUND_SECONDS - t) / 2.2, 0, 1)
    shaped = mixed * ends
    return (0.8 * shaped / np.abs(shaped).max()).astype(np.float32)


def _strike(t: Field, loud: float) -> Field:
    since = np.maximum(t, 0)
    total = np.zeros_like(t)
    for ratio, power, lasting in _PARTIALS:
        beat = 1 + 0.12 * np.sin(2 * np.pi * 0.9 * ratio * since)
        total += (
            power * beat * np.exp(-since / lasting * 2) * np.sin(2 * np.pi * 392 * ratio * since)
        )
    return total * loud * (t >= 0) * np.clip(since / 0.002, 0, 1)


def _in_open_air(dry: Field, rng: np.random.Generator) -> Field:
    t = np.arange(int(1.8 * _RATE)) / _RATE
    room = rng.standard_normal(len(t)) * np.exp(-t * 3.2)
    low = sosfilt(butter(2, 2400, fs=_RATE, output="sos"), room)
    wet = fftconvolve(dry, low / np.sqrt((low**2).sum()))[: len(dry)]
    return dry + 0.45 * wet


def _water(t: Field, rng: np.random.Generator) -> Field:
    hiss = sosfilt(
        butter(2, (180, 1500), "bandpass", fs=_RATE, output="sos"), rng.standard_normal(len(t))
    )
    swell = 0.25 + 0.75 * np.clip(np.sin(2 * np.pi * 0.23 * t + 0.6 * np.sin(0.7 * t)), 0, 1) ** 2
    slap = np.zeros_like(t)
    for at in np.cumsum(rng.uniform(0.35, 1.4, 18)):
        since = np.maximum(t - at, 0)
        slap += (
            rng.uniform(0.3, 1) * np.exp(-since / 0.09) * (since > 0) * np.clip(since / 0.02, 0, 1)
        )
    return 0.6 * hiss * swell + 0.5 * hiss * slap


def _horn(t: Field) -> Field:
    since = np.clip(t, 0, 2.4)
    shape = np.sin(np.pi * since / 2.4) ** 0.6 * (t > 0) * (t < 2.4)
    tone = sum(np.sin(2 * np.pi * 98 * k * since) / k**1.6 for k in range(1, 6))
    return 0.07 * shape * tone


def write_sound(path: Path) -> None:
    """Write the bell as a small MP3."""
    samples = (ring_bell(np.random.default_rng(14)) * 32767).astype("<i2").tobytes()
    source = ("-f", "s16le", "-ar", str(_RATE), "-ac", "1", "-i", "-")
    coding = ("-c:a", "libmp3lame", "-b:a", "96k", "-write_xing", "0", "-id3v2_version", "0")
    _encode(source, (*coding, "-write_id3v1", "0"), samples, path)


def write_film(film: Path, poster: Path) -> None:
    """Write the river as an H.264 film that can start before it is whole, and its first picture."""
    canvas = Canvas(640, 360, seed=8)
    river_at_dawn(canvas)
    scene, textures = (
        canvas.light.copy(),
        (tile(canvas, 1.7, 4), tile(canvas, 1.7, 4), tile(canvas, 2.0, 2)),
    )
    frames = [_frame(canvas, scene, textures, i / _PER_SECOND) for i in range(_FRAMES)]
    frames[24].save(poster, "JPEG", quality=84, progressive=True, optimize=True)
    source = (
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        "640x360",
        "-r",
        str(_PER_SECOND),
        "-i",
        "-",
    )
    coding = (
        "-c:v",
        "libx264",
        "-preset",
        "veryslow",
        "-crf",
        "23",
        "-pix_fmt",
        "yuv420p",
        "-threads",
        "1",
    )
    tidy = (
        "-bsf:v",
        "filter_units=remove_types=6",
        "-flags:v",
        "+bitexact",
        "-movflags",
        "+faststart",
    )
    _encode(source, (*coding, *tidy), b"".join(frame.tobytes() for frame in frames), film)


def _frame(
    canvas: Canvas, scene: Field, textures: tuple[Field, Field, Field], t: float
) -> Image.Image:
    canvas.rng = np.random.default_rng(1)
    canvas.light = scene.copy()
    _fog(canvas, textures[2], 0.585, 0.045, 0.62, 0.012 * t)
    _mirror(canvas, textures, t)
    _fog(canvas, textures[2], 0.655, 0.035, 0.75, 0.4 + 0.022 * t)
    _fog(canvas, textures[2], 0.80, 0.10, 0.40, 0.7 + 0.040 * t)
    _fly(canvas, t)
    return canvas.finish(Look(vignette=0.3, bloom=0.16, grain=0.0))


def _mirror(canvas: Canvas, textures: tuple[Field, Field, Field], t: float) -> None:
    under = np.maximum(canvas.y - _SHORE, 0) + 0.006
    near = 0.11 / under
    across = (canvas.x - canvas.aspect / 2) * near * 0.5
    calm = step(0.0, 0.12, under)
    down = sample(textures[0], across + 0.006 * t, near * 2.2 + 0.020 * t) * calm
    aside = sample(textures[1], across - 0.004 * t, near * 2.4 + 0.016 * t) * calm
    rows = (_SHORE - (under - 0.006) * 0.96) + down * 0.016 * (0.25 + under * 2)
    columns = canvas.x + aside * 0.005 * (0.2 + under * 2)
    at = np.stack(
        [np.clip(rows, 0, _SHORE - 0.003) * canvas.height, columns * canvas.height + 0 * rows]
    )
    parts = [map_coordinates(canvas.light[..., i], at, order=1, mode="nearest") for i in range(3)]
    seen = np.stack(parts, axis=-1) * rgb("#e6e2e2")
    share = (0.94 * (1 - 0.45 * step(0, 1 - _SHORE, under + 0 * canvas.x)))[..., None]
    canvas.paint(below(canvas, _SHORE), rgb("#22334a") * (1 - share) + seen * share)


def _fog(
    canvas: Canvas, texture: Field, middle: float, thick: float, power: float, shift: float
) -> None:
    band = np.exp(-(((canvas.y - middle) / thick) ** 2))
    torn = sample(texture, canvas.x * 0.16 - shift, canvas.y * 0.7 + 0.3 * shift)
    cover = band * np.clip(0.5 + 0.42 * torn, 0, 1.2) * power
    canvas.paint(np.clip(cover, 0, 1).astype(np.float32), "#f3d8c0")


def _fly(canvas: Canvas, t: float) -> None:
    """Let three birds cross the sky."""
    pen = canvas.stencil()
    for i, (x0, y0, size) in enumerate(
        ((-0.10, 0.30, 0.017), (-0.16, 0.325, 0.015), (-0.19, 0.275, 0.014))
    ):
        x, y = x0 + 0.21 * t, y0 - 0.012 * t + 0.006 * np.sin(1.3 * t + i)
        lift = size * (0.45 * np.sin(2 * np.pi * 1.6 * t + 1.9 * i) + 0.15)
        wing = [(x - size, y - lift), (x - size * 0.4, y - lift * 0.75), (x, y)]
        pen.line([*wing, (x + size * 0.4, y - lift * 0.75), (x + size, y - lift)], size * 0.17)
    canvas.paint(pen.mask() * 0.85, "#3d4356")


def _encode(source: tuple[str, ...], coding: tuple[str, ...], data: bytes, path: Path) -> None:
    quiet = ("ffmpeg", "-v", "error", "-y")
    subprocess.run((*quiet, *source, *_PLAIN, *coding, str(path)), input=data, check=True)


def write_marks(folder: Path) -> None:
    """Write the mark at the sizes browsers and phones ask for; phones get a paper ground."""
    for size in (192, 512):
        _rasterise(folder, size).save(folder / f"logo-{size}.png", optimize=True)
    ground = Image.new("RGB", (180, 180), "#fbf7ef")
    mark = _rasterise(folder, 132)
    ground.paste(mark, (24, 24), mark)
    ground.save(folder / "logo-180.png", optimize=True)


def _rasterise(folder: Path, size: int) -> Image.Image:
    asked = ("rsvg-convert", "-w", str(size), "-h", str(size), str(folder / "logo.svg"))
    made = subprocess.run(asked, check=True, capture_output=True).stdout
    with Image.open(io.BytesIO(made)) as image:
        return image.convert("RGBA")


if __name__ == "__main__":
    write_sound(_HERE / "media" / "harbour-bell.mp3")
    write_film(_HERE / "media" / "tamna-fog.mp4", _HERE / "media" / "tamna-fog.jpg")
    write_marks(_HERE)
