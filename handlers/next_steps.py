"""What comes up after a young person is found or back, in the order in which it does: an hour, a
day, three days. Each step is the form that records it."""

from __future__ import annotations

from handlers.case_view import CaseView
from handlers.recording.after_return import absence_reason
from protocol import facts as f

FIRST = (
    ("N-POLICE", "police"),
    ("POLICE-NOT-TOLD", "police"),
    ("POLICE-CHALLENGE", "police_said"),
    ("REF-OOH", "referral"),
    ("REF-DUTY", "referral"),
    ("N-RA", "authority"),
    ("N-PARENTS", "parents"),
    ("N-BACK-POLICE", "back_police"),
    ("N-BACK-RA", "back_authority"),
    ("N-BACK-PARENTS", "back_parents"),
    ("N-RA-WRITTEN", "written"),
    ("ASK-SAFE", "ask_safe"),
    ("ASK-CRIME", "time_away"),
    ("ASK-HARM", "time_away"),
)
"""Duties, things to settle and questions, most urgent first, and the form that records each."""
WHILE_OUT = ("referral", "police_said", "back_police", "back_parents", "ask_safe")
"""What cannot wait for the return of somebody who is found."""
CARE_PLAN = ("RET-CARE-PLAN", "SG-REVIEW", "RET-STRATEGY", "RET-SUPPORT", "RET-RECORD")


def before_return(view: CaseView) -> list[str]:
    """What the police and the authority answered: told is not accepted."""
    answered = ["police_said"] if _unanswered(view) else []
    if view.has(f.AuthorityTold) and "N-RA" in {duty.id for duty in view.duties}:
        answered.append("acknowledged")
    return answered


def found(view: CaseView) -> list[str]:
    """Found, and not back yet: referral first, then those who were told, then who found them."""
    steps = [kind for kind in _wanted(view) if kind in WHILE_OUT]
    steps = [*_referral(view), *steps, *_who_found(view)]
    return list(dict.fromkeys(steps))[:4]


def after_return(view: CaseView) -> list[str]:
    """The forms that are wanted now, most urgent first, each once."""
    computed = view.state.computed
    steps = [*_referral(view), *_wanted(view)]
    if "parents" in steps:
        steps.insert(steps.index("parents") + 1, "withheld")
    if view.has(f.AuthorityTold) and "authority" in steps:
        steps.insert(steps.index("authority") + 1, "acknowledged")
    steps += _who_found(view)
    if not view.has(f.Collected):
        steps.append("came_back")
    if absence_reason(view.episode.facts) == "":
        steps.append("absence")
    looked_after = view.missing and view.folded.child.looked_after
    if looked_after and not view.has(f.MedicalChecked):
        steps.append("medical")
    if "SG-SAFEWELL" in computed.reasons and "SAFE-WELL" in computed.to_settle:
        steps.append("safewell")
    if "SG-RI" in computed.reasons:
        steps += interview(view)
    decided = {decision.id for decision in view.folded.decisions}
    if looked_after and not decided & {*CARE_PLAN}:
        steps.append("plans")
    return list(dict.fromkeys(steps))


def _wanted(view: CaseView) -> list[str]:
    computed = view.state.computed
    wanted = {duty.id for duty in view.duties} | {*computed.to_settle, *computed.prompts}
    return [kind for name, kind in FIRST if name in wanted]


def _referral(view: CaseView) -> list[str]:
    """What came of each referral, as long as one has no answer on record."""
    answered = {x.referral for x in view.facts if isinstance(x, f.ReferralAnswered)}
    made = {x.id for x in view.facts if isinstance(x, f.Referred)}
    return ["referral_result"] if made - answered else []


def _who_found(view: CaseView) -> list[str]:
    places = [x for x in view.facts if isinstance(x, f.Located)]
    return ["found_how"] if places and places[-1].found_by is None else []


def _unanswered(view: CaseView) -> bool:
    """Police were told, and what they made of it is not on record, or they refused."""
    told = [x for x in view.facts if isinstance(x, f.PoliceTold)]
    said = [x for x in view.facts if isinstance(x, f.PoliceAnswered)]
    return bool(told) and not (said and said[-1].accepted)


def interview(view: CaseView) -> list[str]:
    """The next steps of the return interview: offered, answered, booked, held, shared."""
    held = [x for x in view.facts if isinstance(x, f.InterviewHeld)]
    if any(x.independent is not False for x in held):
        asked = any(isinstance(x, f.WhileAway) and x.push is not None for x in view.facts)
        content = asked or any(x.content for x in held)
        agreed = any(x.id == "RI-ACTIONS" for x in view.folded.decisions)
        return [
            *([] if content else ["content"]),
            *([] if agreed else ["action"]),
            *([] if view.has(f.InterviewShared) else ["shared"]),
        ]
    if view.folded.ri_declined_at is not None:
        return []
    if not view.has(f.InterviewOffered):
        return ["offered", "held"]
    if not view.has(f.InterviewAnswered):
        return ["answered", "held"]
    return ["held"] if view.has(f.InterviewBooked) else ["booked", "held"]
