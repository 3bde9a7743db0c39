"""A report on one page A4: the picture, the numbers beside it, what they mean and do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from fpdf.enums import MethodReturnValue

from reports import about
from reports.paper import FONT, MARGIN, WIDTH, Paper
from reports.pictures import picture
from reports.result import Result
from reports.tables import Cell, Table, plain, tables

BOTTOM = 292 - 14
LONGEST_NOTES = 900
"""Characters of typed text that find room."""
COLUMNS, GAP = 2, 6.0


def page(result: Result) -> bytes:
    """The file. What finds no room is named, and is in the workbook."""
    top = result.top
    whose = f"Authority {top['authority']}. " if top["authority"] else ""
    paper = Paper(result.report.title, "Nightlight. Levels are response tiers, not risk.")
    paper.set_auto_page_break(auto=False)
    paper.heading(result.report.title)
    paper.text_block(
        f"{about.day(top['from'])} to {about.day(top['to'])}. {whose}As of {about.as_of(result)}."
        f" For: {result.report.reader}.",
        8.5,
    )
    drawn = picture(result)
    if drawn is not None:
        paper.ln(1)
        paper.picture(drawn, 150)
    foot = _foot(result)
    room = BOTTOM - _height(paper, foot, result.notes)
    left = _columns(paper, result, room)
    paper.set_y(room)
    if result.notes:
        paper.section("Typed text")
        paper.text_block(_short(result.notes), 8)
        paper.ln(1)
    if left:
        foot = f"{left} more tables: see the workbook (--xlsx). {foot}"
    paper.set_draw_color(120)
    paper.line(MARGIN, paper.get_y(), MARGIN + WIDTH, paper.get_y())
    paper.ln(1)
    paper.text_block(foot, 6.6)
    return paper.bytes()


def _short(notes: str) -> str:
    text = " ".join(notes.split())
    return text if len(text) <= LONGEST_NOTES else f"{text[:LONGEST_NOTES]} … (shortened)"


def _foot(result: Result) -> str:
    parts = [
        f"Source: {result.report.source}.",
        about.left_out(result),
        about.unknowns(result),
        *(f"{name.capitalize()}: {text}" for name, text in about.DEFINITIONS.items()),
        about.SUPPRESSED if result.suppressed else about.CONFIDENTIAL,
    ]
    return " ".join(parts)


def _height(paper: Paper, foot: str, notes: str) -> float:
    """How much room the end of the page takes."""
    height = 5 + 3.04 * _lines(paper, f"00 more tables: see the workbook (--xlsx). {foot}", 6.6)
    if notes:
        height += 12 + 3.7 * _lines(paper, _short(notes), 8)
    return height


def _lines(paper: Paper, text: str, size: float) -> int:
    paper.set_font(FONT, "", size)
    found = paper.multi_cell(WIDTH, 3, text, dry_run=True, output=MethodReturnValue.LINES)
    return len(cast("list[str]", found))


def _columns(paper: Paper, result: Result, room: float) -> int:
    """Tables in columns, in order, as many as find room; how many do not."""
    top = paper.get_y()
    width = (WIDTH - GAP) / COLUMNS
    column, y, left = 0, top, 0
    for table in _narrow(result.figures):
        height = 5 + 3.4 * (len(table.lines) + 1)
        if y + height > room and column + 1 < COLUMNS and height < room - top:
            column, y = column + 1, top
        if y + height > room:
            left += 1
            continue
        _table(paper, table, MARGIN + column * (width + GAP), y, width)
        y += height + 1.5
    return left


def _narrow(figures: dict[str, Any]) -> Iterator[Table]:
    """Tables that fit into a column: at most four numbers a line; longer ones in parts."""
    for table in tables(figures):
        lines = [
            line
            for line in table.lines
            if line[0] not in ("from", "to") and any(x not in (0, None, "") for x in line[1:])
        ]
        if not lines or "child" in table.head or "CHILD" in table.head:
            continue
        every = len(lines)
        used = [
            n
            for n in range(1, len(table.head))
            if table.head[n] not in ("from", "to", "partial")
            and any(line[n] is not None for line in lines)
        ]
        if len(used) > 5 or len(lines) > 24:
            used = used[:5]
            lines = lines[:24]
        title = table.title
        if len(lines) < every:
            title = f"{title} (first {len(lines)} of {every})"
        yield Table(
            title,
            (table.head[0], *(table.head[n] for n in used)),
            [(line[0], *(line[n] for n in used)) for line in lines],
        )


def _table(paper: Paper, table: Table, x: float, y: float, width: float) -> None:
    number = 11.0 if len(table.head) > 4 else 14.0
    first = width - number * (len(table.head) - 1)
    paper.set_xy(x, y)
    paper.set_font(FONT, "B", 7.5)
    paper.cell(width, 4, _fit(paper, table.title.capitalize(), width))
    paper.set_xy(x, y + 4)
    paper.set_font(FONT, "I", 5.6)
    paper.cell(first, 3.2, "")
    for name in table.head[1:]:
        paper.cell(number, 3.2, _fit(paper, name, number), align="R")
    paper.set_draw_color(150)
    paper.line(x, y + 7.4, x + width, y + 7.4)
    for n, line in enumerate(table.lines):
        paper.set_xy(x, y + 7.6 + 3.4 * n)
        paper.set_font(FONT, "", 6.8)
        paper.cell(first, 3.4, _fit(paper, _shown(line[0]), first))
        for value in line[1:]:
            paper.cell(number, 3.4, _fit(paper, _shown(value), number), align="R")
    paper.set_xy(MARGIN, y)


def _shown(value: Cell) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(plain(value))


def _fit(paper: Paper, text: str, width: float) -> str:
    """As much of a text as a column holds."""
    if paper.get_string_width(text) <= width - 1.2:
        return text
    while text and paper.get_string_width(f"{text}…") > width - 1.2:
        text = text[:-1]
    return f"{text}…"
