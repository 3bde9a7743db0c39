"""The statement of the 2012 parliamentary inquiry on out-of-area placements.

Sources: 002:53; 29 (recommendation 4), 69-71 (12), 73 (13), 89 (17). Recommendations, not duties.
Placed children who were never away are in no row: their numbers come with the request.
"""

from __future__ import annotations

from typing import Any

from reports.cases import still_missing
from reports.interviews import interviews
from reports.measures import (
    by_triple,
    codes,
    count,
    flag,
    lengths,
    of,
    share,
    triple,
)
from reports.request import Request
from reports.rows import Row


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""

    def theirs(row: Row) -> bool:
        return row.looked_after is True and row.responsible == request.authority

    found = request.selected.where(theirs)
    missing = of(found, "missing")
    out = found.where(lambda row: row.area == "out")
    uasc = found.where(lambda row: row.uasc is True)
    still = still_missing(
        request.cases.where(lambda row: theirs(row) and row.uasc is True), request.period
    )
    placed = (request.context or {}).get("looked_after")
    return {
        "context": request.context,
        "all": triple(found),
        "missing": triple(missing),
        "out_of_area": triple(out)
        | {
            "missing": triple(of(out, "missing")),
            "distance": by_triple(out, "distance"),
            "placement": by_triple(out, "placement"),
            "interviews": interviews(out),
        },
        "in_area": triple(found.where(lambda row: row.area == "in")),
        "area_unknown": triple(found.where(lambda row: row.area not in ("in", "out"))),
        "uasc": triple(uasc) | {"still_missing": count(still)},
        "children_missing_of_looked_after": (
            None if placed is None else share(count(missing)["children"], placed)
        ),
        "lengths": lengths(found),
        "push": codes(found, "push"),
        "pull": codes(found, "pull"),
        "harm": flag(found, "harm"),
        "interviews": interviews(found),
    }
