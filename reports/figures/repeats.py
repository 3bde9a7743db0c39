"""Repeat episodes over one, three, six and twelve months (000:857, 843, 771-780)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from reports.cases import Case, Cases, named
from reports.measures import (
    UNKNOWN,
    Count,
    Distribution,
    children_with,
    count,
    number_by,
    of,
    share,
    triple,
)
from reports.periods import window
from reports.request import Request

OVER_11_MIN_AGE = 12
"""The text says "over 11" (A-01)."""
TIMES = ((1, "1"), (2, "2"), (4, "3-4"), (8, "5-8"))


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    to = request.period.last
    windows = {str(k): window(to, k) for k in (1, 3, 6, 12)}
    windows["period"] = request.period
    return {
        name: period.named() | _repeats(request.cases.within(period))
        for name, period in windows.items()
    }


def _repeats(found: Cases) -> dict[str, Any]:
    numbers = found.numbers
    often = {child for child, number in numbers.items() if number >= 3}
    level_1 = of(found, "unauthorised_absence").where(
        lambda row: row.level_peak == 1 and isinstance(row.age, int) and row.age >= OVER_11_MIN_AGE
    )
    from_home = found.where(lambda row: row.looked_after is False and row.returned is not None)
    three = found.where(lambda row: isinstance(row.n90, int) and row.n90 >= 3)
    early_help = Counter(str(case.row.early_help_considered) for case in from_home)
    return {
        "all": count(found),
        "missing": count(of(found, "missing")),
        "unauthorised_absence": count(of(found, "unauthorised_absence")),
        "level_1_over_11": triple(level_1) | {"children_3_or_more": children_with(level_1, 3)},
        "children_by_episodes": by_episodes(numbers),
        "children_2_or_more": children_with(found, 2),
        "children_3_or_more": len(often),
        "episodes_of_children_3_or_more": share(sum(numbers[child] for child in often), len(found)),
        "levels": number_by((str(case.row.level_peak) for case in found), ("1", "2", "3", UNKNOWN)),
        "three_in_90_days": count(three)
        | {"episodes_unknown": sum(case.row.n90 == UNKNOWN for case in found)},
        "early_help_after_return_home": Count(
            of=len(from_home),
            considered=early_help["True"],
            not_considered=early_help["False"],
            unknown=early_help[UNKNOWN],
        ),
        "children_list": _children(found, often),
    }


def by_episodes(numbers: Counter[str]) -> Distribution:
    """Children by how many episodes they had."""
    return number_by(
        (next((name for most, name in TIMES if n <= most), "9+") for n in numbers.values()),
        [*(name for _, name in TIMES), "9+"],
    )


def _children(found: Cases, wanted: set[str]) -> list[dict[str, Any]]:
    under: dict[str, list[Case]] = {child: [] for child in wanted}
    for case in found:
        if case.child in under:
            under[case.child].append(case)
    return [
        {
            **named(child),
            "episodes": len(those),
            "missing": sum(case.row.category == "missing" for case in those),
            "unauthorised_absence": sum(case.row.category != "missing" for case in those),
            "level_peak": max(
                (case.row.level_peak for case in those if case.row.level_peak != UNKNOWN),
                default=UNKNOWN,
            ),
        }
        for child, those in sorted(under.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
