"""Interviews by quarter for commissioners (004:85-91).

The printed total of the text adds the quarters, so that a child in two quarters counts twice; both
totals are given. An interview belongs to the quarter of its episode.
"""

from __future__ import annotations

from typing import Any

from reports.cases import Cases
from reports.interviews import distinct, held
from reports.measures import Cells, Count, of
from reports.periods import quarters
from reports.request import Request


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    missing = of(request.selected, "missing")
    parts = [(part, _numbers(missing.within(part.period))) for part in quarters(request.period)]
    return {
        "quarters": Cells(
            (
                {"quarter": part.name, **part.period.named(), "partial": part.partial} | numbers
                for part, numbers in parts
            ),
            adding=("incidents", "individuals", "interviews", "individuals_seen"),
        ),
        "sum_of_quarters": Count(
            {name: sum(numbers[name] for _, numbers in parts) for name in _numbers(Cases())}
        ),
        "whole_period": _numbers(missing),
    }


def _numbers(found: Cases) -> Count:
    spoken = held(found)
    return Count(
        incidents=len(found),
        individuals=len({case.child for case in found}),
        interviews=distinct(spoken),
        individuals_seen=len({case.child for case in spoken}),
    )
