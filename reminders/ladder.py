"""The rungs of a ladder laid out in time: who is asked when, until somebody answers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from protocol import london
from reminders.policy import Ladder, Step
from reminders.rota import Crew


class Slot(msgspec.Struct, frozen=True):
    """One asking: at `at` (UTC) these people are asked. `step` equal to the number of rungs means
    that the ladder is exhausted: everyone on it is told to telephone, again and again."""

    step: int
    repeat: int
    at: datetime
    people: tuple[str, ...]
    second_channel: bool
    exhausted: bool = False

    @property
    def place(self) -> tuple[int, int]:
        """Where on the ladder: later slots have a greater place."""
        return (self.step, self.repeat)


def _who(step: Step, crew: Crew, nexts: int) -> tuple[str, ...]:
    if step.who == "on_duty":
        return crew.duty[:1]
    if step.who == "next":
        return crew.duty[nexts : nexts + 1]
    if step.who == "managers":
        return crew.managers
    if step.who == "everyone":
        return crew.everyone
    return (step.who,) if step.who in crew.everyone else ()


def rungs(ladder: Ladder, crew: Crew) -> list[tuple[Step, tuple[str, ...]]]:
    """Each step with the people it means now. A step for whom nobody can be reached is empty."""
    found = []
    nexts = 0
    for step in ladder.steps:
        if step.who == "next":
            nexts += 1
        found.append((step, _who(step, crew, nexts)))
    return found


def slots(ladder: Ladder, crew: Crew, anchor: datetime, tail_from: int = 0) -> Iterator[Slot]:
    """Every asking from `anchor` on, without end, soonest first.

    A rung without anybody takes no time: the next person is asked at once. `tail_from`: how many
    of the endless last askings to leave out.
    """
    at = anchor
    everyone: dict[str, None] = {}
    for place, (step, people) in enumerate(rungs(ladder, crew)):
        if not people:
            continue
        everyone.update(dict.fromkeys(people))
        for repeat in range(step.times):
            yield Slot(place, repeat, at, people, step.second_channel)
            at = _later(at, step.repeat_minutes, ladder)
    people = tuple(everyone) or crew.everyone
    last = len(ladder.steps)
    for repeat in range(1, tail_from + 1):
        at = _later(at, _tail_minutes(ladder, repeat), ladder)
    repeat = tail_from
    while people:
        yield Slot(last, repeat, at, people, repeat == 0, exhausted=True)
        repeat += 1
        at = _later(at, _tail_minutes(ladder, repeat), ladder)


def people_of(ladder: Ladder, crew: Crew) -> frozenset[str]:
    """Everybody whom this ladder asks sooner or later."""
    found = {one for _, people in rungs(ladder, crew) for one in people}
    return frozenset(found or crew.everyone)


def gap_before(ladder: Ladder, slot: Slot) -> int:
    """Minutes between this asking and the one before it."""
    if slot.exhausted:
        return _tail_minutes(ladder, max(1, slot.repeat))
    return ladder.steps[slot.step].repeat_minutes


def _tail_minutes(ladder: Ladder, repeat: int) -> int:
    """Minutes before the endless last asking with this number (from 1 on): rarer and rarer."""
    doubled: int = ladder.then_every_minutes << min(repeat - 1, 16)
    return min(doubled, rarest(ladder))


def rarest(ladder: Ladder) -> int:
    """The longest time (minutes) between two askings of everybody."""
    return max(ladder.then_every_minutes, ladder.rarest_minutes)


def _later(at: datetime, minutes: int, ladder: Ladder) -> datetime:
    return london.into_hours(at + timedelta(minutes=minutes), ladder.from_hour, ladder.to_hour)
