"""Draw the pictures of the sample newsroom anew.

An authoring tool: its outputs are committed, and nothing else imports it. It needs numpy,
scipy and Pillow in any environment, and is run from the top of the repository:

    python docs/sample-pictures/draw.py                     every picture
    python docs/sample-pictures/draw.py lesk-dusk orchard   these pictures
    python docs/sample-pictures/draw.py --proof DIR …       small ones, elsewhere

Promises: the same versions of the three libraries give the same bytes; a picture carries no
metadata; none is larger than `_MOST_BYTES`.
"""

from __future__ import annotations

import argparse
import io
import tomllib
import zlib
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

from drawing.canvas import Canvas
from drawing.catalogue import SCENES
from PIL import Image

_HERE = Path(__file__).parents[2] / "tamizdat/importers/sample"
_MOST_BYTES = 120_000
_PROOF_SCALE = 0.45


@dataclass(frozen=True)
class Order:
    """One picture to draw: which scene, how large, where to."""

    name: str
    width: int
    height: int
    path: Path


def read_orders(names: list[str], proof: Path | None) -> list[Order]:
    """List the pictures of pictures.toml, or only those named."""
    listed = tomllib.loads((_HERE / "pictures.toml").read_text("utf-8"))["picture"]
    unknown = set(names) - {entry["name"] for entry in listed}
    if unknown:
        raise SystemExit(f"not in pictures.toml: {', '.join(sorted(unknown))}")
    scale = _PROOF_SCALE if proof else 1.0
    return [
        Order(
            entry["name"],
            round(entry["width"] * scale),
            round(entry["height"] * scale),
            (proof / f"{entry['name']}.jpg") if proof else _HERE / entry["file"],
        )
        for entry in listed
        if entry["name"] in SCENES and (not names or entry["name"] in names)
    ]


def draw(order: Order) -> str:
    """Draw one picture, write its file, and say how large it became."""
    canvas = Canvas(order.width, order.height, seed=zlib.crc32(order.name.encode()))
    look = SCENES[order.name](canvas)
    data = compress(canvas.finish(look))
    order.path.write_bytes(data)
    return f"{order.name}: {len(data) // 1000} kB"


def compress(picture: Image.Image) -> bytes:
    """Give a progressive JPEG without metadata, at the best quality that is small enough."""
    for quality in range(84, 50, -3):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, progressive=True, optimize=True)
        if out.tell() <= _MOST_BYTES:
            break
    return out.getvalue()


def main() -> None:
    """Read the command line and draw."""
    parser = argparse.ArgumentParser(description="Draw the sample newsroom's pictures.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--proof", type=Path, help="draw small pictures into this folder")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    with Pool(asked.jobs) as pool:
        for line in pool.imap_unordered(draw, read_orders(asked.names, asked.proof)):
            print(line, flush=True)


if __name__ == "__main__":
    main()
