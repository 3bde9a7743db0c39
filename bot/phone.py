"""Telegram at the edge: shows screens, sends reminders, and names every way in which that fails."""

from __future__ import annotations

import asyncio
import re
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
    WebAppInfo,
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

from bot.late_answers import Answer, LateAnswers, send_answer
from bot.polling import Backlog
from bot.removals import GONE, Removals
from bot.telegram_client import seconds_of
from handlers.chat import Button, Refused, Screen, Unreached
from handlers.wording.menu import KEYBOARD
from reminders import sending
from reminders.limits import Limiter, Turn

log = structlog.get_logger(__name__)
R = TypeVar("R")
T = TypeVar("T")

NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
INTERACTIVE = 0
"""Priority of an answer to a person who is waiting, before all reminders."""
ANSWER_SECONDS = 8.0
"""An answer takes at most so long, with every attempt and every wait."""
LEAVE_SECONDS = 2.0
"""So long an answer waits for leave to be sent; a chat that has to rest for longer gets it later,
and nobody else waits for it."""
CROWDED = 5
"""With so many updates waiting behind it an answer is not sent: the last one is."""


def keyboard() -> ReplyKeyboardMarkup:
    """The persistent keyboard under the text field."""
    return ReplyKeyboardMarkup(
        [[KeyboardButton(label) for label in row] for row in KEYBOARD],
        resize_keyboard=True,
        is_persistent=True,
    )


def markup(screen: Screen) -> InlineKeyboardMarkup | None:
    """The buttons under a message; None if it has none."""
    if not screen.rows:
        return None
    return InlineKeyboardMarkup([[_button(b) for b in row] for row in screen.rows])


def _button(button: Button) -> InlineKeyboardButton:
    if button.opens:
        return InlineKeyboardButton(button.label, web_app=WebAppInfo(button.opens))
    return InlineKeyboardButton(button.label, callback_data=button.data)


class TelegramPhone:
    """Implements `handlers.chat.Phone` on a python-telegram-bot `Bot`, within the limits.

    Args:
        bot: the client.
        limiter: shared with the outbox.
        removals: takes over what could not be removed at once.
        backlog: who has gone on already is not waited for.
        late: takes over what could not be shown at once.
    """

    def __init__(
        self,
        bot: Bot,
        limiter: Limiter,
        removals: Removals,
        backlog: Backlog,
        late: LateAnswers,
        changed: Callable[[int, int], None] = lambda _chat, _message: None,
    ) -> None:
        """changed: told chat and number of each message that shows another screen now."""
        self._bot = bot
        self._changed = changed
        self._limiter = limiter
        self._removals = removals
        self._backlog = backlog
        self._late = late
        self._missed: dict[int, Answer] = {}
        self._name = ""

    async def show(self, chat_id: int, screen: Screen, message_id: int = 0) -> int:
        answer = Answer(text=screen.text, markup=markup(screen), edit=bool(message_id))
        if message_id:
            try:
                await self._soon(
                    chat_id,
                    answer,
                    lambda: self._bot.edit_message_text(
                        screen.text,
                        chat_id=chat_id,
                        message_id=message_id,
                        reply_markup=markup(screen),
                        parse_mode=ParseMode.HTML,
                        link_preview_options=NO_PREVIEW,
                    ),
                )
                self._changed(chat_id, message_id)
                return message_id
            except BadRequest as error:
                if "not modified" in error.message.casefold():
                    return message_id
                log.info("a message can no longer be edited; a new one is sent")
        return await self._new(chat_id, answer)

    async def say(self, chat_id: int, text: str, *, keyboard: bool = False) -> int:
        shown = _keyboard() if keyboard else None
        return await self._new(chat_id, Answer(text=text, markup=shown, words=True))

    async def answer(self, callback_id: str, text: str = "", *, alert: bool = False) -> None:
        """Ends the waiting sign on a tapped button. Errors (too old, cut off) are ignored."""
        try:
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._bot.answer_callback_query(
                    callback_id, text=text[:200], show_alert=alert
                )
        except (TelegramError, TimeoutError) as error:
            log.info("a tap could not be answered", error=type(error).__name__)

    async def remove(self, chat_id: int, message_id: int, *, own: bool = False) -> bool:
        """What failed for the moment is tried again, and is on record until it is done."""
        if self._crowded(chat_id):
            await self._removals.owe(chat_id, message_id, own=own)
            return True
        gone = True
        try:
            async with asyncio.timeout(ANSWER_SECONDS / 2):
                await self._bot.delete_message(chat_id, message_id)
        except BadRequest as error:
            if not (gone := GONE in error.message.casefold()):
                log.warning("a message can not be taken out of a chat")
        except Forbidden:
            gone = False
        except (TelegramError, TimeoutError) as error:
            log.warning("a message is taken out of a chat later", error=type(error).__name__)
            await self._removals.owe(chat_id, message_id, own=own)
            return True
        self._removals.gone(chat_id, message_id)
        return gone

    async def will_remove(self, chat_id: int, message_id: int, update_id: int) -> None:
        await self._removals.owe_once_saved(chat_id, message_id, update_id)

    async def will_remove_once_resumed(self, chat_id: int, message_id: int) -> None:
        await self._removals.owe_once_resumed(chat_id, message_id)

    async def dealt_with(self, chat_id: int, message_id: int, *, saved: bool) -> None:
        await self._removals.settled(chat_id, message_id, saved=saved)

    async def link(self, start: str) -> str:
        if not self._name:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    self._name = (await self._bot.get_me()).username or ""
            except (TelegramError, TimeoutError) as error:
                raise Unreached(type(error).__name__) from error
        return f"https://t.me/{self._name}?start={start}"

    def later(self, chat_id: int, asked: int = 0) -> None:
        missed = self._missed.pop(chat_id, None)
        if missed is not None:
            self._late.owe(chat_id, missed, asked)

    async def _new(self, chat_id: int, answer: Answer) -> int:
        try:
            sent = await self._soon(
                chat_id, answer, lambda: send_answer(self._bot, chat_id, answer), counted=True
            )
        except BadRequest as error:
            raise Refused from error
        return sent.message_id

    def _crowded(self, chat_id: int) -> bool:
        return self._backlog.behind[chat_id] >= CROWDED

    async def _soon(
        self,
        chat_id: int,
        answer: Answer,
        call: Callable[[], Awaitable[T]],
        *,
        counted: bool = False,
    ) -> T:
        """Again after a hiccup, but never longer than a person waits, the limits included.

        Whoever has to be silent for longer than LEAVE_SECONDS is not waited for, nor is a person
        who has gone on meanwhile. `counted`: a new message, which has to keep within the limits.
        Raises BadRequest, Unreached.
        """
        self._missed[chat_id] = answer
        self._late.forget(chat_id, answer)
        patience = 0.0 if self._backlog.behind[chat_id] else LEAVE_SECONDS
        wait = self._limiter.wait_for(chat_id) if counted else self._limiter.pause_left(chat_id)
        if wait > patience or self._crowded(chat_id):
            raise Unreached("the chat has to rest")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                if wait > 0 and not counted:
                    await asyncio.sleep(wait)
                done = await self._persistently(chat_id, call, counted=counted)
        except BadRequest:
            raise
        except (TelegramError, TimeoutError) as error:
            raise Unreached(type(error).__name__) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.exception("an answer could not be sent")
            raise Unreached(type(error).__name__) from error
        self._missed.pop(chat_id, None)
        self._late.answered(chat_id)
        return done

    async def _persistently(
        self, chat_id: int, call: Callable[[], Awaitable[T]], *, counted: bool
    ) -> T:
        pause = 0.3
        while True:
            try:
                if not counted:
                    return await call()
                return await self._limiter.one(chat_id, INTERACTIVE, call)
            except BadRequest:
                raise
            except RetryAfter as error:
                seconds = seconds_of(error)
                self._limiter.pause(chat_id, seconds)
                if seconds > LEAVE_SECONDS:
                    raise
                await asyncio.sleep(seconds)
            except NetworkError:
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
        self,
        chat_id: int,
        screens: Sequence[Screen],
        turn: Turn,
        picture: bytes = b"",
        *,
        quiet: bool = False,
    ) -> int:
        """Sends the parts in order and answers with the id of the last. Raises SendError.

        quiet: without a sound.

        With a `picture` (PNG) it goes first, without caption. `turn` stands for the first part.
        """
        calls: list[Callable[[], Awaitable[Message]]] = []
        if picture:
            photo = InputFile(picture, filename="weeks.png")
            calls.append(lambda: self._bot.send_photo(chat_id, photo, protect_content=True))
        calls += [partial(self._screen, chat_id, screen, quiet) for screen in screens]
        sent = await self._named(calls[0])
        for call in calls[1:]:
            sent = await self._further(turn, call)
        return sent.message_id

    async def change(self, chat_id: int, message_id: int, screen: Screen) -> None:
        """Edits a message that is there. Raises SendError, but not if Telegram refuses the edit:
        then the message is gone, too old, or as it should be."""
        try:
            await self._named(
                lambda: self._bot.edit_message_text(
                    screen.text,
                    chat_id=chat_id,
                    message_id=message_id,
                    reply_markup=markup(screen),
                    parse_mode=ParseMode.HTML,
                    link_preview_options=NO_PREVIEW,
                )
            )
        except sending.Refused as error:
            log.info("a message can no longer be edited", why=error.why)

    async def remove(self, chat_id: int, message_id: int, instead: Screen) -> None:
        """Deletes a message of the bot, or edits one that is too old for that. Raises SendError."""
        try:
            await self._named(lambda: self._bot.delete_message(chat_id, message_id))
        except sending.Refused:
            await self.change(chat_id, message_id, instead)

    async def _screen(self, chat_id: int, screen: Screen, quiet: bool) -> Message:
        return await self._bot.send_message(
            chat_id,
            screen.text,
            disable_notification=quiet,
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

    async def _named(self, call: Callable[[], Awaitable[R]]) -> R:
        """One attempt; which error means what is measured in the design's table of limits.

        BadRequest is a subclass of NetworkError in the library and comes first.
        """
        try:
            return await call()
        except RetryAfter as error:
            raise sending.TooFast(seconds_of(error)) from error
        except ChatMigrated as error:
            raise sending.Moved(error.new_chat_id) from error
        except Forbidden as error:
            raise sending.Unreachable(_unquoted(error.message)) from error
        except BadRequest as error:
            if "chat not found" in error.message.casefold():
                raise sending.Unreachable(_unquoted(error.message)) from error
            raise sending.Refused(_unquoted(error.message)) from error
        except InvalidToken as error:
            raise sending.Stopped("the token is refused") from error
        except TimedOut as error:
            if "pool" in error.message.casefold() or _never_left(error):
                raise sending.NotSent("no connection") from error
            raise sending.MaybeSent("no answer in time") from error
        except NetworkError as error:
            if _never_left(error):
                raise sending.NotSent("no connection") from error
            raise sending.MaybeSent(type(error).__name__) from error
        except TelegramError as error:
            raise sending.MaybeSent(type(error).__name__) from error


def _never_left(error: BaseException) -> bool:
    """No connection was made, so the request cannot have arrived."""
    import httpx

    cause = error.__cause__
    return isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _unquoted(reason: str) -> str:
    """Telegram's reason without what it quotes of our message: it goes on record."""
    return re.sub(r'"[^"]*"?', '"…"', reason)[:120]
