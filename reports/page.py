"""A report on one page A4: the picture, the numbers beside it, what they mean and do not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import cast

from fpdf.enums import MethodReturnValue

from reports import about
from reports.paper import FONT, MARGIN, WIDTH, Paper
from reports.pictures import picture
from reports.result import Result
from reports.tables import Cell, Table, plain, tables, words

BOTTOM = 292 - 14
LONGEST_NOTES, MOST_PARAGRAPHS = 900, 6
"""Characters of typed text that find room."""
COLUMNS, GAP = 2, 6.0
LINE, HEAD_LINE = 3.4, 2.3
"""Height of a line of a table, and of one of its headings (mm)."""
LINE_SIZE, HEAD_SIZE = 6.8, 5.4
FIRST = 24.0
"""The least that is left for what a line is about."""
NARROW, WIDE = 12.5, 28.0
"""Between these a column of numbers is wide, if what a line is about finds room beside it."""
MOST_COLUMNS, MOST_LINES = 5, 24
ONLY_LIST, ONLY_LIST_LINES = "annex_a", 44
"""A report that is one list, and how many of its lines find room in a column."""
LISTS = ("annex_a", "ssda903")
"""Reports that are lists of children."""
_NOTHING = (0, None, "")
_TIME = re.compile(r"[0-9-]{10}T[0-9:]{8}Z")


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
        what = "1 more table" if left == 1 else f"{left} more tables"
        foot = f"{what}: see the workbook (--xlsx). {foot}"
    paper.set_draw_color(120)
    paper.line(MARGIN, paper.get_y(), MARGIN + WIDTH, paper.get_y())
    paper.ln(1)
    paper.text_block(foot, 6.6)
    return paper.bytes()


def _short(notes: str) -> str:
    """Its paragraphs, each on a line of its own unless there are many."""
    found = [" ".join(part.split()) for part in re.split(r"\n\s*\n", notes)]
    text = ("\n" if len(found) <= MOST_PARAGRAPHS else " ").join(filter(None, found))
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
    for table in _narrow(result):
        height = _high(paper, table, width)
        if y + height > room and column + 1 < COLUMNS and height < room - top:
            column, y = column + 1, top
        if y + height > room:
            left += 1
            continue
        _table(paper, table, MARGIN + column * (width + GAP), y, width)
        y += height + 1.5
    return left


def _narrow(result: Result) -> Iterator[Table]:
    """Tables that fit into a column: at most five columns, the others in tables that go on; the
    first lines of a long one. Lists of children stand on a page only if they are the report."""
    most = ONLY_LIST_LINES if result.report.name == ONLY_LIST else MOST_LINES
    everything = tables(result.figures)
    if result.report.name == ONLY_LIST:
        everything = (part for table in everything for part in _parts(table))
    for whole in everything:
        table = _with_home(whole)
        listed = any(name in ("child", "CHILD") for name in table.head)
        if listed and result.report.name not in LISTS:
            continue
        used = [
            n
            for n, name in enumerate(table.head)
            if n
            and name not in ("from", "to", "partial")
            and not name.startswith("children list")
            and any(line[n] is not None for line in table.lines)
        ]
        title = table.title
        for begin in range(0, len(used), MOST_COLUMNS):
            group = used[begin : begin + MOST_COLUMNS]
            lines = [
                line
                for line in table.lines
                if line[0] not in ("from", "to") and any(line[n] not in _NOTHING for n in group)
            ]
            if not lines:
                continue
            shown = lines[:most]
            more = f" (first {len(shown)} of {len(lines)})" if len(lines) > len(shown) else ""
            yield Table(
                f"{title}{more}",
                (table.head[0], *(table.head[n] for n in group)),
                [(line[0], *(line[n] for n in group)) for line in shown],
            )
            title = f"{table.title}, continued"


def _parts(whole: Table) -> Iterator[Table]:
    """A long list cut into parts that find room in a column."""
    number = len(whole.lines)
    if number <= ONLY_LIST_LINES:
        yield whole
        return
    for begin in range(0, number, ONLY_LIST_LINES):
        lines = whole.lines[begin : begin + ONLY_LIST_LINES]
        title = f"{whole.title}: {begin + 1} to {begin + len(lines)} of {number}"
        yield whole._replace(title=title, lines=lines)


def _with_home(table: Table) -> Table:
    """A table of homes with the service and the home in one column, which each part repeats."""
    if table.head[:2] != ("service", "home"):
        return table
    lines = [(f"{line[0]} {line[1]}", *line[2:]) for line in table.lines]
    return Table(table.title, ("home", *table.head[2:]), lines)


def _table(paper: Paper, table: Table, x: float, y: float, width: float) -> None:
    widths = _widths(paper, table, width)
    first = width - sum(widths)
    heads = _heads(paper, table, widths)
    paper.set_xy(x, y)
    paper.set_font(FONT, "B", 7.5)
    paper.cell(width, 4, _fit(paper, table.title[:1].upper() + table.title[1:], width))
    paper.set_font(FONT, "I", HEAD_SIZE)
    deepest = max(map(len, heads))
    place = x + first
    for texts, wide in zip(heads, widths, strict=True):
        for row, text in enumerate(texts, deepest - len(texts)):
            paper.set_xy(place, y + 4 + HEAD_LINE * row)
            paper.cell(wide, HEAD_LINE, text, align="R")
        place += wide
    begin = y + 4.4 + HEAD_LINE * deepest
    paper.set_draw_color(150)
    paper.line(x, begin - 0.2, x + width, begin - 0.2)
    paper.set_font(FONT, "", LINE_SIZE)
    for n, line in enumerate(table.lines):
        paper.set_xy(x, begin + LINE * n)
        paper.cell(first, LINE, _fit(paper, _shown(line[0]), first))
        for value, wide in zip(line[1:], widths, strict=True):
            paper.cell(wide, LINE, _fit(paper, _shown(value), wide), align="R")
    paper.set_xy(MARGIN, y)


def _high(paper: Paper, table: Table, width: float) -> float:
    """How high a table is."""
    heads = _heads(paper, table, _widths(paper, table, width))
    return 5.4 + HEAD_LINE * max(map(len, heads)) + LINE * len(table.lines)


def _widths(paper: Paper, table: Table, width: float) -> list[float]:
    """Of each column but the first: as its widest value and the longest word above it; wider where
    there is room beside what the lines are about."""
    paper.set_font(FONT, "I", HEAD_SIZE)
    least = [
        max(paper.get_string_width(word) for word in (name or " ").split(" ")) + 1.4
        for name in table.head[1:]
    ]
    paper.set_font(FONT, "", LINE_SIZE)
    for n, word in enumerate(least, 1):
        value = max(paper.get_string_width(_shown(line[n])) for line in table.lines)
        least[n - 1] = min(max(value + 2.0, word), WIDE)
    about = max(paper.get_string_width(_shown(line[0])) for line in table.lines) + 2.0
    wished = [max(wide, NARROW) for wide in least]
    spare, more = width - about - sum(least), sum(wished) - sum(least)
    if spare >= more:
        return wished
    if spare >= 0:
        return [a + (b - a) * spare / more for a, b in zip(least, wished, strict=True)]
    most = width - min(FIRST, about)
    return [wide * min(1.0, most / sum(least)) for wide in least]


def _heads(paper: Paper, table: Table, widths: Sequence[float]) -> list[list[str]]:
    """The heading of each column, in as many lines as it needs."""
    paper.set_font(FONT, "I", HEAD_SIZE)
    found = []
    for name, wide in zip(table.head[1:], widths, strict=True):
        texts = [""]
        for word in name.split(" "):
            longer = f"{texts[-1]} {word}".strip()
            if paper.get_string_width(longer) <= wide - 1.2:
                texts[-1] = longer
            else:
                texts.append(_fit(paper, word, wide))
        found.append([text for text in texts if text])
    return found


def _shown(value: Cell) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value[:10] if _TIME.fullmatch(value) else words(value)
    return str(plain(value))


def _fit(paper: Paper, text: str, width: float) -> str:
    """As much of a text as a column holds."""
    if paper.get_string_width(text) <= width - 1.2:
        return text
    while text and paper.get_string_width(f"{text}…") > width - 1.2:
        text = text[:-1]
    return f"{text}…"
