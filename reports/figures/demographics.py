"""Who they are, by group, for commissioners (004:93-99; districts 101)."""

from __future__ import annotations

from typing import Any

from reports.figures.groups import GROUPS, group_of
from reports.measures import (
    UNKNOWN,
    VALUES,
    Breakdown,
    by,
    by_triple,
    count,
    field,
    first_known,
    number_by,
)
from reports.request import Request


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    found = request.selected
    group = group_of(request)
    groups = by(found, "group", group, GROUPS)
    members = first_known(found, group)
    sexes = first_known(found, field("sex"))
    ages = first_known(found, lambda case: str(case.row.age))
    for name, entry in groups.items():
        children = [child for child, its in members.items() if its == name]
        known = [int(ages[child]) for child in children if ages[child] != UNKNOWN]
        entry["sex"] = number_by((sexes[child] for child in children), VALUES["sex"])
        entry["average_age"] = _average(known)
        entry["age_unknown"] = len(children) - len(known)
    here = found.where(lambda row: row.host == request.authority)
    return {
        "all": count(found),
        "groups": Breakdown(groups),
        "districts": by_triple(here, "district", allowed=()),
    }


def _average(ages: list[int]) -> float | None:
    """Two decimals, half up."""
    return (200 * sum(ages) + len(ages)) // (2 * len(ages)) / 100 if ages else None
