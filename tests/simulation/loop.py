"""The loop of the simulation: virtual time, no system calls, and processes that can die at once.

When nothing is ready the time jumps to the next timer. Work belongs to the process in whose
context it was begun; `kill` ends all of it without running another line that could reach the
world, as SIGKILL does.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import selectors
import types
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any


class Life:
    """Whether a process lives, and everything that it has begun."""

    def __init__(self) -> None:
        self.alive = True
        self.paused = False
        """Stopped, as by SIGSTOP: what would run waits, while the time goes on."""
        self.held: list[asyncio.Handle] = []
        self.process: Any = None
        self.tasks: set[asyncio.Task[Any]] = set()


OWNER: contextvars.ContextVar[Life | None] = contextvars.ContextVar("owner", default=None)


ROUNDS_OF_A_MOMENT = 1_000_000
"""Nothing real needs so many at one moment."""


class _NoWaiting(selectors.BaseSelector):
    """Nothing is ever readable; waiting moves the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._rounds = 0
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj, events, data=None):
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        self._keys[fd] = selectors.SelectorKey(fileobj, fd, events, data)
        return self._keys[fd]

    def unregister(self, fileobj):
        return self._keys.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("nothing will ever happen: every task waits")
        self._rounds += 1
        if self.now + timeout > self.now:
            self.now += timeout
            self._rounds = 0
        elif self._rounds > ROUNDS_OF_A_MOMENT:
            raise RuntimeError("the time stands still: something spins")
        return []

    def get_key(self, fileobj):
        return self._keys[fileobj if isinstance(fileobj, int) else fileobj.fileno()]

    def get_map(self):
        return self._keys


class SimLoop(asyncio.SelectorEventLoop):
    """Deterministic: one thread, virtual time, first come first served."""

    def __init__(self) -> None:
        self._still = _NoWaiting()
        super().__init__(self._still)
        self.set_task_factory(_owned)

    def time(self) -> float:
        return self._still.now

    def call_soon_threadsafe(self, callback, *args, context=None):
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor, func, *args):
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future


class PausingLoop(SimLoop):
    """In which processes can be stopped and go on."""

    def call_soon(self, callback, *args, context=None):
        context = context or contextvars.copy_context()
        life = context.get(OWNER)
        if life is None:
            return super().call_soon(callback, *args, context=context)
        cell: list[asyncio.Handle] = []
        cell.append(super().call_soon(_gate, life, cell, callback, args, context=context))
        return cell[0]

    def call_at(self, when, callback, *args, context=None):
        context = context or contextvars.copy_context()
        life = context.get(OWNER)
        if life is None:
            return super().call_at(when, callback, *args, context=context)
        cell: list[asyncio.Handle] = []
        cell.append(super().call_at(when, _gate, life, cell, callback, args, context=context))
        return cell[0]

    def go_on(self, life: Life) -> None:
        """SIGCONT: everything that came meanwhile is there at once."""
        life.paused = False
        held, life.held = life.held, []
        self._ready.extend(held)


def _gate(life: Life, cell: list[asyncio.Handle], callback: Any, args: Any) -> None:
    if life.paused:
        life.held.append(cell[0])
    else:
        callback(*args)


def _owned(
    loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], context: Any = None
) -> asyncio.Task[Any]:
    task = asyncio.Task(coro, loop=loop, context=context)
    owner = OWNER.get() if context is None else context.get(OWNER)
    if owner is not None:
        owner.tasks.add(task)
        task.add_done_callback(owner.tasks.discard)
    return task


def begin(life: Life, main: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[Any]:
    """Runs `main` as the first task of a process."""
    context = contextvars.copy_context()
    context.run(OWNER.set, life)
    return context.run(lambda: asyncio.get_running_loop().create_task(main()))


def kill(life: Life) -> None:
    """Ends a process now. Not to be called from within its own tasks."""
    life.alive = False
    life.held.clear()
    loop: Any = asyncio.get_running_loop()
    context = contextvars.copy_context()
    context.run(OWNER.set, life)
    for _ in range(50):
        for handle in (*loop._ready, *loop._scheduled):
            if not handle._cancelled and handle._context.get(OWNER) is life:
                handle.cancel()
        tasks, life.tasks = list(life.tasks), set()
        if not tasks:
            return
        # In the order of their making, which a set does not keep.
        for task in sorted(tasks, key=_number):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            context.run(_close, task.get_coro())
    raise RuntimeError("a process does not end")


def _number(task: asyncio.Task[Any]) -> int:
    return int(task.get_name().rpartition("-")[2]) if "-" in task.get_name() else 0


def _close(coro: Any) -> None:
    """What stands in `finally` runs in memory; the dead process's ways to the world are shut."""
    for _ in range(50):
        try:
            coro.close()
            return
        except BaseException:
            continue


class SimClock:
    """A `Clock` that goes with the loop."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self.wrong_by = timedelta()
        self._seen = timedelta()
        self._seconds, self._moment = 0.0, start
        self._loop: asyncio.AbstractEventLoop | None = None

    def moved(self) -> timedelta:
        by, self._seen = self.wrong_by - self._seen, self.wrong_by
        return by

    def now(self) -> datetime:
        """What the machine's clock shows."""
        return self.true() + self.wrong_by

    def true(self) -> datetime:
        """What everybody else's clock shows."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        if (passed := self._loop.time()) != self._seconds:
            self._seconds, self._moment = passed, self.start + timedelta(seconds=passed)
        return self._moment

    def seconds_until(self, moment: datetime) -> float | None:
        return max(0.0, (moment - self.now()).total_seconds())

    def on_jump(self, told: Callable[[], None]) -> None:
        """This clock is never moved by hand."""


def run(main: Coroutine[Any, Any, Any], kind: type[SimLoop] = SimLoop) -> Any:
    """Runs in a new loop; whatever still waits at the end is dropped."""
    loop = kind()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            work = task.get_coro()
            if isinstance(work, types.CoroutineType):
                with contextlib.suppress(Exception):  # the run is over, whatever it still says
                    work.close()
        asyncio.set_event_loop(None)
        loop.close()
