"""A client whose messages are put on record, with the chats in which they stand.

Everything that speaks to people on the list has this one, so that no way of sending can forget it.
"""

from __future__ import annotations

from typing import Any, cast

from telegram import Bot, Message, ReplyKeyboardMarkup
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter

from bot.chat_record import ChatRecord

NOT_SENT = (BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter)
"""After these it did not arrive; after anything else, being cut off included, it may have."""


class NotedClient:
    """All that the client does; what is sent is noted."""

    def __init__(self, bot: Bot, record: ChatRecord) -> None:
        self._bot = bot
        self._record = record

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bot, name)

    async def send_message(self, chat_id: int, text: str, **how: Any) -> Message:
        """As the client; raises what it raises."""
        last = self._record.last(chat_id)
        try:
            sent = await self._bot.send_message(chat_id, text, **how)
        except NOT_SENT:
            raise
        except BaseException:
            self._record.unsure(chat_id, last)
            raise
        keyboard = isinstance(how.get("reply_markup"), ReplyKeyboardMarkup)
        self._record.sent(chat_id, sent.message_id, text, keyboard=keyboard)
        return sent

    async def send_photo(self, chat_id: int, photo: Any, **how: Any) -> Message:
        """As the client; raises what it raises."""
        last = self._record.last(chat_id)
        try:
            sent = await self._bot.send_photo(chat_id, photo, **how)
        except NOT_SENT:
            raise
        except BaseException:
            self._record.unsure(chat_id, last)
            raise
        self._record.sent(chat_id, sent.message_id, "")
        return sent


def noted(bot: Bot, record: ChatRecord) -> Bot:
    """The client, as whoever sends takes it."""
    return cast("Bot", NotedClient(bot, record))
