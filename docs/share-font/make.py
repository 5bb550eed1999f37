"""Make the font of share pictures: one file for Latin, Cyrillic and Arabic script.

    pip install fonttools fontpkg-noto-sans fontpkg-noto-sans-arabic
    python docs/share-font/make.py tamizdat/stories/showing/fonts/headline.ttf

Noto Sans and Noto Sans Arabic (SIL Open Font License 1.1, no reserved names) at weight 700, without
hints and without the letters that no headline in our scripts has, merged into one file: Pillow
sets a line in one font, and a Persian headline has Latin names in it.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from fontTools import merge, subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x400, 0x530), *range(0x1E00, 0x1F00)]
MARKS = [0x200B, 0x200C, 0x200D, 0x200E, 0x200F, *range(0x2010, 0x2028), 0x202F]
MARKS += [*range(0x2030, 0x203B), 0x20AC, 0x20B4, 0x20BD, 0x2116, 0x2122, 0x2212]
ARABIC = [*range(0x600, 0x700), *range(0x750, 0x780), 0xFDFC]
WIDTH, WEIGHT = 95, 700


def main(target: Path) -> None:
    parts = (
        ("fontpkg_noto_sans", "NotoSans[wdth,wght].ttf", [*LATIN, *MARKS]),
        ("fontpkg_noto_sans_arabic", "NotoSansArabic[wdth,wght].ttf", ARABIC),
    )
    with tempfile.TemporaryDirectory() as folder:
        made = [_part(*part, Path(folder)) for part in parts]
        merged = merge.Merger().merge(made)
    merged["head"].created = merged["head"].modified = 0
    merged.recalcTimestamp = False
    merged.save(target)


def _part(package: str, name: str, letters: list[int], folder: Path) -> str:
    font = TTFont(str(files(package).joinpath("files", name)))
    font = instancer.instantiateVariableFont(font, {"wght": WEIGHT, "wdth": WIDTH})
    options = subset.Options(layout_features=["*"], hinting=False, notdef_outline=True)
    options.layout_features = ["ccmp", "locl", "kern", "mark", "mkmk", "liga", "calt"]
    options.layout_features += ["init", "medi", "fina", "isol", "rlig", "rclt"]
    options.name_IDs = [0, 1, 2, 13, 14]
    chooser = subset.Subsetter(options)
    chooser.populate(unicodes=letters)
    chooser.subset(font)
    for table in ("STAT", "DSIG", "gasp", "meta"):
        if table in font:
            del font[table]
    path = folder / name
    font.save(path)
    return str(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
