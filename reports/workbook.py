"""A report as a workbook: "About" first, then a sheet for each table, numbers as numbers."""

from __future__ import annotations

import io
import re

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from reports.about import about
from reports.result import Result
from reports.tables import Table, tables

EXACT = 10**15
"""From here on a workbook would not show every digit of a number: it stands as text."""
LONGEST_NAME = 31
"""Of a sheet, by the file format."""
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def workbook(result: Result) -> bytes:
    """The file. Text that looks like a formula is written as text."""
    book = Workbook()
    first = book.active
    first.title = "About"
    for line in about(result):
        first.append(list(line))
    first.column_dimensions["A"].width, first.column_dimensions["B"].width = 24, 100
    for cell in first["A"]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(vertical="top")
    for cell in first["B"]:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    names = {"about"}
    for table in tables(result.figures):
        _fill(book.create_sheet(_name(table.title, names)), table)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: Worksheet, table: Table) -> None:
    sheet.append([table.title])
    sheet["A1"].font = Font(bold=True, size=13)
    sheet.append(list(table.head))
    for cell in sheet[2]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    for line in table.lines:
        sheet.append([str(x) if isinstance(x, int) and x >= EXACT else x for x in line])
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                cell.data_type = "s"
    for number in range(1, len(table.head) + 1):
        longest = max((len(str(line[number - 1])) for line in table.lines), default=0)
        sheet.column_dimensions[get_column_letter(number)].width = min(40, max(12, longest + 2))
    sheet.freeze_panes = "B3"


def _name(title: str, taken: set[str]) -> str:
    """A name that the format allows and that is there once, whatever its case."""
    wanted = _FORBIDDEN.sub(" ", title).strip("' ")[:LONGEST_NAME] or "table"
    name, number = wanted, 2
    while name.lower() in taken:
        end = f" {number}"
        name, number = wanted[: LONGEST_NAME - len(end)] + end, number + 1
    taken.add(name.lower())
    return name
