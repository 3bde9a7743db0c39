"""Episode rows from files: read, checked, the newest version of each episode kept."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from reports.row_checks import Problem, contradiction, problem, read_times
from reports.rows import Row


class Bad(NamedTuple):
    """A row that cannot be used: the file as it was given, the line from 1, and why."""

    file: str
    line: int
    problem: Problem

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem.field}: {self.problem.says}."


class Line(NamedTuple):
    """A good row and the place it came from."""

    file: str
    line: int
    row: Row


class Rows(NamedTuple):
    """What a report is made from, with how it came about.

    `used`: newest version of each episode, without those aged 18 or over. `read` counts good lines,
    `duplicates` those that another version replaced.
    """

    used: list[Row]
    read: int
    duplicates: int
    aged_18_or_over: int
    bad: list[Bad]


def read(files: Iterable[tuple[str, Iterable[bytes]]]) -> Rows:
    """All rows of all files (name as given, lines), in that order. Bad rows are left out."""
    newest: dict[tuple[str, str], Row] = {}
    bad: list[Bad] = []
    number = 0
    with _no_collection():
        for file, line, row in _lines(files):
            if isinstance(row, Problem):
                bad.append(Bad(file, line, row))
                continue
            number += 1
            known = newest.setdefault((row.service, row.episode), row)
            if known is not row and row.as_of >= known.as_of:
                newest[row.service, row.episode] = row
        return _select(newest, number, bad)


def from_store(rows: Iterable[Row]) -> Rows:
    """The same for rows that were made here and need no check."""
    found = {(row.service, row.episode): row for row in rows}
    return _select(found, len(found), [])


def lines(files: Iterable[tuple[str, Iterable[bytes]]]) -> Iterator[Line | Bad]:
    """Every line that is not blank, as a row or as what is wrong with it."""
    for file, line, found in _lines(files):
        yield Bad(file, line, found) if isinstance(found, Problem) else Line(file, line, found)


def _lines(
    files: Iterable[tuple[str, Iterable[bytes]]],
) -> Iterator[tuple[str, int, Row | Problem]]:
    decode = msgspec.json.Decoder(Row).decode
    names, keys = _Checked(r"[A-Z0-9-]{1,12}"), _Checked(r"[0-9a-f]{16}")
    codes = _Checked(r"[EWSN][0-9]{8}|unknown")
    for file, raw in files:
        for number, line in enumerate(raw, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            found: Row | Problem
            try:
                row = decode(line)
                if _usual(line, row, names, codes, keys):
                    found = contradiction(row) or row
                else:
                    found = problem(line)
            except (ValueError, RecursionError):
                if not line.strip():
                    continue
                found = problem(line)
            yield file, number, found


_BUFFER = 1 << 20


def open_rows(name: str) -> Iterator[bytes]:
    """The lines of a file, or of standard input for `-`. OSError if it cannot be read."""
    if name == "-":
        yield from sys.stdin.buffer
        return
    with Path(name).open("rb", buffering=_BUFFER) as source:
        yield from source


@contextmanager
def _no_collection() -> Iterator[None]:
    """Rows hold no cycles; looking for some while millions of objects are made takes seconds."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _select(newest: dict[tuple[str, str], Row], number: int, bad: list[Bad]) -> Rows:
    used = [row for row in newest.values() if row.age_band != "18+"]
    return Rows(used, number, number - len(newest), len(newest) - len(used), bad)


class _Checked(dict[str, str]):
    """Texts that fit a pattern, each kept once. A text that does not fit is a ValueError."""

    def __init__(self, pattern: str) -> None:
        self.fits = re.compile(pattern).fullmatch

    def __missing__(self, text: str) -> str:
        if not self.fits(text):
            raise ValueError(text)
        self[text] = text
        return text


_HEX = "0123456789abcdef"
_NO_MARKS = bytes(set(range(256)) - set(b"TZ."))
"""All that is in a line beside what tells how its times are written."""


def _usual(line: bytes, row: Row, names: _Checked, codes: _Checked, keys: _Checked) -> bool:
    """Whether what msgspec does not check is in order; if not, `problem` has the last word.

    msgspec reads more ways of writing a time than a row may have. In a line all of whose times are
    written the one way, "T" and "Z" are there once for each time, and no full stop.
    ValueError: a text does not fit its pattern.
    """
    if not row.phases:
        return False
    row.service = service = names[row.service]
    row.home = home = names[row.home]
    name = service + home
    times = 2 + len(row.phases) + (row.located is not None) + (row.returned is not None)
    times += len(row.referrals) + read_times(row)
    marks = line.translate(None, _NO_MARKS)  # one pass over the line, where each count would be one
    if (
        marks.count(b"T") - name.count("T") != times
        or marks.count(b"Z") - name.count("Z") != times
        or b"." in marks
        or not (service.isalnum() and len(service) > 1)
        or len(row.episode) != 16
        or row.episode.strip(_HEX)
    ):
        return False
    row.child = keys[row.child]
    row.host = codes[row.host]
    row.district = codes[row.district]
    if row.responsible is not None:
        row.responsible = codes[row.responsible]
    if row.found_district is not None:
        row.found_district = codes[row.found_district]
    if row.ri_id is not None:
        row.ri_id = keys[row.ri_id]
    if row.group is not None:
        row.group = keys[row.group]
    for array in (row.push, row.pull, row.exploitation, row.assessments):
        if len(array) > 1 and array != "unknown" and len(set(array)) != len(array):
            return False
    return True
