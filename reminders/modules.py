"""What the engine runs: each module does one thing, says when it has something to do next, and
does not know the others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from reminders.clock import Clock
from reminders.events import Events

AGAIN = timedelta(seconds=60)
"""When something is looked at again after it failed."""


class Module(Protocol):
    """Run in every round of the engine; what has not come yet it leaves alone.

    name: in the log, and what administrators are told when it fails.
    """

    name: str

    async def run(self, now: datetime) -> None:
        """Does what has come (UTC), also what was missed while the process was down. Idempotent."""
        ...

    def next_moment(self) -> datetime | None:
        """When (UTC) there is something to do next; None: nothing that is known of."""
        ...


class Job(Protocol):
    """Something that the service does at its hours: when that is takes a while to work out."""

    name: str

    async def run(self, now: datetime) -> None:
        """Does what has come (UTC), and makes good what was missed."""
        ...

    def next_at(self, now: datetime) -> datetime | None:
        """The next moment after `now` (UTC); None: there is none."""
        ...


class Scheduled:
    """A job as a module: looked at when its moment has come, and when a choice was made or people
    changed (`events.look_soon`)."""

    def __init__(self, job: Job, clock: Clock, events: Events) -> None:
        self.name = job.name
        self._job = job
        self._clock = clock
        self._next: datetime | None = None
        self._soon = True
        events.look_soon.listen(self.look_soon)

    def look_soon(self) -> None:
        """Looked at in the next round: what has come in this very moment is not passed over."""
        self._next = self._clock.now()
        self._soon = True

    async def run(self, now: datetime) -> None:
        """Runs the job if its moment has come."""
        if not self._soon and (self._next is None or now < self._next):
            return
        self._soon, self._next = False, now + AGAIN
        await self._job.run(now)
        if not self._soon:
            self._next = self._job.next_at(now)

    def next_moment(self) -> datetime | None:
        """The moment that was worked out after the last run (UTC)."""
        return self._next
