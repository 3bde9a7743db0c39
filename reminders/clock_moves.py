"""The machine's clock went back or forward: every case and every job is looked at, and whoever
looks after the machine is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from reminders import clock_watch
from reminders.delivery import Delivery
from reminders.notices import Notices
from reminders.planner import Planner
from reminders.watch import Watch
from storage.model import Episode


class ClockMoves:
    """Notices it with every round, against the time that really passed, and at the start by what is
    on record."""

    name = "clock"

    def __init__(
        self, planner: Planner, watch: Watch, delivery: Delivery, notices: Notices
    ) -> None:
        self.service_state = planner.service_state
        self._planner = planner
        self._watch = watch
        self._delivery = delivery
        self._notices = notices
        self._left = timedelta()
        """What was noticed and not yet dealt with to the end."""

    async def begin(self, records: Sequence[Episode]) -> None:
        """At the start, with all open episodes: nothing waits for a time that lies ahead."""
        now = self.service_state.clock.now()
        if any(clock_watch.latest_ahead(record, now) is not None for record in records):
            await self._back(now, timedelta())
        else:
            await self._office(now)
        self.service_state.clock.moved()

    async def run(self, now: datetime) -> None:
        """Looks whether the clock was moved since the last round."""
        moved = self._left + self.service_state.clock.moved()
        if abs(moved) <= clock_watch.TOLERANCE:
            return
        self._left = moved
        if moved < timedelta():
            await self._back(now, -moved)
        else:
            await self._forward(now, moved)
        self._left = timedelta()

    def next_moment(self) -> datetime | None:
        """Nobody knows before."""
        return None

    async def everything(self) -> None:
        """Every case and every job, at once: no moment that was worked out before holds."""
        self.service_state.events.moments_void()
        self.service_state.events.look_soon()
        await self._planner.plan_everything()

    async def _back(self, now: datetime, by: timedelta) -> None:
        """Nothing waits for a time that lies ahead by mistake. Without `by` it was noticed by what
        is on record."""
        write_behind = self.service_state.write_behind
        for ref in self._planner.open_refs():
            was = clock_watch.latest_ahead(await write_behind.episode(ref), now)
            if was is not None:
                by = max(by, was - now)
                await write_behind.put(ref, lambda record: clock_watch.put_right(record, now))
        await self._office(now)
        for one in (self._watch, self._delivery):
            # Telegram cannot have been down since a time that lies ahead.
            if one.down_since is not None and one.down_since > now:
                one.down_since = now
        await self.everything()
        await self._notices.clock("clock_back", by)

    async def _forward(self, now: datetime, by: timedelta) -> None:
        write_behind = self.service_state.write_behind
        for ref in self._planner.open_refs():
            await write_behind.put(ref, lambda record: clock_watch.came_forward(record, now))
        await self.everything()
        await self._notices.clock("clock_forward", by)

    async def _office(self, now: datetime) -> None:
        await self.service_state.change(lambda office: clock_watch.put_right_office(office, now))
