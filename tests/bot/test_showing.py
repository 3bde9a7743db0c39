"""How a screen is shown: edited, sent anew, or refused by name."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from telegram.error import BadRequest

from bot.phone import TelegramPhone
from handlers.chat import Refused, Screen
from reminders.limits import Limiter
from reminders.policy import Limits
from tests.reminders.virtual import in_virtual_time


class Sent:
    message_id = 77


class Bot:
    """Telegram as the test wants it: what is called, in order, and what comes of it."""

    def __init__(self, *outcomes: Any) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[str] = []

    async def _call(self, name: str) -> Any:
        self.calls.append(name)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return Sent()

    async def send_message(self, *_: Any, **__: Any) -> Any:
        return await self._call("send")

    async def edit_message_text(self, *_: Any, **__: Any) -> Any:
        return await self._call("edit")


class Backlog:
    def __init__(self) -> None:
        self.behind: defaultdict[int, int] = defaultdict(int)


class Late:
    """Whoever is owed an answer."""

    def __init__(self) -> None:
        self.owed: list[int] = []

    def owe(self, chat_id: int, answer: Any) -> None:
        self.owed.append(chat_id)

    def answered(self, chat_id: int) -> None:
        """Nobody waits in these stories."""

    def forget(self, chat_id: int, newer: object) -> None:
        self.owed = [one for one in self.owed if one != chat_id]


def phone(bot: Bot, late: Late | None = None) -> TelegramPhone:
    parts: tuple[Any, ...] = (bot, Limiter(Limits()), None, Backlog(), late or Late())
    return TelegramPhone(*parts)


@in_virtual_time
async def test_a_message_that_cannot_be_edited_is_sent_anew_and_an_equal_one_is_shown() -> None:
    bot = Bot(BadRequest("Message can't be edited"), Sent())
    assert await phone(bot).show(7001, Screen("x"), 5) == 77
    assert bot.calls == ["edit", "send"]
    same = Bot(BadRequest("Message is not modified: specified new message content"))
    assert await phone(same).show(7001, Screen("x"), 5) == 5


@in_virtual_time
async def test_a_message_counts_as_changed_only_if_the_new_screen_stands_there() -> None:
    """An alarm whose card did not arrive still rings on that phone, and has to be edited later."""
    changed: list[tuple[int, int]] = []

    def showing(bot: Bot) -> TelegramPhone:
        parts: tuple[Any, ...] = (bot, Limiter(Limits()), None, Backlog(), Late())
        return TelegramPhone(*parts, lambda chat, number: changed.append((chat, number)))

    await showing(Bot(BadRequest("Message can't be edited"), Sent())).show(7001, Screen("x"), 5)
    with pytest.raises(Refused):
        await showing(Bot(BadRequest("Message is too long"))).show(7001, Screen("x"), 5)
    assert changed == []
    await showing(Bot(Sent())).show(7001, Screen("x"), 5)
    assert changed == [(7001, 5)]


@in_virtual_time
async def test_a_screen_that_telegram_refuses_is_named() -> None:
    """So that the person is told in words, instead of the same screen again."""
    with pytest.raises(Refused):
        await phone(Bot(BadRequest("Message is too long"))).show(7001, Screen("x"), 5)
