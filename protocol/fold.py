"""From the facts on record to the episode that the rules look at.

Facts count in the order in which they were recorded. For a kind with one value the one recorded
last counts; people told are kept all. Which facts count at all: `protocol/counting.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from protocol import facts as f
from protocol.counting import counting
from protocol.episode import Episode, Notification, NotificationType

Fields: TypeAlias = dict[str, Any]


def fold(facts: Sequence[f.Fact]) -> Episode:
    """The episode as these facts tell it; total: without a report it is a missing young person of
    whom nothing is known, the most cautious reading.
    """
    fields: Fields = {"category": "missing", "child": f.Child(), "notifications": []}
    gone_again: datetime | None = None
    for fact in counting(facts):
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


def _located(fields: Fields, fact: f.Located) -> None:
    fields.update(
        located_at=fact.at,
        return_unsafe=fact.return_unsafe,
        contact_blocked=fact.contact_blocked,
    )


def _returned(fields: Fields, fact: f.Returned) -> None:
    fields.update(
        returned_at=fact.at,
        crime_suspected=fact.crime_while_away,
        harmed_while_away=fact.harmed_while_away,
    )


def _told(fields: Fields, fact: f.AuthorityTold | f.AuthorityWritten | f.ParentsTold) -> None:
    role = fact.role if isinstance(fact, f.AuthorityTold) else ""
    told = Notification(type=_TELLING[type(fact)], at=fact.at, recipient_role=role)
    fields["notifications"].append(told)


def _interview_answered(fields: Fields, fact: f.InterviewAnswered) -> None:
    """Only a refusal with a reason on record ends the wait for the interview."""
    declined = not fact.accepted and bool(fact.reason.strip())
    fields["ri_declined_at"] = fact.at if declined else None


def _duty_done(fields: Fields, fact: f.DutyDone) -> None:
    if fact.duty == "S47-48H":
        fields["s47_started_at"] = fact.at


def _abducted(fields: Fields, fact: f.Abducted) -> None:
    fields["abducted"] = True


_VALUES: dict[type, tuple[str, str]] = {
    f.CategoryChanged: ("category", "category"),
    f.LastSeen: ("last_seen_at", "at"),
    f.DueBack: ("due_back_at", "at"),
    f.ChildChanged: ("child", "child"),
    f.PoliceTold: ("police_reported_at", "at"),
    f.ParentsWithheld: ("parents_withheld_reason", "reason"),
    f.ReferredToSocialCare: ("reported_to_csc_at", "at"),
    f.InterviewHeld: ("ri_completed_at", "at"),
}
"""Kinds that set one field of the episode, from this attribute of the fact."""
_APPLY: dict[type, Callable[[Fields, Any], None]] = {
    f.Opened: _opened,
    f.AuthorityTold: _told,
    f.AuthorityWritten: _told,
    f.ParentsTold: _told,
    f.Located: _located,
    f.Returned: _returned,
    f.Abducted: _abducted,
    f.InterviewAnswered: _interview_answered,
    f.DutyDone: _duty_done,
}
_TELLING: dict[type, NotificationType] = {
    f.AuthorityTold: "responsible_authority",
    f.AuthorityWritten: "ra_written",
    f.ParentsTold: "parents",
}

CHANGING: frozenset[type] = frozenset({*_VALUES, *_APPLY, f.GoneAgain, f.Withdrawn})
"""The kinds of fact that can change what the rules say."""
