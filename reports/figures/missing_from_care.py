"""Missing and absconding from care (000:597-629): committee, corporate parenting.

The text calls only episodes over 24 hours missing; shorter ones stand in their own line.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from reports.cases import Cases, still_missing
from reports.measures import (
    UNKNOWN,
    Distribution,
    by,
    codes,
    count,
    first_known,
    looked_after,
    of,
    placements,
)
from reports.request import Request


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    found = looked_after(request.selected)
    missing, away = of(found, "missing"), of(found, "unauthorised_absence")
    length = {x: Cases(c for c in missing if c.over(24) == x) for x in (True, False, UNKNOWN)}
    long = {case.child for case in length[True]}
    absent = {case.child for case in away}
    still = still_missing(looked_after(request.cases), request.period)
    ages = first_known(still, lambda case: str(case.row.age))
    numbers = Counter(ages.values())
    return {
        "all": count(found),
        "missing_over_24h": count(length[True]),
        "missing_up_to_24h": count(length[False]),
        "missing_length_not_known": count(length[UNKNOWN]),
        "unauthorised_absence": count(away),
        "children_over_24h_or_unauthorised": len(long | absent),
        "children_over_24h_and_unauthorised": len(long & absent),
        "still_missing": count(still)
        | {
            "turned_18_while_away": len(still.where(lambda row: row.aged_out is True)),
            "by_age": Distribution(
                {age: numbers[age] for age in sorted(numbers, key=lambda x: (len(x), x))}
            ),
        },
        "legal_status": by(found, "legal_status"),
        "placements": placements(found),
        "unauthorised_push": codes(away, "push"),
        "unauthorised_pull": codes(away, "pull"),
    }
