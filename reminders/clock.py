"""What time it is. Every room that needs the time is given a `Clock`; nobody asks the system."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time, and how long to wait for a moment."""

    def now(self) -> datetime:
        """The current moment, aware, UTC."""
        ...

    def seconds_until(self, moment: datetime) -> float | None:
        """Real seconds to wait until `moment` (0 if it is past); None if the clock stands still."""
        ...

    def moved(self) -> timedelta:
        """How far the clock was set forward (or back: negative) since the last call, by itself and
        against what really passed. Zero for a clock that is meant to be moved."""
        ...

    def on_jump(self, told: Callable[[], None]) -> None:
        """`told` is called when the clock was moved by hand (a practice clock)."""
        ...


class SystemClock:
    """The machine's own clock, watched against the monotonic one."""

    def __init__(self) -> None:
        self._apart = time.time() - time.monotonic()

    def now(self) -> datetime:
        """The system's time (UTC)."""
        return datetime.now(UTC)

    def seconds_until(self, moment: datetime) -> float | None:
        """Seconds until then; 0 if it is past."""
        return max(0.0, (moment - self.now()).total_seconds())

    def moved(self) -> timedelta:
        """How far the system's time went apart from the time that passed."""
        apart = time.time() - time.monotonic()
        by, self._apart = apart - self._apart, apart
        return timedelta(seconds=by)

    def on_jump(self, told: Callable[[], None]) -> None:
        """The system clock is watched by the heartbeat, not by callbacks."""
