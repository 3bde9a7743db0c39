"""What people do about reminders in one episode: "I have it", giving it back, snoozing.

Each act reads the episode as it is now, decides, commits, and says what is true afterwards, so
that a button on an old message can do nothing wrong. Callers word the outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

from protocol.counting import counting
from protocol.facts import Acknowledged, Fact, Snoozed
from protocol.provider import Staff
from reminders.all_clear import ASKING
from reminders.duties import Answered, Duty
from reminders.engine import Engine
from storage.model import Episode, Message
from storage.store import Change, NotFound

_Decide: TypeAlias = Callable[[Episode, Duty, datetime], tuple["Answer", Fact | None]]
Outcome: TypeAlias = Literal["done", "held_by_other", "over", "closed", "not_allowed", "too_late"]
"""done: it is so now. held_by_other: somebody else has it. over: nothing (any more) to be done
about this duty. closed: the episode is. not_allowed: not this person's case, or no such case.
too_late: the duty is due already, it cannot be put off."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an act, and what is true now. Times in UTC."""

    outcome: Outcome
    duty: str
    owner: str = ""
    """Staff id of whoever has it now."""
    until: datetime | None = None
    """Until when that holds; it is asked again then if it is not done."""
    next_step: str = ""
    told: tuple[str, ...] = ()
    """Staff ids who had been asked too and are now told who has it."""


class Acknowledgements:
    """Called by the handlers. Every act raises NotSaved if the book cannot be written."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.service_state = engine.service_state

    async def acknowledge(
        self,
        ref: str,
        duties: Sequence[str],
        staff: Staff,
        *,
        next_step: str = "",
        until: datetime | None = None,
        take_over: bool = False,
        update_id: int | None = None,
    ) -> list[Answer]:
        """ "I have it", for one duty or all of a joined message; one answer per duty.

        `until` (UTC): by when it will be done; held within the level's expiry, and without it that
        expiry. A duty that somebody else has stays theirs unless `take_over`. The others who were
        asked are told, and asked no more until it expires.
        """
        if not await self._may(ref, staff):
            return [Answer(outcome="not_allowed", duty=duty) for duty in duties]
        answers: list[Answer] = []

        def build(record: Episode) -> Change | None:
            now = self.service_state.clock.now()
            level, wanted = self.engine.cases.duties_in(record)
            answers.clear()
            facts: list[Fact] = []
            messages: list[Message] = []
            for name in duties:
                duty = _find(wanted, name)
                if record.closed_at is not None or duty is None:
                    answers.append(_over(record, name))
                    continue
                held = _latest(record, name)
                if held is not None and held.until > now and held.by != staff.id and not take_over:
                    answers.append(
                        Answer(
                            outcome="held_by_other",
                            duty=name,
                            owner=held.by,
                            until=held.until,
                            next_step=held.next_step,
                        )
                    )
                    continue
                minutes = self.service_state.policy.acknowledgement.minutes(
                    name, level, duty.early(now)
                )
                latest = now + timedelta(minutes=minutes)
                ends = min(until, latest) if until is not None and until > now else latest
                facts.append(
                    Acknowledged(
                        id=f"ack~{record.version + 1}~{name}",
                        by=staff.id,
                        recorded_at=now,
                        at=now,
                        duty=name,
                        until=ends,
                        next_step=next_step,
                        on_duty=staff.id in self.service_state.on_duty(record.home, now),
                    )
                )
                told = self._others(record, duty, staff.id, now)
                if duty.held(now):  # the others see it where they were asked (all_clear.py)
                    messages += self._taken(record, duty, staff.id, ends, next_step, now)
                answers.append(
                    Answer(
                        outcome="done",
                        duty=name,
                        owner=staff.id,
                        until=ends,
                        next_step=next_step,
                        told=tuple(told),
                    )
                )
            return Change(facts=facts, messages=messages) if facts else None

        await self.engine.records.update(ref, build, update_id)
        return answers

    def _others(self, record: Episode, duty: Duty, owner: str, now: datetime) -> dict[str, None]:
        """Whoever was asked in this round, or had it until now."""
        if duty.held(now):
            return dict.fromkeys({duty.owner} - {owner})
        return self._asked(record, duty, owner, now)

    def _taken(
        self,
        record: Episode,
        duty: Duty,
        owner: str,
        until: datetime,
        next_step: str,
        now: datetime,
    ) -> list[Message]:
        """Whoever had it until now learns who has it."""
        return [
            Message(
                id=f"taken~{record.version + 1}~{duty.id}~{one}",
                to=one,
                kind="taken",
                created_at=now,
                due_at=now,
                about=duty.id,
                priority=30,
                data=msgspec.to_builtins({"owner": owner, "until": until, "next_step": next_step}),
            )
            for one in self._others(record, duty, owner, now)
        ]

    @staticmethod
    def _asked(record: Episode, duty: Duty, owner: str, now: datetime) -> dict[str, None]:
        begun = duty.round_start(now)
        return {
            m.to: None
            for m in record.messages
            if m.about == duty.id
            and m.kind in ASKING
            and m.state == "sent"
            and m.created_at >= begun
            and m.to != owner
        }

    async def release(
        self, ref: str, duties: Sequence[str], staff: Staff, *, update_id: int | None = None
    ) -> list[Answer]:
        """Gives back what this person has, all at once: it is asked again, from the first rung."""

        def decide(record: Episode, duty: Duty, now: datetime) -> tuple[Answer, Fact | None]:
            held = _latest(record, duty.id)
            if held is None or held.until <= now:
                return Answer(outcome="over", duty=duty.id), None
            if held.by != staff.id and not staff.manages:
                return (
                    Answer(outcome="held_by_other", duty=duty.id, owner=held.by, until=held.until),
                    None,
                )
            fact = Acknowledged(
                id=f"back~{record.version + 1}~{duty.id}",
                by=staff.id,
                recorded_at=now,
                at=now,
                duty=duty.id,
                until=now,
            )
            return Answer(outcome="done", duty=duty.id), fact

        return await self._each(ref, duties, staff, decide, update_id)

    async def snooze(
        self,
        ref: str,
        duty: str,
        staff: Staff,
        until: datetime,
        *,
        update_id: int | None = None,
    ) -> Answer:
        """Remind again at `until` (UTC), but never after the due time; a duty that is due cannot be
        put off."""

        def decide(record: Episode, found: Duty, now: datetime) -> tuple[Answer, Fact | None]:
            held = _latest(record, duty)
            if held is not None and held.until > now and held.by != staff.id:
                other = Answer(outcome="held_by_other", duty=duty, owner=held.by, until=held.until)
                return other, None
            if found.at <= now or until <= now:
                return Answer(outcome="too_late", duty=duty), None
            ends = min(until, found.at)
            fact = Snoozed(
                id=f"snooze~{record.version + 1}~{duty}",
                by=staff.id,
                recorded_at=now,
                at=now,
                duty=duty,
                until=ends,
            )
            return Answer(outcome="done", duty=duty, until=ends), fact

        [answer] = await self._each(ref, [duty], staff, decide, update_id)
        return answer

    async def _each(
        self,
        ref: str,
        duties: Sequence[str],
        staff: Staff,
        decide: _Decide,
        update_id: int | None,
    ) -> list[Answer]:
        if not await self._may(ref, staff):
            return [Answer(outcome="not_allowed", duty=duty) for duty in duties]
        answers: list[Answer] = []

        def build(record: Episode) -> Change | None:
            answers.clear()
            wanted = self.engine.cases.duties_in(record)[1]
            facts: list[Fact] = []
            for name in duties:
                found = _find(wanted, name)
                if record.closed_at is not None or found is None:
                    answers.append(_over(record, name))
                    continue
                answer, fact = decide(record, found, self.service_state.clock.now())
                answers.append(answer)
                facts += [fact] if fact is not None else []
            return Change(facts=facts) if facts else None

        await self.engine.records.update(ref, build, update_id)
        return answers

    async def _may(self, ref: str, staff: Staff) -> bool:
        try:
            await self.engine.records.seen_by(staff, ref)
        except NotFound:
            return False
        return True


def _find(duties: Sequence[Duty], name: str) -> Duty | None:
    return next((duty for duty in duties if duty.id == name), None)


def _latest(record: Episode, duty: str) -> Acknowledged | None:
    """The last word on who has it: an acknowledgement, unless it was ended or a snooze came after
    it."""
    for fact in reversed(counting(record.facts)):
        if isinstance(fact, Answered) and fact.duty == duty:
            return fact if isinstance(fact, Acknowledged) else None
    return None


def _over(record: Episode, duty: str) -> Answer:
    return Answer(outcome="closed" if record.closed_at is not None else "over", duty=duty)
