"""The engine: runs a list of modules, each when its moment has come, and wakes at the next one.

Nothing polls: one alarm is set to the next moment of all. A heartbeat beside it calls the same
idempotent `tick`, because timers stop when a machine sleeps or its clock is moved.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from protocol.pack import Pack
from protocol.provider import Provider
from reminders.alarm import Alarm, SchedulerAlarm
from reminders.case_records import CaseRecords
from reminders.case_states import CaseStates
from reminders.clock_moves import ClockMoves
from reminders.consequences import Consequences
from reminders.coverage import Coverage
from reminders.delivery import Delivery
from reminders.delivery_needs import SecondSender
from reminders.kill_switch import KillSwitch
from reminders.limits import Limiter
from reminders.modules import AGAIN, Job, Module, Scheduled
from reminders.monthly import Monthly
from reminders.night_check import NightCheck
from reminders.no_longer import NoLonger
from reminders.notices import Notices
from reminders.offers import UnansweredOffers
from reminders.outbox import OFFICE
from reminders.planner import Planner
from reminders.policy import Policy
from reminders.sending import Sender
from reminders.sending_results import SendingResults
from reminders.shift_list import ShiftLists
from reminders.stopped import holds_back
from reminders.telegram_down import TelegramDown
from reminders.watch import Watch
from reminders.weekly_digest import WeeklyDigests

HEARTBEAT_SECONDS = 15.0

log = structlog.get_logger(__name__)


class Engine:
    """Reminds for the whole service.

    Attributes:
        records: the one way to change a case.
        planner: holds the open cases.
        modules: what every round runs, in this order.
    """

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
        self.events = self.service_state.events
        self.limiter = limiter or Limiter(self.service_state.policy.limits)
        self.alarm: Alarm = alarm or SchedulerAlarm(self.clock)
        self.watch = Watch(self.service_state)
        self.notices = Notices(self.service_state)
        self.planner = Planner(cases, self.watch, self.notices)
        self.kill_switch = KillSwitch(self.service_state, self.planner)
        self.delivery = Delivery(
            write_behind=self.write_behind,
            sender=sender,
            limiter=self.limiter,
            clock=self.clock,
            results=SendingResults(self.planner, self.watch, self.notices),
            second=second,
            held_back=partial(holds_back, self.service_state),
        )
        self.consequences = Consequences(self.service_state, self.planner)
        self.records = CaseRecords(self.service_state, self.consequences, self.planner)
        self.clock_moves = ClockMoves(self.planner, self.watch, self.delivery, self.notices)
        self.shift_lists = ShiftLists(self.service_state, self.planner.open_duties)
        self.weekly_digests = WeeklyDigests(self.service_state, self.planner.open_duties)
        self.modules: tuple[Module, ...] = (
            self.clock_moves,
            self.consequences,
            self.planner,
            *(Scheduled(job, self.clock, self.events) for job in self._jobs()),
            TelegramDown(self.planner, self.watch),
            NoLonger(self.service_state),
        )
        self._was_idle = True
        self._ticking = False
        self._tick_again = False
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._stopping = False
        self._armed: datetime | None = None
        self._not_before: dict[str, datetime] = {}
        self._beat: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.events.service_message.listen(partial(self.delivery.offer, OFFICE))
        self.events.case_message.listen(self.delivery.offer)
        self.events.moments_void.listen(self._forget_moments)
        self.events.moments_changed.listen(self._arm)
        self.events.work_changed.listen(self._work_changed)

    def _jobs(self) -> tuple[Job, ...]:
        state, planner = self.service_state, self.planner
        coverage = Coverage(state, planner.open_homes, planner.people_changed)
        return (
            coverage,
            UnansweredOffers(state),
            self.shift_lists,
            NightCheck(state, coverage),
            self.weekly_digests,
            Monthly(state),
        )

    # Life -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Loads every open episode, plans all, and begins to send. The store is open."""
        self._loop = asyncio.get_running_loop()
        await self.service_state.load()
        records = await self.planner.load()
        for record in records:
            self.consequences.look_at(record.ref)
        await self.clock_moves.begin(records)
        await self.notices.pass_on()
        self.alarm.start(self._rang)
        self.clock.on_jump(self._jumped)
        self.delivery.start()
        await self.tick()
        self._beat = asyncio.create_task(self._heartbeat())

    async def stop(self) -> None:
        """What is under way is ended and repeated, marked, at the next start."""
        self._stopping = True
        self.planner.stop()
        self.alarm.stop()
        await self._at_rest.wait()
        for task in (self._beat, *self._background):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self.planner.close()
        await self.delivery.stop()
        await self.write_behind.flush()

    async def adopt(self, service: Provider, policy: Policy, pack: Pack) -> None:
        """Homes, people, settings and protocol are these from this moment on; every case is planned
        anew under them."""
        self.service_state.adopt(service, policy, pack)
        await self.clock_moves.everything()
        self._arm()

    # Rounds ---------------------------------------------------------------------------------

    async def tick(self) -> None:
        """Does everything whose time has come. Idempotent; called by the alarm, the heartbeat and
        jumps of the clock; a call during a call makes it look once more."""
        if self._ticking:
            self._tick_again = True
            return
        self._ticking = True
        self._at_rest.clear()
        try:
            with self.planner.busy():
                self._tick_again = True
                while self._tick_again and not self._stopping:
                    self._tick_again = False
                    await self._round()
        finally:
            self._ticking = False
            self._at_rest.set()
        self._arm()

    async def _round(self) -> None:
        """One module that fails does not silence the others. Without planning there is no sign of
        life: whoever watches has to know."""
        now = self.clock.now()
        failed = {module.name for module in self.modules if not await self._run(module, now)}
        if self.write_behind.unsaved:
            await self.write_behind.flush()
        if self.planner.name not in failed:
            await self.watch.beat(now)

    async def _run(self, module: Module, now: datetime) -> bool:
        try:
            await module.run(now)
        except Exception:
            log.exception("a module failed", module=module.name)
            self.watch.planning_failed += 1
            self._not_before[module.name] = now + AGAIN
            await self._tell_of(module, now)
            return False
        self._not_before.pop(module.name, None)
        return True

    async def _tell_of(self, module: Module, now: datetime) -> None:
        """Administrators hear of it once a day."""
        people = [one.id for one in self.service_state.service.administrators(now)]
        data = {"what": "module", "module": module.name}
        try:
            name = f"module~{module.name}~{now:%y%m%d}"
            await self.notices.tell(people, name, "alarm", data)
        except Exception:
            log.exception("nobody could be told of a module that failed", module=module.name)

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self.tick()
            except Exception:
                log.exception("a round failed")

    async def _rang(self) -> None:
        """The alarm rang, perhaps a moment too early: what is still to come is set again."""
        self._armed = None
        await self.tick()

    def _jumped(self) -> None:
        def now() -> None:
            self._forget_moments()
            task = asyncio.get_running_loop().create_task(self.tick())
            self._background.add(task)
            task.add_done_callback(self._background.discard)

        if self._loop is not None:
            self._loop.call_soon_threadsafe(now)

    @property
    def next_at(self) -> datetime | None:
        """The next moment (UTC) at which the engine will act by itself."""
        moments = []
        for module in self.modules:
            moment, later = module.next_moment(), self._not_before.get(module.name)
            if moment is not None:
                moments.append(moment if later is None else max(moment, later))
        return min(moments, default=None)

    def _forget_moments(self) -> None:
        """No moment that was worked out before holds; what paused after a failure is tried now."""
        self._armed = None
        self._not_before.clear()
        self.delivery.nudge()

    def _arm(self) -> None:
        if self._stopping:
            return
        moment = self.next_at
        if moment != self._armed or (moment is not None and moment <= self.clock.now()):
            self._armed = moment
            self.alarm.set(moment)

    # What others see ------------------------------------------------------------------------

    @property
    def idle(self) -> bool:
        """Nothing is being planned or sent, or about to be."""
        return self.planner.idle and self.delivery.idle

    def _work_changed(self) -> None:
        idle = self.idle
        if idle != self._was_idle:
            self._was_idle = idle
            self.events.idle_changed()

    def health(self) -> dict[str, Any]:
        """For /health: `ok` is false when something needs a person to look."""
        return self.watch.health(self.delivery)
