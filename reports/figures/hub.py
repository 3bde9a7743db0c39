"""Several services side by side (003:27, 36, 110-114, 330), without identifiers.

Children cannot be linked across services: somebody known to two of them counts twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from reports.cases import Case, Cases
from reports.measures import Breakdown, Cells, by, count, looked_after, of, triple
from reports.periods import Period, months
from reports.request import Request

FOREVER = datetime.max.replace(tzinfo=UTC)


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    found = request.selected
    hosts: dict[str, Cases] = {}
    for case in found:
        hosts.setdefault(case.row.host, Cases()).append(case)
    return {
        "services": services(request.cases, request.period),
        "total": _numbers(found),
        "authorities": Breakdown(
            {host: _numbers(hosts[host]) for host in sorted(hosts, key=lambda x: (x[0] == "u", x))}
        ),
        "months": Cells(
            (
                {"month": part.name, **part.period.named(), "partial": part.partial}
                | count(found.within(part.period))
                for part in months(request.period)
            ),
            adding=("episodes",),
        ),
        "overlapping_episodes": sum(1 for _ in overlaps(request.cases)),
    }


def services(cases: Cases, period: Period | None) -> list[dict[str, Any]]:
    """What came from each service; with a period also how much of it is inside."""
    under: dict[str, list[Case]] = {}
    for case in cases:
        under.setdefault(case.row.service, []).append(case)
    return [
        {
            "service": service,
            "rows": len(those),
            "first": those[0].day.isoformat(),
            "last": those[-1].day.isoformat(),
            "as_of": f"{max(case.row.as_of for case in those):%Y-%m-%dT%H:%M:%SZ}",
            "homes": len({case.row.home for case in those}),
        }
        | ({} if period is None else {"in_period": sum(case.day in period for case in those)})
        for service, those in sorted(under.items())
    ]


def overlaps(cases: Cases) -> Iterator[tuple[Case, Case]]:
    """Episodes of a child that start before the latest end of its earlier ones (open: no end).

    Each with the earlier one that ends last.
    """
    latest: dict[str, Case] = {}
    for case in cases:
        earlier = latest.get(case.child)
        if earlier is not None and case.row.start < _end(earlier):
            yield case, earlier
        if earlier is None or _end(case) >= _end(earlier):
            latest[case.child] = case


def _end(case: Case) -> datetime:
    return case.row.returned or FOREVER


def _numbers(found: Cases) -> dict[str, Any]:
    return triple(found) | {
        "missing": count(of(found, "missing")),
        "unauthorised_absence": count(of(found, "unauthorised_absence")),
        "living": by(found, "living"),
        "area": by(looked_after(found), "area"),
        "age_band": by(found, "age_band"),
        "sex": by(found, "sex"),
    }
