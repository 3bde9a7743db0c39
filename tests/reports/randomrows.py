"""Random episode rows that obey the schema: a small service or several, over two years."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import get_args

from protocol import codes
from reports.rows import Meeting, Phase, Referral, Row, age_band

BEGIN = datetime(2024, 6, 1, tzinfo=UTC)
CODES = ("E10000099", "E08000093", "E06000095", "E09000091")
DISTRICTS = ("E07000901", "E07000902", "E07000903")


def rows(seed: int, number: int = 60, services: int = 2, children: int = 8) -> list[Row]:
    """`number` rows of about `children` children in each service."""
    chance = random.Random(seed)
    return [_row(chance, n, services, children) for n in range(number)]


def _row(chance, n, services, children):
    pick = chance.choice

    def some(values, most=2):
        if chance.random() < 0.2:
            return "unknown"
        return tuple(sorted(chance.sample(values, chance.randint(0, most))))

    def answer(*others):
        return pick([True, True, False, False, "unknown", *others])

    def later(moment, hours):
        return moment + timedelta(minutes=chance.randint(0, hours * 60))

    service = f"NL0{chance.randint(1, services)}"
    child = chance.randint(1, children)
    precision = pick(["minute"] * 7 + ["day"])
    start = BEGIN + timedelta(minutes=chance.randint(0, 730 * 1440))
    if precision == "day":
        start = start.replace(hour=0, minute=0)
    as_of = max(start + timedelta(hours=chance.randint(0, 90)), BEGIN + timedelta(days=735))
    if chance.random() < 0.2:
        as_of = start + timedelta(hours=chance.randint(0, 90))
    phases = [Phase(start, pick(["missing", "missing", "unauthorised_absence"]))]
    while chance.random() < 0.2:
        moment = phases[-1].since + timedelta(minutes=chance.randint(1, 2000))
        if moment > as_of:
            break
        phases.append(Phase(moment, pick(["missing", "unauthorised_absence"])))
    located = returned = None
    if chance.random() < 0.85:
        returned = later(phases[-1].since, pick([1, 4, 24, 72, 300]))
        if returned > as_of:
            returned = None
    limit = min(returned or as_of, as_of)
    last_missing = max((p.since for p in phases[1:] if p.category == "missing"), default=start)
    if chance.random() < 0.5:
        located = later(last_missing, pick([1, 4, 24, 72]))
        if located > limit or (len(phases) > 1 and located == last_missing):
            located = None
    category = "missing" if any(p.category == "missing" for p in phases) else phases[0].category
    found = located or returned
    due = category == "missing" and found is not None
    looked_after = pick([True, True, True, False, "unknown"])
    age = pick([9, 11, 12, 13, 14, 15, 15, 16, 16, 17, 17, 18, "unknown"])
    held = answer(None) if due else None

    def told():
        return pick([later(start, 3), later(start, 8), None, "unknown"])

    return Row(
        schema=1,
        service=service,
        episode=f"{n:016x}",
        child=f"{child:016x}",
        home=f"H{chance.randint(1, 4)}",
        as_of=as_of,
        source=pick(["record", "import"]),
        precision=precision,
        category=category,
        phases=tuple(phases),
        start=start,
        aware=pick([later(start, 2), "unknown"]),
        located=located,
        returned=returned,
        age=age,
        age_band=pick(["14-15", "unknown"]) if age == "unknown" else age_band(age),
        sex=pick(get_args(codes.Sex)),
        ethnicity=pick(get_args(codes.Ethnicity)),
        looked_after=looked_after,
        legal_status=pick(get_args(codes.LegalStatus)),
        placement=pick(["childrens_home", *get_args(codes.Placement)]),
        sector=pick(get_args(codes.Sector)),
        responsible=None if looked_after is False else pick([*CODES, "unknown"]),
        host=pick([CODES[0], *CODES, "unknown"]),
        district=pick([*DISTRICTS, "unknown"]),
        area=pick(get_args(codes.Area)),
        distance=pick(get_args(codes.Distance)),
        uasc=answer(),
        child_protection_plan=answer(),
        mental_health=answer(),
        cse_risk=answer(),
        risky_contacts=answer(),
        aged_out=pick([False, False, True]),
        level_peak=pick([1, 2, 3, "unknown"]),
        n90=pick([1, 2, 3, 4, 5, 9, "unknown"]),
        m365=pick([0, 1, 2, 5, "unknown"]),
        push=some(get_args(codes.Push)),
        pull=some(get_args(codes.Pull)),
        harm=answer(),
        crime_victim=answer(),
        crime_suspected=answer(),
        substance=answer(),
        slept_rough=answer(),
        exploitation=some(get_args(codes.Exploitation)),
        found_district=pick([*DISTRICTS, "unknown", None]) if found else None,
        found_place=pick([*get_args(codes.FoundPlace), None]) if found else None,
        found_by=pick([*get_args(codes.FoundBy), None]) if found else None,
        found_out_of_hours=answer(None) if found else None,
        returned_to=pick([*get_args(codes.ReturnedTo), None]) if returned else None,
        return_unsafe=answer(None) if found else None,
        safe_and_well=pick([*get_args(codes.SafeAndWell), None]) if due else None,
        police_told=told(),
        authority_told=told(),
        authority_written=told(),
        parents_told=told(),
        parents_withheld=pick([False, False, True, "unknown"]),
        ri_offered=answer(None) if due else None,
        ri_offered_at=None,
        ri_accepted=answer(None) if due else None,
        ri_held=held,
        ri_held_at=pick([later(found, 150), None, "unknown"]) if held is True else None,
        ri_by=pick([*get_args(codes.InterviewBy), None]) if held is True else None,
        ri_id=pick([None, f"{chance.randint(1, 9):016x}"]) if held is True else None,
        referrals=tuple(_referral(chance, start) for _ in range(pick([0, 0, 0, 1, 2]))),
        meetings=tuple(
            Meeting(pick(get_args(codes.MeetingKind)), start.date())
            for _ in range(pick([0, 0, 1, 2]))
        ),
        assessments=some(get_args(codes.Assessment)),
        early_help_considered=answer(),
        plan_updated=answer(),
        reg40=pick(get_args(codes.Reg40)),
        group=pick([None, None, f"{chance.randint(1, 5):016x}"]),
    )


def _referral(chance, start):
    pick = chance.choice
    return Referral(
        at=start,
        to=pick(get_args(codes.ReferredTo)),
        out_of_hours=pick([True, True, False, "unknown"]),
        reason=pick(get_args(codes.ReferralReason)),
        outcome=pick(get_args(codes.ReferralOutcome)),
        protocol_followed=pick([True, False, "unknown"]),
        suitable=pick([True, False, "unknown", None]),
    )
