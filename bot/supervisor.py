"""Keeps the parts of the bot running beside each other.

A part that ends with an unforeseen error is started again, after a pause that grows, while all
others go on: whoever cannot be answered just now is still reminded. Only what makes going on
pointless ends the process, and that is said by the part itself with `End`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

log = structlog.get_logger(__name__)

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
CALM_SECONDS = 300.0
"""A part that ran for so long begins with the shortest pause again."""
FOLLOWED = 76
"""Exit status: another process leads this service now."""


class End(Exception):
    """The process has to end with this status."""

    def __init__(self, status: int) -> None:
        self.status = status


Part = Callable[[], Awaitable[None]]


class Supervisor:
    """Runs parts until one of them raises `End`.

    Args:
        parts: by name; a part that comes back is done and not started again.
        failed: called with the name of a part the first time that it fails in a row.
    """

    def __init__(self, parts: Mapping[str, Part], failed: Callable[[str], Awaitable[None]]) -> None:
        self._parts = parts
        self._failed = failed
        self._telling: set[asyncio.Task[None]] = set()

    async def run(self) -> int:
        """The exit status of `End`. Cancelling it cancels every part."""
        tasks = [asyncio.create_task(self._keep(*part)) for part in self._parts.items()]
        try:
            await asyncio.gather(*tasks)
        except End as end:
            return end.status
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return 0

    async def _keep(self, name: str, part: Part) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_SECONDS
        while True:
            begun = loop.time()
            try:
                await part()
                return
            except End:
                raise
            except Exception:
                log.exception("a part failed and is started again", part=name)
            if loop.time() - begun > CALM_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            if pause == FIRST_PAUSE_SECONDS:
                telling = asyncio.create_task(self._tell(name))
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _tell(self, name: str) -> None:
        try:
            await self._failed(name)
        except Exception:
            log.exception("the administrators were not told", part=name)
