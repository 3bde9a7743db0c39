"""Each month for senior and team managers (004:70-72, 117): 3, 5 and 9 in 90 days.

Waiting for the monthly report may be too late (004:134).
"""

from __future__ import annotations

from typing import Any

from reports.cases import Cases, named
from reports.interviews import within_72h_of_due
from reports.measures import UNKNOWN, Cells, by, number_by, of, share, triple
from reports.periods import Part, months
from reports.request import Request

TIERS = ((2, "1-2"), (4, "3-4"), (8, "5-8"))
TIER_NAMES = ("1-2", "3-4", "5-8", "9+", UNKNOWN)


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    return {
        "months": Cells(
            (_month(part, request.selected.within(part.period)) for part in months(request.period)),
            adding=("all.episodes",),
        )
    }


def _month(part: Part, found: Cases) -> dict[str, Any]:
    highest: dict[str, int] = {}
    for case in found:
        n90 = case.row.n90
        highest[case.child] = max(highest.get(case.child, 0), n90 if isinstance(n90, int) else 0)
    often = {child: n90 for child, n90 in highest.items() if n90 >= 3}
    numbers = dict.fromkeys(often, 0)
    met, planned = set(), set()
    for case in found:
        if case.child in numbers:
            numbers[case.child] += 1
            if any(meeting.kind == "intervention" for meeting in case.row.meetings):
                met.add(case.child)
            if case.row.plan_updated is True:
                planned.add(case.child)
    return {
        "month": part.name,
        **part.period.named(),
        "partial": part.partial,
        "all": triple(found),
        "missing": triple(of(found, "missing")),
        "living": by(found, "living"),
        "tiers": number_by((_tier(n90) for n90 in highest.values()), TIER_NAMES),
        "reached": {str(n): sum(case.row.n90 == n for case in found) for n in (3, 5, 9)},
        "with_intervention_meeting": share(len(met), len(often)),
        "plans_updated": share(len(planned), len(often)),
        "within_72h_of_due": within_72h_of_due(found),
        "children_list": [
            {
                **named(child),
                "n90": n90,
                "episodes": numbers[child],
                "intervention_meeting": child in met,
                "plan_updated": child in planned,
            }
            for child, n90 in sorted(often.items(), key=lambda item: (-item[1], item[0]))
        ],
    }


def _tier(n90: int) -> str:
    if not n90:
        return UNKNOWN
    return next((name for most, name in TIERS if n90 <= most), "9+")
