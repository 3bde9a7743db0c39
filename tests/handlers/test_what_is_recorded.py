"""Every form of a case by itself: which questions these answers lead to, and the facts, field by
field, that they become."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from handlers.form import WORDS, Choice, FormState, Ticks, Words, answered, current
from handlers.recording import RECORDINGS
from handlers.recording.answers import until
from handlers.recording.questions import own_words, rest_as_notes, words_as_notes
from handlers.wording import after_return, deciding, interview, recording, told_of_return
from protocol import facts as f
from protocol import london
from storage.model import Entry
from tests.handlers.test_summaries import CHILD, EPISODE, FACTS, NOW, by, state

THEN = NOW - timedelta(minutes=20)
AT = {"at": THEN.isoformat()}
SIX = NOW - timedelta(hours=6)
"""When all of it happened; the report came an hour before."""
SEVEN = NOW - timedelta(hours=7)
IN_4_H = NOW + timedelta(hours=4)
WED = date(2026, 11, 25)
NINE = london.at(WED, time(9))
UNKNOWN = "?"
OPENED, POLICE, AUTHORITY, PARENTS, WITHHELD, LOCATED, BACK, ABDUCTED, TALK, MEETING = FACTS
HIDDEN = {"duty", "outs", "needs", "left"}
"""What stands in the answers without having been asked in the form."""


def typed(words: str) -> str:
    return WORDS + words


def on_case(facts: Sequence[f.Fact], answers: dict[str, Any]) -> FormState:
    """The form with these answers, on a case with these facts."""
    entries = tuple(Entry(fact=fact, digest="") for fact in facts)
    made = state()
    preset = {key: value for key, value in made.answers.items() if key != "who"}
    return replace(made, answers={**preset, **answers}, episode=replace(EPISODE, entries=entries))


def recorded(
    kind: str, answers: dict[str, Any], facts: Sequence[f.Fact] = FACTS
) -> list[dict[str, Any]]:
    """What goes on record. These answers, and no others, are those that the form asks for."""
    c = on_case(facts, answers)
    form = RECORDINGS[kind].form
    asked = [step.key for step in answered(form, c)]
    assert sorted(asked) == sorted(answers.keys() - HIDDEN | (answers.keys() & set(asked)))
    missing = current(form, c)
    assert missing is None, f"{missing.key} is asked, too" if missing else ""
    numbers = (f"n{n}" for n in itertools.count(1))
    return [fields(fact) for fact in RECORDINGS[kind].facts(c, lambda: next(numbers))]


def fields(fact: f.Fact) -> dict[str, Any]:
    found = {name: getattr(fact, name) for name in fact.__struct_fields__}
    return {"": type(fact).__name__, **found}


def made(*facts: f.Fact | tuple[type[f.Fact], dict[str, Any]]) -> list[dict[str, Any]]:
    """Facts by the manager of these tests, now, with the ids in order."""
    found = []
    for number, one in enumerate(facts, 1):
        by_me: dict[str, Any] = {"id": f"n{number}", "by": "m1", "recorded_at": NOW}
        if isinstance(one, tuple):
            cls, more = one
            if "at" in cls.__struct_fields__:
                more = {"at": NOW, **more}
            fact = cls(**by_me, **more)
        else:
            fact = replace(one, **by_me)
        found.append(fields(fact))
    return found


NONE_AWAY = dict.fromkeys(
    ("harmed", "crime_victim", "crime_suspected", "substance", "slept_rough"), False
)
NOT_KNOWN = dict.fromkeys(NONE_AWAY, "unknown")
HELD = {"held": "held", **AT, "pres": ["police"], "mdec": typed("a plan"), "lead": typed("Kim")}
NO_LEAD = {"held": "held", **AT, "pres": [], "mdec": "", "lead": "", "next": "-"}
ROLE = {"role": "team_manager", "how": "email"}
OUTSIDE = "E09000007"

CASES: list[tuple[str, dict[str, Any], list[Any]]] = [
    # Who was told
    (
        "police",
        {**AT, "ref": typed("CAD 12"), "who": typed("PC 123456")},
        [(f.PoliceTold, {"at": THEN, "reference": "CAD 12", "officer": "PC 123456"})],
    ),
    (
        "police",
        {**AT, "ref": "", "who": typed("the desk")},
        [(f.PoliceTold, {"at": THEN, "spoke_to": "the desk"})],
    ),
    (
        "authority",
        {"role": "edt_duty_manager", "how": "text", **AT, "who": typed("Lou")},
        [
            (
                f.AuthorityTold,
                {
                    "at": THEN, "role": "edt_duty_manager", "how": "text", "who": "Lou",
                    "acknowledged": False,
                },
            ),
            (
                f.AuthorityAcknowledged,
                {"at": THEN, "role": "edt_duty_manager", "how": "text", "who": "Lou"},
            ),
        ],
    ),
    (
        "authority",
        {"role": UNKNOWN, "how": UNKNOWN, **AT, "who": UNKNOWN},
        [
            (
                f.AuthorityTold,
                {"at": THEN, "role": "unknown", "how": "unknown", "acknowledged": False},
            )
        ],
    ),
    ("written", AT, [(f.AuthorityWritten, {"at": THEN})]),
    (
        "parents",
        {"by": "me", **AT, "what": "back safe"},
        [(f.ParentsTold, {"at": THEN, "told_by": "m1", "what": "back safe"})],
    ),
    ("parents", {"by": UNKNOWN, **AT, "what": UNKNOWN}, [(f.ParentsTold, {"at": THEN})]),
    (
        "parents",
        {"by": "police", **AT, "what": typed("all of it")},
        [(f.ParentsTold, {"at": THEN, "told_by": "police", "what": "all of it"})],
    ),
    (
        "withheld",
        {"why": typed("not safe"), "by": "social worker"},
        [(f.ParentsWithheld, {"reason": "not safe", "decided_by": "social worker"})],
    ),
    (
        "withheld",
        {"why": typed("not safe"), "by": "staff:m1"},
        [
            (
                f.ParentsWithheld,
                {"reason": "not safe", "decided_by": recording.manager("Morgan Example")},
            )
        ],
    ),
    (
        "withheld",
        {"why": typed("not safe"), "by": UNKNOWN},
        [(f.ParentsWithheld, {"reason": "not safe"})],
    ),
    ("referred", AT, [(f.ReferredToSocialCare, {"at": THEN})]),
    # Found and back
    (
        "found",
        {"at": SIX.isoformat(), "where": typed("a park"), "safe": "yes", "free": "no"},
        [
            (
                f.Located,
                {"at": SIX, "where": "a park", "return_unsafe": True, "contact_blocked": True},
            )
        ],
    ),
    (
        "found",
        {"at": SIX.isoformat(), "where": UNKNOWN, "safe": UNKNOWN, "free": "yes"},
        [(f.Located, {"at": SIX, "return_unsafe": "unknown", "contact_blocked": False})],
    ),
    (
        "back",
        {**AT, "hurt": ["harmed", UNKNOWN]},
        [
            (f.Returned, {"at": THEN}),
            (
                f.WhileAway,
                {
                    "at": THEN, "harmed": True, "crime_suspected": "unknown",
                    "crime_victim": "unknown",
                },
            ),
        ],
    ),
    (
        "back",
        {**AT, "hurt": ["suspected", "victim"]},
        [
            (f.Returned, {"at": THEN}),
            (
                f.WhileAway,
                {"at": THEN, "harmed": False, "crime_suspected": True, "crime_victim": True},
            ),
        ],
    ),
    ("safewell", {"done": "yes", **AT}, [(f.SafeAndWell, {"at": THEN, "done": True})]),
    (
        "safewell",
        {"done": "no", "why": typed("asleep")},
        [(f.SafeAndWell, {"done": False, "reason": "asleep"})],
    ),
    (
        "offered",
        {"at": SIX.isoformat(), "by": "placing authority"},
        [(f.InterviewOffered, {"at": SIX, "offered_by": "placing authority"})],
    ),
    ("answered", {"ans": "yes"}, [(f.InterviewAnswered, {"accepted": True})]),
    (
        "answered",
        {"ans": "no", "why": typed("not now")},
        [(f.InterviewAnswered, {"accepted": False, "reason": "not now"})],
    ),
    # What people decide and note
    ("note", {"note": typed("a word")}, [(f.Note, {"text": "a word"})]),
    (
        "done",
        {"duty": "D-1", **AT, "note": typed("a word")},
        [(f.DutyDone, {"at": THEN, "duty": "D-1", "note": "a word"})],
    ),
    (
        "raise",
        {"lvl": "3", "why": typed("worried")},
        [(f.LevelRaised, {"level": 3, "reason": "worried"})],
    ),
    (
        "lower",
        {"lvl": "1", "why": typed("calm")},
        [(f.LevelStoodDown, {"level": 1, "reason": "calm"})],
    ),
    (
        "category",
        {"cat": "unauthorised_absence", "why": typed("known")},
        [(f.CategoryChanged, {"category": "unauthorised_absence", "reason": "known"})],
    ),
    ("signoff", {"note": typed("well done")}, [(f.SignedOff, {"remark": "well done"})]),
    (
        "signoff",
        {"left": "A-1 B-2", "why": typed("moved"), "note": ""},
        [(f.SignedOff, {"left_open": ("A-1", "B-2"), "reason": "moved"})],
    ),
    (
        "concerns",
        {"con": "yes"},
        [(f.ChildChanged, {"child": replace(CHILD, historical_concerns=True)})],
    ),
    (
        "concerns",
        {"con": UNKNOWN},
        [(f.ChildChanged, {"child": replace(CHILD, historical_concerns="unknown")})],
    ),
    # Told that it is over, and what they answered
    (
        "back_police",
        AT,
        [(f.ToldOfReturn, {"at": THEN, "whom": "police", "how": "unknown"})],
    ),
    (
        "back_authority",
        {**ROLE, **AT},
        [(f.ToldOfReturn, {"at": THEN, "whom": "authority", **ROLE})],
    ),
    (
        "back_parents",
        {"by": "me", **AT},
        [(f.ToldOfReturn, {"at": THEN, "whom": "parents", "how": "unknown", "told_by": "m1"})],
    ),
    (
        "back_parents",
        {"by": "police", **AT},
        [(f.ToldOfReturn, {"at": THEN, "whom": "parents", "how": "unknown", "told_by": "police"})],
    ),
    (
        "back_parents",
        {"by": UNKNOWN, **AT},
        [(f.ToldOfReturn, {"at": THEN, "whom": "parents", "how": "unknown"})],
    ),
    (
        "police_said",
        {"acc": "yes", "grade": "high", "off": typed("4711"), **AT},
        [(f.PoliceAnswered, {"at": THEN, "accepted": True, "grade": "high", "officer": "4711"})],
    ),
    (
        "police_said",
        {"acc": "no", "why": typed("too soon"), "off": "", **AT},
        [(f.PoliceAnswered, {"at": THEN, "accepted": False, "reason": "too soon"})],
    ),
    (
        "acknowledged",
        {"role": "childs_social_worker", "how": UNKNOWN, **AT, "who": typed("Lou")},
        [
            (
                f.AuthorityAcknowledged,
                {"at": THEN, "role": "childs_social_worker", "how": "unknown", "who": "Lou"},
            )
        ],
    ),
    (
        "referral",
        {"whom": "police", "rsn": "significant_harm", **AT},
        [
            (
                f.Referred,
                {"at": THEN, "to": "police", "reason": "significant_harm", "how": "unknown"},
            )
        ],
    ),
    # How they were found and came back
    (
        "found_how",
        {"fby": "police", "place": "public_place", "area": "Camden"},
        [
            replace(
                LOCATED, found_by="police", place="public_place", authority="Camden",
                district=OUTSIDE, corrects="f5",
            )
        ],
    ),
    (
        "found_how",
        {"fby": UNKNOWN, "place": UNKNOWN, "area": UNKNOWN},
        [replace(LOCATED, found_by="unknown", place="unknown", corrects="f5")],
    ),
    (
        "found_how",
        {"fby": "staff", "place": "friend", "area": "Haringey", "dist": typed(" e07000223 ")},
        [
            replace(
                LOCATED, found_by="staff", place="friend", authority="Haringey",
                district="E07000223", corrects="f5",
            )
        ],
    ),
    (
        "found_how",
        {"fby": "staff", "place": "friend", "area": typed("Farland"), "dist": typed("Far")},
        [
            replace(
                LOCATED, found_by="staff", place="friend", authority="Farland", corrects="f5"
            ),
            (f.Note, {"text": f"{after_return.NOT_A_CODE}Far"}),
        ],
    ),
    (
        "came_back",
        {"col": "carer", "along": "yes", "to": "hospital", "dec": "social worker"},
        [
            (f.Collected, {"by_whom": "carer", "police_along": True}),
            replace(BACK, to="hospital", decided_by="social worker", corrects="f6"),
            (
                f.Decided,
                {"about": "RET-PLACEMENT", "outcome": "done", "decided_by": "social worker"},
            ),
        ],
    ),
    (
        "came_back",
        {"col": "police", "to": UNKNOWN, "dec": UNKNOWN},
        [
            (f.Collected, {"by_whom": "police", "police_along": None}),
            replace(BACK, to="unknown", corrects="f6"),
        ],
    ),
    ("medical", {"done": "yes"}, [(f.MedicalChecked, {"done": True})]),
    (
        "medical",
        {"done": "no", "why": typed("refused")},
        [(f.MedicalChecked, {"done": False, "note": "refused"})],
    ),
    (
        "time_away",
        {"away": ["harmed", "substance"], "expl": ["gang"]},
        [
            (
                f.WhileAway,
                {**NONE_AWAY, "harmed": True, "substance": True, "exploitation": ("gang",)},
            )
        ],
    ),
    (
        "time_away",
        {"away": ["harmed", UNKNOWN], "expl": UNKNOWN},
        [(f.WhileAway, {**NOT_KNOWN, "harmed": True})],
    ),
    ("ask_safe", {"safe": "yes"}, [replace(LOCATED, return_unsafe=True, corrects="f5")]),
    ("together", {"other": "RH-AAAA"}, [(f.AwayTogether, {"other": "RH-AAAA"})]),
    ("together", {"other": UNKNOWN}, []),
    # The interview
    (
        "booked",
        {"on": "h4", "who_": "independent service"},
        [(f.InterviewBooked, {"on": IN_4_H, "by_whom": "independent service"})],
    ),
    ("booked", {"on": "h4", "who_": UNKNOWN}, [(f.InterviewBooked, {"on": IN_4_H})]),
    (
        "held",
        {**AT, "ind": "placement"},
        [(f.InterviewHeld, {"at": THEN, "held_by": "placement", "independent": False})],
    ),
    (
        "held",
        {**AT, "ind": "placing authority"},
        [(f.InterviewHeld, {"at": THEN, "held_by": "placing authority", "independent": True})],
    ),
    ("held", {**AT, "ind": UNKNOWN}, [(f.InterviewHeld, {"at": THEN, "independent": None})]),
    (
        "content",
        {
            "push": ["school"], "pull": UNKNOWN, "away": [], "note": typed("all of it"),
            "con": "no",
        },
        [
            replace(TALK, content="all of it", referral_consent=False, corrects="f8"),
            (f.WhileAway, {**NONE_AWAY, "push": ("school",)}),
        ],
    ),
    (
        "shared",
        {"with": ["police", "other"]},
        [(f.InterviewShared, {"shared_with": ("police", "other")})],
    ),
    ("shared", {"with": UNKNOWN}, []),
    # Meetings and decisions
    (
        "meeting",
        {"mk": "strategy", **HELD, "next": WED.isoformat()},
        [
            (
                f.MeetingHeld,
                {
                    "at": THEN, "meeting": "strategy", "about": "MEETING-STRATEGY",
                    "present": ("police",), "decisions": "a plan", "lead_professional": "Kim",
                    "next_review": NINE,
                },
            ),
            (
                f.MeetingBooked,
                {"meeting": "strategy", "about": "MEETING-STRATEGY", "on": NINE},
            ),
        ],
    ),
    (
        "meeting",
        {"duty": "HAR-A3-MEETING", **HELD, "next": "-"},
        [
            (
                f.MeetingHeld,
                {
                    "at": THEN, "meeting": "professionals", "about": "HAR-A3-MEETING",
                    "present": ("police",), "decisions": "a plan", "lead_professional": "Kim",
                },
            ),
            (f.Decided, {"at": THEN, "about": "HAR-A3-LEAD", "outcome": "done"}),
        ],
    ),
    (
        "meeting",
        {"duty": "HAR-A3-MEETING", **NO_LEAD},
        [(f.MeetingHeld, {"at": THEN, "meeting": "professionals", "about": "HAR-A3-MEETING"})],
    ),
    (
        "meeting",
        {"duty": "STRAT-14D", "held": "booked", "on": "h4"},
        [(f.MeetingBooked, {"meeting": "strategy", "about": "STRAT-14D", "on": IN_4_H})],
    ),
    (
        "meeting",
        {"duty": "APPG-3", "held": "no", "why": typed("moved")},
        [
            (
                f.Decided,
                {
                    "about": "APPG-3", "outcome": "not_needed", "note": "moved",
                    "decided_by": "manager",
                },
            )
        ],
    ),
    (
        "decide",
        {"duty": "D-1", "out": "done"},
        [(f.Decided, {"about": "D-1", "outcome": "done", "decided_by": "manager"})],
    ),
    (
        "decide",
        {"duty": "D-1", "needs": "x note", "out": "done", "note": typed("so")},
        [(f.Decided, {"about": "D-1", "outcome": "done", "note": "so", "decided_by": "manager"})],
    ),
    (
        "decide",
        {"duty": "D-1", "outs": "not_needed booked", "out": "not_needed", "note": typed("so")},
        [
            (
                f.Decided,
                {"about": "D-1", "outcome": "not_needed", "note": "so", "decided_by": "manager"},
            )
        ],
    ),
    (
        "decide",
        {"duty": "D-1", "out": "handed_over", "note": typed("Lou"), "until": "h4"},
        [
            (
                f.Decided,
                {
                    "about": "D-1", "outcome": "handed_over", "note": "Lou", "until": IN_4_H,
                    "decided_by": "manager",
                },
            )
        ],
    ),
    (
        "decide",
        {"duty": "D-1", "out": "booked", "until": "h4"},
        [
            (
                f.Decided,
                {"about": "D-1", "outcome": "booked", "until": IN_4_H, "decided_by": "manager"},
            )
        ],
    ),
    (
        "decide",
        {"duty": "REV-WEEKLY", "out": "done", "say": typed("no news")},
        [
            (
                f.Decided,
                {
                    "about": "REV-WEEKLY", "outcome": "done", "note": "no news",
                    "decided_by": "manager",
                },
            )
        ],
    ),
    (
        "action",
        {"src": "meeting", "act": "talk to the school", "own": "school", "day": WED.isoformat()},
        [
            replace(
                MEETING, corrects="f9",
                actions=(f.FollowUp(what="talk to the school", owner="school", by=WED),),
            ),
            (
                f.Decided,
                {
                    "about": "MEETING-ACTIONS", "outcome": "handed_over", "note": "school",
                    "until": NINE, "decided_by": "manager",
                },
            ),
        ],
    ),
    (
        "action",
        {"src": "interview", "act": typed("ring them"), "own": UNKNOWN, "day": WED.isoformat()},
        [
            replace(TALK, corrects="f8", actions=(f.FollowUp(what="ring them", by=WED),)),
            (
                f.Decided,
                {
                    "about": "RI-ACTIONS", "outcome": "handed_over",
                    "note": deciding.OWNER_UNKNOWN, "until": NINE, "decided_by": "manager",
                },
            ),
        ],
    ),
    (
        "action",
        {"src": "interview", "act": typed("ring them"), "own": "home", "day": "-"},
        [replace(TALK, corrects="f8", actions=(f.FollowUp(what="ring them", owner="home"),))],
    ),
    (
        "action",
        {"src": "meeting", "act": deciding.NO_ACTION},
        [
            (
                f.Decided,
                {"about": "MEETING-ACTIONS", "outcome": "done", "note": deciding.NO_ACTION},
            )
        ],
    ),
    (
        "plans",
        {"plans": ["RET-CARE-PLAN:care plan", "RET-CARE-PLAN:placement plan", "SG-REVIEW:"]},
        [
            (
                f.Decided,
                {
                    "about": "RET-CARE-PLAN", "outcome": "done",
                    "note": "care plan, placement plan", "decided_by": "manager",
                },
            ),
            (f.Decided, {"about": "SG-REVIEW", "outcome": "done", "decided_by": "manager"}),
        ],
    ),
    ("plans", {"plans": UNKNOWN}, []),
    (
        "assessment",
        {"ass": "section_47", **AT},
        [(f.AssessmentBegun, {"at": THEN, "assessment": "section_47"})],
    ),
    # Taken back, and put right
    (
        "undo",
        {"entry": "f9", "why": typed("another case")},
        [(f.Withdrawn, {"fact": "f9", "reason": "another case"})],
    ),
    (
        "fix",
        {"fix": "last_seen", "at": SEVEN.isoformat()},
        [(f.LastSeen, {"at": SEVEN, "corrects": "f0"})],
    ),
    (
        "fix",
        {"fix": "due_back", "at": SEVEN.isoformat()},
        [(f.DueBack, {"at": SEVEN, "corrects": "f0"})],
    ),
    (
        "fix",
        {"fix": "noticed", "at": SEVEN.isoformat()},
        [replace(OPENED, aware_at=SEVEN, corrects="f0")],
    ),
    ("fix", {"fix": "police", **AT}, [replace(POLICE, at=THEN, corrects="f1")]),
    (
        "fix",
        {"fix": "category", "cat": "unauthorised_absence", "why": typed("known")},
        [
            (
                f.CategoryChanged,
                {"category": "unauthorised_absence", "reason": "known", "from_start": True},
            )
        ],
    ),
    (
        "fix",
        {"fix": "not_police", "why": typed("nobody rang")},
        [(f.Withdrawn, {"fact": "f1", "reason": "nobody rang"})],
    ),
    (
        "fix",
        {"fix": "role", "role": "accountable_manager", "how": UNKNOWN},
        [
            replace(
                AUTHORITY, role="accountable_manager", how="unknown", acknowledged=False,
                corrects="f2",
            ),
            (
                f.AuthorityAcknowledged,
                {"at": AUTHORITY.at, "role": "accountable_manager", "how": "unknown"},
            ),
        ],
    ),
    (
        "fix",
        {"fix": "role", "role": "duty_worker", "how": "email"},
        [replace(AUTHORITY, role="duty_worker", how="email", acknowledged=False, corrects="f2")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "answers", "facts"), CASES, ids=[f"{n}-{kind}" for n, (kind, _, _) in enumerate(CASES)]
)
def test_answers_become_these_facts(kind: str, answers: dict[str, Any], facts: list[Any]) -> None:
    assert recorded(kind, answers) == made(*facts)


def test_every_form_is_here() -> None:
    here = {kind for kind, _, _ in CASES}
    assert RECORDINGS.keys() - here == {"absence", "referral_result", "worse"}, "these are below"


def test_after_an_unsafe_return_the_reason_of_a_referral_is_known() -> None:
    facts = [replace(x, return_unsafe=True) if x is LOCATED else x for x in FACTS]
    told = (f.Referred, {"at": THEN, "to": "other", "how": "unknown"})
    assert recorded("referral", {"whom": "other", **AT}, facts) == made(told)


@pytest.mark.parametrize("placed", [True, False])
def test_what_came_of_a_referral(placed: bool) -> None:
    facts = [*FACTS, f.Referred(**by(10, to="police"))]
    answers = {"res": "foster" if placed else "no_action", "foll": "no", "note": typed("late")}
    more: dict[str, Any] = {"outcome": answers["res"], "note": "late"}
    if placed:
        answers |= {"suit": UNKNOWN, "dist": typed("Farland")}
        note = f"{after_return.NOT_A_CODE}Farland; late"
        more |= {"suitable": "unknown", "note": note}
    known = (f.ReferralAnswered, {"referral": "f10", "protocol_followed": False, **more})
    assert recorded("referral_result", answers, facts) == made(known)
    if placed:
        answers |= {"dist": OUTSIDE, "note": ""}
        more |= {"district": OUTSIDE, "note": ""}
        known = (f.ReferralAnswered, {"referral": "f10", "protocol_followed": False, **more})
        assert recorded("referral_result", answers, facts) == made(known)


def test_whoever_is_still_out_is_asked_whether_they_can_speak_freely() -> None:
    facts = [x for x in FACTS if x is not BACK]
    for free, blocked in (("yes", False), ("no", True), (UNKNOWN, "unknown")):
        right = replace(LOCATED, return_unsafe=False, contact_blocked=blocked, corrects="f5")
        assert recorded("ask_safe", {"safe": "no", "free": free}, facts) == made(right)


def test_why_it_was_an_absence_stands_where_it_was_classed() -> None:
    why = {"why": typed("an agreed visit")}
    reported = [replace(OPENED, category="unauthorised_absence"), *FACTS[1:]]
    right = replace(reported[0], category_reason="an agreed visit", corrects="f0")
    assert recorded("absence", why, reported) == made(right)
    changed = f.CategoryChanged(**by(10, category="unauthorised_absence"))
    right = replace(changed, reason="an agreed visit", corrects="f10")
    assert recorded("absence", why, [*FACTS, changed]) == made(right)


def test_ticks_of_what_makes_it_worse_hold_and_the_rest_is_no_or_not_known() -> None:
    known = dict.fromkeys(
        ("self_harm", "health_need", "cse_risk", "gang_risk", "trafficking_indicators",
         "risky_contacts", "mental_health", "learning_difficulty"), False,
    )  # fmt: skip
    changed = next(
        one for one in recorded("worse", {"worse": ["self_harm", "abducted"]}) if one["id"] == "n1"
    )
    child = changed["child"]
    assert {name: getattr(child, name) for name in known} == {**known, "self_harm": True}
    told = replace(OPENED, child=replace(CHILD, historical_concerns=False))
    facts = [told, *(x for x in FACTS[1:] if x is not ABDUCTED)]
    [changed, taken] = recorded("worse", {"worse": ["self_harm", "abducted", UNKNOWN]}, facts)
    right = replace(CHILD, historical_concerns="unknown", self_harm=True)
    assert changed["child"] == right
    assert taken == made((f.Note, {"text": ""}), (f.Abducted, {}))[1]
    assert len(recorded("worse", {"worse": ["abducted"]})) == 1, "that is on record already"
    assert len(recorded("worse", {"worse": []}, facts)) == 1


def test_moments_and_days_to_come() -> None:
    """Whole hours of London's day, the next days one by one, then by the week."""
    [when] = [step for step in RECORDINGS["booked"].form.steps if step.key == "on"]
    assert isinstance(when, Choice)
    c = on_case(FACTS, {})
    offered = [until(option.value, NOW) for option in when.options(c)]
    hours = [
        london.at(date(2026, 11, 22) + timedelta(days=days), time(hour))
        for days in (0, 1, 2, 3, 7, 14, 21, 28)
        for hour in (9, 14, 17)
    ]
    assert offered == [NOW + timedelta(hours=2), IN_4_H, *hours[1:]]
    labels = [option.label for option in when.options(c)]
    assert labels[:5] == [
        "In 2 h",
        "In 4 h",
        "Sun 22 Nov 14:00",
        "Sun 22 Nov 17:00",
        "Mon 23 Nov 09:00",
    ]
    assert not any("now" in label or "ago" in label for label in labels)
    assert when.tell("h4", c) == "Sun 22 Nov 13:05"
    assert when.tell("", c) == "don't know"
    [day] = [step for step in RECORDINGS["action"].form.steps if step.key == "day"]
    assert isinstance(day, Choice)
    days = [option.value for option in day.options(c)]
    ahead = (1, 2, 3, 5, 7, 14, 21, 28, 42, 91)
    assert days == [*((date(2026, 11, 22) + timedelta(days=n)).isoformat() for n in ahead), "-"]
    assert [day.tell(value, c) for value in ("2026-11-25", "-")] == [
        "Wed 25 Nov",
        deciding.NO_DAY,
    ]


def test_what_is_on_record_of_the_time_away_is_ticked_to_begin_with() -> None:
    facts = [
        *FACTS,
        f.WhileAway(**by(10, harmed=True, substance=False, exploitation=("gang",))),
        f.WhileAway(**by(11, substance=True, push=("school",))),
    ]
    c = on_case(facts, {})
    ticks = {
        step.key: list(step.preset(c))
        for kind in ("time_away", "content")
        for step in RECORDINGS[kind].form.steps
        if isinstance(step, Ticks)
    }
    assert ticks == {
        "away": ["harmed", "substance"],
        "expl": ["gang"],
        "push": ["school"],
        "pull": [],
    }


def test_what_needs_a_look_before_it_is_saved() -> None:
    review = RECORDINGS["found"].form.review
    for safe, free, asked in (("yes", "yes", True), ("no", "no", True), ("no", "yes", False)):
        assert bool(review(on_case(FACTS, {"safe": safe, "free": free}))) == asked


def test_a_decision_asks_for_the_words_that_it_needs() -> None:
    note = next(step for step in RECORDINGS["decide"].form.steps if step.key == "note")
    for out, ask in (
        ("not_needed", deciding.REASON),
        ("handed_over", deciding.HANDED_TO),
        ("done", deciding.NEEDS_NOTE),
    ):
        assert note.ask(on_case(FACTS, {"out": out})) == ask


def test_the_district_of_the_placement_is_offered_first() -> None:
    told = replace(OPENED, child=replace(CHILD, district="E07000223"))
    step = next(step for step in RECORDINGS["found_how"].form.steps if step.key == "dist")
    assert isinstance(step, Words)
    c = on_case([told, *FACTS[1:]], {})
    assert [option.value for option in step.options(c)] == ["E07000223", OUTSIDE]
    assert step.tell("E07000223", c) == after_return.PLACEMENT_DISTRICT
    assert step.tell(typed("Farland"), c) == after_return.GIVEN


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("a" * 4000, [4000]),
        ("a" * 4500, [4000, 500]),
        ("ab " * 1500, [3998, 501]),
        ("ab " + "c" * 4500, [4000, 503]),
        ("ab\n" * 3000, [3998, 3998, 1001]),
    ],
)
def test_long_words_are_cut_between_words(words: str, parts: list[int]) -> None:
    """What an entry does not hold goes into notes; all of it does, where the entry has gone."""
    kept, rest = own_words(typed(words))
    assert len(kept) == parts[0] and kept + rest != ""
    form = RECORDINGS["note"].form
    c = on_case(FACTS, {"note": typed(words)})
    numbers = (f"n{n}" for n in itertools.count(1))
    notes = words_as_notes(c, form.steps, lambda: next(numbers))
    assert [len(note.text) for note in notes] == [
        *parts[:-1],
        len(notes[-1].text),
    ]
    assert "".join("".join(note.text.split()) for note in notes) == "".join(words.split())
    assert [note.text for note in rest_as_notes(c, form.steps, lambda: "n")] == [
        note.text for note in notes[1:]
    ]


# What stands in the way -----------------------------------------------------------------------

FIRST = (OPENED,)
NEEDS: list[tuple[str, str]] = [
    ("found_how", after_return.NOT_FOUND),
    ("ask_safe", after_return.NOT_FOUND),
    ("absence", after_return.NOT_ABSENT),
    ("referral_result", told_of_return.NOT_REFERRED),
    ("content", interview.NOT_HELD),
    ("action", deciding.NOT_MET),
    ("undo", after_return.NO_ENTRY),
    *((kind, recording.NOT_BACK_YET) for kind in ("safewell", "offered", "answered", "signoff")),
    ("held", recording.NOT_BACK_YET),
]


@pytest.mark.parametrize(("kind", "why"), NEEDS)
def test_what_cannot_be_recorded_yet_says_why(kind: str, why: str) -> None:
    assert RECORDINGS[kind].needs(on_case(FIRST, {})) == why


def test_what_can_be_recorded_says_nothing() -> None:
    facts = [
        *FACTS,
        f.Referred(**by(10, to="police")),
        f.CategoryChanged(**by(11, category="unauthorised_absence")),
    ]
    for kind, one in RECORDINGS.items():
        assert one.needs(on_case(facts, {})) == "", kind
    for only in (LOCATED, BACK):
        assert RECORDINGS["signoff"].needs(on_case((OPENED, only), {})) == ""
    for only in (TALK, MEETING):
        assert RECORDINGS["action"].needs(on_case((OPENED, only), {})) == ""
    c = on_case(facts, {})
    assert RECORDINGS["raise"].needs(replace(c, level=3)) == recording.HIGHEST
    assert RECORDINGS["lower"].needs(replace(c, level=1)) == recording.LOWEST
    assert RECORDINGS["together"].needs(replace(c, open_cases={})) == after_return.NO_OTHER_CASE


def test_what_a_colleague_took_back_meanwhile_becomes_no_fact() -> None:
    for kind, answers in (
        ("found_how", {"fby": "staff", "place": "friend", "area": UNKNOWN}),
        ("ask_safe", {"safe": "yes", "free": "yes"}),
        ("content", {"push": [], "pull": [], "away": [], "note": "", "con": "no"}),
        ("referral_result", {"res": "no_action", "foll": "no", "note": ""}),
        ("action", {"act": typed("x"), "own": UNKNOWN, "day": "-"}),
    ):
        c = on_case(FIRST, answers)
        assert RECORDINGS[kind].facts(c, lambda: "n") == [], kind


def test_every_question_is_asked_in_words() -> None:
    for kind, one in RECORDINGS.items():
        for step in one.form.steps:
            for answers in ({}, {"out": "not_needed"}, {"out": "handed_over"}):
                ask = step.ask(on_case(FACTS, answers))
                assert ask.strip() and not ask.startswith(step.key), (kind, step.key)
        title = one.form.title(on_case(FACTS, {}))
        assert title.startswith("RH-7K2D · ") and len(title) >= 14, kind
        named = one.form.title(on_case(FACTS, {"title": "A name of its own"}))
        assert named == "RH-7K2D · A name of its own"
