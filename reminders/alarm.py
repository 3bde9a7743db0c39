"""The alarm: wakes the engine at the next moment. One date job of APScheduler, set again after
every change; never dropped for being late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from reminders.clock import Clock

JOB = "alarm"


class Alarm(Protocol):
    """Calls back once at the moment it was last set to."""

    def start(self, ring: Callable[[], Awaitable[None]]) -> None:
        """`ring` is called at the moment that was set."""
        ...

    def set(self, moment: datetime | None) -> None:
        """`moment` in UTC; None, or a clock that stands still: it does not ring."""
        ...

    def stop(self) -> None:
        """It rings no more."""
        ...


def new_scheduler() -> AsyncIOScheduler:
    """The one scheduler of a process: nothing is dropped for being late."""
    return AsyncIOScheduler(
        timezone=UTC,
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 3},
    )


class SchedulerAlarm:
    """The alarm on APScheduler.

    `misfire_grace_time=None`: the default drops a job that is a second late. `max_instances` above
    one: set again while its own run has not ended, the job would otherwise be lost.
    """

    def __init__(self, clock: Clock, scheduler: AsyncIOScheduler | None = None) -> None:
        """`scheduler`: shared with whatever else runs at hours of the machine's clock; it is
        started and ended with the alarm."""
        self._clock = clock
        self._scheduler = scheduler or new_scheduler()
        self._ring: Callable[[], Awaitable[None]] | None = None
        self._ringing: set[asyncio.Future[None]] = set()
        self._set_to: datetime | None = None

    def start(self, ring: Callable[[], Awaitable[None]]) -> None:
        """`ring` is called at the moment that was set."""
        self._ring = ring
        self._scheduler.start()

    def set(self, moment: datetime | None) -> None:
        """The moment (UTC) to ring at; None: not at all."""
        seconds = self._clock.seconds_until(moment) if moment is not None else None
        if seconds is None:
            if self._set_to is not None:
                self._set_to = None
                if self._scheduler.get_job(JOB) is not None:
                    self._scheduler.remove_job(JOB)
            return
        run_at = datetime.now(UTC) + timedelta(seconds=seconds)
        self._set_to = run_at
        self._scheduler.add_job(self._rings, "date", run_date=run_at, id=JOB, replace_existing=True)

    async def _rings(self) -> None:
        """Starts the work and returns: shutting the scheduler down must not cut it off."""
        if self._ring is not None:
            work = asyncio.ensure_future(self._ring())
            self._ringing.add(work)
            work.add_done_callback(self._ringing.discard)

    def stop(self) -> None:
        """It rings no more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
