"""Moving the sandbox's clock by hand, from one thing that happens to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.server.followers import Followers
from sandbox.server.world import World

LONDON = ZoneInfo("Europe/London")
PATIENCE = 5.0
"""Real seconds to wait for the bot to come to rest before the clock goes on."""
SHORT_PATIENCE = 0.3
"""The same, once it did not: it is down, or cut off, and time goes on without it."""
MOST_STEPS = 20_000
MOST_STEPS_TO_NEXT = 500
FARTHEST = timedelta(days=31)
"""How far "the next thing that happens" is looked for."""


def target(word: str, now: datetime) -> datetime:
    """The moment (UTC) behind a button of the clock, or behind an ISO time (London if naive).

    Raises:
        ValueError: neither a word of these nor a time.
    """
    local = now.astimezone(LONDON)
    match word:
        case "quarter":
            return now + timedelta(minutes=15)
        case "hour":
            return now + timedelta(hours=1)
        case "morning":
            day = local.date() + timedelta(days=1)
            return datetime.combine(day, time(9), LONDON).astimezone(UTC)
        case "change":
            return night_of_change(now)
    moment = datetime.fromisoformat(word)
    return (moment.replace(tzinfo=LONDON) if moment.tzinfo is None else moment).astimezone(UTC)


def night_of_change(now: datetime) -> datetime:
    """00:30 in London, in the next night in which the clocks go forward or back."""
    day = now.astimezone(LONDON).date()
    for _ in range(400):
        begins = datetime.combine(day, time(0, 30), LONDON)
        noon = datetime.combine(day, time(12), LONDON)
        if begins > now and begins.utcoffset() != noon.utcoffset():
            return begins.astimezone(UTC)
        day += timedelta(days=1)
    raise ValueError("no change of the clocks within a year")


class Mover:
    """One move at a time; it goes on in the background and can be stopped.

    Attributes:
        to: where it is going (UTC); None when it stands.
    """

    def __init__(self, world: World, followers: Followers) -> None:
        self._world = world
        self._followers = followers
        self._task: asyncio.Task[None] | None = None
        self.to: datetime | None = None

    def go(self, moment: datetime) -> None:
        """Go to a moment, stopping wherever the bot does something by itself."""
        self._begin(self._go(moment), moment)

    def go_to_next(self) -> None:
        """Go on until somebody gets a message, or a month has passed without one."""
        self._begin(self._next(), self._world.now() + FARTHEST)

    async def stop(self) -> None:
        """Stay where the clock is now."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def arrived(self) -> None:
        """Wait for the end of the present move."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None], moment: datetime) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(self._ended)
        self.to = moment
        self._world.note("moving", (), to=moment.isoformat())

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task is self._task:
            self.to = None
            self._world.note("moving", (), to=None)

    async def _go(self, moment: datetime) -> None:
        patience = await self._rest(PATIENCE)
        for _ in range(MOST_STEPS):
            now = self._world.now()
            if now >= moment:
                return
            following = self._followers.next_at(now)
            self._set(moment if following is None else min(following, moment))
            patience = await self._rest(patience)

    async def _next(self) -> None:
        since = self._world.events.last
        end = self._world.now() + FARTHEST
        patience = await self._rest(PATIENCE)
        for _ in range(MOST_STEPS_TO_NEXT):
            if self._heard(since):
                return
            following = self._followers.next_at(self._world.now())
            if following is None or following > end:
                return
            self._set(following)
            patience = await self._rest(patience)

    def _heard(self, since: int) -> bool:
        return any(e["kind"] == "message" for e in self._world.events.after(since)["events"])

    def _set(self, moment: datetime) -> None:
        if moment > self._world.now():
            self._world.clock.set(moment)
            self._followers.clock_changed()

    async def _rest(self, patience: float) -> float:
        """Comes to rest, or not; how patient to be at the next step."""
        rest = await self._followers.settle(patience)
        return PATIENCE if rest["settled"] else SHORT_PATIENCE
