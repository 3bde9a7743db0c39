"""What becomes of messages that rang: edited when it is over, taken away when a newer one says it,
and one quiet word to everybody who was woken when the young person is found or back. Pure.

A message of kind "settled" is an edit, one of kind "collapsed" takes an older alarm away, "over" is
the quiet word. They are in the outbox like any other, so a restart or an outage delays them only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from protocol.facts import (
    AuthorityAcknowledged,
    AuthorityTold,
    AuthorityWritten,
    DutyDone,
    Fact,
    InterviewAnswered,
    InterviewHeld,
    InterviewOffered,
    Located,
    ParentsTold,
    ParentsWithheld,
    PoliceTold,
    Referred,
    Returned,
    SafeAndWell,
    SignedOff,
    ToldOfReturn,
)
from reminders.duties import AFTER_RETURN, Duty
from reminders.former_leader import BY_FORMER
from storage.model import Message

ASKING = frozenset({"reminder", "escalation", "telephone"})
"""Kinds of message that ask for a duty to be done."""
EDITS = frozenset({"settled", "collapsed"})
"""Kinds of message that change one that is there already."""
WAKING = ASKING | {"level", "not_enough"}
"""Kinds of message after which somebody wants to know how it ended."""
MOST_ATTEMPTS = 5
"""After so many failures an edit is given up."""
NOT_ON_LIST = "not on the list"
"""Why a message to somebody who has left is not sent."""
TELL_WITHIN = timedelta(hours=12)
"""A return that was written down longer ago is no news."""
ANSWERED_BY: dict[str, tuple[type, ...]] = {
    "N-POLICE": (PoliceTold,),
    "N-RA": (AuthorityTold, AuthorityAcknowledged, ToldOfReturn),
    "N-RA-WRITTEN": (AuthorityWritten,),
    "N-PARENTS": (ParentsTold, ParentsWithheld, ToldOfReturn),
    "N-BACK-POLICE": (ToldOfReturn,),
    "N-BACK-RA": (ToldOfReturn, AuthorityTold, AuthorityAcknowledged),
    "N-BACK-PARENTS": (ToldOfReturn, ParentsTold),
    "REF-OOH": (Referred,),
    "REF-DUTY": (Referred,),
    "SAFE-WELL": (SafeAndWell,),
    "RI-OFFER": (InterviewOffered, InterviewAnswered, InterviewHeld),
    "RI-72H": (InterviewHeld, InterviewAnswered),
    "SIGN-OFF": (SignedOff,),
}
"""Which facts meet a duty, beside "done"."""


REUSED_KEPT = 5000
"""Of so many alarms it is remembered that they are forms or cards now."""


class ReusedMessages:
    """Messages that show a form or a card since their reader tapped a button: no edit of an alarm
    must touch them. An alarm whose new screen did not arrive is an alarm still."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], None] = {}

    def add(self, chat_id: int, message_id: int) -> None:
        """This message shows something else from now on."""
        self._known[(chat_id, message_id)] = None
        while len(self._known) > REUSED_KEPT:
            self._known.pop(next(iter(self._known)))

    def __contains__(self, message: tuple[int, int]) -> bool:
        return message in self._known


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """Why an alarm about a duty need not ring any more. `why`: done, back, held, not_due."""

    duty: str
    why: str
    by: str = ""
    at: datetime | None = None
    """When it was done (UTC); for held: until when."""


def to_be_made_up(edit: Message) -> bool:
    """Did not arrive, and may when its reader can be written to again."""
    gone = edit.state == "failed" and edit.error != NOT_ON_LIST
    return gone and edit.attempts < MOST_ATTEMPTS


def edits(
    messages: Sequence[Message], facts: Sequence[Fact], wanted: Iterable[Duty], now: datetime
) -> tuple[list[Message], list[Message]]:
    """The edits that these messages need now, and those that wait and are not true any more.

    facts: those that count. wanted: the duties that are still to be done.
    """
    live = {duty.id: duty for duty in wanted}
    groups: dict[tuple[str, int], list[Message]] = {}
    newest: dict[tuple[str, str], int] = {}
    for message in messages:
        if message.kind in ASKING and message.state == "sent" and message.message_id:
            groups.setdefault((message.to, message.message_id), []).append(message)
            key = (message.to, message.about)
            newest[key] = max(newest.get(key, 0), message.message_id)
    known = {
        message.id: message
        for message in messages
        if message.kind in EDITS and not to_be_made_up(message)
    }
    before = {message.id: message for message in messages if message.kind in EDITS}
    gone = {(m.to, m.data["of"]) for m in known.values() if m.kind == "collapsed"}
    true: dict[str, Message] = {}
    for (person, number), parts in groups.items():
        if (person, number) in gone and f"collapsed~{number}~{person}" in known:
            true[f"collapsed~{number}~{person}"] = known[f"collapsed~{number}~{person}"]
            continue
        ended = [why_over(part, live, facts, now) for part in parts]
        if all(newest[(person, part.about)] > number for part in parts):
            made = _edit("collapsed", person, number, parts, [], now)
        elif found := [one for one in ended if one is not None]:
            made = _edit("settled", person, number, parts, found, now)
        else:
            continue
        true[made.id] = made
    new = [
        msgspec.structs.replace(made, attempts=before[name].attempts) if name in before else made
        for name, made in true.items()
        if name not in known
    ]
    outdated = [
        message
        for name, message in known.items()
        if message.state == "waiting" and name not in true
    ]
    return new, outdated


def _edit(
    kind: str, person: str, number: int, parts: list[Message], ended: list[Ended], now: datetime
) -> Message:
    state = "+".join(sorted(f"{one.duty}:{one.why}:{one.by}" for one in ended))
    data: dict[str, Any] = {
        "of": number,
        "in": parts[0].chat_id,
        "ended": ended,
        "parts": [part.id for part in parts],
    }
    if beside := parts[0].data.get("beside"):
        data["beside"] = beside
    return Message(
        id=f"{kind}~{number}~{person}" + (f"~{state}" if state else ""),
        to=person,
        kind=kind,
        created_at=now,
        due_at=now,
        priority=35,
        data=msgspec.to_builtins(data),
    )


def why_over(
    part: Message, live: dict[str, Duty], facts: Sequence[Fact], now: datetime
) -> Ended | None:
    """Why this alarm need not ring; None if it still must."""
    duty = live.get(part.about)
    if duty is None:
        return _met(part.about, facts)
    if duty.held(now) and duty.owner != part.to:
        return Ended(duty=duty.id, why="held", by=duty.owner, at=duty.quiet_until)
    return None


def _met(duty: str, facts: Sequence[Fact]) -> Ended:
    """What met this duty, or ended it."""
    for fact in reversed(facts):
        met = isinstance(fact, DutyDone) and fact.duty == duty
        if met or isinstance(fact, ANSWERED_BY.get(duty, ())):
            return Ended(duty=duty, why="done", by=fact.by, at=fact.recorded_at)
    back = _came(facts)
    if back is not None and duty not in AFTER_RETURN:
        return Ended(duty=duty, why="back", by=back.by, at=back.at)
    return Ended(duty=duty, why="not_due")


def over(
    messages: Sequence[Message], facts: Sequence[Fact], now: datetime
) -> tuple[list[Message], list[Message]]:
    """The quiet word that the young person is found or back, to everybody who was woken since they
    last heard; and those words that wait and are not true any more."""
    came = _came(facts)
    waiting = [m for m in messages if m.kind == "over" and m.state == "waiting"]
    if came is None or now - came.recorded_at > TELL_WITHIN:
        return [], waiting
    outdated = [m for m in waiting if m.data["fact"] != came.id]
    heard = {m.to: m for m in messages if m.kind == "over" and m.data["fact"] == came.id}
    # In the order of the record: a clock that went back makes times equal.
    woken: dict[str, None] = {}
    again: dict[str, None] = {}
    for message in messages:
        if message.kind == "over":
            off_the_list = message.state == "failed" and message.error == NOT_ON_LIST
            if message.state != "cancelled" and not off_the_list and message not in outdated:
                woken.pop(message.to, None)
        elif message.kind not in WAKING or message.state != "sent":
            continue
        elif message.created_at <= came.recorded_at:
            woken[message.to] = None
        elif _did_not_know(message, came, heard.get(message.to)):
            again[message.to] = None
    told = {*heard, came.by}
    people = [*(person for person in woken if person not in told), *again]
    return [
        _over(person, came, now, heard.get(person)) for person in dict.fromkeys(people)
    ], outdated


def _did_not_know(message: Message, came: Located | Returned, heard: Message | None) -> bool:
    """A former leader asked for what was over, and its reader has heard nothing since."""
    knew = message.data.get(BY_FORMER)
    if knew is None or came.id in knew or message.about in AFTER_RETURN:
        return False
    if heard is None or message.sent_at is None:
        return True
    return heard.state != "waiting" and message.sent_at > (heard.sent_at or heard.created_at)


def _over(person: str, came: Located | Returned, now: datetime, before: Message | None) -> Message:
    what = "back" if isinstance(came, Returned) else "found"
    data = {"what": what, "fact": came.id, "at": came.at, "by": came.by}
    return Message(
        id=f"over~{came.id}~{person}" if before is None else f"{before.id}~again",
        to=person,
        kind="over",
        created_at=now,
        due_at=now,
        priority=50,
        data=msgspec.to_builtins(data),
    )


def _came(facts: Sequence[Fact]) -> Located | Returned | None:
    """The return, or else that they were found."""
    back = [fact for fact in facts if isinstance(fact, Returned)]
    found = [fact for fact in facts if isinstance(fact, Located)]
    return (back or found)[-1] if back or found else None
