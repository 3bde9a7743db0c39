"""Answers that a chat could not take at once: sent as soon as it may be written to again.

In memory only: what matters of a saved fact is owed on record (the card), and half-finished forms
are offered again after a restart. Of screens only the newest is kept, as it replaces the others;
lines of words ("this was NOT saved") are all kept.
"""

from __future__ import annotations

import asyncio

import msgspec
import structlog
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.telegram_client import seconds_of
from reminders.limits import Limiter

log = structlog.get_logger(__name__)

SCREEN_SECONDS, WORDS_SECONDS = 120.0, 3600.0
"""After so long a screen is out of date, and a line of words too old to be of use."""
FIRST_SECONDS = 0.5
"""Before the first attempt: the person may have gone on meanwhile."""
MOST_WORDS = 5
"""Lines kept for one chat; the same line is kept once."""
LATE_PRIORITY = 1
"""After answers to people who are waiting, before all reminders."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it goes out. `words`: a line of its own, no screen. `edit`: it was to stand on
    a message that is there."""

    text: str
    markup: InlineKeyboardMarkup | ReplyKeyboardMarkup | None = None
    words: bool = False
    edit: bool = False


async def send_answer(bot: Bot, chat_id: int, answer: Answer) -> Message:
    """One attempt. Raises the library's errors."""
    return await bot.send_message(
        chat_id,
        answer.text,
        reply_markup=answer.markup,
        parse_mode=ParseMode.HTML,
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        protect_content=True,
    )


class _Owed(msgspec.Struct, kw_only=True, eq=False):
    answers: list[tuple[float, Answer]]
    task: asyncio.Task[None] | None = None


class LateAnswers:
    """What is owed, by chat."""

    def __init__(self, bot: Bot, limiter: Limiter) -> None:
        self._bot = bot
        self._limiter = limiter
        self._owed: dict[int, _Owed] = {}

    def owe(self, chat_id: int, answer: Answer) -> None:
        """To be sent when the chat permits it."""
        loop = asyncio.get_running_loop()
        owed = self._owed.setdefault(chat_id, _Owed(answers=[]))
        kept = [
            (until, one)
            for until, one in owed.answers
            if one.text != answer.text and (one.words or answer.words)
        ]
        until = loop.time() + (WORDS_SECONDS if answer.words else SCREEN_SECONDS)
        owed.answers = [*kept, (until, answer)][-MOST_WORDS:]
        if owed.task is None:
            owed.task = loop.create_task(self._pay(chat_id, owed))

    def forget(self, chat_id: int, newer: Answer) -> None:
        """A newer screen is on its way to this chat. One that stands on another message takes the
        place of no list that somebody asked for."""
        owed = self._owed.get(chat_id)
        if owed is not None:
            owed.answers = [
                (until, one)
                for until, one in owed.answers
                if one.words or (newer.edit and not one.edit)
            ]

    def drop(self, chat_id: int) -> None:
        """Nobody on the list has this chat any more: nothing is said there."""
        if (owed := self._owed.get(chat_id)) is not None:
            owed.answers = []

    async def close(self) -> None:
        """Ends all attempts."""
        tasks = [owed.task for owed in self._owed.values() if owed.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _pay(self, chat_id: int, owed: _Owed) -> None:
        pause = FIRST_SECONDS
        try:
            while owed.answers:
                await asyncio.sleep(pause)
                async with self._limiter.turn(chat_id, LATE_PRIORITY):
                    now = asyncio.get_running_loop().time()
                    owed.answers = [(until, one) for until, one in owed.answers if until >= now]
                    if not owed.answers:
                        return
                    answer = owed.answers[0][1]
                    done = await self._attempt(chat_id, answer)
                if done:
                    owed.answers = [kept for kept in owed.answers if kept[1] is not answer]
                pause = 0.0 if done else min(max(pause * 2, 1.0), 30.0)
        finally:
            self._owed.pop(chat_id, None)

    async def _attempt(self, chat_id: int, answer: Answer) -> bool:
        """True when it is done with: sent, or never to be taken."""
        try:
            await send_answer(self._bot, chat_id, answer)
        except RetryAfter as error:
            self._limiter.pause(chat_id, seconds_of(error))
            return False
        except (BadRequest, Forbidden, InvalidToken) as error:
            log.warning("a late answer is not taken", error=type(error).__name__)
        except TelegramError:
            return False
        return True
