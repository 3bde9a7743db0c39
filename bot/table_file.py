"""Tables that people make with a spreadsheet: CSV in all its forms, and .xlsx.

What a spreadsheet leaves behind is taken: a byte order mark, UTF-16 or Windows-1252, semicolons,
tabs, a line `sep=;`, empty rows and columns. What cannot be read without guessing is refused with
its line: a cell has no line break, so a quote that is not closed on its line is a mistake.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from protocol.mistakes import Mistake

DELIMITERS = ",;\t|"
MOST_ROWS = 10_000
MOST_UNPACKED = 100 * 1024 * 1024
"""Bytes of a workbook without its packing: a small file can hold any number of them."""
UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}

_LINES = re.compile(r"\r\n|\n|\r")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


class Row(NamedTuple):
    """One row: its line in the file (from 1), and its cells without blanks around them."""

    line: int
    cells: list[str]


class NoTable(Exception):
    """The file cannot be read as a table. `mistakes`: why, with the lines."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = list(mistakes)


def read_table(path: Path) -> list[Row]:
    """The rows that are not empty, the heading first. Raises NoTable."""
    name = path.name
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise _refuse(name, "cannot be read: there is no such file", "Look at the name.") from None
    except OSError as error:
        why = error.strerror or "the system does not say why"
        raise _refuse(name, f"cannot be read ({why})", "Name a file that you may read.") from None
    return table_of(name, raw)


def table_of(name: str, raw: bytes) -> list[Row]:
    """The same of a file's content; `name` is what mistakes call it. Raises NoTable."""
    if raw.startswith(b"PK"):
        rows = _workbook(name, raw)
    elif raw.startswith(b"\xd0\xcf\x11\xe0"):
        what = "is a workbook of an old form, or one with a password"
        raise _refuse(name, what, "Save it as .xlsx without a password, or as CSV.")
    else:
        rows = _csv(name, _text(name, raw))
    rows = [row for row in rows if any(row.cells)]
    if not rows:
        raise _refuse(name, "is empty", "The first row names the columns.")
    if len(rows) > MOST_ROWS:
        raise _refuse(name, f"has more than {MOST_ROWS} rows", "Import it in parts.")
    return rows


def _refuse(name: str, what: str, remedy: str, line: int = 0) -> NoTable:
    return NoTable([Mistake(file=name, line=line, what=what, remedy=remedy)])


def _text(name: str, raw: bytes) -> str:
    """Decoded as what it most likely is; never with signs in the place of letters."""
    encoding = UTF16.get(raw[:2], "utf-8-sig")
    if encoding == "utf-8-sig" and raw[:200].count(0) > len(raw[:200]) // 4:
        encoding = "utf-16-le" if raw[1:2] == b"\0" else "utf-16-be"
    for tried in (encoding, "cp1252"):
        try:
            text = raw.decode(tried)
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            if tried == encoding and encoding != "utf-8-sig":
                break
            continue
        if "\0" in text:
            break
        return text
    else:
        what = "a letter on this line cannot be read"
        raise _refuse(name, what, "Save the file as CSV in UTF-8.", line)
    raise _refuse(name, "is no text", "Save the table as CSV in UTF-8, or as .xlsx.")


def _csv(name: str, text: str) -> list[Row]:
    lines = _LINES.split(text)
    first = 0
    delimiter = ""
    if found := re.fullmatch(r'"?sep=(.)"?[,;]*', lines[0].strip(), re.IGNORECASE):
        delimiter, first = found[1], 1
    heading = next((line for line in lines[first:] if line.strip(f"{DELIMITERS} \t")), "")
    delimiter = delimiter or _delimiter(heading)
    rows: list[Row] = []
    wrong: list[Mistake] = []
    for number, line in enumerate(lines[first:], first + 1):
        if not line.strip():
            continue
        try:
            [cells] = csv.reader([line], delimiter=delimiter, strict=True)
        except csv.Error:
            wrong.append(_unreadable(name, number, line))
            continue
        rows.append(Row(number, [cell.strip().strip("\u00a0\ufeff") for cell in cells]))
    if wrong:
        raise NoTable(wrong)
    return rows


def _unreadable(name: str, number: int, line: str) -> Mistake:
    if len(line) > csv.field_size_limit():
        what = "a cell is longer than any cell of a table"
        remedy = "Look whether lines of the file were joined."
    elif _QUOTED.sub("", line).count('"') % 2:
        what = "a quote is opened and not closed on this line"
        remedy = 'Close it, or take the " out: a cell has no line break.'
    else:
        what = "a quote stands in the middle of a cell"
        remedy = 'Take the " out, or write it twice in a cell that is in quotes.'
    return Mistake(file=name, line=number, what=what, remedy=remedy)


def _delimiter(heading: str) -> str:
    """What stands between the columns of the heading most often."""
    plain = _QUOTED.sub("", heading)
    return max(DELIMITERS, key=plain.count)


def _workbook(name: str, raw: bytes) -> list[Row]:
    """The first sheet that holds anything."""
    import warnings
    from zipfile import BadZipFile, ZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about colours and lists that are of no use here
            with ZipFile(BytesIO(raw)) as packed:
                if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
                    raise _refuse(name, "is too large when unpacked", "Import it in parts.")
            book = load_workbook(BytesIO(raw), read_only=True, data_only=True)
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                rows = [
                    Row(number, [_cell(value) for value in values])
                    for number, values in enumerate(
                        sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2), 1
                    )
                ]
                if any(any(row.cells) for row in rows):
                    return _no_line_breaks(name, rows)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError):
        what = "is no workbook that can be read"
        raise _refuse(name, what, "Save it as .xlsx or as CSV.") from None
    return []


def _no_line_breaks(name: str, rows: list[Row]) -> list[Row]:
    wrong = [
        Mistake(
            file=name,
            line=row.line,
            what=f"the cell {cell[:20]!r} has a line break",
            remedy="A cell has no line break: put it in one line.",
        )
        for row in rows
        for cell in row.cells
        if _LINES.search(cell)
    ]
    if wrong:
        raise NoTable(wrong)
    return rows


def _cell(value: Any) -> str:
    """As it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip().strip("\u00a0")
