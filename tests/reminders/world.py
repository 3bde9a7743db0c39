"""A small service for stories: two homes, five invented people, an obedient Telegram."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from protocol import facts as f
from protocol.assess import assess
from protocol.fold import fold
from protocol.pack import Pack, load_pack
from protocol.provider import Authority, Home, Provider, Role, Staff
from reminders.acknowledge import Acknowledgements
from reminders.amending import EDITS
from reminders.case_states import cases_of
from reminders.combining import parts
from reminders.engine import Engine
from reminders.limits import Turn
from reminders.policy import Policy
from reminders.sending import SendError, Sent
from reminders.shifts import Shifts
from storage.model import Episode, Message, Past
from storage.store import Change
from tests.reminders.virtual import LoopAlarm, VirtualClock, utc
from tests.support.memory_store import MemoryStore

PACK = load_pack("haringey-2011")
FRIDAY_NIGHT = utc("2026-03-06 21:30")


def staff(name: str, number: int, role: Role, *homes: str) -> Staff:
    return Staff(
        id=name,
        name=f"{name.title()} Example",
        telegram_id=number,
        role=role,
        homes=homes,
        phone=f"07700 900{number:03}",
    )


SERVICE = Provider(
    homes=(
        Home(id="rowan", name="Rowan House", prefix="RH"),
        Home(id="cedar", name="Cedar House", prefix="CH"),
    ),
    authorities=(Authority(name="Exampleshire"),),
    staff=(
        staff("amy", 1, Role.DUTY_MANAGER, "rowan"),
        staff("ben", 2, Role.DUTY_MANAGER, "rowan"),
        staff("cay", 3, Role.DUTY_MANAGER, "cedar"),
        staff("mia", 4, Role.MANAGER),
        staff("ada", 5, Role.ADMINISTRATOR),
    ),
)


def summarise(record: Episode) -> Past:
    """A row of the summary, from the facts."""
    episode = fold(record.facts)
    last = record.entries[-1].fact.recorded_at
    found = assess(episode, (), PACK, last)
    interview = found.due.get("RI-72H")
    return Past(
        ref=record.ref,
        person=record.person,
        home=record.home,
        category=episode.category,
        start=found.start,
        end=found.end if found.returned else None,
        level=found.level,
        peak=found.level,
        closed_at=record.closed_at,
        interview_due_at=interview.at if interview else None,
        interview_held_at=episode.ri_completed_at,
    )


class Got(msgspec.Struct, frozen=True):
    """One single message that reached somebody."""

    at: datetime
    to: str
    ref: str
    message: Message
    joined: bool

    @property
    def said(self) -> str:
        """ "reminder CP-4H", as the stories write it."""
        return f"{self.message.kind} {self.message.about}".strip()


class Telegram:
    """A scripted `Sender`: everything arrives unless `fails` says otherwise."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.got: list[Got] = []
        self.edits: list[Got] = []
        self.attempts: list[tuple[datetime, str, str]] = []
        self.delay = 0.05
        self.fails: Callable[[Message], SendError | None] = lambda _: None
        self.arrives_all_the_same = False
        self._numbers: defaultdict[int, int] = defaultdict(int)
        self.read = 0

    async def send(self, message: Message, episode: Episode | None, turn: Turn) -> Sent:
        self.attempts.append((self.clock.now(), message.to, message.id))
        await asyncio.sleep(self.delay)
        error = self.fails(message)
        if error is None and message.kind in EDITS:
            ref = episode.ref if episode else message.data.get("ref", "")
            self.edits.append(Got(self.clock.now(), message.to, ref, message, joined=False))
            return Sent(message.chat_id or 0, message.data["of"])
        if error is None or self.arrives_all_the_same:
            single = parts(message)
            for ref, one in single:
                self.got.append(
                    Got(
                        self.clock.now(),
                        one.to,
                        ref or (episode.ref if episode else ""),
                        one,
                        len(single) > 1,
                    )
                )
        if error is not None:
            raise error
        assert message.chat_id is not None
        self._numbers[message.chat_id] += 1
        return Sent(message.chat_id, self._numbers[message.chat_id])

    def new(self) -> list[tuple[str, str]]:
        """(person, what was said) since the last call, in the order of arrival."""
        fresh = self.got[self.read :]
        self.read = len(self.got)
        return [(g.to, g.said) for g in fresh]


class World:
    """The engine with a store in memory, virtual time and that Telegram."""

    def __init__(
        self,
        *,
        start: datetime = FRIDAY_NIGHT,
        policy: Policy | None = None,
        service: Provider = SERVICE,
        clock: VirtualClock | None = None,
        second: Any = None,
        store: Any = None,
        started: Sequence[str] = ("amy", "ben", "cay", "mia", "ada"),
        pack: Pack = PACK,
    ) -> None:
        self.clock = clock or VirtualClock(start)
        self.policy = policy or Policy()
        self.service = service
        self.second = second
        self.pack = pack
        self.started = started
        self.telegram = Telegram(self.clock)
        self.store = store or MemoryStore(summarise=summarise, now=self.clock.now)
        self._facts = 0
        self.make()

    def make(self) -> None:
        self.engine = Engine(
            cases_of(self.store, self.clock, self.service, self.policy, self.pack),
            self.telegram,
            second=self.second,
            alarm=LoopAlarm(self.clock),
        )
        self.acts = Acknowledgements(self.engine)
        self.shifts = Shifts(self.engine)

    async def __aenter__(self) -> World:
        await self.store.open()
        await self.engine.start()
        for one in self.started:
            await self.shifts.staff_started(one)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()

    async def process_down(self, *, until: datetime) -> None:
        """The process dies now and comes back then, with what is in the book."""
        await self.engine.stop()
        await self.until(until)
        self.make()
        await self.engine.start()

    def staff(self, name: str) -> Staff:
        found = self.service.person(name)
        assert found is not None
        return found

    async def advance(self, **by: float) -> None:
        await asyncio.sleep(timedelta(**by).total_seconds())

    async def until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self.clock.now()).total_seconds()))

    # What people record -----------------------------------------------------------------------

    def fact(self, kind: Any, *, by: str = "amy", **fields: Any) -> f.Fact:
        self._facts += 1
        now = self.clock.now()
        if "at" in kind.__struct_fields__:
            fields.setdefault("at", now)
        made: f.Fact = kind(id=f"f{self._facts}", by=by, recorded_at=now, **fields)
        return made

    async def report(
        self,
        ref: str = "RH-2345",
        *,
        home: str = "rowan",
        person: str = "YP-1",
        by: str = "amy",
        ago: timedelta = timedelta(minutes=10),
        told: bool = True,
        **fields: Any,
    ) -> str:
        """Somebody logs that a 15-year-old was last seen so long ago. `told`: police, authority
        and parents were told at once."""
        now = self.clock.now()
        fields.setdefault("category", "missing")
        fields.setdefault("child", f.Child(age=15, looked_after=True, historical_concerns=False))
        facts = [
            self.fact(f.Opened, by=by, aware_at=now, last_seen_at=now - ago, **fields),
        ]
        if told:
            facts += self.everybody_told(by)
        await self.store.create(ref, home, person, Change(facts=facts))
        await self.engine.planner.changed(ref)
        return ref

    def everybody_told(self, by: str = "amy") -> list[f.Fact]:
        return [
            self.fact(f.PoliceTold, by=by, reference="EX-1"),
            self.fact(f.AuthorityTold, by=by, role="edt_duty_manager"),
            self.fact(f.AuthorityWritten, by=by),
            self.fact(f.ParentsTold, by=by, told_by="social worker", what="that they are away"),
        ]

    async def records(self, ref: str, *facts: f.Fact, close: bool = False) -> None:
        record = await self.store.episode(ref)
        await self.store.commit(ref, record.version, Change(facts=facts, close=close))
        await self.engine.planner.changed(ref)

    async def puts(self, ref: str, *facts: f.Fact) -> None:
        """As people do, through the one way to change a case."""
        await self.engine.records.update(ref, lambda _: Change(facts=facts))

    async def returns(self, ref: str, by: str = "amy", *, told: bool = True) -> None:
        """Back. `told`: whoever was told that they were away hears it at once."""
        facts: list[f.Fact] = [self.fact(f.Returned, by=by)]
        if told:
            facts += [
                self.fact(f.ToldOfReturn, by=by, whom=whom, role="edt_duty_manager")
                for whom in ("police", "authority", "parents")
            ]
        await self.records(ref, *facts)

    async def has_it(self, ref: str, duty: str, who: str, **more: Any) -> Any:
        answers = await self.acts.acknowledge(ref, [duty], self.staff(who), **more)
        return answers[0]

    def asked(self, duty: str) -> list[tuple[str, str]]:
        """(time HH:MM UTC, person) of every asking about this duty so far."""
        return [
            (g.at.strftime("%H:%M"), g.to)
            for g in self.telegram.got
            if g.message.about == duty and g.message.kind != "taken"
        ]
