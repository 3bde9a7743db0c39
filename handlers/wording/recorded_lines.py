"""What was recorded after a return, each fact as a line of what is done or as a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from handlers.chat import plain
from handlers.wording.after_return import COLLECTED_OPTIONS
from handlers.wording.common import clock
from handlers.wording.deciding import ASSESSMENT_OPTIONS, MEETING, OUTCOMES
from handlers.wording.told_of_return import BACK_ROLES, GRADES, REFERRAL_OPTIONS, RESULT_OPTIONS
from protocol import facts as f


def done(fact: f.Fact, title: Callable[[str], str], now: datetime) -> str:
    """One of the facts that follow a return, as a line of what is done; "" for none of these."""
    match fact:
        case f.ToldOfReturn(whom=whom, role=role):
            who = f" ({_label(BACK_ROLES, role)})" if role else ""
            return plain(f"{whom} told that it is over{who}")
        case f.PoliceAnswered(accepted=accepted, grade=grade):
            if not accepted:
                return "police refused the report, reason kept"
            return plain(f"police accepted the report, grade: {_label(GRADES, grade).lower()}")
        case f.Collected(by_whom=by_whom, police_along=along):
            police = ", police asked to come along" if along is True else ""
            return plain(f"brought back by: {_label(COLLECTED_OPTIONS, by_whom).lower()}{police}")
        case f.MedicalChecked(done=checked):
            return "medical check done" if checked else "no medical check, reason kept"
        case f.WhileAway():
            return "what is known of the time away, kept"
        case f.Referred(to=to):
            return plain(f"referred to: {_label(REFERRAL_OPTIONS, to).lower()}")
        case f.ReferralAnswered(outcome=outcome):
            return plain(f"referral led to: {_label(RESULT_OPTIONS, outcome).lower()}")
        case f.InterviewBooked(on=on):
            return f"return interview booked for {clock(on, now)}"
        case f.InterviewShared():
            return "interview shared"
        case f.MeetingBooked(on=on, about=about):
            return plain(f"{title(about) or MEETING}: booked for {clock(on, now)}")
        case f.MeetingHeld(about=about):
            return plain(f"{title(about) or MEETING}: held")
        case f.Decided(about=about, outcome=outcome, until=until):
            when = f" until {clock(until, now)}" if until else ""
            word = OUTCOMES[outcome].partition(" ")[2] if " " in OUTCOMES[outcome] else ""
            word = "not needed, reason kept" if outcome == "not_needed" else word.lower()
            return plain(f"{title(about)}: {word}{when}")
        case f.AssessmentBegun(assessment=assessment):
            return plain(f"assessment begun: {_label(ASSESSMENT_OPTIONS, assessment).lower()}")
        case f.AwayTogether(other=other):
            return plain(f"away together with {other or 'a young person of another home'}")
        case _:
            return ""


def entry(fact: f.Fact, title: Callable[[str], str], now: datetime) -> str:
    """One entry as a button: when it was written, and what it says."""
    match fact:
        case f.DutyDone(duty=duty):
            said = f"{title(duty)}: done"
        case f.SignedOff():
            said = "signed off"
        case f.AuthorityAcknowledged(role=role):
            said = f"authority acts on it: {_label(BACK_ROLES, role).lower()}"
        case _:
            said = done(fact, title, now)
    return f"{clock(fact.recorded_at, now)} {said}"


def _label(pairs: Sequence[tuple[str, str]], code: str) -> str:
    return next((label for label, value in pairs if value == code), code)
