"""Random questions for the dry run, crowded around the limits of the decision table."""

from __future__ import annotations

import datetime as dt
import random

BASES = [
    "2026-03-02T18:00:00+00:00",
    "2026-03-06T15:30:00+00:00",
    "2026-03-28T22:30:00+00:00",
    "2026-03-29T00:30:00+00:00",
    "2026-10-24T22:30:00+01:00",
    "2026-10-25T01:30:00+01:00",
    "2026-10-25T01:30:00+00:00",
    "2026-07-01T08:00:00+01:00",
    "2026-12-24T23:59:30+00:00",
    "2024-02-28T23:30:00+00:00",
    "2022-09-12T17:00:00+01:00",
    "2027-12-17T16:59:59+00:00",
]
LIMITS_H = [0, 1, 2, 3, 4, 5, 12, 24, 30, 48, 72, 73, 100, 7 * 24, 14 * 24, 20 * 24]
NUDGES = [0, 0, 0, 0.5, -0.5, 1, -1, 60, -60, 1800, -1800, 3600, -3600]
AUTHORITIES = ["Haringey", "Camden", "Kent", None]
DAYS_BACK = [1, 10, 29, 30, 31, 60, 89, 90, 91, 200, 365, 366]
CHILD_FLAGS = [
    "child_protection_plan", "s47_open", "privately_fostered", "victim_of_crime",
    "avoiding_contact", "criminal_activity", "forced_marriage_risk", "hbv_risk", "cse_risk",
    "gang_risk", "trafficking_indicators", "mental_health", "risky_contacts", "uasc",
    "health_need", "learning_difficulty", "self_harm",
]  # fmt: skip
EPISODE_FLAGS = ["abducted", "reported_by_other_agency", "parents_reported"]
ANSWERS = [
    "return_unsafe", "contact_blocked", "crime_suspected", "crime_victim", "crime_while_away",
    "harmed_while_away",
]  # fmt: skip
TO_TELL = [
    "N-RA", "N-RA-WRITTEN", "N-PARENTS", "N-BACK-POLICE", "N-BACK-RA", "N-BACK-PARENTS",
    "REF-OOH", "REF-DUTY", "POLICE-NOT-TOLD", "SAFE-WELL", "RI", "REV-WEEKLY", "REV-WEEKLY",
]  # fmt: skip
MEETINGS = [
    "HAR-A1-EARLY", "HAR-A2-CHECKS", "HAR-A2-DECIDE", "HAR-A2-GATHER", "HAR-A3-MEETING",
    "HAR-A3-LEAD", "HAR-A3-ASSESS", "HAR-A3-CSE", "SG-RECOVERY", "STF", "LAN", "SG-MARM", "APPG-3",
    "CUR-REG40", "CP-4H", "STRAT-14D", "RI-72H", "SOMETHING-ELSE",
]  # fmt: skip
ITEMS = [
    "SG-SEARCH", "RET-COLLECT", "RET-PLACEMENT", "RET-WHERE", "RET-HOST", "RET-MEDICAL",
    "RI-AGREED", "RI-CONTENT", "RI-ACTIONS", "RI-SHARED", "RI-IRO", "RET-CARE-PLAN",
    "RET-STRATEGY", "SG-REVIEW", "RET-SUPPORT", "RET-RECORD", "RET-ASSESS", "SG-UNREPORTED",
    "SG-NI71-OOA",
]  # fmt: skip
TEXTS = ["", "", " ", "\u00a0\t", "a reason", "to M. Osei"]
CONFIG = {
    "profile": ["seed", "current"],
    "protocol_la": ["Haringey", "Camden"],
    "clock_start": ["later_of_last_seen_and_due_back", "last_seen", "aware", "reported"],
    "age_evaluated_at": ["clock_start", "now"],
    "older_band_min_age": [11, 12, 13],
    "short_return_hours": [3, 4, 6],
    "u11_concern_hours": [1, 2, 5],
    "level3_min_hours": [2, 12, 24, 48],
    "level3_categories": [[], ["missing"], ["missing", "unauthorised_absence"]],
    "under11_missing_open_level": [1, 2, 3],
    "under11_short_ua_level": [1, 2],
    "ua_over_4h_level": [1, 2, 3],
    "historical_concerns_scope": ["any_age", "under_11"],
    "unknown_concerns_as": [True, False],
    "additional_factors": [[], ["child_protection_plan"], ["mental_health", "uasc"]],
    "police_report_makes_missing": [True, False],
    "episode_categories": [["missing"], ["unauthorised_absence"], []],
    "episode_window_days": [30, 90, 180],
    "har_episode_count": [1, 2, 3],
    "staffs_enabled": [True, False],
    "staffs_window_days": [30, 90],
    "staffs_tiers": [[2], [9, 3], [3, 5, 9]],
    "lancs_enabled": [True, False],
    "lancs_tiers": [[5, 9], [2, 3]],
    "repeat_ua_count": [1, 2, 3],
    "marm_count": [1, 3],
    "ri_for_ua": [True, False],
    "ri_clock": ["located_or_returned", "returned"],
    "ri_repeat_window_days": [30, 365],
    "cp_72h_open": [True, False],
    "strategy_days": [5, 10, 14],
    "notify_police_min": [0, 30],
    "notify_ra_min": [0, 30, 60],
    "ra_written_hours": [2, 24],
    "notify_parents_min": [0, 120],
    "ra_accepting_roles": [["accountable_manager"], ["childs_social_worker"], []],
    "office_open": ["08:00", "09:00"],
    "office_close": ["17:00", "18:30"],
    "bank_holidays": [[], ["2026-03-02", "2026-07-01", "2026-03-09"], "england"],
    "level3_clock": ["away", "missing"],
    "told_before_missing": ["again", "counts"],
    "notify_back_police_min": [0, 30],
    "notify_back_ra_min": [0, 60],
    "notify_back_parents_min": [0, 120],
    "ra_back_roles": [["team_manager"], ["childs_social_worker"], []],
    "ri_independence": ["required", "noted"],
    "unknown_priority_as": [True, False],
    "crime_victim_as_harm": [True, False],
    "review_categories": [[], ["missing"], ["unauthorised_absence"]],
    "review_office_hours": [True, False],
    "review_early_hours": [0, 1, 72, 100],
    "settle_recommendations": [True, False],
    "settle_also": [[], ITEMS, ITEMS[:6], ITEMS[6:]],
    "cur_strategy_hours": [24, 36, 72],
}


def iso(moment: dt.datetime, rng: random.Random) -> str:
    """The same instant in one of several spellings."""
    zone = rng.choice([dt.UTC, dt.UTC, dt.timezone(dt.timedelta(hours=1))])
    return moment.astimezone(zone).isoformat()


def question(rng: random.Random) -> dict:
    start = dt.datetime.fromisoformat(rng.choice(BASES)) + dt.timedelta(
        seconds=rng.choice([0, 0, 1, 59, 1800]) + 86400 * rng.randrange(0, 3)
    )

    def near(limit_hours=None):
        hours = rng.choice(LIMITS_H) if limit_hours is None else limit_hours
        return start + dt.timedelta(hours=hours, seconds=rng.choice(NUDGES))

    def maybe(chance, moment):
        return iso(moment, rng) if rng.random() < chance else None

    child = {
        "dob": dob(start, rng),
        "looked_after": rng.random() < 0.5,
        "allocated_worker": rng.random() < 0.5,
        "historical_concerns": rng.choice([False, False, True, "unknown"]),
    }
    for key in ("responsible_la", "placement_la"):
        child[key] = rng.choice(AUTHORITIES)
    for flag in CHILD_FLAGS:
        if rng.random() < 0.07:
            child[flag] = True
    if rng.random() < 0.15:
        child["parents_withheld_reason"] = "recorded by the duty manager"
    episode = {
        "category": rng.choice(["missing", "unauthorised_absence"]),
        "child": child,
        "last_seen_at": iso(start - dt.timedelta(hours=rng.choice([0, 1, 3])), rng),
        "due_back_at": maybe(0.7, start),
        "aware_at": iso(start + dt.timedelta(minutes=rng.choice([0, 20, 90])), rng),
        "police_reported_at": maybe(0.4, near(rng.choice([0, 1, 2, 4]))),
        "located_at": maybe(0.3, near()),
        "returned_at": maybe(0.4, near()),
        "ri_completed_at": maybe(0.15, near(rng.choice([48, 72, 100]))),
        "reported_to_csc_at": maybe(0.3, near(rng.choice([1, 4]))),
    }
    episode |= {
        "missing_since": maybe(0.3, near(rng.choice([0, 1, 2, 5, 24]))),
        "located_by": rng.choice([None, None, "police", "parents", "placement", "other"]),
        "located_la": rng.choice([None, None, "", *AUTHORITIES]),
        "safe_well_at": maybe(0.2, near()),
        "ri_held_by": rng.choice([None, "independent", "placement"]),
        "ri_declined_at": maybe(0.1, near(rng.choice([48, 72, 100]))),
        "referred_at": maybe(0.2, near()),
        "referred_to": rng.choice([None, "edt", "duty_team"]),
        "s47_started_at": maybe(0.2, near(rng.choice([1, 4, 30]))),
    }
    if rng.random() < 0.15:
        episode["returned_at"] = episode["located_at"] or episode["returned_at"]
    for flag in EPISODE_FLAGS:
        if rng.random() < 0.2:
            episode[flag] = True
    for name in ANSWERS:
        if rng.random() < 0.35:
            episode[name] = rng.choice([True, "unknown", "unknown", False])
    events = [episode[k] for k in ("located_at", "returned_at", "missing_since") if episode[k]]

    def at_or_near():
        """Often exactly at something else that is on record."""
        if events and rng.random() < 0.4:
            nudge = dt.timedelta(seconds=rng.choice(NUDGES))
            return dt.datetime.fromisoformat(rng.choice(events)) + nudge
        return near()

    episode["notifications"] = [
        {
            "type": rng.choice(
                [
                    "responsible_authority", "responsible_authority", "ra_written", "parents",
                    "police_back", "ra_back", "parents_back",
                ]
            ),
            "recipient_role": rng.choice(
                ["accountable_manager", "edt_duty_manager", "childs_social_worker", "team_manager"]
            ),
            "at": iso(at_or_near(), rng),
            "method": "phone",
        }
        for _ in range(rng.choice([0, 0, 1, 2, 3, 5]))
    ]  # fmt: skip
    episode["decisions"] = decisions(rng, at_or_near)
    if rng.random() < 0.5:
        episode = {key: value for key, value in episode.items() if value is not None}
    history = [
        {"category": rng.choice(["missing", "unauthorised_absence"]), "start": iso(then, rng),
         "end": iso(then + dt.timedelta(hours=3), rng)}
        for then in (
            start - dt.timedelta(days=rng.choice(DAYS_BACK),
                                 seconds=rng.choice([0, 1, -1, 3600, -3600]))
            for _ in range(rng.choice([0, 0, 1, 2, 3, 5, 9, 12]))
        )
    ]  # fmt: skip
    changed = rng.sample(sorted(CONFIG), rng.choice([0, 0, 1, 2, 4, 8]))
    config = {key: rng.choice(CONFIG[key]) for key in changed}
    asked = {
        "now": iso(at_or_near(), rng),
        "episode": episode,
        "history": history,
        "config": config,
    }
    if rng.random() < 0.3:
        changed = rng.sample(sorted(CONFIG.keys() - {"protocol_la"}), rng.choice([0, 1, 3, 6]))
        asked["placing"] = {
            "authority": rng.choice([child["responsible_la"] or "Kent", "Camden"]),
            "config": {key: rng.choice(CONFIG[key]) for key in changed},
        }
    return asked


def decisions(rng: random.Random, at_or_near) -> list[dict]:
    """A few, or (to settle nearly everything) one for each id; ties and blank texts among them."""
    if rng.random() < 0.25:
        ids = [name for name in TO_TELL + MEETINGS + ITEMS if rng.random() < 0.9]
        weights = ["done", "not_needed", "not_needed", "booked", "handed_over"]
    else:
        ids = rng.choices(TO_TELL * 2 + MEETINGS + ITEMS, k=rng.choice([0, 0, 1, 2, 5, 9]))
        weights = ["done", "not_needed", "booked", "handed_over"]
    made = []
    for name in ids:
        at = iso(at_or_near(), rng)
        if made and rng.random() < 0.15:
            at = rng.choice(made)["at"]
        decision = {"id": name, "outcome": rng.choice(weights), "at": at}
        if rng.random() < 0.9:
            decision["note"] = rng.choice(TEXTS)
        if rng.random() < 0.9:
            decision["by_role"] = rng.choice(["registered_manager", "", "  "])
        if rng.random() < 0.7:
            decision["until"] = rng.choice([None, *[iso(at_or_near(), rng) for _ in range(4)]])
        made.append(decision)
    return made


def dob(start: dt.datetime, rng: random.Random) -> str:
    """Often a birthday around the age bands, on the day itself or beside it."""
    years = rng.choice([9, 10, 11, 12, 13, 15, 17])
    day = start.date() + dt.timedelta(days=rng.choice([-200, -1, 0, 1, 100]))
    try:
        return day.replace(year=day.year - years).isoformat()
    except ValueError:
        return dt.date(day.year - years, 2, 28).isoformat()
