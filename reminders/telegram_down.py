"""Telegram does not answer for long: cases in which somebody waits for a message are planned anew,
now by the second channel."""

from __future__ import annotations

from datetime import datetime

from reminders.planner import Planner
from reminders.watch import Watch


class TelegramDown:
    """Acts once for each time that Telegram is away for so long."""

    name = "second channel"

    def __init__(self, planner: Planner, watch: Watch) -> None:
        self._planner = planner
        self._watch = watch
        self._planned: datetime | None = None

    async def run(self, now: datetime) -> None:
        """Plans what waits as soon as the second channel takes over."""
        since = self._watch.down_since
        if since != self._planned and self._watch.down_long(now):
            self._planned = since
            await self._planner.plan_waiting()

    def next_moment(self) -> datetime | None:
        """When the second channel takes over (UTC), also when that has gone by while something else
        was written: until it was acted upon."""
        done = self._watch.down_since == self._planned
        return None if done else self._watch.second_at
