"""Interviews within 72 hours and time to tell (000:1489, 1723; 002:135; 004:117)."""

from __future__ import annotations

from typing import Any

from reports.cases import Cases
from reports.interviews import interviews, notifications
from reports.measures import VALUES, Value, field, living
from reports.periods import months
from reports.request import Request


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    found = request.selected
    return {
        "all": interviews(found),
        "months": [
            {"month": part.name, **part.period.named(), "partial": part.partial}
            | interviews(found.within(part.period))
            for part in months(request.period)
        ],
        "area": _each(found, field("area"), VALUES["area"]),
        "living": _each(found, living, VALUES["living"]),
        "notifications": notifications(found),
    }


def _each(found: Cases, value: Value, allowed: tuple[str, ...]) -> dict[str, Any]:
    under = {x: Cases() for x in allowed}
    for case in found:
        under[value(case)].append(case)
    return {x: interviews(those) for x, those in under.items()}
