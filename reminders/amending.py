"""Messages that told something are edited when it is not so any more: the level, that telling the
authority did not count, who has it, that they are back. So are alarms that were edited before and
ring again. Pure.

An edit of kind "amended" says all that is true of one message now: of what asked (all_clear.py) and
of what told. It is in the outbox like any other message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from protocol.facts import Fact, GoneAgain, Located, Returned
from reminders import all_clear
from reminders.all_clear import ASKING, NOT_ON_LIST, Ended
from reminders.duties import Duty
from storage.model import Message

AMENDED, NO_LONGER = "amended", "no_longer"
EDITS = all_clear.EDITS | {AMENDED, NO_LONGER}
"""Kinds of message that change one that is there already."""
TELLING = frozenset({"level", "not_enough", "taken", "over"})
"""Kinds of message about one case that tell what is so."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why what a message told is not so any more.

    part: id of the message. why: done, back, held, not_due (as of a duty); open (nobody has it and
    it is not done); level (it is another); closed; not_so (not back, not found after all); again
    (gone again); time (of the return or the finding, put right).
    """

    part: str
    why: str
    by: str = ""
    at: datetime | None = None
    level: int = 0


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """How the case stands: the facts that count, the duties still to be done by id, the level shown
    (0: the case is closed), and the time (UTC)."""

    facts: Sequence[Fact]
    wanted: dict[str, Duty]
    level: int
    now: datetime


def standing(facts: Sequence[Fact], wanted: Iterable[Duty], level: int, now: datetime) -> Now:
    """The same, from what a plan knows."""
    return Now(facts=facts, wanted={duty.id: duty for duty in wanted}, level=level, now=now)


def ended(part: Message, case: Now) -> Ended | None:
    """Why this alarm need not ring; None if it still must."""
    return all_clear.why_over(part, case.wanted, case.facts, case.now)


def outcome(part: Message, case: Now) -> Outcome | None:
    """Why what this message told is not so any more; None while it is."""
    match part.kind:
        case "over":
            return _over(part, case)
        case "level":
            return _level(part, case)
        case "taken":
            return _taken(part, case)
        case _:
            return _as_duty(part, case)


def _over(part: Message, case: Now) -> Outcome | None:
    for fact in case.facts:
        if isinstance(fact, GoneAgain):
            return Outcome(part=part.id, why="again", at=fact.at)
    back = [fact for fact in case.facts if isinstance(fact, Returned)]
    found = [fact for fact in case.facts if isinstance(fact, Located)]
    told_back = part.data["what"] == "back"
    came = back if told_back else found
    if not came:
        return None if back else Outcome(part=part.id, why="not_so")
    told = datetime.fromisoformat(str(part.data["at"]))
    if came[-1].at != told:
        return Outcome(part=part.id, why="time", by=came[-1].by, at=came[-1].at)
    return None


def _level(part: Message, case: Now) -> Outcome | None:
    for fact in reversed(case.facts):
        if isinstance(fact, Returned):
            return Outcome(part=part.id, why="back", by=fact.by, at=fact.at)
    if not case.level:
        return Outcome(part=part.id, why="closed")
    if case.level != int(part.data["level"]):
        return Outcome(part=part.id, why="level", level=case.level)
    return None


def _taken(part: Message, case: Now) -> Outcome | None:
    duty = case.wanted.get(part.about)
    if duty is None:
        return _as_duty(part, case)
    if not duty.held(case.now):
        return Outcome(part=part.id, why="open", by=part.data["owner"])
    until = datetime.fromisoformat(str(part.data["until"]))
    if (duty.owner, duty.quiet_until) != (part.data["owner"], until):
        return Outcome(part=part.id, why="held", by=duty.owner, at=duty.quiet_until)
    return None


def _as_duty(part: Message, case: Now) -> Outcome | None:
    over = ended(part, case)
    if over is None:
        return None
    return Outcome(part=part.id, why=over.why, by=over.by, at=over.at)


def amendments(
    messages: Sequence[Message], planned: Sequence[Message], case: Now
) -> tuple[list[Message], list[Message]]:
    """The edits that are needed beside those of all_clear.py (`planned`: those that are made just
    now), and those that wait and are not true any more."""
    groups, newest = _groups(messages)
    last: dict[tuple[str, int], Message] = {}
    amended: dict[tuple[str, int], int] = {}
    for edit in (*messages, *planned):
        if edit.kind not in EDITS:
            continue
        key = (edit.to, int(edit.data["of"]))
        amended[key] = amended.get(key, 0) + (edit.kind == AMENDED)
        # What was tried often enough in vain is not made anew.
        failed = edit.state == "failed" and edit.error != NOT_ON_LIST
        if edit.state in ("waiting", "sent") or failed:
            last[key] = edit
    new: list[Message] = []
    outdated: list[Message] = []
    for key, parts in groups.items():
        before = last.get(key)
        if before is not None and before.kind == "collapsed":
            continue
        # What a newer alarm asks for is left to that one.
        parts = [part for part in parts if newest.get((part.to, part.about), 0) <= key[1]]
        asking = [x for p in parts if p.kind in ASKING and (x := ended(p, case)) is not None]
        told = [y for p in parts if p.kind in TELLING and (y := outcome(p, case)) is not None]
        if _shown(before, parts) == (_said(asking), set(told)):
            if before is not None and all_clear.to_be_made_up(before) and before.kind == AMENDED:
                new.append(msgspec.structs.replace(before, state="waiting", error=""))
            continue
        if before is not None and before.kind == AMENDED and before.state == "waiting":
            outdated.append(before)
        new.append(_edit(key, amended.get(key, 0), parts, asking, told, case.now))
    return new, outdated


def _groups(
    messages: Sequence[Message],
) -> tuple[dict[tuple[str, int], list[Message]], dict[tuple[str, str], int]]:
    """What was sent in one Telegram message to one person; and the number of the newest alarm about
    each duty."""
    groups: dict[tuple[str, int], list[Message]] = {}
    newest: dict[tuple[str, str], int] = {}
    for message in messages:
        if message.state != "sent" or not message.message_id:
            continue
        if message.kind in ASKING:
            key = (message.to, message.about)
            newest[key] = max(newest.get(key, 0), message.message_id)
        if message.kind in ASKING or message.kind in TELLING:
            groups.setdefault((message.to, message.message_id), []).append(message)
    return groups, newest


def _said(asking: Iterable[Ended]) -> set[tuple[str, str, str, datetime | None]]:
    """Until when somebody has it may change, and so may the time of a return; when something was
    done does not."""
    return {
        (one.duty, one.why, one.by, one.at if one.why in ("held", "back") else None)
        for one in asking
    }


def _shown(
    edit: Message | None, parts: Sequence[Message]
) -> tuple[set[tuple[str, str, str, datetime | None]], set[Outcome]]:
    """What the message says since it was edited last, of these parts."""
    if edit is None:
        return set(), set()
    duties = {part.about for part in parts if part.kind in ASKING}
    asking = msgspec.convert(edit.data.get("ended", []), list[Ended])
    told = msgspec.convert(edit.data.get("told", []), list[Outcome])
    ids = {part.id for part in parts}
    return (
        _said(one for one in asking if one.duty in duties),
        {one for one in told if one.part in ids},
    )


def _edit(
    key: tuple[str, int],
    before: int,
    parts: Sequence[Message],
    asking: list[Ended],
    told: list[Outcome],
    now: datetime,
) -> Message:
    person, number = key
    data: dict[str, Any] = {
        "of": number,
        "in": parts[0].chat_id,
        "ended": asking,
        "told": told,
        "parts": [part.id for part in parts],
    }
    if beside := next((p.data["beside"] for p in parts if p.data.get("beside")), None):
        data["beside"] = beside
    return Message(
        id=f"{AMENDED}~{number}~{person}~{before}",
        to=person,
        kind=AMENDED,
        created_at=now,
        due_at=now,
        priority=35,
        data=msgspec.to_builtins(data),
    )
