"""Ofsted's Annex A, children in care list: missing and absent in the last twelve months."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from reports.cases import Case, named
from reports.measures import UNKNOWN, looked_after
from reports.periods import window
from reports.request import PersonOnFile, Request
from reports.rows import Row


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    period = window(request.period.last, 12)
    under: dict[str, list[Case]] = {}
    for case in looked_after(request.cases.within(period)):
        under.setdefault(case.child, []).append(case)
    return period.named() | {
        "children": [_child(child, those) for child, those in sorted(under.items())]
    }


def _child(child: str, those: list[Case]) -> dict[str, Any]:
    missing = [case.row for case in those if case.row.category == "missing"]
    offered, accepted = _answers(missing[-1]) if missing else ("NA", "NA")
    return {
        **named(child),
        "missing_episodes": len(missing),
        "absent_episodes": len(those) - len(missing),
        "offered": offered,
        "accepted": accepted,
    }


def _answers(row: Row) -> tuple[str, str]:
    offered = {True: "Y", False: "N", UNKNOWN: UNKNOWN, None: "NA"}[row.ri_offered]
    if offered == "Y":
        return offered, {True: "Y", False: "N"}.get(row.ri_accepted, UNKNOWN)  # type: ignore[arg-type]
    return offered, UNKNOWN if offered == UNKNOWN else "NA"


COLUMNS = (
    "Child Unique ID",
    'Number of Episodes the Child has been "Missing" from their Placement in the last 12 months',
    'Number of Episodes the Child has been "Absent" from their Placement in the last 12 months',
    "Was the child offered a Return Interview after their last missing episode (Y/N)?",
    "Did the child accept a Return Interview after their last missing episode (Y/N)?",
)
LETTERS = {"Y": "a) Yes", "N": "b) No", "unknown": "c) Unknown", "NA": ""}
"""How tools of the sector write the answers."""


def as_csv(figures: dict[str, Any], people: Mapping[str, PersonOnFile] | None, style: str) -> str:
    """The columns of the inspection file. Without `people` the child is its key."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for child in figures["children"]:
        person = (people or {}).get(child["child"])
        answers = [child["offered"], child["accepted"]]
        writer.writerow(
            [
                person.number if person else child["child"],
                child["missing_episodes"],
                child["absent_episodes"],
                *([LETTERS[x] for x in answers] if style == "letters" else answers),
            ]
        )
    return text.getvalue()
