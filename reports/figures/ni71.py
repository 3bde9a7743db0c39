"""National Indicator 71: missing from home and care (000:1937-2025, 2064-2144; 001:283, 003:212).

The indicator scores arrangements, not numbers (1937); these are the figures that its criteria name.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from typing import Any, get_args

from protocol import codes as coded
from reports.cases import Case, Cases
from reports.interviews import due
from reports.measures import (
    UNKNOWN,
    Cells,
    answers,
    by_triple,
    children_with,
    codes,
    count,
    flag,
    found_districts,
    homes,
    looked_after,
    number_by,
    of,
    over,
    share,
    triple,
)
from reports.periods import DAY, quarters
from reports.request import Request
from reports.rows import Row

PLACED = ("emergency_accommodation", "family", "foster", "residential")


def figures(request: Request) -> dict[str, Any]:
    """The figures of this report, as its file begins."""
    found = request.selected
    long = over(found, 24)
    return {
        "all": triple(found),
        "missing": triple(of(found, "missing")),
        "unauthorised_absence": triple(of(found, "unauthorised_absence")),
        **{name: by_triple(found, name) for name in ("age_band", "sex", "ethnicity", "living")},
        "area": by_triple(looked_after(found), "area"),
        "patterns": {
            "two_or_more": children_with(found, 2),
            "over_24h": count(long),
            "over_48h": count(over(long, 48)),
            "crime_victim": flag(found, "crime_victim"),
            "crime_suspected": flag(found, "crime_suspected"),
            "crime_either": count(
                found.where(lambda row: row.crime_victim is True or row.crime_suspected is True)
            ),
            "mental_health": flag(found, "mental_health"),
            "cse_risk": flag(found, "cse_risk"),
            "risky_contacts": flag(found, "risky_contacts"),
            "assessments": codes(found, "assessments"),
        },
        "with_meeting": count(found.where(lambda row: row.meetings)),
        "meetings": number_by(
            (meeting.kind for case in found for meeting in case.row.meetings),
            get_args(coded.MeetingKind),
        ),
        "harm": flag(found, "harm"),
        "offence": flag(found, "crime_suspected"),
        "homes": homes(found.where(lambda row: row.placement == "childrens_home")),
        "found_districts": found_districts(found),
        "interview_offered": _offered(found),
        "out_of_hours": _out_of_hours(found),
        "quarters": Cells(
            (
                {"quarter": part.name, **part.period.named(), "partial": part.partial}
                | triple(found.within(part.period))
                for part in quarters(request.period)
            ),
            adding=("episodes",),
        ),
    }


def _two_or_more(row: Row) -> bool:
    return isinstance(row.m365, int) and row.m365 >= 2


def _contacts(row: Row) -> bool:
    return row.cse_risk is True or row.risky_contacts is True


def _over_24h(case: Case) -> bool:
    return (
        case.row.precision == "minute"
        and case.found is not None
        and case.found - case.row.start > DAY
    )


TRIGGERS: dict[str, Callable[[Case], bool]] = {
    "over_24h": _over_24h,
    "two_or_more": lambda case: _two_or_more(case.row),
    "crime": lambda case: case.row.crime_suspected is True,
    "harm": lambda case: case.row.harm is True,
    "mental_health": lambda case: case.row.mental_health is True,
    "exploitation_or_contacts": lambda case: _contacts(case.row),
}
"""When an interview is to be offered (000:2097-2103); `any` of them is counted beside each."""


def _offered(found: Cases) -> dict[str, Any]:
    owed = due(found)
    offered = [answer is True for answer in answers(owed, "ri_offered")]
    met = {name: list(map(fits, owed)) for name, fits in TRIGGERS.items()}
    met["any"] = list(map(any, zip(*met.values(), strict=True)))
    return {name: share(sum(compress(offered, those)), sum(those)) for name, those in met.items()}


def _out_of_hours(found: Cases) -> dict[str, Any]:
    """Out-of-hours referrals (000:2109-2144)."""
    pairs = [
        (case, referral)
        for case in found
        for referral in case.row.referrals
        if referral.out_of_hours is True
    ]
    made = [referral for _, referral in pairs]
    placed = [referral for referral in made if referral.outcome in PLACED]
    needed = found.where(lambda row: row.found_out_of_hours is True and row.return_unsafe is True)
    return {
        "referrals": len(made),
        "children": len({case.child for case, _ in pairs}),
        "to": number_by((x.to for x in made), get_args(coded.ReferredTo)),
        "outcome": number_by((x.outcome for x in made), get_args(coded.ReferralOutcome)),
        "protocol_followed": number_by(
            (str(x.protocol_followed).lower() for x in made), ("true", "false", UNKNOWN)
        ),
        "placed_suitably": share(sum(x.suitable is True for x in placed), len(placed)),
        "hours_unknown": sum(x.out_of_hours == UNKNOWN for c in found for x in c.row.referrals),
        "made_when_needed": share(
            sum(any(x.out_of_hours is True for x in c.row.referrals) for c in needed), len(needed)
        ),
    }
