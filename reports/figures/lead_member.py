"""The lead member's page (000:925, 1610): this period beside the one before."""

from __future__ import annotations

from typing import Any

from reports.cases import Cases, still_missing
from reports.interviews import offered_of_due, within_72h_of_due
from reports.measures import (
    by,
    by_triple,
    children_with,
    codes,
    count,
    flag,
    looked_after,
    of,
    over,
    triple,
)
from reports.periods import before
from reports.request import Request


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    earlier = before(request.period)
    return {
        "now": _page(request.selected),
        "before": earlier.named() | _page(request.cases.within(earlier)),
        "still_missing": count(still_missing(looked_after(request.cases), request.period)),
    }


def _page(found: Cases) -> dict[str, Any]:
    missing = of(found, "missing")
    return {
        "all": triple(found),
        "missing": triple(missing),
        "living": by_triple(found, "living"),
        "over_24h": count(over(missing, 24)),
        "children_3_or_more": children_with(found, 3),
        **{name: by(found, name) for name in ("age_band", "sex", "ethnicity")},
        "harm": flag(found, "harm"),
        "offence": flag(found, "crime_suspected"),
        "substance": flag(found, "substance"),
        "exploitation": codes(found, "exploitation"),
        "interview_offered": offered_of_due(found),
        "within_72h_of_due": within_72h_of_due(found),
    }
