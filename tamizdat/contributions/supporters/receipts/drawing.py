"""A receipt as PDF: one sheet, right in Latin, Cyrillic and Persian script.

The letters are joined and ordered by HarfBuzz (``uharfbuzz``) and the bidirectional algorithm of
fpdf2, in our own font. The same values and day give the same bytes. Neither title nor
metadata of the file say whose it is or from whom; no address leads anywhere.

Pure; knows nothing of Django.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

FONT = Path(__file__).parent / "fonts" / "receipt.ttf"
MARGIN, LABEL = 22.0, 48.0  # millimetres
RIGHT_TO_LEFT = frozenset({"fa", "ar"})
_SCRIPTS = {"fa": ("arab", "fas"), "ar": ("arab", "ara"), "ru": ("cyrl", "rus")}


@dataclass(frozen=True)
class Paper:
    """What stands on a sheet, in the order in which it is read; all of it in one language."""

    language: str
    title: str
    day: date  # when it is made
    fields: tuple[tuple[str, str], ...]  # label and text; a text may have several lines
    table: tuple[tuple[str, ...], ...] = ()  # its first row names the columns
    closing: tuple[str, ...] = ()


@cache
def letters() -> frozenset[str]:
    """Return the letters that our font has."""
    with TTFont(FONT, lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def can_write(text: str) -> bool:
    """Say whether our font has every letter of a text."""
    return all(each in letters() or each.isspace() for each in text)


def draw(paper: Paper) -> bytes:
    """Return the sheet as PDF."""
    return bytes(_Sheet(paper).whole())


def warm_up() -> None:
    """Load what a first sheet would load late: the desk's process loses its disk (Landlock)."""
    for language in ("en", "fa"):
        draw(Paper(language, "–", date(2000, 1, 1), (("–", "–"),), (("–",), ("–",))))
    can_write("–")


class _Sheet:
    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.is_mirrored = paper.language in RIGHT_TO_LEFT
        self.align = Align.R if self.is_mirrored else Align.L
        self.pdf = self._blank()

    def _blank(self) -> FPDF:
        pdf = FPDF(format="A4")
        pdf.set_margin(MARGIN)
        pdf.set_auto_page_break(auto=True, margin=MARGIN)
        pdf.add_font("receipt", fname=FONT)
        direction = "rtl" if self.is_mirrored else "ltr"
        script, language = _SCRIPTS.get(self.paper.language, ("latn", "eng"))
        pdf.set_text_shaping(True, direction=direction, script=script, language=language)
        pdf.set_lang(self.paper.language)
        pdf.set_title("Document")
        pdf.set_producer("")
        pdf.set_creator("")
        pdf.set_creation_date(datetime.combine(self.paper.day, time(), UTC))
        pdf.add_page()
        return pdf

    def whole(self) -> bytearray:
        pdf = self.pdf
        self._text(self.paper.title, 20)
        pdf.ln(6)
        for label, text in self.paper.fields:
            self._field(label, text)
        if self.paper.table:
            self._table()
        pdf.ln(6)
        for text in self.paper.closing:
            self._text(text, 10)
            pdf.ln(2)
        return pdf.output()

    def _text(self, text: str, size: float, width: float = 0.0) -> None:
        self.pdf.set_font("receipt", size=size)
        self.pdf.multi_cell(
            width, size * 0.55, text, align=self.align, new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def _field(self, label: str, text: str) -> None:
        """Write a label and its text side by side; the label where reading begins."""
        pdf, width = self.pdf, self.pdf.epw - LABEL
        top = pdf.get_y()
        at_label, at_text = MARGIN, MARGIN + LABEL
        if self.is_mirrored:
            at_label, at_text = MARGIN + width, MARGIN
        ends = []
        for place, wide, said, shade in ((at_label, LABEL, label, 90), (at_text, width, text, 0)):
            pdf.set_xy(place, top)
            pdf.set_text_color(shade)
            pdf.set_font("receipt", size=11)
            pdf.multi_cell(wide, 6.2, said, align=self.align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
            ends.append(pdf.get_y())
        pdf.set_text_color(0)
        pdf.set_y(max(ends) + 1.5)

    def _table(self) -> None:
        pdf = self.pdf
        pdf.ln(3)
        pdf.set_font("receipt", size=10)
        rows = [row[::-1] if self.is_mirrored else row for row in self.paper.table]
        with pdf.table(text_align=self.align, line_height=6, first_row_as_headings=False) as table:
            for row in rows:
                drawn = table.row()
                for cell in row:
                    drawn.cell(cell)
