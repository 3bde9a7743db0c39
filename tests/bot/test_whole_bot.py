"""The bot as a whole: whatever one chat, one update or one part does, reminders go out and
everybody else is answered."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import Conflict, NetworkError, RetryAfter, TimedOut

from bot.telegram_client import Unreadable
from handlers.wording import common
from protocol import facts as f
from storage.model import Draft
from storage.store import Change
from tests.bot.night import BotNight
from tests.reminders.virtual import VirtualClock, in_virtual_time
from tests.reminders.world import summarise
from tests.support.memory_store import MemoryStore

AMY, BEN, MIA, ADA, STRANGER = 1, 2, 4, 5, 666
QUICK = 2.0
AT_ONCE = 0.2
"""Seconds: nobody waits longer because of somebody else."""


async def case(night: BotNight, ref: str = "RH-2345") -> None:
    """A 15-year-old was last seen 10 minutes ago; nobody was told yet."""
    now = night.clock.now()
    opened = f.Opened(
        id="f1",
        by="amy",
        recorded_at=now,
        aware_at=now,
        last_seen_at=now - timedelta(minutes=10),
        category="missing",
        child=f.Child(age=15, looked_after=True, historical_concerns=False),
    )
    await night.store.create(ref, "rowan", "YP-1", Change(facts=[opened]))
    await night.bot.engine.planner.changed(ref)


def reminded(night: BotNight) -> int:
    return sum("RH-2345" in text for text in night.telegram.texts(AMY))


POISON: list[Any] = [
    {"update_id": 500, "message": {"poll": {}}},
    {"update_id": 500, "message": None},
    {"update_id": 500, "callback_query": []},
    {"nonsense": True},
]


@pytest.mark.parametrize("poison", POISON, ids=str)
@in_virtual_time
async def test_an_unreadable_update_stops_nothing_and_is_told_once(poison: Any) -> None:
    async with BotNight() as night:
        night.telegram.number = 600
        for _ in range(5):
            night.telegram.put(dict(poison))
            await asyncio.sleep(1)
        assert await night.answered(AMY, "/open") < QUICK
        await case(night)
        await asyncio.sleep(timedelta(hours=5).total_seconds())
        assert reminded(night) > 1
        told = [text for text in night.telegram.texts(ADA) if "could not be read" in text]
        assert len(told) == 1


FAILURES: list[tuple[type[Exception], Any]] = [
    (Unreadable, ()), (NetworkError, "x"), (TimedOut, "x"), (Conflict, "x"), (RetryAfter, 3600),
    (TypeError, "?"), (KeyError, "result"), (MemoryError, "x"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "with_"), FAILURES, ids=str)
@in_virtual_time
async def test_reminders_do_not_depend_on_polling(kind: type[Exception], with_: Any) -> None:
    async with BotNight() as night:
        night.telegram.poll = lambda: kind(with_)
        await case(night)
        await asyncio.sleep(timedelta(hours=5).total_seconds())
        assert reminded(night) > 1
        assert not night.task.done()
        night.telegram.poll = lambda: None
        await asyncio.sleep(3700)
        assert await night.answered(BEN, "/open") < QUICK


@in_virtual_time
async def test_polling_does_not_depend_on_sending() -> None:
    """Telegram takes no message; what people do is recorded all the same."""
    async with BotNight() as night:
        night.telegram.fails = lambda method, chat: NetworkError("Bad Gateway")
        for number in range(30):
            night.telegram.types(AMY if number % 2 else BEN, "/open")
        await asyncio.sleep(300)
        assert night.telegram.waiting == []


@in_virtual_time
async def test_after_a_restart_what_is_due_leaves_before_anything_can_fail() -> None:
    """Polling fails at once, with every start; a reminder fell due while the bot was down."""
    async with BotNight() as night:
        await case(night)
        await night.stop()
        await asyncio.sleep(timedelta(hours=2).total_seconds())
        before = reminded(night)
        polled: list[int] = []

        def fails() -> Exception:
            polled.append(reminded(night))
            return MemoryError()

        night.telegram.poll = fails
        await night.store.open()
        await night.start()
        await asyncio.sleep(20)
        assert polled[0] > before


@in_virtual_time
async def test_another_person_is_answered_while_one_chat_is_paused() -> None:
    async with BotNight() as night:
        night.telegram.fails = lambda method, chat: RetryAfter(40) if chat == AMY else None
        for _ in range(20):
            night.telegram.types(AMY, "/open")
            assert await night.answered(BEN, "/open") < QUICK


@in_virtual_time
async def test_another_person_is_answered_while_two_chats_have_to_rest_for_an_hour() -> None:
    """Two refusals may mean everybody; nobody waits for that longer than a moment."""
    async with BotNight() as night:
        resting = {AMY, ADA}
        night.telegram.fails = lambda _, chat: RetryAfter(3600) if chat in resting else None
        for _ in range(20):
            night.telegram.types(AMY, "/open")
            night.telegram.types(ADA, "/id")
            assert await night.answered(BEN, "/open") < QUICK


@in_virtual_time
async def test_another_person_is_answered_while_one_chat_hangs() -> None:
    async with BotNight() as night:
        slow = night.telegram._do

        async def hangs(method: str, chat: int) -> None:
            if chat == AMY:
                await asyncio.sleep(600)
            await slow(method, chat)

        night.telegram._do = hangs  # type: ignore[method-assign]
        for _ in range(20):
            night.telegram.types(AMY, "words that nobody asked for")
            assert await night.answered(BEN, "/open") < QUICK


class SlowDisk(MemoryStore):
    """Every draft takes a second until it is on disk, one after the other."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(summarise=summarise, now=clock.now)
        self._one = asyncio.Lock()

    async def save_draft(self, draft: Draft, update_id: int | None = None) -> Draft:
        async with self._one:
            await asyncio.sleep(1)
        return await super().save_draft(draft, update_id)


@in_virtual_time
async def test_who_only_reads_does_not_wait_for_another_persons_slow_disk() -> None:
    async with BotNight() as night:
        await night.stop()
        night.store = SlowDisk(night.clock)
        await night.store.open()
        await night.start()
        await case(night)
        await asyncio.sleep(5)  # what may have been sent just before the restart is over
        for _ in range(20):
            night.telegram.types(AMY, "words that nobody asked for")
            night.telegram.types(MIA, "/missing")
            assert await night.answered(BEN, "/open") < AT_ONCE
            await asyncio.sleep(1)


@in_virtual_time
async def test_a_hundred_and_fifty_quick_messages_of_one_person_delay_nobody() -> None:
    async with BotNight() as night:
        for _ in range(150):
            night.telegram.types(AMY, "/open")
        assert await night.answered(BEN, "/open") < QUICK
        await asyncio.sleep(30)
        assert night.telegram.texts(AMY), "the last of them is answered"


@in_virtual_time
async def test_two_thousand_strangers_delay_nobody_and_few_are_answered() -> None:
    async with BotNight() as night:
        for number in range(2000):
            night.telegram.types(100_000 + number, "hello")
        assert await night.answered(BEN, "/open") < QUICK
        await case(night)
        await asyncio.sleep(60)
        answered = [chat for _, chat, text in night.telegram.said if common.NOT_ON_LIST in text]
        assert 20 <= len(answered) < 100


@in_virtual_time
async def test_a_stranger_is_answered_once_and_a_group_is_left() -> None:
    async with BotNight() as night:
        for _ in range(3):
            night.telegram.types(STRANGER, "hello")
        await asyncio.sleep(5)
        assert night.telegram.texts(STRANGER) == [common.not_on_list(STRANGER)]
        joined = {
            "chat": {"id": -5, "type": "group"},
            "from": {"id": AMY},
            "new_chat_member": {"status": "member"},
        }
        night.telegram.put({"update_id": 900, "my_chat_member": joined})
        await asyncio.sleep(5)
        assert night.telegram.texts(-5) == [common.PRIVATE_ONLY]


@pytest.mark.parametrize("kind", ["game", "checklist", "gift", "something_new", "photo"])
@in_virtual_time
async def test_every_unusual_kind_of_message_is_removed_and_answered(kind: str) -> None:
    async with BotNight() as night:
        number = night.telegram.types(AMY, **{kind: {"title": "Robin"}})
        await asyncio.sleep(5)
        assert night.telegram.removed == [(AMY, number)]
        assert len(night.telegram.texts(AMY)) == 1


@in_virtual_time
async def test_a_wanted_stop_ends_with_status_0_and_confirms_what_was_done() -> None:
    async with BotNight() as night:
        night.telegram.types(AMY, "/open")
        await asyncio.sleep(2)
        assert await night.stop() == 0
        assert night.telegram.waiting == []


@pytest.mark.parametrize("text", ["Robin may be at a friend's", "/open Robin is with a friend"])
@in_virtual_time
async def test_words_are_taken_out_of_the_chat_after_a_crash_between_saving_and_removing(
    text: str,
) -> None:
    async with BotNight() as night:
        do = night.telegram._do
        reached = asyncio.Event()

        async def dies(method: str, chat: int) -> None:
            if method == "delete":
                reached.set()
                await asyncio.Event().wait()
            await do(method, chat)

        night.telegram._do = dies  # type: ignore[method-assign]
        number = night.telegram.types(AMY, text)
        async with asyncio.timeout(30):
            await reached.wait()
        night.task.cancel()
        await asyncio.gather(night.task, return_exceptions=True)
        assert night.telegram.removed == []
        night.telegram._do = do  # type: ignore[method-assign]
        await night.store.open()
        await night.start()
        await asyncio.sleep(10)
        assert (AMY, number) in night.telegram.removed


@in_virtual_time
async def test_words_that_telegram_would_not_remove_are_removed_after_a_restart() -> None:
    async with BotNight() as night:
        night.telegram.fails = lambda method, chat: (
            NetworkError("Bad Gateway") if method == "delete" else None
        )
        number = night.telegram.types(AMY, "Robin may be at a friend's")
        await asyncio.sleep(20)
        assert night.telegram.waiting == [], "it is recorded, and Telegram knows"
        await night.stop()
        night.telegram.fails = lambda method, chat: None
        await night.store.open()
        await night.start()
        await asyncio.sleep(10)
        assert (AMY, number) in night.telegram.removed
