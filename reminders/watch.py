"""Watching itself: figures for monitoring, lateness, and a sign of life with every round."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from reminders.all_clear import ASKING
from reminders.coverage import UNCOVERED
from reminders.delivery import Delivery
from reminders.service_state import ServiceState
from reminders.stopped import stop_of
from reminders.write_behind import OfficeChange
from storage.model import Message, Office

BUCKETS = (0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 3600.0)
"""Upper limits (seconds) of the lateness histogram."""
ALARM_MINUTES = 10
"""Lateness is told to the administrators at most once in so many minutes."""

log = structlog.get_logger(__name__)


class Figures(msgspec.Struct, kw_only=True):
    """Counted since the start of the process."""

    sent: dict[str, int] = {}
    """Messages by kind."""
    late: int = 0
    """Reminders later than `late_seconds`."""
    lateness_sum: float = 0.0
    lateness_count: int = 0
    lateness: list[int] = msgspec.field(default_factory=lambda: [0] * len(BUCKETS))
    """How many reminders were at most so late, by BUCKETS (cumulative)."""
    last_lateness: float = 0.0
    """Seconds, of the reminder sent last."""


class Watch:
    """Beats with every tick of the engine and counts what delivery reports."""

    def __init__(self, service_state: ServiceState) -> None:
        self.service_state = service_state
        self.figures = Figures()
        self.planning_failed = 0
        self.down_since: datetime | None = None
        self.last_beat: datetime | None = None
        self._worst: timedelta | None = None
        self._how_many = 0

    # Delivery -------------------------------------------------------------------------------

    def sent(self, message: Message, late: timedelta) -> None:
        """A message arrived at Telegram, so much after it should have been there."""
        figures = self.figures
        figures.sent[message.kind] = figures.sent.get(message.kind, 0) + 1
        if message.kind not in ASKING:
            return
        seconds = max(0.0, late.total_seconds())
        figures.last_lateness = seconds
        figures.lateness_sum += seconds
        figures.lateness_count += 1
        for place, limit in enumerate(BUCKETS):
            figures.lateness[place] += seconds <= limit
        if seconds > self.service_state.policy.watching.late_seconds:
            figures.late += 1
            self._how_many += 1
            self._worst = max(late, self._worst or late)

    def down(self, since: datetime | None) -> None:
        """Telegram stopped answering at `since` (UTC), or answers again (None)."""
        self.down_since = since

    def down_long(self, now: datetime) -> bool:
        """Down for so long that the second channel takes over?"""
        return self.second_at is not None and now >= self.second_at

    @property
    def second_at(self) -> datetime | None:
        """When the second channel takes over (UTC); None while Telegram answers."""
        if self.down_since is None:
            return None
        wait = timedelta(minutes=self.service_state.policy.second_channel.after_minutes_down)
        return self.down_since + wait

    # Beating --------------------------------------------------------------------------------

    async def beat(self, now: datetime) -> None:
        """The engine has done its round: say so to whoever watches."""
        self.last_beat = now
        if self._worst is not None:
            await self._alarm(now)
        self.service_state.events.beat(now)

    async def _alarm(self, now: datetime) -> None:
        """Tells the administrators that reminders were late; further ones wait their turn."""
        bucket = int(now.timestamp()) // (ALARM_MINUTES * 60)
        worst, how_many = self._worst, self._how_many
        people = self.service_state.service.administrators(now)

        def build(office: Office) -> OfficeChange | None:
            known = {m.id for m in office.messages}
            messages = [
                Message(
                    id=f"late~{bucket}~{one.id}",
                    to=one.id,
                    kind="alarm",
                    created_at=now,
                    due_at=now,
                    priority=5,
                    data={
                        "what": "late",
                        "seconds": int(worst.total_seconds()) if worst else 0,
                        "count": how_many,
                    },
                )
                for one in people
                if f"late~{bucket}~{one.id}" not in known
            ]
            return OfficeChange(messages=messages) if messages else None

        self._worst, self._how_many = None, 0
        await self.service_state.change(build)

    def health(self, delivery: Delivery) -> dict[str, Any]:
        """For /health: `ok` is false when something needs a person to look."""
        now = self.service_state.clock.now()
        watching = self.service_state.policy.watching
        uncovered = sorted(self.service_state.state.get(UNCOVERED, {}))
        stopped = stop_of(self.service_state.state)
        quiet = (now - self.last_beat).total_seconds() if self.last_beat else None
        return {
            "ok": not uncovered
            and stopped is None
            and not delivery.stopped_why
            and self.down_since is None
            and self.service_state.write_behind.unsaved == 0
            and quiet is not None
            and quiet <= watching.late_seconds,
            "now": now.isoformat(),
            "reminders_stopped_since": stopped.at.isoformat() if stopped else None,
            "seconds_since_tick": quiet,
            "telegram_down_since": self.down_since.isoformat() if self.down_since else None,
            "telegram_stopped": delivery.stopped_why,
            "waiting_messages": delivery.waiting,
            "unsaved_records": self.service_state.write_behind.unsaved,
            "late_reminders": self.figures.late,
            "last_lateness_seconds": round(self.figures.last_lateness, 3),
            "planning_failures": self.planning_failed,
            "homes_without_cover": uncovered,
        }
