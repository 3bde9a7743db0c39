"""Who is asked about one duty now, and when the next asking comes. Pure.

There is one alarm for each case and person: whoever is asked about one thing that is due reads in
the same message what else is due in that case, and is not asked about it by itself until its
ladder's own interval has passed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import msgspec

from protocol import london
from reminders.duties import Duty
from reminders.ladder import Slot, gap_before, people_of, rarest, slots
from reminders.rota import Crew
from reminders.situation import Situation
from reminders.taken_back import take_all_back, take_back, waiting
from storage.model import Message

APART = timedelta(minutes=10)
"""Nobody reads the same words twice within so long, but for the repeats of one rung."""
SECOND = "~2"


def urgency(level: int, duty: str, early: bool) -> int:
    """Priority in the outbox: level 3 and an unmet police duty first; lower goes first."""
    if duty in ("N-POLICE", "POLICE-CHALLENGE") or (level >= 3 and not early):
        return 0
    if early:
        return 40
    return 10 if level == 2 else 20


class Asking:
    """The asking about one duty. `about`: every message about it so far, oldest first.

    `owed`: the people to be asked now, each with the moment (UTC) at which it should have been and
    the slot of the ladder. `next_at`: when to look again. `tell` makes the messages.
    """

    def __init__(self, situation: Situation, duty: Duty, about: list[Message]) -> None:
        self.situation = situation
        self.duty = duty
        self.about = about
        self.send: list[Message] = []
        self.cancel: list[Message] = []
        self.asked: set[str] = set()
        self.next_at: datetime | None = None
        self.owed: dict[str, tuple[datetime, Slot]] = {}
        now = situation.now
        self._current: Slot | None = None
        self._beside: set[str] = set()
        self.early = duty.early(now)
        self.start = duty.round_start(now)
        if self.start > now:
            self.next_at = self.start
            return
        self.ladder = situation.policy.ladder(
            duty.id, situation.level, self.early, young=situation.young
        )
        self.start = max(
            self.start,
            london.into_hours(self.start, self.ladder.from_hour, self.ladder.to_hour),
        )
        self._round = [m for m in about if m.created_at >= self.start]
        self._anchor = min((m.created_at for m in self._round), default=now)
        self._counted = [
            m for m in self._round if m.state != "cancelled" and m.channel == "telegram"
        ]
        self._crew = self._owner_first()
        if self.start > now:
            self.next_at = self.start
        else:
            self._look()

    @property
    def joins(self) -> bool:
        """It is due, and asked about at any hour: said beside what else is due in this case."""
        begun = self.start <= self.situation.now
        return begun and not self.early and self.ladder.from_hour is None

    @property
    def exhausted(self) -> bool:
        """Everybody was asked, and nobody answered."""
        return self.joins and self._current is not None and self._current.exhausted

    @property
    def people(self) -> frozenset[str]:
        """Everybody whom the ladder asks sooner or later."""
        return people_of(self.ladder, self._crew)

    def follow(self, others: Iterable[Asking]) -> None:
        """Where the ladder of something else, at least as steep, ran out without an answer, there
        is no first and second any more: all its people hear of this now, and from then on with the
        other."""
        if not self.joins or self._current is None:
            return
        told = {m.to for m in self._counted}
        for other in others:
            if other._rank >= self._rank:
                continue
            for person in other.people & self.people:
                if person in told:
                    self.owed.pop(person, None)
                else:
                    self.owed.setdefault(person, (self.situation.now, self._current))

    @property
    def _rank(self) -> tuple[int, bool, datetime, str]:
        """Of two whose ladders ran out the one that asks more often, or was first, leads."""
        return (rarest(self.ladder), not self.exhausted, self.start, self.duty.id)

    def beside(self, person: str) -> None:
        """This person is asked about something else of the case: this is said beside it, unless
        they have just read it."""
        if not self.joins or self._current is None or person in self.owed:
            return
        mine = [m for m in self._counted if m.to == person]
        since = self.situation.now - APART
        if person not in self.people or any(m.created_at > since for m in mine) or waiting(mine):
            return
        self.owed[person] = (self.situation.now, self._current)
        self._beside.add(person)

    def tell(self) -> None:
        """Makes the messages that are owed, and takes back what is not true any more."""
        if self.start > self.situation.now:  # somebody has it, or it is not time (any more)
            self.cancel += take_all_back(waiting(self.about), "quiet")
            return
        for person, (due_at, slot) in self.owed.items():
            self._ask(person, slot, due_at)
        self._outdated()
        self.asked = {m.to for m in self._counted} | set(self.owed)

    def _look(self) -> None:
        now = self.situation.now
        reached: dict[str, tuple[int, int]] = {}
        for message in self._counted:
            place = (message.step, int(message.data.get("repeat", 0)))
            reached[message.to] = max(reached.get(message.to, (-1, 0)), place)
        served = max((m.created_at for m in self._round), default=self.start)
        ladder = slots(self.ladder, self._crew, self._anchor, self._tail(reached))
        owed, self._current, self.next_at = _owed(ladder, reached, served, now)
        for person, (due_at, slot) in owed.items():
            soonest = self._soonest(person, slot)
            if soonest is not None and soonest > now:
                self.next_at = min(soonest, self.next_at or soonest)
                continue
            if not self._round and due_at == self._anchor:
                due_at = self.start
            if self._round:
                due_at = max(due_at, self._level_since())
            if soonest is not None:
                due_at = max(due_at, soonest)
            unsent = [m.due_at for m in waiting(self._counted) if m.to == person]
            self.owed[person] = (min((due_at, *unsent)), slot)

    def _soonest(self, person: str, slot: Slot) -> datetime | None:
        """When (UTC) this person may be asked: not within the ladder's interval after they last
        read of it, in whatever message; another rung, or a round that began by itself, does not
        repeat the same words within APART. None: at any time."""
        mine = [m for m in self.about if m.to == person and m.state != "cancelled"]
        if not mine:
            return None
        last = max(mine, key=lambda m: m.created_at)
        apart = APART
        if last.created_at < self.start:
            if self.start in (self.duty.quiet_until, self.duty.corrected_at):
                return None
        elif last.step == slot.step:
            apart = timedelta(minutes=gap_before(self.ladder, slot))
        return last.created_at + apart

    def _level_since(self) -> datetime:
        """When the level became what it is: a ladder that grew steeper then had no steps before,
        so none of them can be late."""
        announced = [m for m in self.situation.messages if m.kind == "level"]
        before = int(announced[-1].data["level"]) if announced else 1
        if self.situation.level != before:
            return self.situation.now
        return announced[-1].created_at if announced else self.start

    def _owner_first(self) -> Crew:
        """After an acknowledgement ran out its owner is asked first, if still on duty."""
        crew, owner = self.situation.crew, self.duty.owner
        if owner and not self.duty.hold_ended and owner in crew.duty:
            duty = (owner, *(one for one in crew.duty if one != owner))
            return msgspec.structs.replace(crew, duty=duty)
        return crew

    def _tail(self, reached: dict[str, tuple[int, int]]) -> int:
        last = len(self.ladder.steps)
        return min((place[1] for place in reached.values() if place[0] == last), default=0)

    def _ask(self, person: str, slot: Slot, due_at: datetime) -> None:
        situation, duty = self.situation, self.duty
        seen = situation.reading
        # What people wrote or took in hand moved this asking: before that it was not late.
        moved = [answer.recorded_at for answer in seen.answers.values()]
        if seen.changed_at is not None:
            moved.append(seen.changed_at)
        due_at = max((due_at, *moved))
        kind = "telephone" if slot.exhausted else "escalation" if slot.step else "reminder"
        message = Message(
            id=f"{duty.id}~{self._anchor:%y%m%d%H%M%S}~{slot.step}.{slot.repeat}~{person}",
            to=person,
            kind=kind,
            created_at=situation.now,
            due_at=due_at,
            about=duty.id,
            priority=urgency(situation.level, duty.id, self.early),
            step=slot.step,
            data=msgspec.to_builtins(self._data(person, slot)),
        )
        before_it = next((m for m in self.about if m.id == message.id), None)
        if before_it is not None and before_it.state not in ("waiting", "cancelled"):
            # Said beside something else, or the clock went back and passes the same time again:
            # what was sent keeps its record.
            message = msgspec.structs.replace(message, id=self._another_id(message.id))
        elif before_it is not None:  # taken back earlier, and true again
            message = msgspec.structs.replace(
                message, attempts=before_it.attempts, ambiguous=before_it.ambiguous
            )
        self.send.append(message)
        if (slot.second_channel and person not in self._beside) or situation.telegram_down:
            self._by_second(message)

    def _data(self, person: str, slot: Slot) -> dict[str, Any]:
        situation, duty = self.situation, self.duty
        data: dict[str, Any] = {
            "level": situation.level,
            "repeat": slot.repeat,
            "duty_at": duty.at,
            "early": duty.at > situation.now,
            "in_protocol": duty.in_protocol,
        }
        if duty.authority:
            data["authority"] = duty.authority
        asked = list(dict.fromkeys(m.to for m in self._counted if m.to != person))
        if asked and person not in self._beside:
            data["asked"] = asked
            data["since"] = self._anchor
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
        return data

    def _another_id(self, name: str) -> str:
        known = {m.id for m in self.about}
        return next(other for n in count(2) if (other := f"{name}~n{n}") not in known)

    def _by_second(self, message: Message) -> None:
        if message.to in self.situation.second_channel:
            self.send.append(
                msgspec.structs.replace(message, id=message.id + SECOND, channel="second")
            )

    def _outdated(self) -> None:
        new = {m.id for m in self.send}
        known = new | {m.id for m in self.about}
        for message in waiting(self.about):
            if message.id in new:
                continue
            if message.to not in self._crew.everyone:
                self.cancel.append(take_back(message, "not reachable"))
            elif message.created_at < self.start or message.to in self.owed:
                self.cancel.append(take_back(message, "replaced"))
            elif (
                self.situation.telegram_down
                and message.channel == "telegram"
                and message.id + SECOND not in known
            ):
                self._by_second(message)


def _owed(
    ladder: Iterable[Slot], reached: dict[str, tuple[int, int]], served: datetime, now: datetime
) -> tuple[dict[str, tuple[datetime, Slot]], Slot | None, datetime | None]:
    """For each person the last slot that has come and was not used, with the moment (UTC) at which
    this person should have been asked first; the last slot that has come; and when the next comes.
    Only the last slot is sent: nobody is told five times at once.

    Slots up to `served` were used for whoever was on duty then. Somebody who came later is asked
    now, which is not late."""
    owed: dict[str, tuple[datetime, Slot]] = {}
    current: Slot | None = None
    for slot in ladder:
        if slot.at > now:
            return owed, current, slot.at
        current = slot
        missed = slot.at if slot.at > served else now
        for person in slot.people:
            if slot.place > reached.get(person, (-1, 0)):
                first = owed[person][0] if person in owed else now
                owed[person] = (min(first, missed), slot)
    return owed, current, None
