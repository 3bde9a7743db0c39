"""What became of each duty of an episode, told from its facts: when due, when met, by whom.

The record is gone through fact by fact, and between two facts at each moment at which the rules
change their answer. So the account says what was asked for at the time, not what would be now.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import msgspec

from protocol import facts as f
from protocol.assess import Assessment, assess
from protocol.episode import Earlier
from protocol.facts import Fact
from protocol.fold import fold
from protocol.pack import Pack
from reminders.duties import Duty, duties, read
from reminders.policy import Policy

JUST_AFTER = timedelta(seconds=1)
"""Some limits of the rules are strict: one second after a change the new answer holds for sure."""
MOST_CHANGES = 400
"""Changes looked at between two facts: years of weekly reviews, then the looking ends."""

ANSWERED_BY: dict[str, tuple[type[Fact], ...]] = {
    "N-POLICE": (f.PoliceTold,),
    "N-RA": (f.AuthorityTold, f.AuthorityAcknowledged, f.ToldOfReturn),
    "N-RA-WRITTEN": (f.AuthorityWritten,),
    "N-PARENTS": (f.ParentsTold, f.ParentsWithheld, f.ToldOfReturn),
    "N-BACK-POLICE": (f.ToldOfReturn,),
    "N-BACK-RA": (f.ToldOfReturn, f.AuthorityTold, f.AuthorityAcknowledged),
    "N-BACK-PARENTS": (f.ToldOfReturn, f.ParentsTold),
    "REF-OOH": (f.Referred,),
    "REF-DUTY": (f.Referred,),
    "RI-72H": (f.InterviewHeld, f.InterviewAnswered),
    "RI-OFFER": (f.InterviewOffered, f.InterviewAnswered, f.InterviewHeld),
    "S47-48H": (f.DutyDone,),
    "SAFE-WELL": (f.SafeAndWell,),
    "SIGN-OFF": (f.SignedOff,),
    "CLOSE": (f.Closed,),
    "ASK-CONCERNS": (f.ChildChanged,),
}
"""The facts that meet a duty; every other duty is met by `DutyDone` with its id."""
AGAINST = (f.ParentsWithheld, f.Decided)
"""Facts that end a duty because it is not to be done."""

State = Literal["open", "met", "decided", "not_met", "not_needed"]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One duty of the account. All times are UTC.

    `state`: open; met; decided (that it is not to be done, as where parents are not to be told);
    not_met (its time had come when it ended without being met, by the return
    for example); not_needed (it ended before its time).
    """

    id: str
    due_at: datetime
    state: State
    met_at: datetime | None = None
    """When it was done in the world, as recorded."""
    met_by: str = ""
    ended_at: datetime | None = None
    late_minutes: int = 0
    """Whole minutes from the due time until it was met, or until now or its end if it was not."""
    in_protocol: bool = True


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """`duties` by due time; `levels`: from when (UTC) which computed level held."""

    duties: tuple[Told, ...]
    levels: tuple[tuple[datetime, int], ...]


class _Point(msgspec.Struct, frozen=True):
    at: datetime
    assessment: Assessment
    duties: list[Duty]
    by: Fact | None
    """The fact that was written at this point; None where only time went on."""


def account(
    facts: Sequence[Fact],
    history: Sequence[Earlier],
    pack: Pack,
    policy: Policy,
    closed_days: Container[date],
    now: datetime,
) -> Account:
    """Goes through the record up to `now`. Facts in the order in which they were recorded."""
    points = list(_points(facts, history, pack, policy, closed_days, now))
    done: list[Told] = []
    wanted: dict[str, Duty] = {}
    levels: list[tuple[datetime, int]] = []
    for point in points:
        level = point.assessment.level
        if not levels or levels[-1][1] != level:
            levels.append((point.at, level))
        present = {duty.id: duty for duty in point.duties}
        for duty in wanted.values():
            still = present.get(duty.id)
            if still is not None and (still.at == duty.at or not _meets(point.by, duty.id)):
                continue
            done.append(_ended(duty, point))
        wanted = present
    done += [_open(duty, now) for duty in wanted.values()]
    done.sort(key=lambda told: (told.due_at, told.id))
    return Account(duties=tuple(done), levels=tuple(levels))


def _points(
    facts: Sequence[Fact],
    history: Sequence[Earlier],
    pack: Pack,
    policy: Policy,
    closed_days: Container[date],
    now: datetime,
) -> Iterator[_Point]:
    def look(count: int, at: datetime, by: Fact | None) -> _Point:
        known = facts[:count]
        found = assess(fold(known), history, pack, at)
        wanted = duties(read(known), found, policy, closed_days)
        return _Point(at, found, wanted, by)

    for place, fact in enumerate(facts, 1):
        at = fact.recorded_at
        following = facts[place].recorded_at if place < len(facts) else now
        point = look(place, at, fact)
        yield point
        for _ in range(MOST_CHANGES):
            changes = point.assessment.changes_at
            if changes is None:
                break
            at = changes.astimezone(UTC) + JUST_AFTER
            if at >= following:
                break
            point = look(place, at, None)
            yield point
    if facts and now > facts[-1].recorded_at:
        yield look(len(facts), now, None)


def _meets(fact: Fact | None, duty: str) -> bool:
    if isinstance(fact, f.Decided):
        return fact.about == duty and fact.outcome == "not_needed"
    kinds = ANSWERED_BY.get(duty, (f.DutyDone,))
    if not isinstance(fact, kinds):
        return False
    return not isinstance(fact, f.DutyDone) or fact.duty == duty


def _ended(duty: Duty, point: _Point) -> Told:
    if _meets(point.by, duty.id) and point.by is not None:
        met_at = getattr(point.by, "at", point.by.recorded_at)
        return Told(
            id=duty.id,
            due_at=duty.at,
            state="decided" if isinstance(point.by, AGAINST) else "met",
            met_at=met_at,
            met_by=point.by.by,
            ended_at=point.at,
            late_minutes=_late(duty.at, met_at),
            in_protocol=duty.in_protocol,
        )
    passed = duty.at <= point.at
    return Told(
        id=duty.id,
        due_at=duty.at,
        state="not_met" if passed else "not_needed",
        ended_at=point.at,
        late_minutes=_late(duty.at, point.at) if passed else 0,
        in_protocol=duty.in_protocol,
    )


def _open(duty: Duty, now: datetime) -> Told:
    return Told(
        id=duty.id,
        due_at=duty.at,
        state="open",
        late_minutes=_late(duty.at, now),
        in_protocol=duty.in_protocol,
    )


def _late(due: datetime, at: datetime) -> int:
    return max(0, int((at - due).total_seconds() // 60))
