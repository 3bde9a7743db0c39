"""The engine: holds every open episode, plans anew when something changed or a moment came, and
hands the messages to delivery.

Nothing polls: one alarm is set to the next moment of all. A heartbeat beside it calls the same
idempotent `tick`, because timers stop when a machine sleeps or its clock is moved.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import msgspec
import structlog

from protocol.facts import Acknowledged
from protocol.pack import Pack
from protocol.provider import Provider
from reminders import all_clear, assessment_cache, clock_watch
from reminders.alarm import Alarm, SchedulerAlarm
from reminders.all_clear import ASKING, EDITS
from reminders.case_records import CaseRecords
from reminders.case_states import CaseStates
from reminders.consequences import Consequences
from reminders.delivery import Delivery, SecondSender
from reminders.duties import Duty, read
from reminders.limits import Limiter
from reminders.notices import Notices
from reminders.outbox import OFFICE
from reminders.plan import Plan, Situation, plan
from reminders.policy import Policy
from reminders.scheduled_jobs import ScheduledJobs
from reminders.sending import Sender
from reminders.watch import Watch
from reminders.write_behind import OfficeChange
from storage.model import Entry, Episode, Message, Office
from storage.store import Change, NotFound

HEARTBEAT_SECONDS = 15.0
AGAIN = timedelta(seconds=60)
"""When something is looked at again after planning it failed."""

log = structlog.get_logger(__name__)


class Held(msgspec.Struct, kw_only=True, eq=False):
    """What the engine keeps of one open episode."""

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


class Engine:
    """Plans and sends reminders for the whole service. `changed` after every commit."""

    def __init__(
        self,
        cases: CaseStates,
        sender: Sender,
        *,
        second: SecondSender | None = None,
        alarm: Alarm | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        self.cases = cases
        self.service_state = cases.service_state
        self.write_behind = self.service_state.write_behind
        self.clock = self.service_state.clock
        self.limiter = limiter or Limiter(self.service_state.policy.limits)
        self.alarm: Alarm = alarm or SchedulerAlarm(self.clock)
        self.delivery = Delivery(
            write_behind=self.write_behind,
            sender=sender,
            limiter=self.limiter,
            clock=self.clock,
            results=self,
            second=second,
        )
        self.events = self.service_state.events
        self.events.service_message.listen(partial(self.delivery.offer, OFFICE))
        self.watch = Watch(self.service_state, self.delivery)
        self.scheduled_jobs = ScheduledJobs(
            self.service_state, self.open_duties, self.open_homes, self.people_changed
        )
        self.notices = Notices(self.service_state)
        self.consequences = Consequences(self.service_state)
        self.records = CaseRecords(self.service_state, self.consequences, self)
        self._held: dict[str, Held] = {}
        self._heap: list[tuple[datetime, int, str]] = []
        self._turns = count(1)
        self._planning = 0
        self._was_idle = True
        self._ticking = False
        self._tick_again = False
        self._down_planned: datetime | None = None
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._stopping = False
        self._armed: datetime | None = None
        self._beat: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    # Life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Loads every open episode, plans all, and begins to send. The store is open."""
        self._loop = asyncio.get_running_loop()
        await self.service_state.load()
        await self.cases.load()
        now = self.clock.now()
        ahead = False
        for record in await self.write_behind.open_episodes():
            self._hold(record)
            self._set(self._held[record.ref], now)
            self.consequences.look_at(record.ref)
            ahead = ahead or clock_watch.latest_ahead(record, now) is not None
        if ahead:
            await self._clock_went_back(now)
        else:
            change = clock_watch.put_right_office
            await self.service_state.change(lambda office: change(office, now))
        await self.notices.pass_on()
        self.clock.moved()
        self.alarm.start(self._rang)
        self.clock.on_jump(self._jumped)
        self.delivery.start()
        await self.tick()
        self._beat = asyncio.create_task(self._heartbeat())

    async def stop(self) -> None:
        """What is under way is ended and repeated, marked, at the next start."""
        self._stopping = True
        self.alarm.stop()
        await self._at_rest.wait()
        for task in (self._beat, *self._background):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self.delivery.stop()
        await self.write_behind.flush()

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.tick()

    async def _rang(self) -> None:
        """The alarm rang, perhaps a moment too early: what is still to come is set again."""
        self._armed = None
        await self.tick()

    def _jumped(self) -> None:
        def now() -> None:
            self._armed = None
            self.delivery.nudge()
            self._in_background(self.tick())

        if self._loop is not None:
            self._loop.call_soon_threadsafe(now)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    # What callers use -----------------------------------------------------------------------

    async def changed(self, ref: str) -> None:
        """Somebody committed facts to this episode (or opened or closed it)."""
        with self._busy():
            try:
                record = await self.write_behind.episode(ref)
            except NotFound:
                self._drop(ref)
                return
            held = self._hold(record)
            if await self.cases.history_changed(record.person):
                others = [
                    h for h in self._held.values() if h.person == record.person and h.ref != ref
                ]
                for other in others:
                    await self._replan(other)
            await self._replan(held)
        self._arm()

    async def tick(self) -> None:
        """Does everything whose time has come. Idempotent; called by the alarm, the heartbeat and
        jumps of the clock; a call during a call makes it look once more."""
        if self._ticking:
            self._tick_again = True
            return
        self._ticking = True
        self._at_rest.clear()
        try:
            with self._busy():
                self._tick_again = True
                while self._tick_again and not self._stopping:
                    self._tick_again = False
                    await self._tick_once()
        finally:
            self._ticking = False
            self._at_rest.set()
        self._arm()

    @property
    def idle(self) -> bool:
        """Nothing is being planned or sent, or about to be."""
        return self._planning == 0 and self.delivery.idle

    @property
    def next_at(self) -> datetime | None:
        """The next moment (UTC) at which the engine will act by itself."""
        while self._heap and not self._current(self._heap[0]):
            heapq.heappop(self._heap)
        moments = [self._heap[0][0]] if self._heap else []
        if self.scheduled_jobs.next_at is not None:
            moments.append(self.scheduled_jobs.next_at)
        # Also when it has gone by while something else was written: until it was acted upon.
        if self.watch.second_at is not None and self.watch.down_since != self._down_planned:
            moments.append(self.watch.second_at)
        return min(moments, default=None)

    @property
    def open_count(self) -> int:
        """How many episodes are not closed."""
        return len(self._held)

    async def lost(self, person: str, why: str) -> None:
        """This person cannot be written to: passed over from now on, the manager is told, and
        where they were asked or had something in hand whoever is next is asked at once."""
        await self.notices.unreachable(person, why)
        await self.people_changed()

    async def people_changed(self) -> None:
        """Who can be asked may have changed (reached again, lost, on or off duty): every case is
        planned anew where somebody has something in hand, or somebody was asked who is not now."""
        with self._busy():
            await self.notices.pass_on()
            for held in list(self._held.values()):
                crew = self.service_state.crew(held.home, self.clock.now())
                if held.holders or not held.asked <= set(crew.everyone):
                    await self._replan(held)
        self.look_at_rounds()

    async def adopt(self, service: Provider, policy: Policy, pack: Pack) -> None:
        """Homes, people, settings and protocol are these from this moment on; every case is planned
        anew under them."""
        self.service_state.adopt(service, policy, pack)
        with self._busy():
            await self._look_at_everything()
        self._arm()

    def look_at_rounds(self) -> None:
        """A hand-over was offered or a choice made: the service's own next moment may differ."""
        self.scheduled_jobs.look_soon()
        self._arm()

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

    # Planning -------------------------------------------------------------------------------

    async def _tick_once(self) -> None:
        now = self.clock.now()
        moved = self.clock.moved()
        if moved < -clock_watch.TOLERANCE:
            await self._clock_went_back(now, -moved)
        elif moved > clock_watch.TOLERANCE:
            await self._clock_came_forward(now, moved)
        for ref in await self.consequences.run():
            if ref in self._held:
                self._set(self._held[ref], now)
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
        try:
            await self.scheduled_jobs.run(now)
        except Exception:  # a digest that cannot be made must not end the round
            log.exception("the service's own round failed")
            self.watch.planning_failed += 1
            self.scheduled_jobs.next_at = now + AGAIN
        since = self.watch.down_since
        if since != self._down_planned and self.watch.down_long(now):
            self._down_planned = since
            for held in [h for h in self._held.values() if h.waiting]:
                await self._replan(held)
        if self.write_behind.unsaved:
            await self.write_behind.flush()
        await self.watch.beat(now)

    async def _clock_went_back(self, now: datetime, by: timedelta = timedelta()) -> None:
        """Nothing waits for a time that lies ahead by mistake; whoever looks after the machine is
        told. Without `by` it was noticed at the start, by what is on record."""
        for ref in list(self._held):
            was = clock_watch.latest_ahead(await self.write_behind.episode(ref), now)
            if was is not None:
                by = max(by, was - now)
                await self.write_behind.put(ref, lambda r: clock_watch.put_right(r, now))
        await self.service_state.change(lambda office: clock_watch.put_right_office(office, now))
        self.watch.clock_went_back(now)
        await self._look_at_everything()
        await self.notices.clock("clock_back", by)

    async def _clock_came_forward(self, now: datetime, by: timedelta) -> None:
        for ref in list(self._held):
            await self.write_behind.put(ref, lambda r: clock_watch.came_forward(r, now))
        await self._look_at_everything()
        await self.notices.clock("clock_forward", by)

    async def _look_at_everything(self) -> None:
        """Every case and every job, at once: no moment that was worked out before holds."""
        self._armed = None
        self.delivery.nudge()
        self.scheduled_jobs.look_soon()
        for held in list(self._held.values()):
            held.moment = None
            await self._replan(held)

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
                self.delivery.offer(held.ref, message)
        self._set(held, made[0].look_again_at)

    async def _settle(self, record: Episode) -> None:
        """The alarms of a closed case are edited, too. Its file is in the archive, so the edits
        go through the service's own."""
        facts = read(record.facts).facts
        done = [m for m in record.messages if not (m.kind in EDITS and m.state == "waiting")]
        new, _ = all_clear.edits(done, facts, (), self.clock.now())
        made = [
            msgspec.structs.replace(
                one, id=f"{record.ref}~{one.id}", data={**one.data, "ref": record.ref}
            )
            for one in new
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
        length, count = held.counted if not self.write_behind.unsaved else (0, 0)
        if length > len(record.entries):
            length, count = 0, 0
        count += assessment_cache.by_people(record.entries[length:])
        held.counted = (len(record.entries), count)
        return count

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

    def _arm(self) -> None:
        if self._stopping:
            return
        moment = self.next_at
        if moment != self._armed or (moment is not None and moment <= self.clock.now()):
            self._armed = moment
            self.alarm.set(moment)

    def _busy(self) -> _Busy:
        return _Busy(self)

    # What delivery tells ----------------------------------------------------------------------

    def chat_of(self, person: str, home: str | None) -> int | None:
        """The chat in which this person is written to; None: they have none."""
        return self.service_state.chat_of(person, home)

    async def fresh(self, ref: str) -> Episode:
        """The episode as it stands; planned anew first if people wrote something since."""
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
            self._in_background(self.changed(record.ref))

    def sent(self, ref: str, message: Message, late: timedelta) -> None:
        """It arrived: what it replaces is taken away, and one that was taken back while it was
        under way is put right."""
        self.watch.sent(message, late)
        if ref and message.kind in ASKING:
            self._in_background(self.changed(ref))

    async def unreachable(self, person: str, why: str) -> None:
        """The person cannot be written to; `people_changed` follows."""
        await self.notices.unreachable(person, why)

    async def moved(self, person: str, chat_id: int) -> None:
        """The person's chat has another id now."""
        await self.notices.moved(person, chat_id)

    async def refused(self, ref: str, message: Message, why: str) -> None:
        """Telegram refused this message for good."""
        await self.notices.refused(ref, message, why)

    def stopped(self, why: str) -> None:
        """Telegram does not accept the bot any more."""
        log.critical("telegram does not accept the bot", why=why)
        self.events.telegram_refused()

    def down(self, since: datetime | None) -> None:
        """Telegram has not answered since then (UTC); None: it does again."""
        self.watch.down(since)
        self._arm()

    def idle_changed(self) -> None:
        """There is something to send, or nothing any more."""
        idle = self.idle
        if idle != self._was_idle:
            self._was_idle = idle
            self.events.idle_changed()


class _Busy:
    """While it is held the engine is not idle."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> None:
        self._engine._planning += 1
        self._engine.idle_changed()

    def __exit__(self, *_: object) -> None:
        self._engine._planning -= 1
        self._engine.idle_changed()
