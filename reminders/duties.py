"""What there is to remind of in one episode: the protocol's duties, and the work after a return.

Pure. The protocol's due times come from the assessment; what people recorded about a duty (done,
"I have it", snoozed) comes from the facts.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

import msgspec

from protocol import london
from protocol.assess import Assessment
from protocol.attachment_facts import ATTACHMENT_FACTS
from protocol.clock_corrections import as_corrected
from protocol.counting import counting
from protocol.decisions import latest
from protocol.episode import Decision, utc
from protocol.facts import (
    LOG_ONLY,
    NIGHTLIGHT,
    Acknowledged,
    AuthorityTold,
    ChildChanged,
    ClockCorrected,
    DutyDone,
    Fact,
    GoneAgain,
    HoldEnded,
    InterviewAnswered,
    InterviewHeld,
    InterviewOffered,
    Located,
    Note,
    Opened,
    PoliceAnswered,
    Returned,
    SafeAndWell,
    SignedOff,
    Snoozed,
)
from protocol.fold import fold_counting
from reminders.policy import Policy

ONLY_BY_FACT = frozenset({"N-POLICE", "N-RA", "N-RA-WRITTEN", "N-PARENTS", "RI-72H"})
"""Duties that end when the assessment no longer lists them, not because somebody says "done"."""
AFTER_RETURN = frozenset(
    {
        "RI-72H", "SAFE-WELL", "RI-OFFER", "SIGN-OFF", "CLOSE", "ASK-CONCERNS", "S47-48H",
        "N-POLICE", "N-RA", "N-RA-WRITTEN", "N-PARENTS", "N-BACK-POLICE", "N-BACK-RA",
        "N-BACK-PARENTS", "REF-OOH", "REF-DUTY",
    }
)  # fmt: skip
"""Duties that do not end with the return: telling, referring, the check, the interview."""
NEVER_PUT_OFF = frozenset(
    {"N-POLICE", "N-RA", "N-RA-WRITTEN", "N-BACK-RA", "N-BACK-POLICE", "REF-OOH", "REF-DUTY"}
)
"""The home's own: booked or handed over, they are reminded of all the same."""
DUE_BY_ITSELF = NEVER_PUT_OFF | {"N-PARENTS", "N-BACK-PARENTS"}
"""Listed by the assessment for as long as nobody was told."""
OWN_DUTIES = frozenset(
    {
        "SAFE-WELL", "RI-OFFER", "SIGN-OFF", "CLOSE", "ASK-CONCERNS", "ASK-CRIME", "ASK-HARM",
        "ASK-SAFE", "ASK-CONTACT", "POLICE-CHALLENGE",
    }
)  # fmt: skip
"""Duties that this service asks for at times of its own; the protocol names none."""
AT_ONCE = frozenset({"POLICE-CHALLENGE"})
"""Of these, what is as urgent as a duty of the protocol that is due."""
HARMLESS = (Acknowledged, HoldEnded, Snoozed, Note, *ATTACHMENT_FACTS, DutyDone)
"""Facts that no due time depends on."""


Answered: TypeAlias = Acknowledged | HoldEnded | Snoozed


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has to be done, and is not done. All times in UTC.

    `at`: when it is due. `starts`: when it is first mentioned. `quiet_until`: somebody has it, or
    it was snoozed, until then. `owner`: who said "I have it" last ("" if nobody or given back).
    """

    id: str
    at: datetime
    starts: datetime
    quiet_until: datetime | None = None
    owner: str = ""
    hold_ended: str = ""
    """Why "I have it" of the owner ended before its time; "" if it did not."""
    in_protocol: bool = True
    """False: the protocol gives no time; `at` is this service's own."""
    authority: str = ""
    """The placing authority whose own protocol asks for it, or asks for it sooner; "" if it is the
    home's protocol."""
    corrected_at: datetime | None = None
    """Since then (UTC) everything is asked anew, as the machine's clock went back."""
    not_before: datetime | None = None
    """Whoever logged the report (or the return) had the card in hand until then."""

    def held(self, now: datetime) -> bool:
        """Has somebody said "I have it", and does that still hold?"""
        return bool(self.owner) and self.quiet_until is not None and self.quiet_until > now

    def early(self, now: datetime) -> bool:
        """Not due yet, or work that the protocol gives no time for: it can wait for the day."""
        return self.at > now or not (self.in_protocol or self.id in AT_ONCE)

    def round_start(self, now: datetime) -> datetime:
        """When the present round of asking began or begins: at the first mention, anew when it is
        due, anew when an acknowledgement or a snooze has run out."""
        begun = self.at if self.at <= now else self.starts
        if self.not_before is not None:
            begun = max(begun, self.not_before)
        if self.quiet_until is not None and self.quiet_until > begun:
            return self.quiet_until
        return begun


class Reading(msgspec.Struct, kw_only=True):
    """One pass over an episode's facts: what the reminders need to know of them."""

    facts: list[Fact] = []
    """Those that count, but for what the bot said."""
    done: dict[str, list[datetime]] = {}
    answers: dict[str, Answered] = {}
    authority: list[AuthorityTold] = []
    safe_and_well: bool = False
    offered: bool = False
    interview_answer: InterviewAnswered | None = None
    held: bool = False
    signed_off: SignedOff | None = None
    decisions: dict[str, Decision] = {}
    """The decision that counts for each id."""
    police_refused_at: datetime | None = None
    """When the police's refusal was written down, if that is their last word."""
    gone_again: bool = False
    concerns_unknown_since: datetime | None = None
    opened_at: datetime | None = None
    """When the report was written down."""
    back_at: datetime | None = None
    """When the location or return was written down."""
    changed_at: datetime | None = None
    """When somebody last wrote down something that can move a due time."""
    corrected_at: datetime | None = None
    """When the machine's clock was found to have gone back: everything is asked anew from then."""
    last_by: str = ""
    last_at: datetime | None = None


def read(facts: Sequence[Fact]) -> Reading:
    """What counts of these facts: withdrawn and corrected ones are left out."""
    seen = Reading(facts=counting([f for f in facts if not isinstance(f, LOG_ONLY)]))
    seen.decisions = latest(fold_counting(seen.facts).decisions)
    first_written = _first_written(as_corrected(facts))
    for fact in seen.facts:
        if fact.by != NIGHTLIGHT:
            seen.last_by, seen.last_at = fact.by, fact.recorded_at
            if not isinstance(fact, HARMLESS):
                seen.changed_at = fact.recorded_at
        match fact:
            case ClockCorrected():
                seen.corrected_at = fact.at
            case DutyDone():
                seen.done.setdefault(fact.duty, []).append(fact.at)
            case Acknowledged() | HoldEnded() | Snoozed():
                seen.answers[fact.duty] = fact
            case AuthorityTold():
                seen.authority.append(fact)
            case Opened() | ChildChanged():
                unknown = fact.child.historical_concerns == "unknown"
                seen.concerns_unknown_since = fact.recorded_at if unknown else None
                if isinstance(fact, Opened):
                    seen.opened_at = fact.recorded_at
            case Located() | Returned():
                seen.back_at = first_written[fact.id]
            case SafeAndWell():
                seen.safe_and_well = True
            case InterviewOffered():
                seen.offered = True
            case InterviewAnswered():
                seen.interview_answer = fact
            case InterviewHeld():
                seen.held = True
            case SignedOff():
                seen.signed_off = fact
            case PoliceAnswered():
                seen.police_refused_at = None if fact.accepted else fact.recorded_at
            case GoneAgain():
                seen.gone_again = True
    return seen


def _first_written(facts: Sequence[Fact]) -> dict[str, datetime]:
    """Fact id -> when it, or the first entry that it puts right, was written down: what is added to
    an entry later moves no question to a later day."""
    written: dict[str, datetime] = {}
    for fact in facts:
        written[fact.id] = written.get(fact.corrects, fact.recorded_at)
    return written


def duties(
    seen: Reading, assessment: Assessment, policy: Policy, closed: Container[date]
) -> list[Duty]:
    """Everything still to be done, soonest first. `closed`: bank holidays and other such days."""
    found: list[Duty] = []
    placing = assessment.placing
    beside = placing.due if placing else {}
    for duty, due in {**assessment.due, **beside}.items():
        at = due.at.astimezone(UTC)
        if duty not in ONLY_BY_FACT and duty != "REV-WEEKLY" and _is_done(duty, seen):
            continue
        asks = placing.authority if placing and duty in beside else ""
        found.append(_duty(duty, at, seen, policy, authority=asks))
    listed = {duty.id for duty in found}
    own = {**dict(_put_off(seen)), **dict(_own(seen, assessment, policy, closed))}
    found += [
        _duty(duty, at, seen, policy, in_protocol=False)
        for duty, at in own.items()
        if duty not in listed and duty not in seen.done
    ]
    found.sort(key=lambda d: (d.starts, d.id))
    return found


def _duty(
    duty: str,
    at: datetime,
    seen: Reading,
    policy: Policy,
    *,
    in_protocol: bool = True,
    authority: str = "",
) -> Duty:
    answer = seen.answers.get(duty)
    lead = timedelta(minutes=policy.lead_minutes.get(duty, 0))
    owner, hold_ended = "", ""
    quiet_until: datetime | None = None
    match answer:
        case Acknowledged():
            quiet_until = answer.until
            owner = answer.by if answer.until > answer.at else ""
        case HoldEnded():
            quiet_until, owner, hold_ended = answer.at, answer.owner, answer.why
        case Snoozed():
            quiet_until = min(answer.until, at)
    put_off = seen.decisions.get(duty)
    if put_off is not None and put_off.until is not None and duty not in NEVER_PUT_OFF:
        until = utc(put_off.until)
        if put_off.outcome in ("booked", "handed_over"):
            quiet_until = max(until, quiet_until or until)
    logged = seen.back_at if duty in AFTER_RETURN and seen.back_at else seen.opened_at
    not_before = seen.corrected_at
    if logged is not None and (not_before is None or logged > not_before):
        not_before = logged + timedelta(minutes=policy.grace_minutes)
    return Duty(
        id=duty,
        at=at,
        starts=at - lead,
        quiet_until=quiet_until,
        owner=owner,
        hold_ended=hold_ended,
        in_protocol=in_protocol,
        authority=authority,
        not_before=not_before,
        corrected_at=seen.corrected_at,
    )


def _is_done(duty: str, seen: Reading) -> bool:
    """Done, or decided: done, or not needed with the reason."""
    decided = seen.decisions.get(duty)
    if duty in seen.done or decided is None:
        return duty in seen.done
    noted = decided.outcome == "not_needed" and bool((decided.note or "").strip())
    return decided.outcome == "done" or noted


def _put_off(seen: Reading) -> list[tuple[str, datetime]]:
    """What is booked or handed over is asked about at the time until which it is put off. What is
    due by itself is not among it: a fact may have ended it meanwhile."""
    return [
        (name, utc(decision.until))
        for name, decision in seen.decisions.items()
        if decision.outcome in ("booked", "handed_over")
        and decision.until is not None
        and not (name == "RI" and seen.held)
        and name not in DUE_BY_ITSELF
    ]


def _own(
    seen: Reading, assessment: Assessment, policy: Policy, closed: Container[date]
) -> list[tuple[str, datetime]]:
    """What the protocol wants done without naming a time: at the times this service has set."""
    wanted: list[tuple[str, datetime]] = []
    own = policy.after_return
    if seen.concerns_unknown_since is not None:
        day = london.next_working_day(seen.concerns_unknown_since, closed)
        wanted.append(("ASK-CONCERNS", london.at(day, own.ask_concerns_at)))
    if seen.police_refused_at is not None and not assessment.returned:
        wanted.append(("POLICE-CHALLENGE", seen.police_refused_at))
    if seen.back_at is not None:
        day = london.next_working_day(seen.back_at, closed)
        asked_at = london.at(day, own.ask_concerns_at)
        wanted += [(p, asked_at) for p in assessment.prompts if p != "ASK-CONCERNS"]
    if not assessment.returned:
        return wanted
    left = {*assessment.to_settle, *(assessment.placing.to_settle if assessment.placing else ())}
    back = assessment.end.astimezone(UTC)
    if "SAFE-WELL" in left and not seen.safe_and_well and not seen.gone_again:
        wanted.append(("SAFE-WELL", back + timedelta(minutes=own.safe_and_well_minutes)))
    asked = seen.offered or seen.held or seen.interview_answer is not None or seen.gone_again
    if "RI-72H" in assessment.due and not asked:
        day = london.day_of(back) + timedelta(days=1)
        wanted.append(("RI-OFFER", london.at(day, own.offer_interview_at)))
    working = london.at(london.next_working_day(back, closed), own.sign_off_at)
    if seen.signed_off is None or not left <= {*seen.signed_off.left_open}:
        return [*wanted, ("SIGN-OFF", working)]
    return [("CLOSE", working)]
