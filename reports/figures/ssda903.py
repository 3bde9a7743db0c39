"""The `Missing` file of the SSDA903 return on looked-after children.

M is missing, whereabouts not known, and ends when found; A is away from placement, whereabouts
known, and ends when back. The return has London dates only. Rules quoted by number are those of the
DfE validation.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple

from reports.cases import Case, spans
from reports.measures import UNKNOWN
from reports.periods import Period, london_day
from reports.request import PersonOnFile, Request

COLUMNS = ("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")


class Entry(NamedTuple):
    """A row of the file as dates; `end` date.max while it lasts. Sorts as the file does."""

    child: str
    start: date
    end: date
    code: str


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    people = request.people
    entries: list[Entry] = []
    absent: set[str] = set()
    outside = {False: 0, UNKNOWN: 0}
    for case in request.cases:
        looked_after = case.row.looked_after
        if looked_after is not True:
            back = case.row.returned
            ended = london_day(back) if back else date.max
            outside[looked_after] += case.day <= request.period.last and (
                ended >= request.period.first
            )
            continue
        person = None if people is None else people.get(case.row.child)
        if people is not None and person is None:
            absent.add(case.row.child)
            continue
        entries.extend(entry for entry in _entries(case, person) if _in_file(entry, request.period))
    entries.sort(key=lambda entry: (entry.child, entry.start, entry.end, entry.code != "M"))
    born = {x.number: _written(x.born) if x.born else "" for x in (people or {}).values()}
    last = request.period.last
    return {
        "rows": [
            {
                "CHILD": entry.child,
                "DOB": born.get(entry.child),
                "MISSING": entry.code,
                "MIS_START": _written(entry.start),
                "MIS_END": _written(entry.end) if entry.end <= last else "",
            }
            for entry in entries
        ],
        "problems": [
            {"CHILD": this.child, "rule": "574", "MIS_START": _written(this.start)}
            for previous, this in pairwise(entries)
            if previous.child == this.child and previous.end > this.start
        ],
        "not_in_people": sorted(absent),
        "not_looked_after": outside[False],
        "looked_after_unknown": outside[UNKNOWN],
    }


def overlaps(figures: dict[str, Any]) -> Iterator[str]:
    """Each row that begins while another of the child lasts: of the earlier ones, the one that
    lasts longest. `problems` compares neighbours alone; whoever puts the record right needs all."""
    lasting: dict[str, Any] = {}
    for row in figures["rows"]:
        if row["CHILD"] != lasting.get("CHILD"):
            lasting = row
            continue
        if _end(lasting) > _day(row["MIS_START"]):
            yield (
                f"{row['CHILD']}: {row['MISSING']} from {row['MIS_START']} begins while"
                f" {lasting['MISSING']} from {lasting['MIS_START']} to"
                f" {lasting['MIS_END'] or '(open)'} lasts"
                " (rule 574). Allowed: from the day on which that one ends."
            )
        if _end(row) > _end(lasting):
            lasting = row


def as_csv(figures: dict[str, Any]) -> str:
    """The file of the return."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(figures["rows"])
    return text.getvalue()


def _entries(case: Case, person: PersonOnFile | None) -> Iterator[Entry]:
    """The spans of an episode as dates, cut at the 18th birthday or when care ceased (577)."""
    cut = date.max
    if person is not None:
        cut = min(_eighteen(person.born) if person.born else date.max, person.ceased or date.max)
    for span in spans(case.row):
        start = london_day(span.start)
        end = london_day(span.end) if span.end else date.max
        if (span.by_finding and start == end) or start >= cut:
            continue
        code = "M" if span.category == "missing" else "A"
        yield Entry(person.number if person else case.row.child, start, min(end, cut), code)


def _in_file(entry: Entry, period: Period) -> bool:
    """A period open at the end of the year stands again in the next year's file (576)."""
    return entry.start <= period.last and entry.end >= period.first


def _eighteen(born: date) -> date:
    """The 18th birthday; of 29 February, 1 March."""
    try:
        return born.replace(year=born.year + 18)
    except ValueError:
        return date(born.year + 18, 3, 1)


def _day(written: str) -> date:
    return datetime.strptime(written, "%d/%m/%Y").date()  # noqa: DTZ007  (a date, no time)


def _end(row: dict[str, Any]) -> date:
    return _day(row["MIS_END"]) if row["MIS_END"] else date.max


def _written(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year:04}"
