"""An A4 page that prints well in black and white: fonts, headings, fields, tables, pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from textwrap import wrap

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from reports.tables import Cell, plain

MARGIN = 15.0
WIDTH = 210 - 2 * MARGIN
FONT = "DejaVu"


LONGEST_CELL = 900
"""Characters; a longer one goes on in the next line of the table, so that it fits on a page."""


def _pieces(text: str) -> list[str]:
    """A text in pieces for one cell each, cut between words where there are any."""
    found = [
        piece
        for line in text.split("\n")
        for piece in wrap(line, LONGEST_CELL, break_on_hyphens=False) or [""]
    ]
    joined = [found[0]]
    for piece in found[1:]:
        if len(joined[-1]) + len(piece) < LONGEST_CELL and joined[-1].count("\n") < 20:
            joined[-1] += f"\n{piece}"
        else:
            joined.append(piece)
    return joined


class Paper(FPDF):
    """Sizes in millimetres. `foot` stands at the end of each page with the page's number."""

    def __init__(self, title: str, foot: str = "") -> None:
        super().__init__(format="A4", unit="mm")
        from matplotlib import get_data_path

        fonts = Path(get_data_path()) / "fonts" / "ttf"
        self.add_font(FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.add_font(FONT, "I", fonts / "DejaVuSans-Oblique.ttf")
        self.foot = foot
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=18)
        self.set_title(title)
        self.set_lang("en-GB")
        self.set_creator("Nightlight")
        # No clock time in it: the same figures give the same file.
        self.set_creation_date(datetime(2000, 1, 1, tzinfo=UTC))
        self.add_page()

    def normalize_text(self, text: str) -> str:
        """Control characters, which nobody can read, are marked; line ends stay."""
        seen = "".join(x if x.isprintable() or x == "\n" else "\ufffd" for x in text)
        return str(super().normalize_text(seen))

    def footer(self) -> None:
        """Called by the library at the end of each page."""
        self.set_y(-14)
        self.set_font(FONT, "", 7)
        self.cell(WIDTH - 20, 4, self.foot)
        self.cell(20, 4, f"{self.page_no()} / {{nb}}", align="R")

    def heading(self, text: str, size: float = 16) -> None:
        """A heading."""
        self.set_font(FONT, "B", size)
        self.multi_cell(WIDTH, size * 0.46, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.ln(1)

    def section(self, text: str) -> None:
        """A heading inside a page, kept with what follows."""
        if self.get_y() > 262:
            self.add_page()
        self.ln(2)
        self.set_font(FONT, "B", 10)
        self.set_fill_color(225)
        self.cell(WIDTH, 6, f" {text}", fill=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def text_block(self, text: str, size: float = 9, style: str = "") -> None:
        """A paragraph."""
        self.set_font(FONT, style, size)
        self.multi_cell(WIDTH, size * 0.46, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def field(self, name: str, value: str, wide: float = 56) -> None:
        """A named value; the value may run over several lines."""
        top = self.get_y()
        if top > 268:
            self.add_page()
            top = self.get_y()
        self.set_font(FONT, "B", 9)
        self.multi_cell(wide, 4.6, name, new_x=XPos.RIGHT, new_y=YPos.NEXT, align="L")
        beside = self.get_y()
        self.set_xy(MARGIN + wide, top)
        self.set_font(FONT, "", 9.5)
        self.multi_cell(WIDTH - wide, 4.6, value, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.set_y(max(self.get_y(), beside))
        self.set_draw_color(200)
        self.line(MARGIN, self.get_y() + 0.4, MARGIN + WIDTH, self.get_y() + 0.4)
        self.ln(1.4)

    def grid(
        self,
        head: Sequence[str],
        lines: Sequence[Sequence[Cell]],
        widths: Sequence[float],
        size: float = 8,
    ) -> None:
        """A table over the page's width; the head again on each page. widths: parts of it."""
        self.set_font(FONT, "", size)
        self.set_draw_color(150)
        self.set_fill_color(255)
        with self.table(
            col_widths=tuple(widths),
            line_height=size * 0.5,
            padding=0.6,
            text_align="LEFT",
            borders_layout="HORIZONTAL_LINES",
            width=WIDTH,
        ) as table:
            for line in (head, *lines):
                cells = [_pieces(str(plain(value))) for value in line]
                for texts in zip_longest(*cells, fillvalue=""):
                    row = table.row()
                    for text in texts:
                        row.cell(text)

    def picture(self, png: bytes, wide: float = WIDTH) -> None:
        """A picture, so many millimetres wide."""
        self.image(io.BytesIO(png), w=wide, x=MARGIN)
        self.ln(1)

    def bytes(self) -> bytes:
        """The finished PDF."""
        return bytes(self.output())
