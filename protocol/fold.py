"""From the facts on record to the episode that the rules look at.

Facts count in the order in which they were recorded. For a kind with one value the one recorded
last counts; people told, decisions and referrals are kept all. Which facts count at all:
`protocol/counting.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from protocol import facts as f
from protocol.counting import counting
from protocol.episode import Decision, Episode, LocatedBy, Notification, NotificationType, utc

Fields: TypeAlias = dict[str, Any]


def fold(facts: Sequence[f.Fact]) -> Episode:
    """The episode as these facts tell it; total: without a report it is a missing young person of
    whom nothing is known, the most cautious reading.
    """
    return fold_counting(counting(facts))


def fold_counting(facts: Sequence[f.Fact]) -> Episode:
    """The same, from facts that count, in order (`counting`)."""
    fields: Fields = {
        "category": "missing",
        "child": f.Child(),
        "notifications": [],
        "decisions": [],
    }
    gone_again: datetime | None = None
    for fact in facts:
        kind = type(fact)
        if kind in _VALUES:
            field, attribute = _VALUES[kind]
            fields[field] = getattr(fact, attribute)
        elif kind in _APPLY:
            _APPLY[kind](fields, fact)
        elif isinstance(fact, f.GoneAgain):
            gone_again = fact.at
    if gone_again is not None and fields.get("returned_at") is None:
        fields["returned_at"] = fields.get("located_at") or gone_again
    fields["notifications"] = tuple(fields["notifications"])
    fields["decisions"] = tuple(fields["decisions"])
    return Episode(**fields)


def _opened(fields: Fields, fact: f.Opened) -> None:
    fields.update(
        category=fact.category,
        child=fact.child,
        aware_at=fact.aware_at,
        last_seen_at=fact.last_seen_at,
        due_back_at=fact.due_back_at,
        reported_by_other_agency=fact.reported_by_other_agency,
        parents_reported=fact.parents_reported,
    )


def _imported(fields: Fields, fact: f.Imported) -> None:
    fields.update(
        category=fact.category,
        child=fact.child,
        last_seen_at=fact.start,
        aware_at=fact.start,
        located_at=fact.located_at,
        returned_at=fact.returned_at,
    )


def _category(fields: Fields, fact: f.CategoryChanged) -> None:
    """Missing since then, if it was something else before."""
    if fact.from_start or fact.category != "missing":
        fields["missing_since"] = None
    elif fields["category"] != "missing":
        fields["missing_since"] = fact.at
    fields["category"] = fact.category


def _located(fields: Fields, fact: f.Located) -> None:
    fields.update(
        located_at=fact.at,
        return_unsafe=_answer(fact.return_unsafe),
        contact_blocked=_answer(fact.contact_blocked),
        located_by=_LOCATED_BY.get(fact.found_by or "unknown", "other"),
        located_la=fact.authority or None,
    )


def _returned(fields: Fields, fact: f.Returned) -> None:
    """In old records the answers about crime and harm are here, a yes or nothing."""
    fields["returned_at"] = fact.at
    if fact.crime_while_away:
        fields["crime_suspected"] = True
    if fact.harmed_while_away:
        fields["harmed_while_away"] = True


def _while_away(fields: Fields, fact: f.WhileAway) -> None:
    for field, answer in (
        ("crime_suspected", fact.crime_suspected),
        ("crime_victim", fact.crime_victim),
        ("harmed_while_away", fact.harmed),
    ):
        if answer is not None:
            fields[field] = answer


def _answer(asked: f.Asked) -> f.Answer:
    """Not asked is no, for the rules."""
    return False if asked is None else asked


def _police(fields: Fields, fact: f.PoliceTold) -> None:
    """The first report counts: a later call about the same young person does not move it."""
    fields["police_reported_at"] = _first(fields.get("police_reported_at"), fact.at)


def _referred(fields: Fields, fact: f.Referred) -> None:
    before = fields.get("referred_at")
    if before is None or utc(fact.at) < utc(before):
        fields.update(referred_at=fact.at, referred_to=fact.to)


def _first(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else min(one, other, key=utc)


def _told(
    fields: Fields,
    fact: f.AuthorityTold | f.AuthorityAcknowledged | f.AuthorityWritten | f.ParentsTold,
) -> None:
    """Whoever was told but did not acknowledge stands without a role: nothing ends by it. Parents
    who are told after all are withheld from no more."""
    role = ""
    if isinstance(fact, f.AuthorityAcknowledged) or (
        isinstance(fact, f.AuthorityTold) and fact.acknowledged
    ):
        role = fact.role
    _notify(fields, _TELLING[type(fact)], fact.at, role)
    if isinstance(fact, f.ParentsTold):
        fields["parents_withheld_reason"] = ""


def _told_of_return(fields: Fields, fact: f.ToldOfReturn) -> None:
    _notify(fields, _BACK[fact.whom], fact.at, fact.role)


def _notify(fields: Fields, kind: NotificationType, at: datetime, role: str) -> None:
    fields["notifications"].append(Notification(type=kind, at=at, recipient_role=role))


def _safe_and_well(fields: Fields, fact: f.SafeAndWell) -> None:
    if fact.done:
        fields["safe_well_at"] = fact.at
    else:
        _decide(fields, "SAFE-WELL", "not_needed", fact.at, note=fact.reason)


def _collected(fields: Fields, fact: f.Collected) -> None:
    _decide(fields, "RET-COLLECT", "done", fact.at)


def _medical(fields: Fields, fact: f.MedicalChecked) -> None:
    _decide(fields, "RET-MEDICAL", "done" if fact.done else "not_needed", fact.at, note=fact.note)


def _interview_answered(fields: Fields, fact: f.InterviewAnswered) -> None:
    """Only a refusal with a reason on record ends the wait for the interview."""
    declined = not fact.accepted and bool(fact.reason.strip())
    fields["ri_declined_at"] = fact.at if declined else None


def _interview_booked(fields: Fields, fact: f.InterviewBooked) -> None:
    _decide(fields, "RI", "booked", fact.at, note=fact.by_whom, until=fact.on)


def _interview_held(fields: Fields, fact: f.InterviewHeld) -> None:
    """An independent interview is not undone by a talk with somebody of the placement after it."""
    held_by = "independent" if fact.independent is True else None
    if fact.independent is False:
        held_by = "placement"
    if fields.get("ri_held_by") == "independent" and held_by != "independent":
        return
    fields.update(ri_completed_at=fact.at, ri_held_by=held_by)
    if fact.content.strip():
        _decide(fields, "RI-CONTENT", "done", fact.at)
    if fact.actions:
        _decide(fields, "RI-ACTIONS", "done", fact.at)


def _interview_shared(fields: Fields, fact: f.InterviewShared) -> None:
    _decide(fields, "RI-SHARED", "done", fact.at)
    if "reviewing_officer" in fact.shared_with:
        _decide(fields, "RI-IRO", "done", fact.at)


def _duty_done(fields: Fields, fact: f.DutyDone) -> None:
    if fact.duty == "S47-48H":
        fields["s47_started_at"] = fact.at
    _decide(fields, fact.duty, "done", fact.at, note=fact.note)


def _decided(fields: Fields, fact: f.Decided) -> None:
    if fact.about == "S47-48H" and fact.outcome == "done":
        fields["s47_started_at"] = fact.at
    _decide(
        fields,
        fact.about,
        fact.outcome,
        fact.at,
        note=fact.note,
        until=fact.until,
        by_role=fact.decided_by,
    )


def _meeting_booked(fields: Fields, fact: f.MeetingBooked) -> None:
    if fact.about:
        _decide(fields, fact.about, "booked", fact.at, until=fact.on)


def _meeting_held(fields: Fields, fact: f.MeetingHeld) -> None:
    if fact.about:
        _decide(fields, fact.about, "done", fact.at)


def _assessment(fields: Fields, fact: f.AssessmentBegun) -> None:
    if fact.assessment == "section_47":
        fields["s47_started_at"] = fact.at


def _decide(
    fields: Fields, about: str, outcome: f.DecisionOutcome, at: datetime, **more: Any
) -> None:
    fields["decisions"].append(Decision(id=about, outcome=outcome, at=at, **more))


def _abducted(fields: Fields, _: f.Abducted) -> None:
    fields["abducted"] = True


_VALUES: dict[type, tuple[str, str]] = {
    f.LastSeen: ("last_seen_at", "at"),
    f.DueBack: ("due_back_at", "at"),
    f.ChildChanged: ("child", "child"),
    f.ParentsWithheld: ("parents_withheld_reason", "reason"),
    f.ReferredToSocialCare: ("reported_to_csc_at", "at"),
}
"""Kinds that set one field of the episode, from this attribute of the fact."""
_APPLY: dict[type, Callable[[Fields, Any], None]] = {
    f.Opened: _opened,
    f.Imported: _imported,
    f.CategoryChanged: _category,
    f.PoliceTold: _police,
    f.AuthorityTold: _told,
    f.AuthorityAcknowledged: _told,
    f.AuthorityWritten: _told,
    f.ParentsTold: _told,
    f.ToldOfReturn: _told_of_return,
    f.Located: _located,
    f.Returned: _returned,
    f.WhileAway: _while_away,
    f.Collected: _collected,
    f.MedicalChecked: _medical,
    f.Abducted: _abducted,
    f.Referred: _referred,
    f.SafeAndWell: _safe_and_well,
    f.InterviewAnswered: _interview_answered,
    f.InterviewBooked: _interview_booked,
    f.InterviewHeld: _interview_held,
    f.InterviewShared: _interview_shared,
    f.DutyDone: _duty_done,
    f.Decided: _decided,
    f.MeetingBooked: _meeting_booked,
    f.MeetingHeld: _meeting_held,
    f.AssessmentBegun: _assessment,
}
_TELLING: dict[type, NotificationType] = {
    f.AuthorityTold: "responsible_authority",
    f.AuthorityAcknowledged: "responsible_authority",
    f.AuthorityWritten: "ra_written",
    f.ParentsTold: "parents",
}
_BACK: dict[f.ToldWhom, NotificationType] = {
    "police": "police_back",
    "authority": "ra_back",
    "parents": "parents_back",
}
_LOCATED_BY: dict[str, LocatedBy | None] = {
    "police": "police",
    "parents": "parents",
    "staff": "placement",
    "unknown": None,
}
"""Who found, for the rules; whoever is not here is somebody else."""

CHANGING: frozenset[type] = frozenset({*_VALUES, *_APPLY, f.GoneAgain, f.Withdrawn})
"""The kinds of fact that can change what the rules say."""
