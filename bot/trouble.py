"""When the book cannot be written: who is told, and when it is over."""

from __future__ import annotations

import asyncio

import structlog

from bot.assembly import Parts
from handlers.chat import Unreached
from handlers.wording import trouble as say
from storage.store import Trouble

log = structlog.get_logger(__name__)


class Troubles:
    """Tells administrators and managers in Telegram, straight away and without the book.

    The outbox lies in the book; when that cannot be written, this is the way round.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._queue: asyncio.Queue[Trouble] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def heard(self, trouble: Trouble) -> None:
        """For `Store.watch`; may be called from the store's own thread."""
        self._loop.call_soon_threadsafe(self._queue.put_nowait, trouble)

    async def run(self) -> None:
        while True:
            trouble = await self._queue.get()
            log.error("trouble with the book", kind=trouble.kind, what=trouble.what)
            now = self._parts.clock.now()
            service = self._parts.service
            people = [s for s in service.staff if s.active(now)]
            if trouble.kind == "set_aside":
                people = list(service.administrators(now))
            for person in people:
                text = say.trouble(trouble.kind, trouble.what, person.role)
                if not text:
                    continue
                try:
                    await self._parts.phone.say(person.telegram_id, text)
                except Unreached:
                    log.warning("could not be told of the trouble", staff=person.id)
