"""After the start, once Telegram is there: drafts are offered again, and the menu is set."""

from __future__ import annotations

import asyncio

import structlog
from telegram import Bot, BotCommand
from telegram.error import InvalidToken, TelegramError

from bot.activity import Activity
from bot.polling import Polling
from bot.unfinished_reports import UnfinishedReports
from handlers import unasked
from handlers.chat import Screen, Unreached
from handlers.context import Context
from handlers.wording import menu
from protocol.provider import Staff
from storage.model import Draft

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 60.0


class Greeting:
    """Offers half-finished reports again and sets the menu, once Telegram answers."""

    def __init__(
        self,
        bot: Bot,
        context: Context,
        polling: Polling,
        activity: Activity,
        drafts: UnfinishedReports,
    ) -> None:
        self._drafts = drafts
        self._bot = bot
        self._context = context
        self._polling = polling
        self._activity = activity

    async def run(self) -> None:
        """Comes back when all is done."""
        now = self._context.clock.now
        drafts = [
            (person, draft)
            for person in self._context.service.staff
            if person.active(now())
            for draft in await unasked.unfinished(self._context, person)
            if self._context.engine.kill_switch.stopped is None
        ]
        if drafts:
            self._activity(True)
            try:
                await self._polling.reached.wait()
                for person, draft in drafts:
                    if person.active(now()):  # Telegram may have been away until the list ended
                        await self._offer(person, draft)
            finally:
                self._activity(False)
        await self._polling.reached.wait()
        await _set_menu(self._bot, pages=self._context.pages is not None)

    async def _offer(self, person: Staff, draft: Draft) -> None:
        try:
            offered = await unasked.reminder_of(self._context, person, draft)
            text = f"{menu.BACK_AGAIN}\n{offered.text}"
            shown = await self._context.phone.show(draft.chat_id, Screen(text, offered.rows))
            await self._drafts.offered(draft, shown)
        except Unreached:
            log.warning("a draft could not be offered again", draft=draft.id)


async def _set_menu(bot: Bot, *, pages: bool) -> None:
    """Commands and descriptions, so that they show in Telegram; until it works."""
    pause = 1.0
    while True:
        try:
            await bot.set_my_commands([BotCommand(c, d) for c, d in menu.commands(pages=pages)])
            await bot.set_my_short_description(menu.SHORT_DESCRIPTION)
            await bot.set_my_description(menu.DESCRIPTION)
            return
        except InvalidToken:
            return  # polling finds out by itself and ends the process
        except TelegramError as error:
            log.info("the menu is set later", error=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(pause * 2, PATIENCE_SECONDS)
