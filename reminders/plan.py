"""The messages that an episode needs now, those that are no longer true, and when to look again.

Pure: facts, assessment, rota and the messages so far go in, new messages come out. A reminder is
known by its duty, round of asking, place on the ladder and person, so planning twice never
doubles, and a restart needs nothing but the book.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from protocol.facts import NIGHTLIGHT, Acknowledged, HoldEnded
from reminders import all_clear, amending
from reminders.all_clear import ASKING
from reminders.asking import Asking
from reminders.duties import Duty, duties
from reminders.rota import Crew
from reminders.situation import Situation
from reminders.taken_back import take_all_back, take_back, waiting
from storage.model import Message

JUST_NOW = timedelta(minutes=2)
"""Whoever recorded something so recently has seen its effect on the card."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`facts`: to be put on record before anything else; then plan again with them. `send`: new
    messages, to be put on record and sent. `cancel`: messages already on record,
    as they now stand (cancelled). `look_again_at`: the next moment at which the plan can differ
    without a new fact; None if there is none. `asked`: who is being asked now. `holders`: who has
    something in hand."""

    facts: tuple[HoldEnded, ...] = ()
    send: tuple[Message, ...] = ()
    cancel: tuple[Message, ...] = ()
    look_again_at: datetime | None = None
    duties: tuple[Duty, ...] = ()
    asked: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()


def plan(situation: Situation) -> Plan:
    """What is to be said now, to whom, and when to look again."""
    if situation.is_closed:
        return Plan(cancel=tuple(take_all_back(waiting(situation.messages), "closed")))
    facts = situation.reading.facts
    wanted = duties(
        situation.reading,
        situation.assessment,
        situation.policy,
        situation.closed_days,
    )
    if ended := _holds_ended(situation, wanted):
        return Plan(facts=tuple(ended))
    send: list[Message] = []
    moments: list[datetime] = []
    asked: set[str] = set()
    active = {duty.id for duty in wanted}
    about = _asking(situation.messages)
    over = [m for m in waiting(situation.messages) if m.kind in ASKING and m.about not in active]
    cancel = {message.id: take_back(message, "over") for message in over}
    askings = [Asking(situation, duty, about.get(duty.id, [])) for duty in wanted]
    exhausted = [asking for asking in askings if asking.exhausted]
    for asking in askings:
        asking.follow(exhausted)
    ringing = dict.fromkeys(one for asking in askings if asking.joins for one in asking.owed)
    for asking in askings:
        for person in ringing:
            asking.beside(person)
        asking.tell()
        send += asking.send
        cancel.update({m.id: m for m in asking.cancel})
        asked |= asking.asked
        if asking.next_at is not None:
            moments.append(asking.next_at)
    notices, outdated = _notices(situation)
    send += notices
    cancel.update({m.id: m for m in outdated})
    edited = all_clear.edits(situation.messages, facts, wanted, situation.now)
    case = amending.standing(facts, wanted, situation.level, situation.now)
    for new, outdated in (
        edited,
        amending.amendments(situation.messages, edited[0], case),
        all_clear.over(situation.messages, facts, situation.now),
    ):
        send += [m for m in new if m.to not in situation.crew.unreachable]
        cancel.update({m.id: m for m in take_all_back(outdated, "not true any more")})
    holders = frozenset(duty.owner for duty in wanted if duty.held(situation.now))
    if holders and situation.crew_changes_at is not None:
        moments.append(situation.crew_changes_at)
    if situation.assessment.changes_at is not None:
        moments.append(situation.assessment.changes_at.astimezone(UTC))
    return Plan(
        send=tuple(send),
        cancel=tuple(cancel.values()),
        look_again_at=min((m for m in moments if m > situation.now), default=None),
        duties=tuple(wanted),
        asked=frozenset(asked),
        holders=holders,
    )


def _asking(messages: Iterable[Message]) -> dict[str, list[Message]]:
    """Those that ask about a duty, by the duty."""
    about: dict[str, list[Message]] = {}
    for message in messages:
        if message.kind in ASKING:
            about.setdefault(message.about, []).append(message)
    return about


def _holds_ended(situation: Situation, wanted: Iterable[Duty]) -> list[HoldEnded]:
    """ "I have it" of somebody who can no longer be asked: ended now, once and for all."""
    now = situation.now
    ended = []
    for duty in wanted:
        answer = situation.reading.answers.get(duty.id)
        if not duty.held(now) or not isinstance(answer, Acknowledged):
            continue
        if why := hold_ended(answer, situation.crew):
            ended.append(
                HoldEnded(
                    id=f"ended~{answer.id}~{now:%y%m%d%H%M%S}",
                    by=NIGHTLIGHT,
                    recorded_at=now,
                    at=now,
                    duty=duty.id,
                    owner=duty.owner,
                    why=why,
                )
            )
    return ended


def hold_ended(answer: Acknowledged, crew: Crew) -> str:
    """Why this "I have it" does not hold any more with these people; "" while it does."""
    if answer.by in crew.unreachable:
        return "unreachable"
    if answer.by not in crew.everyone:
        return "off_list"
    if answer.on_duty and answer.by not in crew.rostered:
        return "off_duty"
    return ""


def _notices(situation: Situation) -> tuple[list[Message], list[Message]]:
    """Told once: the level changed; telling the authority did not count."""
    send: list[Message] = []
    outdated: list[Message] = []
    now, level = situation.now, situation.level
    announced = [m for m in situation.messages if m.kind == "level"]
    before = int(announced[-1].data["level"]) if announced else 1
    crew = situation.crew
    people = dict.fromkeys((*crew.duty[:1], *crew.managers))
    seen = situation.reading
    author = seen.last_by if seen.last_at is not None and now - seen.last_at <= JUST_NOW else ""
    if level != before:
        for person in people:
            message = Message(
                id=f"level~{len(announced)}~{level}~{person}",
                to=person,
                kind="level",
                created_at=now,
                due_at=now,
                priority=0 if level >= 3 else 10,
                data={"level": level, "before": before, "announced": bool(announced)},
            )
            if person == author:
                message = take_back(message, "told on the card")
            send.append(message)
        outdated = take_all_back(waiting(announced), "replaced")
    if "N-RA" in situation.assessment.due:
        known = {m.id for m in situation.messages}
        for fact in seen.authority:
            if fact.role in situation.accepting_roles:
                continue
            for person in people:
                name = f"role~{fact.id}~{person}"
                if name not in known and person != fact.by:
                    send.append(
                        Message(
                            id=name,
                            to=person,
                            kind="not_enough",
                            created_at=now,
                            due_at=now,
                            about="N-RA",
                            priority=10,
                            data={"role": fact.role, "level": level},
                        )
                    )
    return send, outdated
