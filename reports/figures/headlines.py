"""The year's headlines for the board, beside the period before (004:74-82, 136)."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from reports.cases import Cases
from reports.figures.groups import GROUPS, group_of
from reports.interviews import offered_of_due
from reports.measures import UNKNOWN, Share, by, count, field, first_known, of, share
from reports.periods import before
from reports.request import Request

SECTORS = ("local_authority", "private", "voluntary")


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    earlier = before(request.period)
    now = _headlines(request, request.selected)
    then = _headlines(request, request.cases.within(earlier))
    return {
        "now": now,
        "before": earlier.named() | then,
        "change": _change(now, then),
    }


def _headlines(request: Request, found: Cases) -> dict[str, Any]:
    numbers = found.numbers
    ages = [
        int(age)
        for age in first_known(found, lambda case: str(case.row.age)).values()
        if age != UNKNOWN
    ]
    often = Counter(ages)
    group = group_of(request)
    groups = {name: entry["children"] for name, entry in by(found, "group", group, GROUPS).items()}
    own = groups["care"] + groups["out_of_county"]
    others = groups["partner"] + groups["cicola"]
    outside = Cases([case for case in found if group(case) == "out_of_county"])
    long = [case.over(24) for case in of(found, "missing")]
    return {
        "all": count(found),
        "missing": count(of(found, "missing")),
        "children_over_50_episodes": sum(number > 50 for number in numbers.values()),
        "most_episodes": max(numbers.values(), default=0),
        "aged_14_or_over": share(sum(age >= 14 for age in ages), len(ages)),
        "aged_15_or_over": share(sum(age >= 15 for age in ages), len(ages)),
        "most_frequent_age": min(often, key=lambda age: (-often[age], age), default=None),
        "found_within_24h": share(long.count(False), len(long) - long.count(UNKNOWN)),
        "own_care": share(own, own + others),
        "other_authorities_children": share(others, groups["home"] + groups["care"] + others),
        "out_of_county": count(outside) | {"interview_offered": offered_of_due(outside)},
        **_independent(request, found),
    }


def _independent(request: Request, found: Cases) -> dict[str, Share]:
    """Children in private or voluntary children's homes, of those in any (004:82)."""
    placement = first_known(found, field("placement"))
    sector = first_known(found, field("sector"))
    responsible = first_known(found, field("responsible"))
    living = [
        child
        for child, its in placement.items()
        if its == "childrens_home" and sector[child] in SECTORS
    ]
    independent = [child for child in living if sector[child] != "local_authority"]
    known = [child for child in independent if responsible[child] != UNKNOWN]
    return {
        "independent_homes": share(len(independent), len(living)),
        "independent_homes_other_authorities": share(
            sum(responsible[child] != request.authority for child in known), len(known)
        ),
    }


def _change(now: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    episodes, earlier = now["all"]["episodes"], then["all"]["episodes"]
    shares = now["independent_homes"]["pct"], then["independent_homes"]["pct"]
    return {
        "episodes": episodes - earlier,
        "episodes_pct": _signed(episodes - earlier, earlier),
        "children": now["all"]["children"] - then["all"]["children"],
        "independent_homes_points": None if None in shares else round(shares[0] - shares[1], 1),
    }


def _signed(change: int, of: int) -> float | None:
    """A percentage with one decimal, half away from zero; None of nothing."""
    if not of:
        return None
    exact = Decimal(100 * change) / Decimal(of)
    return float(exact.quantize(Decimal("0.1"), ROUND_HALF_UP))
