"""A home's own figures for regulation 44 and 45 and for inspection (002:89)."""

from __future__ import annotations

from typing import Any, get_args

from protocol import codes as coded
from reports.cases import Cases, still_missing
from reports.interviews import interviews
from reports.measures import Cells, children_with, count, flag, lengths, number_by, of, share
from reports.request import Request

INTERVIEWS = ("due", "offered", "held", "within_72h_of_held", "within_72h_of_due")


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    under: dict[tuple[str, str], Cases] = {}
    for case in request.selected:
        under.setdefault((case.row.service, case.row.home), Cases()).append(case)
    still = still_missing(request.cases, request.period)
    return {
        "homes": Cells(
            (
                {"service": home[0], "home": home[1]}
                | _home(
                    those,
                    Cases(c for c in still if (c.row.service, c.row.home) == home),
                )
                for home, those in sorted(under.items())
            ),
            adding=("all.episodes", "missing.episodes", "unauthorised_absence.episodes"),
        ),
        "total": _by_category(request.selected),
    }


def _by_category(found: Cases) -> dict[str, Any]:
    return {
        "all": count(found),
        "missing": count(of(found, "missing")),
        "unauthorised_absence": count(of(found, "unauthorised_absence")),
    }


def _home(found: Cases, still: Cases) -> dict[str, Any]:
    missing = of(found, "missing")
    told = missing.where(lambda row: row.police_told not in (None, "unknown"))
    interviewed = interviews(found)
    return _by_category(found) | {
        "lengths": lengths(found),
        "still_missing": count(still),
        "police_told": share(len(told), len(missing)),
        "reg40": number_by((case.row.reg40 for case in missing), get_args(coded.Reg40)),
        "children_3_or_more": children_with(found, 3),
        "harm": flag(found, "harm"),
        "interviews": {name: interviewed[name] for name in INTERVIEWS},
    }
