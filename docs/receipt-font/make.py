"""Make the font of receipts: one file for Latin, Cyrillic and Persian script.

    pip install fonttools fontpkg-noto-sans
    npm pack vazirmatn && tar xzf vazirmatn-*.tgz
    python docs/receipt-font/make.py package …/supporters/receipts/fonts/receipt.ttf

Noto Sans for Latin and Cyrillic, Vazirmatn for Arabic script (both SIL Open Font License 1.1, no
reserved names), at weight 400, without hints and without the letters that nobody's name has here,
merged into one file. Vazirmatn draws a letter with its dots as one glyph, so that what is copied
out of the PDF, or read aloud, is the same word; Noto Sans Arabic sets the dots apart.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from fontTools import merge, subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.varLib import instancer

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x400, 0x530), *range(0x1E00, 0x1F00)]
MARKS = [0x200E, 0x200F, *range(0x2010, 0x2028), 0x202F, *range(0x2030, 0x203B)]
MARKS += [0x20A9, 0x20AA, 0x20AB, 0x20AC, 0x20B4, 0x20B8, 0x20B9, 0x20BA, 0x20BD, 0x20BE]
MARKS += [0x2116, 0x2122, 0x2212]
ARABIC = [*range(0x600, 0x700), 0x200B, 0x200C, 0x200D, 0xFDFC]
UNITS = 1000  # to an em
MADE = 3_786_912_000  # 2024-01-01 in the font's own seconds (since 1904)
FEATURES = ["ccmp", "locl", "kern", "mark", "mkmk", "init", "medi", "fina", "isol", "rlig"]


def main(vazirmatn: Path, target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        noto = files("fontpkg_noto_sans").joinpath("files", "NotoSans[wdth,wght].ttf")
        latin = instancer.instantiateVariableFont(TTFont(str(noto)), {"wght": 400, "wdth": 100})
        arabic = TTFont(vazirmatn / "misc/Non-Latin/fonts/ttf/Vazirmatn-NL-Regular.ttf")
        parts = (("latin", latin, [*LATIN, *MARKS]), ("arabic", arabic, ARABIC))
        made = [_part(font, letters, Path(folder) / f"{name}.ttf") for name, font, letters in parts]
        merged = merge.Merger().merge(made)
    merged["head"].created = merged["head"].modified = MADE
    merged.recalcTimestamp = False
    merged.save(target)


def _part(font: TTFont, letters: list[int], path: Path) -> str:
    scale_upem(font, UNITS)
    options = subset.Options(hinting=False, notdef_outline=True)
    options.layout_features = FEATURES
    options.name_IDs = [0, 1, 2, 13, 14]
    chooser = subset.Subsetter(options)
    chooser.populate(unicodes=letters)
    chooser.subset(font)
    for table in ("STAT", "DSIG", "gasp", "meta"):
        if table in font:
            del font[table]
    font.save(path)
    return str(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
