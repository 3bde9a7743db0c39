"""The chat forgets: every message goes after a set time, whatever it says and whoever wrote it.

A chat of a bot lies on Telegram's servers, and a bot can take a message out for 48 hours only. So
whatever stands there goes long before (`[chat] forget_after_hours`), in batches, one request at a
time, beside reminders and answers and never before them. What fails is tried again and is on record
until it is gone. What was too old when Telegram could be reached again stays, and its reader is
asked to clear the chat, once. What is still needed is shown anew: open cases by
`status_messages.py`, half-finished forms here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from telegram import Bot
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from bot.chat_record import ChatRecord
from bot.removals import GONE, Removals
from bot.status_messages import StatusMessages
from bot.telegram_client import seconds_of
from bot.unfinished_reports import UnfinishedReports
from handlers import unasked
from handlers.chat import Screen, Unreached
from handlers.context import Context
from handlers.wording import forgotten
from protocol.provider import Staff
from reminders.limits import Limiter

log = structlog.get_logger(__name__)

ASK_AGAIN = timedelta(hours=1)
"""After so long somebody is asked to clear their chat who could not be asked."""
CLOSED_AGAIN = timedelta(hours=1)
"""After so long it is tried again in the chat of somebody who has blocked the bot, as far as is
known; once they let it write again, in the next round."""
LATEST = timedelta(hours=46)
"""Then it goes although it is in use, or what it says was never saved: Telegram lets a bot delete
for 48 hours."""
TOO_LATE = timedelta(hours=48)
"""What stands in a closed chat is given up then; until then its owner may be back."""
NO_CHAT = "chat not found"
"""Telegram's words for a chat that is not there any more."""
MOST = 100
"""Messages that Telegram takes out with one request."""
ATTEMPT_SECONDS = 10.0
AGAIN = (60.0, 120.0, 300.0, 600.0)
"""Seconds until it is tried again where it failed."""
FAILED_IN_A_ROW = 3
"""After so many the others are left for the next round: Telegram is away."""
LOOK_SECONDS = 600.0
"""It is looked at least so often: clocks are set, people come back."""


class Failed(Exception):
    """Not now. away: Telegram does not answer; else it is this chat alone."""

    def __init__(self, *, away: bool) -> None:
        super().__init__()
        self.away = away


class Forgetting:
    """Takes out of the chats what has stood there for long enough.

    Args:
        bot: the client.
        context: the service, and what is half-finished.
        record: what stands where; to be read by whoever asks.
        removals: knows what was typed and is not yet on disk.
        limiter: says which chats rest.
        drafts: is told where a form is offered anew.
        status: shows open cases anew.
        busy: called with True when something is begun and with False when it is done.
    """

    def __init__(
        self,
        bot: Bot,
        context: Context,
        record: ChatRecord,
        removals: Removals,
        limiter: Limiter,
        drafts: UnfinishedReports,
        status: StatusMessages,
        busy: Callable[[bool], None],
    ) -> None:
        self._bot = bot
        self._context = context
        self.record = record
        self._removals = removals
        self._limiter = limiter
        self._drafts = drafts
        self._status = status
        self._busy = busy
        self._unsaved: set[tuple[int, int]] = set()
        self._anew: dict[str, Staff] = {}
        self._ask_again: dict[int, datetime] = {}
        self._closed: dict[int, datetime] = {}
        """When it was tried in chats whose owner has blocked the bot."""
        self._failures = 0
        self._again_at: datetime | None = None
        self._one_at_a_time = asyncio.Lock()
        self.next_at: datetime | None = None
        """When there is something to do next (UTC); None: nothing is known of."""

    async def run(self) -> None:
        """Until cancelled; what is new by then is still put on record."""
        try:
            while True:
                await self.look()
                await self.record.wait(self._seconds())
        finally:
            await self.record.write()

    async def look(self) -> None:
        """Does what has come, puts on record what is new, and works out `next_at`."""
        async with self._one_at_a_time:
            self._busy(True)
            try:
                await self._round()
            finally:
                self._busy(False)

    def overdue(self) -> dict[str, Any]:
        """For /health: since when something stands that should have gone an hour ago, and in how
        many chats something stays that Telegram does not delete."""
        oldest, now = self.record.oldest, self._context.clock.now()
        late = oldest is not None and now - oldest > self.record.limit + timedelta(hours=1)
        return {
            "chats_hold_messages_since": oldest.isoformat() if oldest and late else None,
            "chats_to_be_cleared": len(self.record.kept.stayed),
        }

    def _seconds(self) -> float:
        left = self._context.clock.seconds_until(self.next_at) if self.next_at else None
        return LOOK_SECONDS if left is None else min(max(left, 1.0), LOOK_SECONDS)

    # A round ----------------------------------------------------------------------------------

    async def _round(self) -> None:
        now = self._context.clock.now()
        if self._again_at is None or now >= self._again_at:
            await self._forget(now)
        await self._show_drafts()
        await self._status.look()
        await self._ask_to_clear()
        await self.record.write()
        due = self.record.oldest
        if due is not None:
            due = max(due + self.record.limit, self._again_at or due)
        moments = [one for one in (due, self._status.next_at) if one is not None]
        self.next_at = min(moments, default=None)

    async def _forget(self, now: datetime) -> None:
        """All that is due, the oldest chat first; one that fails is left for the next round."""
        failed = away = 0
        due = self.record.due(now - self.record.limit)
        self._closed = {
            chat: tried
            for chat, tried in self._closed.items()
            if tried <= now < tried + CLOSED_AGAIN
        }
        for chat, slots in due.items():
            paused = self._limiter.pause_left(chat) > 0 or self._is_closed(chat)
            if away >= FAILED_IN_A_ROW or paused:
                failed += 1
                continue
            try:
                failed += await self._forget_in(chat, slots)
                away = 0
            except Failed as error:
                failed += 1
                away += error.away
        self._failures = self._failures + 1 if failed else 0
        self._again_at = None
        if failed:
            pause = AGAIN[min(self._failures, len(AGAIN)) - 1]
            self._again_at = self._context.clock.now() + timedelta(seconds=pause)

    def _is_closed(self, chat: int) -> bool:
        """It was tried a while ago, and its owner does not let the bot write."""
        owner = self._status.owner(chat)
        away = self._context.engine.service_state.unreachable()
        return chat in self._closed and owner is not None and owner.id in away

    async def _forget_in(self, chat: int, slots: Sequence[int]) -> bool:
        """All of these slots of one chat; True if something of them is kept for the moment. Raises
        Failed: then all is on record still."""
        now = self._context.clock.now()
        old = {slot for slot in slots if self.record.ends(slot) <= now - LATEST}
        numbers = self.record.numbers(chat, slots)
        kept = self._kept(chat, numbers) - set(self.record.numbers(chat, sorted(old)))
        gone = [number for number in numbers if number not in kept]
        stayed = 0
        for start in range(0, len(gone), MOST):
            batch = gone[start : start + MOST]
            try:
                stayed += await self._take_out(chat, batch)
            except Forbidden:
                self._closed[chat] = now
                if any(self.record.ends(slot) > now - TOO_LATE for slot in slots):
                    raise Failed(away=False) from None
                stayed += len(batch)
            await asyncio.sleep(self._limiter.quiet_pace)
        self._status.owe(chat, self.record.refs(chat, slots), gone)
        self.record.gone(chat, slots, kept)
        if stayed:
            log.warning("messages stay in a chat for good", messages=stayed)
            self.record.stays(chat, stayed)
        await self._drafts_gone(chat, gone)
        return bool(kept)

    def _kept(self, chat: int, numbers: Iterable[int]) -> set[int]:
        """What its reader is at work on, and what somebody typed that is not on disk: they are
        told of that after a day, and can still copy it."""
        here = {(chat, number) for number in numbers}
        self._unsaved |= self._removals.unsaved & here
        return {number for _, number in (self.record.in_use() | self._unsaved) & here}

    async def _take_out(self, chat: int, numbers: Sequence[int]) -> int:
        """How many of them stay for good. Raises Failed, Forbidden."""
        try:
            await self._attempt(chat, lambda: self._bot.delete_messages(chat, numbers))
        except BadRequest as error:
            if NO_CHAT in error.message.casefold():
                return 0
        else:
            return 0
        return sum([await self._stays(chat, number) for number in numbers])

    async def _stays(self, chat: int, number: int) -> bool:
        """Together they were refused: one of them alone. What is too old and ours loses its words.
        Raises Failed, Forbidden."""
        await asyncio.sleep(self._limiter.quiet_pace)
        try:
            await self._attempt(chat, lambda: self._bot.delete_message(chat, number))
        except BadRequest as error:
            if GONE in error.message.casefold():
                return False
        else:
            return False
        try:
            await self._attempt(
                chat,
                lambda: self._bot.edit_message_text(
                    forgotten.TOO_OLD, chat_id=chat, message_id=number
                ),
            )
        except BadRequest as error:
            return "not modified" not in error.message.casefold()
        return False

    async def _attempt(self, chat: int, call: Callable[[], Awaitable[object]]) -> None:
        """One request. Raises BadRequest, Forbidden, Failed."""
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                await call()
        except (BadRequest, Forbidden):
            raise
        except RetryAfter as error:
            self._limiter.pause(chat, seconds_of(error))
            raise Failed(away=False) from error
        except ChatMigrated as error:
            self.record.moved(chat, error.new_chat_id)
            raise Failed(away=False) from error
        except (TelegramError, TimeoutError) as error:
            raise Failed(away=True) from error

    # What is shown anew, and what stays ---------------------------------------------------------

    async def _drafts_gone(self, chat: int, gone: Collection[int]) -> None:
        """A half-finished form whose last message went is offered anew."""
        owner = self._status.owner(chat)
        if owner is None:
            return
        for draft in await unasked.unfinished(self._context, owner):
            offered_on = self._drafts.offered_on(draft.id)
            if draft.chat_id == chat and max(draft.message_id, offered_on) in gone:
                self._anew[draft.id] = owner
                if offered_on in gone:
                    self._drafts.went(draft.id)

    async def _show_drafts(self) -> None:
        for draft_id, owner in list(self._anew.items()):
            drafts = await unasked.unfinished(self._context, owner)
            draft = next((one for one in drafts if one.id == draft_id), None)
            try:
                if draft is not None:
                    if self._context.engine.kill_switch.stopped is not None:
                        continue
                    screen = await unasked.reminder_of(self._context, owner, draft)
                    number = await self._status.quietly(draft.chat_id, screen)
                    await self._drafts.offered(draft, number)
            except Unreached:
                continue
            del self._anew[draft_id]

    async def _ask_to_clear(self) -> None:
        """Whoever has messages in their chat that stay is asked to clear it, once, as soon as they
        can be written to."""
        now, stayed = self._context.clock.now(), self.record.kept.stayed
        if self._context.engine.kill_switch.stopped is not None:
            return
        for chat in list(stayed):
            owner = self._status.owner(chat)
            if owner is not None:
                if self._ask_again.get(chat, now) > now:
                    continue
                try:
                    await self._status.quietly(chat, Screen(forgotten.CLEAR_CHAT))
                except Unreached:
                    self._ask_again[chat] = now + ASK_AGAIN
                    continue
            self._ask_again.pop(chat, None)
            del stayed[chat]
            self.record.touch()
