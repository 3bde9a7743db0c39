"""Hypothesis strategies for episodes and histories; more freedom than the store gives."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_args

from hypothesis import strategies as st

from protocol import facts as f
from protocol.episode import (
    Decision,
    Earlier,
    Episode,
    LocatedBy,
    Notification,
    NotificationType,
)
from protocol.facts import Child
from protocol.rules import OUTCOMES
from protocol.settings import FLAGS
from tests.protocol.cases import SIX

CATEGORIES = st.sampled_from(["missing", "unauthorised_absence"])
AUTHORITIES = st.sampled_from([None, "Haringey", "Camden", "Kent"])
OFFSETS = st.one_of(
    st.sampled_from([0, 3600, 2 * 3600, 4 * 3600, 24 * 3600, 72 * 3600, 7 * 86400, 14 * 86400]),
    st.integers(-7200, 30 * 86400),
)
MOMENTS = OFFSETS.map(lambda seconds: SIX + timedelta(seconds=seconds))
MAYBE = st.none() | MOMENTS
ANY_MOMENT = st.datetimes(
    datetime(1, 1, 1),  # noqa: DTZ001
    datetime(9999, 12, 31, 23, 59, 59),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-23)), timezone(timedelta(hours=14))])
    | st.none(),
)

SELDOM = st.sampled_from([False] * 5 + [True])
CHILDREN = st.builds(
    Child,
    dob=st.none() | st.dates(date(2005, 1, 1), date(2022, 1, 1)),
    age=st.none() | st.integers(0, 20),
    responsible_la=AUTHORITIES,
    placement_la=AUTHORITIES,
    historical_concerns=st.sampled_from([False, True, "unknown"]),
    **{flag: st.booleans() if flag == "looked_after" else SELDOM for flag in FLAGS},
)  # fmt: skip
NOTIFICATIONS = st.builds(
    Notification,
    type=st.sampled_from(get_args(NotificationType)),
    at=MOMENTS,
    recipient_role=st.sampled_from(["accountable_manager", "childs_social_worker", ""]),
)
ANSWERS = st.sampled_from([False, True, "unknown"])
DECISIONS = st.builds(
    Decision,
    id=st.sampled_from(
        ["N-RA", "N-PARENTS", "N-BACK-PARENTS", "REF-OOH", "POLICE-NOT-TOLD", "SAFE-WELL", "RI",
         "REV-WEEKLY", "APPG-3", "HAR-A2-GATHER"]
    ),
    outcome=st.sampled_from(OUTCOMES),
    at=MOMENTS,
    by_role=st.sampled_from(["", "registered_manager"]),
    note=st.sampled_from(["", " ", "a reason"]),
    until=MAYBE,
)  # fmt: skip
EPISODES = st.builds(
    Episode,
    category=CATEGORIES,
    child=CHILDREN,
    last_seen_at=MAYBE,
    due_back_at=MAYBE,
    aware_at=MOMENTS,
    police_reported_at=MAYBE,
    located_at=MAYBE,
    returned_at=MAYBE,
    notifications=st.lists(NOTIFICATIONS, max_size=3).map(tuple),
    parents_withheld_reason=st.sampled_from(["", "interim care order"]),
    ri_completed_at=MAYBE,
    ri_declined_at=MAYBE,
    missing_since=MAYBE,
    located_by=st.sampled_from([None, *get_args(LocatedBy)]),
    located_la=AUTHORITIES,
    safe_well_at=MAYBE,
    ri_held_by=st.sampled_from([None, "independent", "placement"]),
    referred_at=MAYBE,
    return_unsafe=ANSWERS,
    contact_blocked=ANSWERS,
    crime_suspected=ANSWERS,
    crime_victim=ANSWERS,
    harmed_while_away=ANSWERS,
    decisions=st.lists(DECISIONS, max_size=4).map(tuple),
    abducted=st.booleans(),
    reported_by_other_agency=st.booleans(),
    parents_reported=st.booleans(),
    reported_to_csc_at=MAYBE,
    s47_started_at=MAYBE,
)
EARLY = st.integers(0, 6 * 3600).map(lambda seconds: SIX + timedelta(seconds=seconds))
BACK = st.builds(
    Episode,
    category=st.sampled_from(["missing"] * 4 + ["unauthorised_absence"]),
    child=st.builds(
        Child,
        age=st.integers(8, 17),
        responsible_la=AUTHORITIES,
        placement_la=AUTHORITIES,
        historical_concerns=st.sampled_from([False, True, "unknown"]),
        looked_after=st.sampled_from([True] * 4 + [False]),
    ),
    last_seen_at=st.just(SIX),
    aware_at=EARLY,
    police_reported_at=st.none() | EARLY,
    located_at=st.none() | EARLY,
    returned_at=EARLY,
    notifications=st.lists(NOTIFICATIONS, max_size=1).map(tuple),
    located_by=st.sampled_from([None, *get_args(LocatedBy)]),
    return_unsafe=ANSWERS,
    crime_suspected=ANSWERS,
    harmed_while_away=ANSWERS,
    decisions=st.lists(DECISIONS, max_size=1).map(tuple),
    abducted=SELDOM,
)
"""Back within hours, with little recorded yet: when the duties after the return matter."""
HISTORIES = st.lists(
    st.builds(
        Earlier,
        category=CATEGORIES,
        start=st.integers(-400, 2).map(lambda days: SIX + timedelta(days=days)),
    ),
    max_size=10,
)


def facts(moments=MOMENTS):
    """A record as any store would accept it: a report and then anything, in any order."""
    kinds = [
        (
            f.CategoryChanged,
            {"at": moments, "category": CATEGORIES, "from_start": st.booleans()},
        ),
        (f.LastSeen, {"at": moments}),
        (f.DueBack, {"at": st.none() | moments}),
        (f.ChildChanged, {"child": CHILDREN}),
        (f.PoliceTold, {"at": moments}),
        (f.AuthorityTold, {"at": moments, "role": st.sampled_from(["accountable_manager", "x"])}),
        (f.AuthorityWritten, {"at": moments}),
        (f.ParentsTold, {"at": moments}),
        (f.ParentsWithheld, {"at": moments, "reason": st.sampled_from(["", "order"])}),
        (f.Located, {"at": moments, "return_unsafe": st.booleans()}),
        (f.Returned, {"at": moments, "crime_while_away": st.booleans()}),
        (f.GoneAgain, {"at": moments, "next_episode": st.just("RH-B2C3")}),
        (f.Abducted, {"at": moments}),
        (f.ReferredToSocialCare, {"at": moments}),
        (f.InterviewAnswered, {"at": moments, "accepted": st.booleans(), "reason": st.just("no")}),
        (f.InterviewHeld, {"at": moments}),
        (f.DutyDone, {"at": moments, "duty": st.sampled_from(["S47-48H", "CP-4H"])}),
        (f.LevelRaised, {"at": moments, "level": st.integers(-1, 5), "reason": st.just("r")}),
        (f.LevelStoodDown, {"at": moments, "level": st.integers(-1, 5), "reason": st.just("r")}),
        (f.WhileAway, {"at": moments, "harmed": ASKED, "crime_victim": ASKED}),
        (f.AuthorityAcknowledged, {"at": moments, "role": st.just("accountable_manager")}),
        (f.ToldOfReturn, {"at": moments, "whom": st.sampled_from(["police", "authority"])}),
        (f.SafeAndWell, {"at": moments, "done": st.booleans()}),
        (f.Referred, {"at": moments, "to": st.just("duty_team")}),
        (f.InterviewBooked, {"at": moments, "on": moments}),
        (f.InterviewHeld, {"at": moments, "independent": ASKED}),
        (f.MeetingHeld, {"at": moments, "meeting": st.just("strategy"), "about": DECIDABLE}),
        (
            f.Decided,
            {
                "at": moments,
                "about": DECIDABLE,
                "outcome": st.sampled_from(["done", "booked", "not_needed", "handed_over"]),
                "note": st.sampled_from(["", " ", "why"]),
                "until": st.none() | moments,
            },
        ),
        (f.Note, {"at": moments, "text": st.just("n")}),
        (f.Withdrawn, {"at": moments, "fact": st.sampled_from(IDS), "reason": st.just("w")}),
    ]
    common = {
        "id": st.sampled_from(IDS),
        "by": st.just("m.example"),
        "recorded_at": moments,
        "corrects": st.sampled_from(["", "", "", *IDS]),
    }
    report = st.builds(
        f.Opened,
        category=CATEGORIES,
        child=CHILDREN,
        aware_at=moments,
        last_seen_at=st.none() | moments,
        due_back_at=st.none() | moments,
        **{**common, "id": st.just("report"), "corrects": st.just("")},
    )
    others = st.one_of([st.builds(kind, **common, **fields) for kind, fields in kinds])
    return st.builds(lambda first, rest: [first, *rest], report, st.lists(others, max_size=8))


ASKED = st.sampled_from([None, True, False, "unknown"])
DECIDABLE = st.sampled_from(["N-PARENTS", "SAFE-WELL", "RI", "REV-WEEKLY", "HAR-A3-MEETING"])
IDS = ["report", "f1", "f2", "f3", "f4", "f5"]
