"""Where episodes come from (000:743-752, 798-804).

Three streams: the authority's own placements, children living at home, and children whom other
authorities placed here.
"""

from __future__ import annotations

from typing import Any

from protocol.london import LONDON
from reports.cases import Case, Cases
from reports.measures import (
    UNKNOWN,
    Cells,
    by,
    by_triple,
    codes,
    count,
    found_districts,
    homes,
)
from reports.periods import months
from reports.request import Request

STREAMS = ("own_care", "home", "other_care_here", "elsewhere", UNKNOWN)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = ("00-04", "04-08", "08-12", "12-16", "16-20", "20-24")


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    found = request.selected
    authority = request.authority

    def stream(case: Case) -> str:
        row = case.row
        if row.looked_after is False:
            return "home"
        if row.looked_after == UNKNOWN or row.responsible in (UNKNOWN, None):
            return UNKNOWN
        if row.responsible == authority:
            return "own_care"
        if row.host == UNKNOWN:
            return UNKNOWN
        return "other_care_here" if row.host == authority else "elsewhere"

    return {
        "all": count(found),
        "streams": by_triple(found, "stream", stream, STREAMS),
        "months": Cells(
            (
                {
                    "month": part.name,
                    **part.period.named(),
                    "partial": part.partial,
                    "all": count(inside),
                    "streams": by(inside, "stream", stream, STREAMS),
                }
                for part in months(request.period)
                for inside in (found.within(part.period),)
            ),
            adding=("all.episodes",),
        ),
        "homes": homes(found),
        "weekday": by(found, "weekday", lambda case: WEEKDAYS[case.day.weekday()], WEEKDAYS),
        "hour": by(found, "hour", _hour, (*HOURS, UNKNOWN)),
        "found_districts": found_districts(found),
        "push": codes(found, "push"),
        "pull": codes(found, "pull"),
        "exploitation": codes(found, "exploitation"),
        "together": _together(found),
    }


def _hour(case: Case) -> str:
    if case.row.precision == "day":
        return UNKNOWN
    return HOURS[case.row.start.astimezone(LONDON).hour // 4]


def _together(found: Cases) -> dict[str, Any]:
    groups: dict[tuple[str, str], set[str]] = {}
    for case in found:
        if case.row.group is not None:
            groups.setdefault((case.row.service, case.row.group), set()).add(case.child)
    several = [children for children in groups.values() if len(children) > 1]
    return {"groups": len(several), "children": len(set().union(*several))}
