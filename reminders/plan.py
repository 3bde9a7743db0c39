"""The messages that an episode needs now, those that are no longer true, and when to look again.

Pure: facts, assessment, rota and the messages so far go in, new messages come out. A reminder is
known by its duty, round of asking, place on the ladder and person, so planning twice never
doubles, and a restart needs nothing but the book.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from protocol import london
from protocol.assess import Assessment
from protocol.facts import NIGHTLIGHT, Acknowledged, HoldEnded
from reminders import all_clear, amending
from reminders.all_clear import ASKING
from reminders.duties import Duty, Reading, duties
from reminders.ladder import Slot, slots
from reminders.policy import Policy
from reminders.rota import Crew
from reminders.sending import SENDING
from storage.model import Message

JUST_NOW = timedelta(minutes=2)
"""Whoever recorded something so recently has seen its effect on the card."""
APART = timedelta(minutes=10)
"""Nobody reads the same words twice within so long, but for the repeats of one rung."""
SECOND = "~2"


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """All that `plan` looks at. `messages`: the episode's outbox and log, oldest first."""

    now: datetime
    messages: tuple[Message, ...]
    reading: Reading
    assessment: Assessment
    level: int
    """The level shown: the computed one, or as raised or stood down by a person."""
    young: bool = False
    """In the younger band of the protocol, or of unknown age."""
    crew: Crew
    crew_changes_at: datetime | None = None
    """When (UTC) the people who can be asked may be others; asked for while somebody has it."""
    policy: Policy
    closed_days: Container[date] = ()
    second_channel: Collection[str] = ()
    """Staff ids who can be written to on a second channel."""
    accepting_roles: Collection[str] = ()
    """Roles of the placing authority whose being told closes N-RA."""
    telegram_down: bool = False
    """It has been down for longer than is set: what waits goes by the second channel as well."""
    is_closed: bool = False


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
        return Plan(cancel=tuple(_cancelled(_waiting(situation.messages), "closed")))
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
    cancel: dict[str, Message] = {}
    moments: list[datetime] = []
    asked: set[str] = set()
    active = {duty.id for duty in wanted}
    about: dict[str, list[Message]] = {}
    for message in situation.messages:
        if message.kind in ASKING:
            about.setdefault(message.about, []).append(message)
    for message in _waiting(situation.messages):
        if message.kind in ASKING and message.about not in active:
            cancel[message.id] = _stop(message, "over")
    for duty in wanted:
        asking = _Asking(situation, duty, about.get(duty.id, []))
        asking.run()
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
        cancel.update({m.id: m for m in _cancelled(outdated, "not true any more")})
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
                    id=f"ended~{answer.id}",
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


def urgency(level: int, duty: str, early: bool) -> int:
    """Priority in the outbox: level 3 and an unmet police duty first; lower goes first."""
    if duty in ("N-POLICE", "POLICE-CHALLENGE") or (level >= 3 and not early):
        return 0
    if early:
        return 40
    return 10 if level == 2 else 20


class _Asking:
    """The asking about one duty: which slots of its ladder are owed to whom."""

    def __init__(self, situation: Situation, duty: Duty, about: list[Message]) -> None:
        self.situation = situation
        self.duty = duty
        self.about = about
        self.send: list[Message] = []
        self.cancel: list[Message] = []
        self.asked: set[str] = set()
        self.next_at: datetime | None = None
        now = situation.now
        self.early = duty.early(now)
        self.start = duty.round_start(now)
        self.ladder = situation.policy.ladder(
            duty.id, situation.level, self.early, young=situation.young
        )
        if self.start <= now:
            self.start = max(
                self.start,
                london.into_hours(self.start, self.ladder.from_hour, self.ladder.to_hour),
            )

    def run(self) -> None:
        now = self.situation.now
        if self.start > now:
            self._quiet()
            self.next_at = self.start
            return
        round_ = [m for m in self.about if m.created_at >= self.start]
        anchor = min((m.created_at for m in round_), default=now)
        counted = [m for m in round_ if m.state != "cancelled" and m.channel == "telegram"]
        reached: dict[str, tuple[int, int]] = {}
        for message in counted:
            place = (message.step, int(message.data.get("repeat", 0)))
            reached[message.to] = max(reached.get(message.to, (-1, 0)), place)
        crew = self._crew()
        served = max((m.created_at for m in round_), default=self.start)
        owed, self.next_at = _owed(
            slots(self.ladder, crew, anchor, self._tail(reached)), reached, served, now
        )
        for person, (due_at, slot) in list(owed.items()):
            if (soonest := self._soonest(person, slot)) is not None:
                self.next_at = min(soonest, self.next_at or soonest)
                owed.pop(person)
                continue
            if not round_ and due_at == anchor:
                due_at = self.start
            if round_:
                due_at = max(due_at, self._level_since())
            unsent = [m.due_at for m in _waiting(counted) if m.to == person]
            self._ask(person, slot, min((due_at, *unsent)), anchor, counted)
        self._outdated(owed, crew)
        self.asked = {m.to for m in counted} | set(owed)

    def _soonest(self, person: str, slot: Slot) -> datetime | None:
        """When (UTC) this person may be asked: another rung, or a round that began by itself, does
        not repeat the same words within APART. None: now."""
        mine = [m for m in self.about if m.to == person and m.state != "cancelled"]
        if slot.exhausted or not mine:
            return None
        last = max(mine, key=lambda m: m.created_at)
        apart = APART
        if last.created_at >= self.start and last.step == slot.step:
            apart = min(APART, timedelta(minutes=self.ladder.steps[slot.step].repeat_minutes))
        if last.created_at < self.start in (self.duty.quiet_until, self.duty.corrected_at):
            return None
        soonest = last.created_at + apart
        return soonest if soonest > self.situation.now else None

    def _level_since(self) -> datetime:
        """When the level became what it is: a ladder that grew steeper then had no steps before,
        so none of them can be late."""
        announced = [m for m in self.situation.messages if m.kind == "level"]
        before = int(announced[-1].data["level"]) if announced else 1
        if self.situation.level != before:
            return self.situation.now
        return announced[-1].created_at if announced else self.start

    def _crew(self) -> Crew:
        """After an acknowledgement ran out its owner is asked first, if still on duty."""
        crew, owner = self.situation.crew, self.duty.owner
        if owner and not self.duty.hold_ended and owner in crew.duty:
            duty = (owner, *(one for one in crew.duty if one != owner))
            return msgspec.structs.replace(crew, duty=duty)
        return crew

    def _tail(self, reached: dict[str, tuple[int, int]]) -> int:
        last = len(self.ladder.steps)
        return min((place[1] for place in reached.values() if place[0] == last), default=0)

    def _ask(
        self,
        person: str,
        slot: Slot,
        due_at: datetime,
        anchor: datetime,
        before: list[Message],
    ) -> None:
        situation, duty = self.situation, self.duty
        if situation.reading.changed_at is not None:
            due_at = max(due_at, situation.reading.changed_at)
        kind = "telephone" if slot.exhausted else "escalation" if slot.step else "reminder"
        data: dict[str, Any] = {
            "level": situation.level,
            "repeat": slot.repeat,
            "duty_at": duty.at,
            "early": duty.at > situation.now,
            "in_protocol": duty.in_protocol,
        }
        if duty.authority:
            data["authority"] = duty.authority
        asked = list(dict.fromkeys(m.to for m in before if m.to != person))
        if asked:
            data["asked"] = asked
            data["since"] = anchor
        if duty.owner and duty.quiet_until is not None:
            data["was_with"] = duty.owner
            if duty.hold_ended:
                data["was_with_why"] = duty.hold_ended
        if slot.exhausted:
            data["people"] = list(slot.people)
        if situation.crew.gap:
            data["gap"] = "uncovered" if situation.crew.uncovered else "rota"
        if duty.id == "N-RA" and situation.assessment.ra_route:
            data["route"] = situation.assessment.ra_route
        message = Message(
            id=f"{duty.id}~{anchor:%y%m%d%H%M%S}~{slot.step}.{slot.repeat}~{person}",
            to=person,
            kind=kind,
            created_at=situation.now,
            due_at=due_at,
            about=duty.id,
            priority=urgency(situation.level, duty.id, self.early),
            step=slot.step,
            data=msgspec.to_builtins(data),
        )
        before_it = next((m for m in self.about if m.id == message.id), None)
        if before_it is not None and before_it.state == "sent":
            # The clock went back and passes the same time again: what was sent keeps its record.
            message = msgspec.structs.replace(message, id=self._another_id(message.id))
        elif before_it is not None:  # taken back earlier, and true again
            message = msgspec.structs.replace(
                message, attempts=before_it.attempts, ambiguous=before_it.ambiguous
            )
        self.send.append(message)
        if slot.second_channel or situation.telegram_down:
            self._by_second(message)

    def _another_id(self, name: str) -> str:
        known = {m.id for m in self.about}
        return next(other for n in count(2) if (other := f"{name}~n{n}") not in known)

    def _by_second(self, message: Message) -> None:
        if message.to in self.situation.second_channel:
            self.send.append(
                msgspec.structs.replace(message, id=message.id + SECOND, channel="second")
            )

    def _quiet(self) -> None:
        """Somebody has it, or it is not time (any more): what still waits is taken back."""
        self.cancel += _cancelled(_waiting(self.about), "quiet")

    def _outdated(self, owed: dict[str, tuple[datetime, Slot]], crew: Crew) -> None:
        new = {m.id for m in self.send}
        known = new | {m.id for m in self.about}
        for message in _waiting(self.about):
            if message.id in new:
                continue
            if message.to not in crew.everyone:
                self.cancel.append(_stop(message, "not reachable"))
            elif message.created_at < self.start or message.to in owed:
                self.cancel.append(_stop(message, "replaced"))
            elif (
                self.situation.telegram_down
                and message.channel == "telegram"
                and message.id + SECOND not in known
            ):
                self._by_second(message)


def _owed(
    ladder: Iterable[Slot], reached: dict[str, tuple[int, int]], served: datetime, now: datetime
) -> tuple[dict[str, tuple[datetime, Slot]], datetime | None]:
    """For each person the last slot that has come and was not used, with the moment (UTC) at which
    this person should have been asked first; and when the next slot comes. Only the last slot is
    sent: nobody is told five times at once.

    Slots up to `served` were used for whoever was on duty then. Somebody who came later is asked
    now, which is not late."""
    owed: dict[str, tuple[datetime, Slot]] = {}
    for slot in ladder:
        if slot.at > now:
            return owed, slot.at
        missed = slot.at if slot.at > served else now
        for person in slot.people:
            if slot.place > reached.get(person, (-1, 0)):
                first = owed[person][0] if person in owed else now
                owed[person] = (min(first, missed), slot)
    return owed, None


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
                message = _stop(message, "told on the card")
            send.append(message)
        outdated = _cancelled(_waiting(announced), "replaced")
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


def _waiting(messages: Iterable[Message]) -> list[Message]:
    return [m for m in messages if m.state == "waiting"]


def _stop(message: Message, why: str) -> Message:
    """Taken back. An attempt that is under way may still arrive: that is kept in mind."""
    maybe = message.ambiguous or message.error == SENDING
    return msgspec.structs.replace(message, state="cancelled", error=why, ambiguous=maybe)


def _cancelled(messages: Iterable[Message], why: str) -> list[Message]:
    return [_stop(m, why) for m in messages]
