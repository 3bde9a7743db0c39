"""Messages that are still to be taken out of a chat, because they hold what somebody typed.

What could not be removed at once is on record in the service's own file and tried again, also after
a restart, until Telegram no longer permits it (48 hours). Then the person is asked to delete it.
A crash between saving and removing needs no record: the update was not confirmed, comes again, and
is removed then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from telegram import Bot
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.late_answers import Answer, LateAnswers
from handlers.wording import menu
from reminders.clock import Clock
from reminders.service_state import ServiceState
from reminders.write_behind import OfficeChange
from storage.model import Office

log = structlog.get_logger(__name__)

KEY = "removals"
"""Where they are kept in the service's own file."""
PERMITTED = timedelta(hours=48)
"""So long Telegram lets a message be deleted."""
PAUSES = (2.0, 5.0, 15.0, 60.0, 300.0)
"""Seconds between rounds of attempts."""
AT_ONCE = 20
"""Attempts in one round."""
ATTEMPT_SECONDS = 5.0


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """One message to be taken out of one chat. `since`: when that was first tried (UTC)."""

    chat: int
    message: int
    since: datetime


class Removals:
    """The list on record, and the attempts.

    Args:
        bot: the client.
        service_state: keeps the list.
        clock: for the 48 hours.
        late: tells the person when a message stays for good.
    """

    def __init__(
        self, bot: Bot, service_state: ServiceState, clock: Clock, late: LateAnswers
    ) -> None:
        self._bot = bot
        self._service_state = service_state
        self._clock = clock
        self._late = late
        self._more = asyncio.Event()

    async def owe(self, chat_id: int, message_id: int) -> None:
        """Puts it on record. Comes back when it is on disk, or kept until the disk works again."""
        new = Removal(chat=chat_id, message=message_id, since=self._clock.now())

        def build(office: Office) -> OfficeChange | None:
            known = read(office.state)
            if any((r.chat, r.message) == (chat_id, message_id) for r in known):
                return None
            return _change([*known, new])

        await self._service_state.change(build)
        self._more.set()

    @property
    def owed(self) -> list[Removal]:
        """What is still to be removed, oldest first."""
        return read(self._service_state.state)

    async def run(self) -> None:
        """Until cancelled."""
        failed = 0
        while True:
            self._more.clear()
            if not self.owed:
                failed = 0
                await self._more.wait()
                continue
            failed = 0 if await self._round() else failed + 1
            if self.owed:
                await asyncio.sleep(PAUSES[min(failed, len(PAUSES) - 1)])

    async def _round(self) -> bool:
        """One attempt at each of the oldest. False if nothing could be done."""
        done = [one for one in self.owed[:AT_ONCE] if await self._settled(one)]
        if not done:
            return False

        def build(office: Office) -> OfficeChange | None:
            return _change([r for r in read(office.state) if r not in done])

        await self._service_state.change(build)
        return True

    async def _settled(self, one: Removal) -> bool:
        """True when it is gone, or will never go."""
        if self._clock.now() - one.since <= PERMITTED:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    await self._bot.delete_message(one.chat, one.message)
                return True
            except BadRequest as error:
                if "not found" in error.message.casefold():
                    return True
            except Forbidden:
                log.warning("a message stays in the chat of somebody who blocked the bot")
                return True
            except (TelegramError, TimeoutError):
                return False
        log.warning("a message stays in a chat for good")
        if self._service_state.service.by_telegram(one.chat) is not None:
            self._late.owe(one.chat, Answer(text=menu.NOT_REMOVED, words=True))
        return True


def read(state: Any) -> list[Removal]:
    """The list as it is kept in `Office.state`."""
    found = msgspec.convert(state.get(KEY) or [], list[Removal])
    return sorted(found, key=lambda r: r.since)


def _change(removals: Sequence[Removal]) -> OfficeChange:
    return OfficeChange(state={KEY: msgspec.to_builtins(list(removals))})
