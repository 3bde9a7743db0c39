"""One quiet message for each open case, in the chats from which older messages about it have gone.

It says how the case stands and what is due, and has the button that opens it. It is no alarm: it
makes no sound, counts for nobody as told, and reminders come as ever. It is edited when the case
changes, replaced when its own time is over, and taken away when the case is closed or is not its
reader's any more.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial

from telegram import Bot, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.chat_record import ChatRecord
from bot.chats_on_record import Shown
from bot.phone import markup
from bot.telegram_client import seconds_of
from handlers import show_card
from handlers.chat import Screen, Unreached
from handlers.context import Context
from handlers.wording import forgotten
from protocol.london import LONDON
from protocol.provider import Staff
from reminders.limits import Limiter
from storage.model import Episode
from storage.store import NotFound

PRIORITY = 90
"""After every reminder and answer."""
ATTEMPT_SECONDS = 10.0
LEAVE_SECONDS = 30.0
"""So long it waits for leave to be sent; then it is tried again later."""
AGAIN = timedelta(seconds=60)
"""After so long what failed is tried again."""
CLOSED = timedelta(minutes=10)
"""So long a chat is left alone whose owner has blocked the bot; then it is tried again."""


class StatusMessages:
    """Sends, edits and takes away; what there is to do is on record in `record`.

    Args:
        bot: a client whose messages are put on record.
        context: cases and people.
        record: which are shown, and which have to be.
        limiter: shared with the outbox.
    """

    def __init__(self, bot: Bot, context: Context, record: ChatRecord, limiter: Limiter) -> None:
        self._bot = bot
        self._context = context
        self._record = record
        self._limiter = limiter
        self._closed: dict[int, datetime] = {}
        self.next_at: datetime | None = None
        """When something that failed is tried again (UTC)."""
        context.engine.events.moments_changed.listen(self._changed)

    def owner(self, chat: int) -> Staff | None:
        """Who on the list is written to in this chat."""
        return self._context.engine.service_state.owner_of(chat)

    def owe(self, chat: int, refs: Sequence[str], gone: Collection[int]) -> None:
        """Messages that named these cases have gone from this chat: each case that is open is shown
        by one that stands."""
        kept = self._record.kept
        shown = kept.shown.get(chat, {})
        for ref in [ref for ref, one in shown.items() if one.number in gone]:
            del shown[ref]
        for ref in refs:
            if ref not in shown and (chat, ref) not in kept.owed:
                kept.owed.append((chat, ref))
        self._record.touch()

    async def look(self) -> None:
        """Brings every one of them up to date."""
        self.next_at = None
        if self._context.engine.kill_switch.stopped is not None:
            return
        kept = self._record.kept
        for chat, ref in list(kept.owed):
            if await self._show(chat, ref):
                kept.owed.remove((chat, ref))
                self._record.touch()
        for chat, cases in list(kept.shown.items()):
            for ref, shown in list(cases.items()):
                await self._follow(chat, ref, shown)
            if not cases:
                kept.shown.pop(chat, None)

    async def quietly(self, chat: int, screen: Screen) -> int:
        """Sends a message without a sound, and answers with its number. Raises Unreached."""
        try:
            call = partial(
                self._bot.send_message,
                chat,
                screen.text,
                disable_notification=True,
                reply_markup=markup(screen),
                parse_mode=ParseMode.HTML,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
                protect_content=True,
            )
            async with asyncio.timeout(LEAVE_SECONDS):
                sent = await self._limiter.one(chat, PRIORITY, call)
        except Forbidden as error:
            self._closed[chat] = self._context.clock.now() + CLOSED
            raise Unreached("closed") from error
        except (TelegramError, TimeoutError) as error:
            if isinstance(error, RetryAfter):
                self._limiter.pause(chat, seconds_of(error))
            self._later()
            raise Unreached(type(error).__name__) from error
        return sent.message_id

    def _is_closed(self, chat: int) -> bool:
        """Its owner cannot be written to at present."""
        now, owner = self._context.clock.now(), self.owner(chat)
        self._closed = {one: until for one, until in self._closed.items() if until > now}
        away = self._context.engine.service_state.unreachable()
        return chat in self._closed or owner is None or owner.id in away

    def _changed(self) -> None:
        if self._record.kept.shown:
            self._record.changed.set()

    def _later(self) -> None:
        self.next_at = self._context.clock.now() + AGAIN

    async def _case(self, chat: int, ref: str) -> Episode | None:
        """The case, if it is open and the reader of this chat sees it."""
        owner = self.owner(chat)
        try:
            episode = await self._context.engine.write_behind.episode(ref)
        except NotFound:
            return None
        if owner is None or episode.closed_at is not None:
            return None
        sees = self._context.engine.service_state.sees(owner, episode.home)
        return episode if sees else None

    async def _show(self, chat: int, ref: str) -> bool:
        """True when nothing is owed any more."""
        episode = await self._case(chat, ref)
        if episode is None or ref in self._record.kept.shown.get(chat, {}):
            return True
        if self._is_closed(chat):
            return False
        screen = await self._screen(episode)
        try:
            number = await self.quietly(chat, screen)
        except Unreached:
            return False
        self._record.kept.shown.setdefault(chat, {})[ref] = self._shown(number, episode, screen)
        return True

    async def _follow(self, chat: int, ref: str, shown: Shown) -> None:
        cases = self._record.kept.shown[chat]
        episode = await self._case(chat, ref)
        if episode is None:
            if await self._attempt(chat, shown.number, None):
                cases.pop(ref, None)
                self._record.touch()
            return
        if (episode.version, self._day()) == (shown.version, shown.day):
            return
        if self._is_closed(chat):
            return
        screen = await self._screen(episode)
        now = self._shown(shown.number, episode, screen)
        changed = now.says != shown.says
        if changed and not await self._attempt(chat, shown.number, screen):
            return
        if cases.get(ref) is shown:  # its reader may have opened the case on it meanwhile
            cases[ref] = now
            if changed:
                self._record.touch()

    async def _attempt(self, chat: int, number: int, screen: Screen | None) -> bool:
        """The message says this now, or is taken away. False: it is tried again later."""
        if (chat, number) in self._context.engine.cases.reused:
            return True
        if self._limiter.pause_left(chat) > 0:
            self._later()
            return False
        await asyncio.sleep(self._limiter.quiet_pace)
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                if screen is None:
                    await self._bot.delete_message(chat, number)
                else:
                    await self._bot.edit_message_text(
                        screen.text,
                        chat_id=chat,
                        message_id=number,
                        reply_markup=markup(screen),
                        parse_mode=ParseMode.HTML,
                        link_preview_options=LinkPreviewOptions(is_disabled=True),
                    )
        except BadRequest:  # gone, or as it should be
            return True
        except Forbidden:
            self._closed[chat] = self._context.clock.now() + CLOSED
            return False
        except (TelegramError, TimeoutError) as error:
            if isinstance(error, RetryAfter):
                self._limiter.pause(chat, seconds_of(error))
            self._later()
            return False
        return True

    async def _screen(self, episode: Episode) -> Screen:
        return forgotten.status(await show_card.view(self._context, episode))

    def _shown(self, number: int, episode: Episode, screen: Screen) -> Shown:
        says = zlib.crc32(repr(screen).encode())
        return Shown(number=number, version=episode.version, day=self._day(), says=says)

    def _day(self) -> int:
        return self._context.clock.now().astimezone(LONDON).toordinal()
