"""Monitoring for members, partnership and Ofsted (000:1603-1610, 1789)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reports.cases import Cases, still_missing
from reports.interviews import interviews, notifications
from reports.measures import (
    UNKNOWN,
    Distribution,
    by,
    codes,
    count,
    flag,
    homes,
    lengths,
    looked_after,
    of,
    over,
    placements,
    triple,
    where_found,
)
from reports.request import Request

NEEDS = ("uasc", "child_protection_plan", "mental_health", "cse_risk", "risky_contacts")


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    found = looked_after(request.selected)
    missing = of(found, "missing")
    long = over(missing, 24)
    ended = where_found(found)
    checks = Counter(case.row.safe_and_well or UNKNOWN for case in where_found(missing))
    return {
        "all": triple(found),
        "missing": triple(missing),
        "unauthorised_absence": triple(of(found, "unauthorised_absence")),
        "still_missing": count(still_missing(looked_after(request.cases), request.period)),
        "placements": placements(found),
        "homes": homes(found.where(lambda row: row.placement == "childrens_home")),
        "lengths": lengths(found),
        "safeguarding": {
            **{
                name: flag(found, name)
                for name in ("harm", "crime_victim", "crime_suspected", "substance", "slept_rough")
            },
            "exploitation": codes(found, "exploitation"),
        },
        "found_place": by(ended, "found_place"),
        "found_by": by(ended, "found_by"),
        "returned_to": by(
            Cases([case for case in found if case.row.returned is not None]), "returned_to"
        ),
        "practice": {
            "notifications": notifications(found),
            "interviews": interviews(found),
            "safe_and_well": Distribution({x: checks[x] for x in ("done", "not_done", UNKNOWN)}),
            "with_meeting": count(found.where(lambda row: row.meetings)),
            "plan_updated": flag(found, "plan_updated"),
        },
        "over_24h": {
            **count(long),
            **{name: by(long, name) for name in ("age_band", "sex", "legal_status")},
            "needs": {name: flag(long, name) for name in NEEDS},
            "push": codes(long, "push"),
            "pull": codes(long, "pull"),
        },
    }
