"""What time it is. Every room that needs the time is given a `Clock`; nobody asks the system."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The time, and how long to wait for a moment."""

    def now(self) -> datetime:
        """The current moment, aware, UTC."""
        ...

    def seconds_until(self, moment: datetime) -> float | None:
        """Real seconds to wait until `moment` (0 if it is past); None if the clock stands still."""
        ...

    def on_jump(self, told: Callable[[], None]) -> None:
        """`told` is called when the clock was moved by hand (a practice clock)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def seconds_until(self, moment: datetime) -> float | None:
        return max(0.0, (moment - self.now()).total_seconds())

    def on_jump(self, told: Callable[[], None]) -> None:
        """The system clock is watched by the heartbeat, not by callbacks."""
