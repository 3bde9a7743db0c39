"""When the book is in trouble: who is told.

Administrators hear of everything, through the outbox (its messages live in memory while the disk
refuses). The people at work, and whoever was told that theirs was NOT saved, hear straight away
that nothing can be saved, and when it can again.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from typing import Literal

import structlog

from handlers.chat import Unreached
from handlers.context import Context
from handlers.wording import storage_alerts as say
from storage.store import Trouble

log = structlog.get_logger(__name__)


class StorageAlerts:
    """Tells people in Telegram, straight away and without the book."""

    def __init__(self, context: Context, at_work: Callable[[bool], None]) -> None:
        """`at_work(True)` when there is somebody to tell, `at_work(False)` when all were told."""
        self._context = context
        self._at_work = at_work
        self._queue: asyncio.Queue[Trouble] = asyncio.Queue()
        self._told_not_saved: set[str] = set()
        self._loop = asyncio.get_running_loop()
        context.engine.events.told_not_saved.listen(self._told_not_saved.add)

    def heard(self, trouble: Trouble) -> None:
        """For `Store.watch`; may be called from the store's own thread."""
        self._loop.call_soon_threadsafe(self._take, trouble)

    def _take(self, trouble: Trouble) -> None:
        self._at_work(True)
        self._queue.put_nowait(trouble)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            trouble = await self._queue.get()
            log.error("trouble with the book", kind=trouble.kind, what=trouble.what)
            try:
                await self.alarm(trouble.kind, trouble.what)
                await self._tell(trouble.kind)
            finally:
                self._at_work(False)

    async def alarm(
        self, kind: str, line: str, once_a: Literal["minute", "hour", "day"] = "minute"
    ) -> None:
        """A line for the administrators, once in that time for one kind and line."""
        now = self._context.clock.now()
        moment = now.strftime({"minute": "%y%m%d%H%M", "hour": "%y%m%d%H", "day": "%y%m%d"}[once_a])
        await self._context.engine.notices.tell(
            [s.id for s in self._context.service.administrators(now)],
            f"{kind}~{moment}~{zlib.crc32(line.encode()):08x}",
            "alarm",
            {"what": kind, "line": line},
        )

    async def _tell(self, kind: str) -> None:
        text = say.TEXTS.get(kind)
        if text is None or self._context.engine.kill_switch.stopped is not None:
            return
        for staff_id in self._concerned():
            person = self._context.service.person(staff_id)
            if person is None or not person.active(self._context.clock.now()):
                continue  # the list ended for them while the book was in trouble
            try:
                await self._context.phone.say(person.telegram_id, text)
            except Unreached:
                log.warning("could not be told of the trouble", staff=staff_id)
        if kind == "saved_again":
            self._told_not_saved.clear()

    def _concerned(self) -> list[str]:
        """Whoever is first on duty for a home, and whoever was told that theirs was not saved."""
        first = {
            staff: None
            for home in self._context.service.homes
            for staff in self._context.shifts.on_duty(home.id)[:1]
        }
        return [*first, *(s for s in sorted(self._told_not_saved) if s not in first)]
