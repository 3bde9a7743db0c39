"""Answers to people: never long waited for, never lost without a word, and nothing typed stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from telegram.error import BadRequest, Forbidden, NetworkError, RetryAfter, TimedOut

from bot.kept_updates import KeptUpdates
from bot.late_answers import LateAnswers
from bot.phone import TelegramPhone
from bot.polling import Backlog
from bot.removals import NOT_RECORDED, NOT_REMOVED, Removals, read
from bot.under_way import UnderWay
from handlers.chat import Screen, Unreached
from handlers.wording.common import OUT_OF_DATE
from reminders.limits import Limiter
from reminders.policy import Limits
from tests.reminders.virtual import in_virtual_time
from tests.reminders.world import World

AMY, BEN = 1, 2


class Sent(msgspec.Struct, frozen=True):
    message_id: int


class Bot:
    """Telegram's side: `fails(chat)` says what goes wrong with the next request to a chat."""

    def __init__(self) -> None:
        self.got: list[tuple[int, str, float]] = []
        self.removed: list[int] = []
        self.fails: Callable[[int], Exception | None] = lambda _: None
        self.refuses: dict[int, Exception] = {}
        self.seconds: Callable[[int], float] = lambda _: 0.05

    async def _do(self, chat_id: int) -> None:
        await asyncio.sleep(self.seconds(chat_id))
        if error := self.fails(chat_id):
            raise error

    async def send_message(self, chat_id: int, text: str, **_: Any) -> Sent:
        await self._do(chat_id)
        self.got.append((chat_id, text, asyncio.get_running_loop().time()))
        return Sent(len(self.got))

    async def edit_message_text(self, text: str, *, chat_id: int, **_: Any) -> Sent:
        return await self.send_message(chat_id, text)

    async def delete_message(self, chat_id: int, message_id: int) -> bool:
        await self._do(chat_id)
        if message_id in self.refuses:
            raise self.refuses[message_id]
        self.removed.append(message_id)
        return True

    def texts(self, chat_id: int) -> list[str]:
        return [text for chat, text, _ in self.got if chat == chat_id]


class Chats:
    """The phone with all that belongs to it, on a service in virtual time."""

    too_old = BadRequest("Message can't be deleted")

    def __init__(self) -> None:
        self.world = World()
        self.bot: Any = Bot()
        self.backlog = Backlog()

    async def __aenter__(self) -> Chats:
        await self.world.__aenter__()
        self.limiter = Limiter(Limits())
        store = self.world.store
        self.under_way = UnderWay(KeptUpdates(store, self.world.clock.now))
        self.late = LateAnswers(self.bot, self.limiter, self.under_way)
        self.make()
        return self

    def make(self) -> None:
        service_state = self.world.engine.service_state
        self.removals = Removals(self.bot, service_state, self.world.clock)
        self.phone = TelegramPhone(self.bot, self.limiter, self.removals, self.backlog, self.late)
        self.task = asyncio.create_task(self.removals.run())

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await self.late.close()
        await self.world.__aexit__()

    def told(self) -> list[tuple[str, str]]:
        """What the outbox has sent about removals."""
        kinds = (NOT_REMOVED, NOT_RECORDED)
        got = self.world.telegram.got
        return [(g.to, g.message.kind) for g in got if g.message.kind in kinds]

    async def took(self, work: Any, asked: int = 0) -> float:
        """Seconds that this answer took, however it ended. asked: the update that it is for."""
        begun = asyncio.get_running_loop().time()
        if asked:
            self.under_way.begin({"update_id": asked}, 0)
        try:
            await work
        except Unreached:
            self.phone.later(AMY, asked)
        if asked:
            self.under_way.end(asked)
        return asyncio.get_running_loop().time() - begun


@in_virtual_time
async def test_a_chat_that_has_to_rest_gets_its_answer_afterwards_and_nobody_waits() -> None:
    async with Chats() as it:
        it.limiter.pause(AMY, 40)
        assert await it.took(it.phone.show(AMY, Screen("first"))) < 0.1
        assert await it.took(it.phone.show(AMY, Screen("second"), 7)) < 0.1
        assert await it.took(it.phone.show(BEN, Screen("yours"))) < 0.1
        await asyncio.sleep(39)
        assert it.bot.texts(AMY) == []
        await asyncio.sleep(3)
        assert it.bot.texts(AMY) == ["second"], "a newer screen replaces the older"


@in_virtual_time
async def test_words_that_could_not_be_said_are_all_said_later() -> None:
    """ "This was NOT saved" must not be lost behind a screen."""
    async with Chats() as it:
        it.limiter.pause(AMY, 600)
        await it.took(it.phone.say(AMY, "not saved"))
        await it.took(it.phone.say(AMY, "not saved"))
        await it.took(it.phone.show(AMY, Screen("a list")))
        await asyncio.sleep(610)
        assert it.bot.texts(AMY) == ["not saved", OUT_OF_DATE], "the list is by then"


@in_virtual_time
async def test_what_was_answered_meanwhile_is_not_said_again() -> None:
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("x")
        await it.took(it.phone.show(AMY, Screen("old")))
        it.bot.fails = lambda _: None
        await it.phone.show(AMY, Screen("new"))
        await asyncio.sleep(60)
        assert it.bot.texts(AMY) == ["new"]


@pytest.mark.parametrize(
    "error", [RetryAfter(40), RetryAfter(600), NetworkError("x"), TimedOut()], ids=repr
)
@in_virtual_time
async def test_no_answer_takes_longer_than_a_person_waits(error: Exception) -> None:
    """Whatever Telegram says to it."""
    async with Chats() as it:
        it.bot.fails = lambda chat: error if chat == AMY else None
        for work in (
            it.phone.show(AMY, Screen("x")),
            it.phone.show(AMY, Screen("x"), 5),
            it.phone.say(AMY, "x"),
            it.phone.remove(AMY, 5),
        ):
            assert await it.took(work) <= 8.01


@in_virtual_time
async def test_a_request_that_hangs_is_left_after_eight_seconds() -> None:
    async with Chats() as it:
        it.bot.seconds = lambda chat: 600 if chat == AMY else 0.05
        assert await it.took(it.phone.show(AMY, Screen("x"))) == pytest.approx(8, abs=0.01)
        assert await it.took(it.phone.show(BEN, Screen("x"))) < 0.1


@in_virtual_time
async def test_somebody_who_has_gone_on_is_not_waited_for() -> None:
    """150 quick messages: only the last answer is sent, and the removals are owed on record."""
    async with Chats() as it:
        begun = asyncio.get_running_loop().time()
        for left in range(149, -1, -1):
            it.backlog.set(AMY, left)
            await it.took(it.phone.show(AMY, Screen(f"{left} left")))
            assert await it.phone.remove(AMY, 1000 + left)
        assert asyncio.get_running_loop().time() - begun < 3
        await asyncio.sleep(600)
        assert it.bot.texts(AMY)[-1] == "0 left"
        assert len(it.bot.texts(AMY)) < 8
        assert sorted(it.bot.removed) == list(range(1000, 1150))
        assert it.removals.owed == []


@pytest.mark.parametrize("error", [NetworkError("Bad Gateway"), TimedOut(), RetryAfter(30)])
@in_virtual_time
async def test_a_removal_that_fails_is_owed_on_record_and_tried_again(error: Exception) -> None:
    async with Chats() as it:
        it.bot.fails = lambda _: error
        assert await it.phone.remove(AMY, 77), "it will go, so nobody is asked to delete it"
        office = await it.world.store.office()
        assert [one.message for one in read(office.state)] == [77]
        it.task.cancel()
        it.bot.fails = lambda _: None
        it.make()  # the process was started again
        await asyncio.sleep(1)
        assert it.bot.removed == [77]
        assert read((await it.world.store.office()).state) == []


@in_virtual_time
async def test_a_removal_that_telegram_no_longer_permits_is_told() -> None:
    """After a long failure Telegram has the last word, and not the time that has passed."""
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("Bad Gateway")
        await it.phone.remove(AMY, 77)
        await it.phone.remove(BEN, 78)
        await asyncio.sleep(timedelta(hours=49).total_seconds())
        it.bot.fails = lambda _: None
        gone, too_old = BadRequest("Message to delete not found"), it.too_old
        it.bot.refuses = {77: too_old, 78: gone}
        await asyncio.sleep(400)
        assert it.removals.owed == []
        assert it.told() == [("amy", "not_removed")]


@in_virtual_time
async def test_one_chat_that_fails_does_not_hold_up_the_removals_of_others() -> None:
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("Bad Gateway")
        for number in range(5):
            await it.removals.owe(AMY, number)
        await it.removals.owe(BEN, 99)
        tried: list[int] = []

        def fails(chat: int) -> Exception | None:
            tried.append(chat)
            return NetworkError("Bad Gateway") if chat == AMY else None

        it.bot.fails = fails
        await asyncio.sleep(30)
        assert it.bot.removed == [99]
        assert tried.count(AMY) <= 4, "one message of hers in each round"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BadRequest("Message to delete not found"), False),
        (BadRequest("Message can't be deleted"), True),
        (Forbidden("bot was blocked by the user"), False),
    ],
)
@in_virtual_time
async def test_a_removal_ends_when_it_can_never_succeed(error: Exception, told: bool) -> None:
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("Bad Gateway")
        await it.phone.remove(AMY, 77)
        it.bot.fails, it.bot.refuses = (lambda _: None), {77: error}
        await asyncio.sleep(20)
        assert it.removals.owed == []
        assert it.bot.removed == []
        assert it.told() == [("amy", "not_removed")] * told


@in_virtual_time
async def test_a_list_that_was_asked_for_comes_although_another_message_was_tapped() -> None:
    """/open, and a tap on an older message right after it: both are answered."""
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("x")
        await it.took(it.phone.show(AMY, Screen("a list")))
        it.bot.fails = lambda _: None
        await it.phone.show(AMY, Screen("a case"), 7)
        await asyncio.sleep(60)
        assert it.bot.texts(AMY) == ["a case", "a list"]


@in_virtual_time
async def test_a_question_that_was_answered_meanwhile_is_not_asked_again() -> None:
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("x")
        await it.took(it.phone.show(AMY, Screen("first question"), 7))
        it.bot.fails = lambda _: None
        await it.phone.show(AMY, Screen("second question"), 7)
        await asyncio.sleep(60)
        assert it.bot.texts(AMY) == ["second question"]


@in_virtual_time
async def test_what_somebody_asked_for_is_held_until_the_chat_was_answered() -> None:
    async with Chats() as it:
        it.limiter.pause(AMY, 40)
        await it.took(it.phone.show(AMY, Screen("on duty")), asked=5)
        await it.took(it.phone.show(AMY, Screen("a case"), 7))
        await asyncio.sleep(39)
        assert 5 in it.under_way
        await asyncio.sleep(4)
        assert it.bot.texts(AMY) == ["on duty", "a case"]
        assert 5 not in it.under_way


@in_virtual_time
async def test_a_newer_answer_stands_for_what_was_asked_before() -> None:
    async with Chats() as it:
        it.limiter.pause(AMY, 40)
        for number in range(1, 9):
            await it.took(it.phone.show(AMY, Screen(f"list {number}")), asked=number)
        assert [n for n in range(1, 9) if n in it.under_way] == [4, 5, 6, 7, 8], "no more of a chat"
        await asyncio.sleep(45)
        assert it.bot.texts(AMY) == ["list 8"]
        assert not any(n in it.under_way for n in range(1, 9))


@in_virtual_time
async def test_a_line_of_words_takes_the_place_of_no_list_that_somebody_asked_for() -> None:
    """/open, of which the chat takes nothing, and /help, of which it does."""
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("x")
        await it.took(it.phone.show(AMY, Screen("a list")), asked=5)
        it.bot.fails = lambda _: None
        await it.phone.say(AMY, "what this bot does")
        await asyncio.sleep(60)
        assert it.bot.texts(AMY) == ["what this bot does", "a list"]


@pytest.mark.parametrize("gone", ["blocked", "off the list"])
@in_virtual_time
async def test_what_nobody_can_be_told_any_more_is_not_held(gone: str) -> None:
    async with Chats() as it:
        it.limiter.pause(AMY, 40)
        await it.took(it.phone.show(AMY, Screen("on duty")), asked=5)
        if gone == "blocked":
            it.bot.fails = lambda _: Forbidden("bot was blocked by the user")
            await asyncio.sleep(42)
        else:
            it.late.drop(AMY)
        assert 5 not in it.under_way
