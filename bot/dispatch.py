"""From Telegram's updates to the handlers, which know nothing of Telegram.

The table is python-telegram-bot's: an `Application` without an updater, fed by `bot.polling`, which
confirms an update only after `process_update` came back. What comes out is an `Incoming`, or a
change of whether somebody can be reached. Half-finished forms live on disk and not in a
ConversationHandler; due times are computed and not kept in a JobQueue.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import structlog
from telegram import Bot, Update
from telegram.error import TelegramError
from telegram.ext import (
    Application,
    ApplicationHandlerStop,
    CallbackContext,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    TypeHandler,
    filters,
)

from bot.access import Access, incoming
from bot.logs import request
from bot.strangers import Strangers
from bot.unfinished_reports import UnfinishedReports
from bot.updates import is_late
from handlers import joining, router
from handlers.context import Context
from handlers.wording import common, menu

log = structlog.get_logger(__name__)
LibraryContext: TypeAlias = "CallbackContext[Any, Any, Any, Any]"
LibraryApplication: TypeAlias = "Application[Any, Any, Any, Any, Any, Any]"
FIRST, THEN = 0, 1
"""Groups of the table: who may go on at all; and what it is."""
PRIVATE = filters.ChatType.PRIVATE & filters.UpdateType.MESSAGES


class Dispatch:
    """The table, and what its entries do.

    Args:
        bot: the client.
        context: what handlers are given.
        access: who is on the staff list.
        strangers: answers those who are not.
        drafts: looks again after every update.
        came: told chat and number of each message of somebody on the list, or who was on it.
    """

    def __init__(
        self,
        bot: Bot,
        context: Context,
        access: Access,
        strangers: Strangers,
        drafts: UnfinishedReports,
        came: Callable[[int, int], None],
    ) -> None:
        self._bot = bot
        self._context = context
        self._access = access
        self._strangers = strangers
        self._drafts = drafts
        self._came = came
        self.application = self._table()

    async def handle(self, update: Update) -> None:
        """Comes back when the update's facts are on disk, or the person knows that they are not."""
        with request("update", update.update_id):
            if update.message is not None and self._access.has_a_record(update):
                self._came(update.message.chat.id, update.message.message_id)
            await self.application.process_update(update)
            self._drafts.changed()

    def _table(self) -> LibraryApplication:
        made = Application.builder().bot(self._bot).updater(None).job_queue(None).build()
        made.add_handler(TypeHandler(Update, self._admit), FIRST)
        commands = [name for name, _ in menu.commands(pages=True)]
        made.add_handlers(
            [
                ChatMemberHandler(self._reachability, ChatMemberHandler.MY_CHAT_MEMBER),
                CallbackQueryHandler(self._receive),
                CommandHandler(commands, self._receive, PRIVATE),
                MessageHandler(PRIVATE, self._receive),
            ],
            THEN,
        )
        made.add_error_handler(self._failed)
        return made

    async def _admit(self, update: Update, _: LibraryContext) -> None:
        """Only people on the staff list, in private chats, get past here."""
        chat, user = update.effective_chat, update.effective_user
        if chat is not None and chat.type != "private":
            await self._leave(update)
            raise ApplicationHandlerStop
        if user is None:
            raise ApplicationHandlerStop
        if self._access.staff(update) is None:
            if self._context.engine.kill_switch.stopped is not None:
                raise ApplicationHandlerStop
            if update.my_chat_member is None and not await self._joins(update, user.id):
                asked = (update.message.text or "") if update.message else ""
                self._strangers.wrote(user.id, chat.id if chat else user.id, asked)
            raise ApplicationHandlerStop

    async def _joins(self, update: Update, telegram_id: int) -> bool:
        """Has it to do with an invitation of this account?"""
        query, message = update.callback_query, update.message
        seen = query.message if query is not None else message
        return await joining.received(
            self._context,
            joining.Visitor(
                update_id=update.update_id,
                telegram_id=telegram_id,
                chat_id=seen.chat.id if seen is not None else telegram_id,
                sent_at=self._context.clock.now(),
                text=((message.text or "") if message is not None else "").strip(),
                data=(query.data or "") if query is not None else "",
                message_id=seen.message_id if seen is not None else 0,
                callback_id=query.id if query is not None else "",
            ),
        )

    async def _receive(self, update: Update, _: LibraryContext) -> None:
        person = self._access.staff(update)
        if person is None:
            return
        received = incoming(update, person, is_late(update), self._context.clock.now())
        if received is not None:
            await self._context.shifts.staff_started(person.id)
            await router.receive(self._context, received)

    async def _reachability(self, update: Update, _: LibraryContext) -> None:
        """Somebody blocked the bot, or lets it write again."""
        person, change = self._access.staff(update), update.my_chat_member
        if person is None or change is None:
            return
        if change.new_chat_member.status in ("kicked", "left"):
            await self._context.shifts.staff_blocked(person.id)
        else:
            await self._context.shifts.staff_started(person.id)

    async def _leave(self, update: Update) -> None:
        """No groups: one line, and out."""
        chat, change = update.effective_chat, update.my_chat_member
        if chat is None or change is None:
            return
        if change.new_chat_member.status in ("member", "administrator"):
            log.warning("added to a group; leaving it", chat=chat.id)
            try:
                await self._bot.send_message(chat.id, common.PRIVATE_ONLY)
                await self._bot.leave_chat(chat.id)
            except TelegramError as error:
                log.warning("a group was not left", error=error)

    async def _failed(self, update: object, context: LibraryContext) -> None:
        """The router answers for whatever goes wrong in it; this is what went wrong around it."""
        number = update.update_id if isinstance(update, Update) else 0
        log.error("an update was not handled", update_id=number, exc_info=context.error)
