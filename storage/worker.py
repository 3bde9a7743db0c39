"""The book's one thread, and the way to it and back.

As `ThreadPoolExecutor(max_workers=1)` with `run_in_executor`, at half the cost of the way (0.07 ms
instead of 0.15 ms on the machine of docs/BENCHMARKS.md, where a whole commit takes 1 ms).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeAlias, TypeVar

R = TypeVar("R")

Settle: TypeAlias = Callable[[BaseException | None], None]
Job: TypeAlias = "tuple[Callable[[], Any], asyncio.Future[Any], Settle | None]"


class Worker:
    """Runs what it is given, one thing after the other, in the order given.

    Belongs to the event loop that is running when it is made.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def run(self, job: Callable[[], R], settle: Settle | None = None) -> asyncio.Future[R]:
        """What comes of the job. It is run even if whoever waits for it is cancelled; `settle` is
        called in the event loop in any case, with the exception if there was one."""
        future: asyncio.Future[R] = self._loop.create_future()
        self._jobs.put((job, future, settle))
        return future

    def stop(self) -> None:
        """After what was given is done. Waits for it."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None:
            job, future, settle = given
            result, error = None, None
            try:
                result = job()
            except BaseException as raised:  # whatever it is, it belongs to whoever waits
                error = raised
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_done, future, settle, result, error)


def _done(
    future: asyncio.Future[Any], settle: Settle | None, result: Any, error: BaseException | None
) -> None:
    if settle is not None:
        settle(error)
    if future.done():  # cancelled by whoever waited
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)
