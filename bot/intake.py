"""Receives updates so that none is lost: Telegram is told of an update only after it was handled.

The library's own polling confirms a batch with its next request while handlers may still run, so
a crash can lose up to 100 updates. Here the next getUpdates, which confirms, is made after every
handler of the batch has come back: its facts are on disk, or the person was told that they are
not. A crash in between leads to re-delivery; the store recognises those by update_id.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence

import structlog
from telegram import Bot, Update
from telegram.error import (
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

log = structlog.get_logger(__name__)

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
LONG_POLL_SECONDS = 25
PATIENCE_SECONDS = 30.0
"""The longest pause between attempts while Telegram is out of reach."""


class Stopped(Exception):
    """Telegram refuses the token: no waiting will help, the supervisor has to know."""


class Intake:
    """The loop of getUpdates.

    `handle(update, late)` deals with one update; it must not come back before what it learned is
    on disk. Updates of one chat are handled in order, those of different chats side by side.
    `late`: the update may have waited because nobody was polling.
    """

    def __init__(
        self,
        bot: Bot,
        handle: Callable[[Update, bool], Awaitable[None]],
        *,
        late_after_seconds: float = 60.0,
        busy: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._bot = bot
        self._handle = handle
        self._late_after = late_after_seconds
        self._busy = busy
        self._offset: int | None = None
        self._last_ok = time.monotonic()
        self._asked_before: float | None = None
        self.connected = False
        self.stopping = False
        """Set before a wanted stop: what has not been begun stays with Telegram."""
        self._dealt_with: set[int] = set()
        self.reached = asyncio.Event()
        """Set once Telegram has answered for the first time."""
        self.at_rest = asyncio.Event()
        """Set while no batch is being handled."""
        self.at_rest.set()

    @property
    def silence(self) -> float:
        """Real seconds since the last getUpdates that Telegram answered."""
        return time.monotonic() - self._last_ok

    async def run(self) -> None:
        """Until cancelled. Raises Stopped when Telegram refuses the token."""
        pause = 1.0
        while True:
            try:
                await self._round()
                pause = 1.0
            except InvalidToken as error:
                raise Stopped(str(error)) from error
            except Forbidden as error:
                raise Stopped(str(error)) from error
            except RetryAfter as error:
                await asyncio.sleep(_seconds(error))
            except Conflict:
                self.connected = False
                log.error("another program is polling with this token")
                await asyncio.sleep(pause)
                pause = min(pause * 2, PATIENCE_SECONDS)
            except (NetworkError, TelegramError) as error:
                if self.connected:
                    log.warning("telegram is out of reach", error=type(error).__name__)
                self.connected = False
                await asyncio.sleep(pause)
                pause = min(pause * 2, PATIENCE_SECONDS)

    async def confirm(self) -> None:
        """Before a wanted stop: confirms what was handled, so that it is not delivered again."""
        if self._offset is not None:
            try:
                async with asyncio.timeout(3):
                    await self._bot.get_updates(offset=self._offset, timeout=0, limit=1)
            except (TelegramError, TimeoutError):
                log.info("the last updates were not confirmed; they will be recognised")

    async def _round(self) -> None:
        asked = time.monotonic()
        updates = await self._bot.get_updates(
            offset=self._offset,
            timeout=LONG_POLL_SECONDS if self.connected else 0,
            allowed_updates=ALLOWED,
            read_timeout=5,
        )
        self._last_ok = time.monotonic()
        if not self.connected:
            log.info("connected to telegram")
        first, self.connected = not self.connected, True
        self.reached.set()
        gap = (
            self._late_after if first or self._asked_before is None else asked - self._asked_before
        )
        self._asked_before = self._last_ok
        if updates:
            self.at_rest.clear()
            self._busy(True)
            try:
                await self._all(updates, late=gap >= self._late_after)
            finally:
                self.at_rest.set()
                self._busy(False)
            left = [u.update_id for u in updates if u.update_id not in self._dealt_with]
            self._offset = min(left, default=updates[-1].update_id + 1)
            self._dealt_with.clear()
            self._asked_before = time.monotonic()

    async def _all(self, updates: Sequence[Update], *, late: bool) -> None:
        by_chat: dict[int, list[Update]] = defaultdict(list)
        for update in updates:
            chat = update.effective_chat
            by_chat[chat.id if chat else 0].append(update)
        await asyncio.gather(*(self._in_order(line, late) for line in by_chat.values()))

    async def _in_order(self, updates: Sequence[Update], late: bool) -> None:
        for update in updates:
            if self.stopping:
                return
            try:
                await self._handle(update, late)
            except Exception:
                # One bad update must not hold up the rest for ever; the person was answered.
                log.exception("an update was not handled", update_id=update.update_id)
            self._dealt_with.add(update.update_id)


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return after.total_seconds() if not isinstance(after, int | float) else float(after)
