"""Reads what somebody asks for on the command line: dates, codes, files beside the rows.

Whatever is wrong is an `Unusable` with one line that says what, where, and what is allowed.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from reports.measures import VALUES
from reports.periods import Period
from reports.request import PersonOnFile

_CODE = re.compile(r"[EWSN][0-9]{8}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_KEY = re.compile(r"[0-9a-f]{16}")
PEOPLE_COLUMNS = ("child", "CHILD", "DOB", "DEC")
FIRST_YEAR, LAST_YEAR = 1990, 2100
"""Nobody's episodes lie outside; the calendar of Python ends later."""


class Unusable(Exception):
    """Says in one line what cannot be used, and what is allowed."""


def period(first: str, last: str) -> Period:
    """The days of --from and --to."""
    asked = Period(_day("--from", first), _day("--to", last))
    if asked.first > asked.last:
        raise Unusable(f"--from: {first} is after --to. Allowed: a day up to {last}.")
    return asked


def _day(option: str, text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            if FIRST_YEAR <= day.year <= LAST_YEAR:
                return day
    except ValueError:
        pass
    raise Unusable(
        f"{option}: this is not a day that can be used. Allowed: a date YYYY-MM-DD"
        f" from {FIRST_YEAR} to {LAST_YEAR}."
    )


def code(option: str, text: str) -> str:
    """A code of a local authority."""
    if not _CODE.fullmatch(text):
        raise Unusable(f"{option}: this is no code. Allowed: E, W, S or N and 8 digits (ONS).")
    return text


def read_text(file: Path) -> str:
    """A whole file as text (UTF-8, with or without a mark at its beginning)."""
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise unreadable(str(file), error) from None
    except UnicodeDecodeError:
        raise Unusable(f"{file}: this is not text. Allowed: a file in UTF-8.") from None


def unreadable(file: str, error: OSError) -> Unusable:
    """The answer about a file that cannot be read."""
    return Unusable(
        f"{file}: cannot be read: {error.strerror or error}. Allowed: a file that can be read."
    )


def people(file: Path) -> dict[str, PersonOnFile]:
    """Who the children of the rows are: a CSV file child,CHILD,DOB,DEC (dates dd/mm/yyyy)."""
    found: dict[str, PersonOnFile] = {}
    for number, line in enumerate(read_text(file).splitlines() or [""], 1):
        # Line by line: a quote that is not closed must not take in the rows after it.
        where = f"{file}:{number}"
        try:
            row = next(csv.reader([line], strict=True), [])
        except csv.Error:
            what = "cannot be read as CSV. Allowed: quotes that are closed"
            raise Unusable(f"{where}: {what}.") from None
        if number == 1:
            if tuple(row) != PEOPLE_COLUMNS:
                raise Unusable(f"{where}: the header is not allowed. Allowed: child,CHILD,DOB,DEC.")
            continue
        if not row:
            continue
        if len(row) != len(PEOPLE_COLUMNS):
            raise Unusable(f"{where}: Allowed: 4 values, separated by commas.")
        key, child, born, ceased = row
        if not _KEY.fullmatch(key):
            raise Unusable(f"{where}: child: this is no key. Allowed: 16 hexadecimal digits.")
        if not child or not child.isprintable():
            raise Unusable(f"{where}: CHILD: is blank. Allowed: the child's number.")
        found[key] = PersonOnFile(
            child,
            _written_day(f"{where}: DOB", born) if born else None,
            _written_day(f"{where}: DEC", ceased) if ceased else None,
        )
    return found


def _written_day(where: str, text: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", text):
            return datetime.strptime(text, "%d/%m/%Y").date()  # noqa: DTZ007  (a date, no time)
    except ValueError:
        pass
    raise Unusable(f"{where}: this is no date. Allowed: dd/mm/yyyy.")


def context(file: Path) -> dict[str, Any]:
    """Counts of placed children, of whom rows know only those who were away."""
    allowed = "looked_after, out_of_area, uasc: a number; by_distance, by_placement: numbers"
    try:
        found = json.loads(read_text(file))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unusable(f"{file}: this is no JSON object. Allowed: {allowed}.")
    for where, value in _counts(found):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise Unusable(f"{file}: {where}: this is not allowed. Allowed: {allowed}.")
    return found


def _counts(found: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Every number that should be one; what should not be there as None."""
    for name, value in found.items():
        if name in ("looked_after", "out_of_area", "uasc"):
            yield name, value
        elif name in ("by_distance", "by_placement") and isinstance(value, dict):
            values = VALUES[name.removeprefix("by_")]
            for inner, number in value.items():
                yield f"{name}.{inner[:40]}", number if inner in values else None
        else:
            yield name[:40], None
