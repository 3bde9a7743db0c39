"""Answers that a chat could not take at once: sent as soon as it may be written to again.

In memory only: what matters of a saved fact is owed on record (the card), half-finished forms are
offered again after a restart, and the update that only asked for something is held (`UnderWay`)
until its chat was answered, so that a process that dies leaves it to the next. Of screens only the
newest is kept, as it replaces the others; lines of words ("this was NOT saved") are all kept.
"""

from __future__ import annotations

import asyncio

import msgspec
import structlog
from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message, ReplyKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.telegram_client import seconds_of
from bot.under_way import UnderWay
from handlers.wording.common import OUT_OF_DATE
from reminders.limits import Limiter

log = structlog.get_logger(__name__)

SCREEN_SECONDS, WORDS_SECONDS = 120.0, 3600.0
"""After so long a screen is out of date, and its reader is told so; words are of no use."""
FIRST_SECONDS = 0.5
"""Before the first attempt: the person may have gone on meanwhile."""
MOST_WORDS = 5
"""Lines kept for one chat, and updates held; the same line is kept once."""
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


class _Due(msgspec.Struct, frozen=True):
    """until: loop seconds after which it is out of date.  asked: somebody asked for it."""

    answer: Answer
    until: float
    asked: bool = False

    def outlasts(self, newer: Answer) -> bool:
        """Does a newer answer not take its place? A screen that stands on another message takes
        that of no list, and a line of words that of nothing that somebody asked for."""
        own = self.answer
        return own.words or (newer.edit and not own.edit) or (newer.words and self.asked)


class _Owed(msgspec.Struct, kw_only=True, eq=False):
    answers: list[_Due]
    task: asyncio.Task[None] | None = None


class LateAnswers:
    """What is owed, by chat. under_way: holds the updates of those who wait for it."""

    def __init__(self, bot: Bot, limiter: Limiter, under_way: UnderWay) -> None:
        self._bot = bot
        self._limiter = limiter
        self._under_way = under_way
        self._owed: dict[int, _Owed] = {}
        self._asked: dict[int, list[int]] = {}

    def owe(self, chat_id: int, answer: Answer, asked: int = 0) -> None:
        """To be sent when the chat permits it. asked: the update to be held until then."""
        if asked:
            held = self._asked.setdefault(chat_id, [])
            held.append(asked)
            self._under_way.hold(asked)
            if len(held) > MOST_WORDS:
                self._under_way.release(held.pop(0))
        owed = self._owed.setdefault(chat_id, _Owed(answers=[]))
        self._add(owed, answer, asked=bool(asked))
        if owed.task is None:
            owed.task = asyncio.get_running_loop().create_task(self._pay(chat_id, owed))

    @staticmethod
    def _add(owed: _Owed, answer: Answer, *, asked: bool = False) -> None:
        kept = [
            due
            for due in owed.answers
            if due.answer.text != answer.text
            and (answer.words or due.answer.words or (due.asked and answer.edit))
        ]
        seconds = WORDS_SECONDS if answer.words else SCREEN_SECONDS
        until = asyncio.get_running_loop().time() + seconds
        owed.answers = [*kept, _Due(answer, until, asked)][-MOST_WORDS:]

    def answered(self, chat_id: int) -> None:
        """This chat was written to: whoever waited there has an answer, unless more is owed."""
        owed = self._owed.get(chat_id)
        if owed is None or not owed.answers:
            for number in self._asked.pop(chat_id, ()):
                self._under_way.release(number)

    def forget(self, chat_id: int, newer: Answer) -> None:
        """A newer answer is on its way to this chat."""
        owed = self._owed.get(chat_id)
        if owed is not None:
            owed.answers = [due for due in owed.answers if due.outlasts(newer)]

    def drop(self, chat_id: int) -> None:
        """Nobody on the list has this chat any more: nothing is said there."""
        if (owed := self._owed.get(chat_id)) is not None:
            owed.answers = []
        self.answered(chat_id)

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
                    self._without_the_old(owed)
                    if not owed.answers:
                        return
                    due = owed.answers[0]
                    done = await self._attempt(chat_id, due.answer)
                if done:
                    owed.answers = [kept for kept in owed.answers if kept is not due]
                    self.answered(chat_id)
                pause = 0.0 if done else min(max(pause * 2, 1.0), 30.0)
        finally:
            self._owed.pop(chat_id, None)

    def _without_the_old(self, owed: _Owed) -> None:
        """In the place of a screen that is out of date its reader is told so."""
        now = asyncio.get_running_loop().time()
        old = [due.answer for due in owed.answers if due.until < now]
        owed.answers = [due for due in owed.answers if due.until >= now]
        if any(not answer.words for answer in old):
            self._add(owed, Answer(text=OUT_OF_DATE, words=True))

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
