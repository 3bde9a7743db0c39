"""Telegram at the edge: shows screens, sends reminders, and names every way in which that fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

import structlog
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
)
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from handlers.chat import Screen, Unreached
from handlers.wording.menu import KEYBOARD
from reminders import sending
from reminders.limits import Limiter, Turn

log = structlog.get_logger(__name__)
T = TypeVar("T")

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
INTERACTIVE = 0
"""Priority of an answer to a person who is waiting, before all reminders."""
SOON_SECONDS = 8.0
"""A person's answer waits at most this long for Telegram; the rest comes with the outbox."""


def keyboard() -> ReplyKeyboardMarkup:
    """The persistent keyboard under the text field."""
    return ReplyKeyboardMarkup(
        [[KeyboardButton(label) for label in row] for row in KEYBOARD],
        resize_keyboard=True,
        is_persistent=True,
    )


def markup(screen: Screen) -> InlineKeyboardMarkup | None:
    if not screen.rows:
        return None
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(b.label, callback_data=b.data) for b in row] for row in screen.rows]
    )


class TelegramPhone:
    """Implements `handlers.chat.Phone` on a python-telegram-bot `Bot`, within the limits."""

    def __init__(self, bot: Bot, limiter: Limiter) -> None:
        self._bot = bot
        self._limiter = limiter

    async def show(self, chat_id: int, screen: Screen, message_id: int = 0) -> int:
        if message_id:
            try:
                await self._soon(
                    chat_id,
                    lambda: self._bot.edit_message_text(
                        screen.text,
                        chat_id=chat_id,
                        message_id=message_id,
                        reply_markup=markup(screen),
                        parse_mode=ParseMode.HTML,
                        link_preview_options=NO_PREVIEW,
                    ),
                )
                return message_id
            except BadRequest as error:
                if "not modified" in error.message.casefold():
                    return message_id
                log.info("a message can no longer be edited; a new one is sent")
            except TelegramError as error:
                raise Unreached(str(error)) from error
        return await self._new(chat_id, screen.text, markup(screen))

    async def say(self, chat_id: int, text: str, *, keyboard: bool = False) -> int:
        return await self._new(chat_id, text, _keyboard() if keyboard else None)

    async def _new(
        self,
        chat_id: int,
        text: str,
        reply_markup: InlineKeyboardMarkup | ReplyKeyboardMarkup | None,
    ) -> int:
        try:
            sent = await self._soon(
                chat_id,
                lambda: self._bot.send_message(
                    chat_id,
                    text,
                    reply_markup=reply_markup,
                    parse_mode=ParseMode.HTML,
                    link_preview_options=NO_PREVIEW,
                    protect_content=True,
                ),
                counted=True,
            )
        except TelegramError as error:
            raise Unreached(str(error)) from error
        return sent.message_id

    async def answer(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        """A tap's answer is a courtesy: what cannot be answered (too old, cut off) is let go."""
        try:
            await self._bot.answer_callback_query(callback_id, text=text[:200], show_alert=alert)
        except TelegramError as error:
            log.info("a tap could not be answered", error=type(error).__name__)

    async def remove(self, chat_id: int, message_id: int) -> bool:
        try:
            return await self._bot.delete_message(chat_id, message_id)
        except TelegramError as error:
            log.warning("a message could not be taken out of a chat", error=type(error).__name__)
            return False

    async def _soon(
        self, chat_id: int, call: Callable[[], Awaitable[T]], *, counted: bool = False
    ) -> T:
        """Again after a hiccup, but never longer than a person waits.

        `counted`: a new message, which has to keep within Telegram's limits.
        """
        deadline = asyncio.get_running_loop().time() + SOON_SECONDS
        pause = 0.3
        while True:
            try:
                if not counted:
                    return await call()
                async with self._limiter.turn(chat_id, INTERACTIVE):
                    return await call()
            except BadRequest:
                raise
            except RetryAfter as error:
                seconds = _seconds(error)
                self._limiter.pause(chat_id, seconds)
                if asyncio.get_running_loop().time() + seconds > deadline:
                    raise
            except NetworkError:
                if asyncio.get_running_loop().time() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
                pause *= 2


_keyboard = keyboard


class TelegramSending:
    """The raw sending for delivery: one attempt, and a named outcome (`reminders.sending`).

    Delivery keeps the back-off and decides what is sent again.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def send(
        self, chat_id: int, screens: Sequence[Screen], turn: Turn, picture: bytes = b""
    ) -> int:
        """Sends the parts in order and answers with the id of the last. Raises SendError.

        With a `picture` (PNG) it goes first, without caption. `turn` stands for the first part.
        """
        calls: list[Callable[[], Awaitable[Message]]] = []
        if picture:
            photo = InputFile(picture, filename="weeks.png")
            calls.append(lambda: self._bot.send_photo(chat_id, photo, protect_content=True))
        calls += [partial(self._screen, chat_id, screen) for screen in screens]
        sent = await self._named(calls[0])
        for call in calls[1:]:
            sent = await self._further(turn, call)
        return sent.message_id

    async def _screen(self, chat_id: int, screen: Screen) -> Message:
        return await self._bot.send_message(
            chat_id,
            screen.text,
            reply_markup=markup(screen),
            parse_mode=ParseMode.HTML,
            link_preview_options=NO_PREVIEW,
            protect_content=True,
        )

    async def _further(self, turn: Turn, call: Callable[[], Awaitable[Message]]) -> Message:
        """A part after the first: a message of its own to Telegram's limits. If it fails, some of
        the whole has arrived, so that the next attempt has to be marked as a repeat."""
        await turn.again()
        try:
            return await self._named(call)
        except sending.TooFast as error:
            turn.pause(error.retry_after)
            raise sending.MaybeSent(str(error)) from error
        except sending.NotSent as error:
            raise sending.MaybeSent(str(error)) from error

    async def _named(self, call: Callable[[], Awaitable[Message]]) -> Message:
        """One attempt; which error means what is measured in the design's table of limits.

        BadRequest is a subclass of NetworkError in the library and comes first.
        """
        try:
            return await call()
        except RetryAfter as error:
            raise sending.TooFast(_seconds(error)) from error
        except ChatMigrated as error:
            raise sending.Moved(error.new_chat_id) from error
        except Forbidden as error:
            raise sending.Unreachable(error.message) from error
        except BadRequest as error:
            if "chat not found" in error.message.casefold():
                raise sending.Unreachable(error.message) from error
            raise sending.Refused(error.message) from error
        except InvalidToken as error:
            raise sending.Stopped(error.message) from error
        except TimedOut as error:
            if "pool" in error.message.casefold() or _never_left(error):
                raise sending.NotSent(error.message) from error
            raise sending.MaybeSent(error.message) from error
        except NetworkError as error:
            if _never_left(error):
                raise sending.NotSent(error.message) from error
            raise sending.MaybeSent(error.message) from error
        except TelegramError as error:
            raise sending.Refused(error.message) from error


def _never_left(error: BaseException) -> bool:
    """No connection was made, so the request cannot have arrived."""
    import httpx

    cause = error.__cause__
    return isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _seconds(error: RetryAfter) -> float:
    after = error.retry_after
    return float(after) if isinstance(after, int | float) else after.total_seconds()
