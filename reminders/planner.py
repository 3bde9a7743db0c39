"""Holds every open case: plans it anew when something changed or its moment came, and hands the
messages on."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count

import msgspec
import structlog

from protocol.facts import Acknowledged
from reminders import all_clear, amending, assessment_cache
from reminders.amending import EDITS
from reminders.case_states import CaseStates
from reminders.duties import Duty, read
from reminders.modules import AGAIN
from reminders.notices import Notices
from reminders.plan import Plan, plan
from reminders.situation import Situation
from reminders.watch import Watch
from reminders.write_behind import OfficeChange
from storage.model import Entry, Episode, Office
from storage.store import Change, NotFound

log = structlog.get_logger(__name__)


class Held(msgspec.Struct, kw_only=True, eq=False):
    """What is kept of one open episode."""

    ref: str
    home: str
    person: str
    level: int = 1
    by_people: int = -1
    """How many facts by people the last plan has seen."""
    counted: tuple[int, int] = (0, 0)
    """Of so many entries so many are by people: the chain only grows, so it is counted on."""
    asked: frozenset[str] = frozenset()
    holders: frozenset[str] = frozenset()
    waiting: bool = False
    moment: datetime | None = None
    turn: int = 0
    """Only the heap entry with this number counts."""


class Planner:
    """Plans reminders for all open cases. `changed` after every commit of facts.

    `events.case_message` is sent with every message that waits, `events.moments_changed` when
    something else may come next, `events.work_changed` when planning begins or ends.
    """

    name = "planning"

    def __init__(self, cases: CaseStates, watch: Watch, notices: Notices) -> None:
        self.cases = cases
        self.service_state = cases.service_state
        self.write_behind = self.service_state.write_behind
        self.clock = self.service_state.clock
        self.events = self.service_state.events
        self.watch = watch
        self.notices = notices
        self._held: dict[str, Held] = {}
        self._heap: list[tuple[datetime, int, str]] = []
        self._turns = count(1)
        self._busy = 0
        self._stopping = False
        self._background: set[asyncio.Task[None]] = set()

    # Life -----------------------------------------------------------------------------------

    async def load(self) -> list[Episode]:
        """Holds every open episode, to be planned in the next round. The store is open."""
        await self.cases.load()
        now = self.clock.now()
        records = list(await self.write_behind.open_episodes())
        for record in records:
            self._set(self._hold(record), now)
        return records

    def stop(self) -> None:
        """Begins nothing new; a case that is being planned is planned to its end."""
        self._stopping = True

    async def close(self) -> None:
        """Ends what runs in the background; the next start makes it good."""
        for task in list(self._background):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    # What callers use -----------------------------------------------------------------------

    async def changed(self, ref: str) -> None:
        """Somebody committed facts to this episode (or opened or closed it)."""
        with self.busy():
            try:
                record = await self.write_behind.episode(ref)
            except NotFound:
                self._drop(ref)
                return
            held = self._hold(record)
            if await self.cases.history_changed(record):
                others = [
                    h for h in self._held.values() if h.person == record.person and h.ref != ref
                ]
                for other in others:
                    await self._replan(other)
            await self._replan(held)
        self.events.moments_changed()

    def changed_soon(self, ref: str) -> None:
        """The same, without waiting for it."""
        task = asyncio.get_running_loop().create_task(self.changed(ref))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def people_changed(self) -> None:
        """Who can be asked may have changed (reached again, lost, on or off duty): every case is
        planned anew where somebody has something in hand, or somebody was asked who is not now."""
        with self.busy():
            await self.notices.pass_on()
            for held in list(self._held.values()):
                crew = self.service_state.crew(held.home, self.clock.now())
                if held.holders or not held.asked <= set(crew.everyone):
                    await self._replan(held)
        self.events.look_soon()
        self.events.moments_changed()

    async def came_back(self, person: str) -> None:
        """This person can be written to again: whatever their phone shows is put right."""
        with self.busy():
            await self.notices.made_up(person)
            for ref in self.open_refs():
                with suppress(NotFound):
                    record = await self.write_behind.episode(ref)
                    if any(message.to == person for message in record.messages):
                        await self._replan(self._held[ref])
        await self.people_changed()

    async def lost(self, person: str, why: str) -> None:
        """This person cannot be written to: passed over from now on, the manager is told, and
        where they were asked or had something in hand whoever is next is asked at once."""
        await self.notices.unreachable(person, why)
        await self.people_changed()

    async def plan_everything(self) -> None:
        """Every case at once: no moment that was worked out before holds."""
        with self.busy():
            for held in list(self._held.values()):
                held.moment = None
                await self._replan(held)

    async def plan_waiting(self) -> None:
        """Every case with a message that was not sent yet."""
        for held in [h for h in self._held.values() if h.waiting]:
            await self._replan(held)

    def open_refs(self) -> list[str]:
        """References of the open episodes."""
        return list(self._held)

    def open_homes(self) -> set[str]:
        """Ids of the homes with open cases."""
        return {held.home for held in self._held.values()}

    async def open_duties(self) -> list[tuple[Episode, int, Sequence[Duty]]]:
        """Every open episode with its level and what is to be done there, oldest first."""
        found: list[tuple[Episode, int, Sequence[Duty]]] = []
        for ref in list(self._held):
            with suppress(NotFound):
                record = await self.write_behind.episode(ref)
                found.append((record, *self.cases.duties_in(record)))
        return found

    @property
    def idle(self) -> bool:
        """Nothing is being planned."""
        return self._busy == 0

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While it is held the planner is not idle."""
        self._busy += 1
        self.events.work_changed()
        try:
            yield
        finally:
            self._busy -= 1
            self.events.work_changed()

    # For delivery ---------------------------------------------------------------------------

    async def fresh(self, ref: str) -> Episode:
        """The episode as it stands; planned anew first if people wrote something since. Raises
        NotFound if it is closed."""
        record = await self.write_behind.episode(ref)
        held = self._held.get(ref)
        if record.closed_at is not None:
            self._drop(ref)
            raise NotFound(ref)
        if held is None or held.by_people != self._by_people(held, record):
            await self.changed(ref)
            return await self.write_behind.episode(ref)
        return record

    def recorded(self, record: Episode) -> None:
        """Delivery wrote to the episode: nothing to plan unless people did so as well."""
        held = self._held.get(record.ref)
        if held is not None and held.by_people != self._by_people(held, record):
            self.changed_soon(record.ref)

    # Planning -------------------------------------------------------------------------------

    async def run(self, now: datetime) -> None:
        """Plans every case whose moment has come, the highest level first."""
        come: list[Held] = []
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            if self._current(entry):
                come.append(self._held[entry[2]])
        come.sort(key=lambda held: (-held.level, held.moment or now))
        for held in come:
            held.moment = None
        for held in come:
            if held.ref in self._held and not self._stopping:
                await self._replan(held)

    def next_moment(self) -> datetime | None:
        """When (UTC) the next case has to be looked at."""
        while self._heap and not self._current(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    async def _replan(self, held: Held) -> None:
        """Plans one episode and puts its messages on record and into delivery."""
        now = self.clock.now()
        made: list[Plan] = []

        def build(record: Episode) -> Change | None:
            made[:] = [self._plan(held, record, now)]
            if facts := made[0].facts:
                entries = (*record.entries, *(Entry(fact=fact, digest="") for fact in facts))
                record = msgspec.structs.replace(record, entries=entries)
                made[:] = [self._plan(held, record, now)]
            messages = (*made[0].cancel, *made[0].send)
            return Change(facts=facts, messages=messages) if facts or messages else None

        try:
            record = await self.write_behind.episode(held.ref)
            if record.closed_at is not None:
                await self._settle(record)
                self._drop(held.ref)
                return
            record = await self.write_behind.put(held.ref, build)
        except NotFound:
            self._drop(held.ref)
            return
        except Exception:
            log.exception("planning failed", ref=held.ref)
            self.watch.planning_failed += 1
            self._set(held, now + AGAIN)
            return
        held.asked = made[0].asked
        held.holders = made[0].holders
        held.by_people = self._by_people(held, record)
        held.waiting = False
        for message in record.messages:
            if message.state == "waiting":
                held.waiting = True
                self.events.case_message(held.ref, message)
        self._set(held, made[0].look_again_at)

    async def _settle(self, record: Episode) -> None:
        """The alarms of a closed case are edited, too. Its file is in the archive, so the edits
        go through the service's own."""
        facts = read(record.facts).facts
        done = [m for m in record.messages if not (m.kind in EDITS and m.state == "waiting")]
        now = self.clock.now()
        edited, _ = all_clear.edits(done, facts, (), now)
        amended, _ = amending.amendments(done, edited, amending.standing(facts, (), 0, now))
        made = [
            msgspec.structs.replace(
                one, id=f"{record.ref}~{one.id}", data={**one.data, "ref": record.ref}
            )
            for one in (*edited, *amended)
        ]

        def build(office: Office) -> OfficeChange | None:
            known = {message.id for message in office.messages}
            fresh = [one for one in made if one.id not in known]
            return OfficeChange(messages=fresh) if fresh else None

        if made:
            await self.service_state.change(build)

    def _plan(self, held: Held, record: Episode, now: datetime) -> Plan:
        standing = self.cases.standing(record, now)
        held.level = standing.shown
        self.events.assessed(record.ref, record.home, standing.computed.level, standing.shown)
        service_state = self.service_state
        reading = read(record.facts)
        age = standing.computed.age
        settings = service_state.pack.of(record.home).settings
        young = age is None or age < settings.older_band_min_age
        in_hand = any(
            isinstance(a, Acknowledged) and a.until > now for a in reading.answers.values()
        )
        return plan(
            Situation(
                now=now,
                messages=record.messages,
                reading=reading,
                assessment=standing.computed,
                level=standing.shown,
                young=young,
                crew=service_state.crew(record.home, now),
                crew_changes_at=service_state.crew_changes(record.home, now) if in_hand else None,
                policy=service_state.policy,
                closed_days=service_state.closed_days,
                second_channel=service_state.second_channel,
                accepting_roles=settings.ra_accepting_roles,
                telegram_down=self.watch.down_long(now),
                is_closed=record.closed_at is not None,
            )
        )

    def _by_people(self, held: Held, record: Episode) -> int:
        length, found = held.counted if not self.write_behind.unsaved else (0, 0)
        if length > len(record.entries):
            length, found = 0, 0
        found += assessment_cache.by_people(record.entries[length:])
        held.counted = (len(record.entries), found)
        return found

    def _hold(self, record: Episode) -> Held:
        held = self._held.get(record.ref)
        if held is None:
            held = Held(ref=record.ref, home=record.home, person=record.person)
            if record.closed_at is None:
                self._held[record.ref] = held
        return held

    def _drop(self, ref: str) -> None:
        self._held.pop(ref, None)
        self.cases.forget(ref)
        self.write_behind.forget(ref)

    def _set(self, held: Held, moment: datetime | None) -> None:
        held.moment = moment
        held.turn = next(self._turns)
        if moment is not None:
            heapq.heappush(self._heap, (moment, held.turn, held.ref))

    def _current(self, entry: tuple[datetime, int, str]) -> bool:
        held = self._held.get(entry[2])
        return held is not None and held.turn == entry[1]
