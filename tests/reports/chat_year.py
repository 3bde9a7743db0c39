"""A year of a small service: what happens to nine young people, and people who record it in the
chat.

Real: handlers, forms, rules and the engine, whose reminders fall due in their time between what
people do. Not real: Telegram, and the disk while it is recorded (a test puts the record there).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random

import msgspec

from protocol.facts import Child
from protocol.london import LONDON, completed_years
from protocol.provider import Provider
from storage.model import Episode, Person
from tests.handlers.chat_world import ChatWorld
from tests.reminders.world import summarise
from tests.support.memory_store import MemoryStore

BEGIN = datetime(2025, 10, 1, 9, tzinfo=UTC)
LAST_GOING = BEGIN + timedelta(days=340)
END = BEGIN + timedelta(days=365)
TURN_OF_YEAR = datetime(2026, 3, 31, 20, tzinfo=UTC)
OLDEST = date(2008, 1, 20)
SURE = {
    0: TURN_OF_YEAR,
    1: TURN_OF_YEAR + timedelta(minutes=10),
    2: TURN_OF_YEAR + timedelta(minutes=20),
    3: datetime(2026, 1, 19, 21, tzinfo=UTC),
}
"""When these certainly go, for thirty hours: over the end of March, over the 18th birthday."""
ON_DUTY = {"rowan": "amy", "cedar": "cay"}
ORDINARY = {
    "Nothing is saved yet": "Save the report",
    "Who reported them": "Our own staff",
    "last seen": "Just now",
    "due back": "No set time",
    "What happened": "Did not come back",
    "police": "Not yet",
    "worse": "None of these",
    "earlier concerns": "No",
}
"""What is tapped at each question of a report (a part of the question: the button)."""


class Absence(msgspec.Struct, kw_only=True, eq=False):
    """What truly happened, apart from all that was recorded. `found` None: came back by
    themselves. `ref`: the case."""

    person: Person
    gone: datetime
    found: datetime | None
    back: datetime
    known: bool
    told_police: bool
    interview: bool
    ref: str = ""

    @property
    def ended(self) -> datetime:
        """No longer missing."""
        return self.found or self.back

    @property
    def is_18(self) -> bool:
        day = self.gone.astimezone(LONDON).date()
        return completed_years(self.person.child.dob, day) >= 18


def people() -> list[Person]:
    """Nine in two homes, three of them not looked after. `OLDEST` turns 18 in the year."""
    return [
        Person(
            ref=f"YP-{n:02}",
            home=("rowan", "cedar")[n % 2],
            child=Child(
                dob=OLDEST if n == 3 else date(2009, 3, 1) + timedelta(days=200 * n),
                looked_after=n % 3 != 2,
                responsible_la=("Camden", "Haringey")[n % 2] if n % 3 != 2 else None,
                placement_la="Haringey",
                historical_concerns=False,
                in_childrens_home=True,
            ),
        )
        for n in range(9)
    ]


def life(chance: Random) -> list[Absence]:
    """Each goes about once in six weeks."""
    found = []
    for number, person in enumerate(people()):
        free = BEGIN
        sure = SURE.get(number, END)
        while True:
            gone = free + timedelta(minutes=chance.randint(600, 80 * 24 * 60))
            minutes = chance.choice([chance.randint(45, 900)] * 4 + [5000])
            if free < sure <= gone + timedelta(minutes=minutes, days=5):
                gone, minutes = sure, 30 * 60
            if gone > LAST_GOING:
                break
            back = gone + timedelta(minutes=minutes)
            free = back + timedelta(days=5)
            sooner = back - timedelta(minutes=minutes // chance.choice([2, 20]))
            found.append(
                Absence(
                    person=person,
                    gone=gone,
                    found=chance.choice([None, sooner]),
                    back=back,
                    known=chance.random() < 0.25,
                    told_police=chance.random() < 0.7,
                    interview=chance.random() < 0.6,
                )
            )
    return found


class _Alarm:
    """Says when the engine wants to be called next."""

    moment: datetime | None = None

    def start(self, ring: object) -> None: ...

    def set(self, moment: datetime | None) -> None:
        self.moment = moment

    def stop(self) -> None: ...


class YearInTheChat(ChatWorld):
    """`reminded`: how often the engine was called at its time."""

    def __init__(self, provider: Provider, chance: Random) -> None:
        self.store = MemoryStore(summarise=summarise, now=self._now)
        super().__init__(provider, people(), store=self.store)
        self.clock.time = BEGIN
        self.alarm = self.engine.alarm = _Alarm()
        self.life = life(chance)
        self.reminded = 0

    def _now(self) -> datetime:
        return self.clock.now()

    async def passes(self) -> list[Episode]:
        """The whole year; what is on record then."""
        for who in (*ON_DUTY.values(), "mia"):
            await self.sends(who, "/start")
        steps = [
            (moment, number, what)
            for number, one in enumerate(self.life)
            for moment, what in (
                (one.gone, self._reports_it),
                (one.found, self._finds),
                (one.back, self._has_them_back),
                (one.back + timedelta(hours=30), self._signs_it_off),
            )
            if moment
        ]
        for moment, number, what in sorted(steps, key=lambda step: step[:2]):
            await self._until(moment)
            await what(self.life[number])
        await self._until(END)
        return [await self.store.episode(one.ref) for one in self.life]

    async def _until(self, moment: datetime) -> None:
        """Whatever the engine has to do until then, at its time."""
        while (due := self.alarm.moment) is not None and due < moment:
            self.clock.time = max(due, self.clock.time)
            await self.engine.tick()
            self.reminded += 1
        self.clock.time = moment

    async def _reports_it(self, one: Absence) -> None:
        who = ON_DUTY[one.person.home]
        answers = ORDINARY | {
            "Which young person?": one.person.ref,
            "Does somebody know": "Yes, confirmed" if one.known else "No, or not confirmed",
        }
        before = {case.ref for case in await self.cases()}
        await self.sends(who, "/missing")
        for _ in range(14):
            question = self.last(who).rpartition("\n\n")[2].casefold()
            wanted = next((a for q, a in answers.items() if q.casefold() in question), "")
            if not wanted or "· Level" in self.last(who):
                break
            await self.taps(who, wanted)
        [one.ref] = {case.ref for case in await self.cases()} - before
        if one.told_police:
            await self.forges(who, f"c:{one.ref}:police")
            await self.taps(who, "Just now", "No reference", "Skip")

    async def _finds(self, one: Absence) -> None:
        who = ON_DUTY[one.person.home]
        await self.forges(who, f"c:{one.ref}:found")
        await self.taps(who, "Just now", "Skip", "No", "Yes")

    async def _has_them_back(self, one: Absence) -> None:
        await self.comes_back(ON_DUTY[one.person.home], one.ref)

    async def _signs_it_off(self, one: Absence) -> None:
        if one.interview:
            await self.forges("mia", f"c:{one.ref}:held")
            await self.taps("mia", "Just now", "Independent service")
        await self.signs_off("mia", one.ref)
        await self.forges("mia", f"c:{one.ref}:closing")
