"""An event loop whose time is moved, never slept: when nothing is ready it jumps to the next timer.

With the same seeds and inputs everything happens in the same order, so a story replays exactly.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any


class _Jumping(selectors.BaseSelector):
    """Waits for no one: with nothing to read, the loop's time moves on by the time-out."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0

    def register(self, fileobj, events, data=None):
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj):
        return self._real.unregister(fileobj)

    def modify(self, fileobj, events, data=None):
        return self._real.modify(fileobj, events, data)

    def select(self, timeout=None):
        ready = self._real.select(0)
        if ready:
            return ready
        if timeout is None:
            raise RuntimeError("nothing will ever happen: every task waits")
        if timeout > 0:
            self.now += timeout
        return []

    def close(self) -> None:
        self._real.close()

    def get_map(self):
        return self._real.get_map()


class VirtualLoop(asyncio.SelectorEventLoop):
    """`time()` is virtual; code that asks the loop for the time or sleeps sees only that."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Runs in a new virtual loop to its end."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def in_virtual_time(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Makes an async story an ordinary test."""

    @functools.wraps(test)
    def story(*args: Any, **kwargs: Any) -> None:
        run(test(*args, **kwargs))  # type: ignore[arg-type]

    return story


class VirtualClock:
    """A `Clock` that goes with the virtual loop. `shift` moves it by hand."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._seen = start
        self._jumps: list[Callable[[], None]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=asyncio.get_running_loop().time())

    def seconds_until(self, moment: datetime) -> float | None:
        return max(0.0, (moment - self.now()).total_seconds())

    def moved(self) -> timedelta:
        by, self._seen = self._start - self._seen, self._start
        return by

    def on_jump(self, told: Callable[[], None]) -> None:
        self._jumps.append(told)

    def shift(self, by: timedelta) -> None:
        self._start += by
        for told in self._jumps:
            told()


class FrozenClock(VirtualClock):
    """A practice clock: it stands still until it is moved."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self.at = start

    def now(self) -> datetime:
        return self.at

    def moved(self) -> timedelta:
        return timedelta()

    def seconds_until(self, moment: datetime) -> float | None:
        return 0.0 if moment <= self.at else None

    def shift(self, by: timedelta) -> None:
        self.at += by
        super().shift(timedelta())


class LoopAlarm:
    """An `Alarm` on the loop's own timers (APScheduler asks the machine for the time)."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._ring: Callable[[], Awaitable[None]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, ring: Callable[[], Awaitable[None]]) -> None:
        self._ring = ring

    def set(self, moment: datetime | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        seconds = self._clock.seconds_until(moment) if moment is not None else None
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._rings)

    def _rings(self) -> None:
        assert self._ring is not None
        task = asyncio.ensure_future(self._ring())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def utc(text: str) -> datetime:
    """ "2026-03-02 21:30" in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
