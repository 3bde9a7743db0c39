"""People who are not on the staff list get one neutral line: after everybody else, and not all of
them when there are many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

import structlog
from telegram import Bot
from telegram.constants import ParseMode
from telegram.error import RetryAfter, TelegramError

from bot.access import Access
from bot.telegram_client import seconds_of
from handlers.wording import common, people
from protocol.provider import Provider
from reminders.limits import Limiter

log = structlog.get_logger(__name__)

MOST_WAITING = 20
"""So many are waiting for their line at most; who writes then gets none, until they write again."""
LAST = 1000
"""Priority: after all reminders."""
ATTEMPT_SECONDS = 5.0


class Strangers:
    """Answers strangers, one at a time."""

    def __init__(
        self, bot: Bot, limiter: Limiter, access: Access, service: Callable[[], Provider]
    ) -> None:
        self._bot = bot
        self._limiter = limiter
        self._access = access
        self._service = service
        self._waiting: deque[tuple[int, str]] = deque()
        self._more = asyncio.Event()

    def wrote(self, telegram_id: int, chat_id: int, text: str = "") -> None:
        """Somebody who is not on the list wrote, in a private chat. Comes back at once. Everybody
        may read the policy; anything else gets the neutral line."""
        if len(self._waiting) < MOST_WAITING and self._access.answers_stranger(telegram_id):
            asked = text.partition("@")[0].casefold() == "/privacy"
            line = people.privacy(self._service()) if asked else common.not_on_list(telegram_id)
            self._waiting.append((chat_id, line))
            self._more.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._more.clear()
            while self._waiting:
                await self._answer(*self._waiting.popleft())
            await self._more.wait()

    async def _answer(self, chat_id: int, line: str) -> None:
        async with self._limiter.turn(chat_id, LAST):
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    await self._bot.send_message(chat_id, line, parse_mode=ParseMode.HTML)
            except RetryAfter as error:
                self._limiter.pause(chat_id, seconds_of(error))
            except (TelegramError, TimeoutError) as error:
                log.info("a stranger was not answered", error=type(error).__name__)
