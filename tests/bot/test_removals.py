"""What somebody typed leaves the chat once it is on disk, whenever the power fails in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import NetworkError

from bot.removals import Removal, read
from storage.model import Draft
from tests.bot.test_answers import AMY, BEN, Chats
from tests.reminders.virtual import in_virtual_time

TYPED, UPDATE = 77, 5


async def saves_it(it: Chats) -> None:
    """The words are on disk, with the update that brought them."""
    draft = Draft(id="d", owner="amy.words", kind="words", started_at=it.world.clock.now())
    await it.world.store.save_draft(draft, UPDATE)


async def power_fails(it: Chats, *, hours: float) -> None:
    it.task.cancel()
    await asyncio.sleep(timedelta(hours=hours).total_seconds())
    it.make()


async def on_record(it: Chats) -> list[Removal]:
    return read((await it.world.store.office()).state)


@pytest.mark.parametrize("hours", [0.1, 30, 200])
@in_virtual_time
async def test_saved_and_then_the_power_fails_for_long(hours: float) -> None:
    """Telegram does not deliver the update again after a day; the debt is on record all the same.
    However late it is, nobody is told that it is there when it is gone."""
    async with Chats() as it:
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        assert [one.message for one in await on_record(it)] == [TYPED]
        await saves_it(it)
        await power_fails(it, hours=hours)
        await asyncio.sleep(10)
        assert it.bot.removed == [TYPED]
        assert await on_record(it) == []
        assert it.told() == []


@in_virtual_time
async def test_the_power_fails_before_it_was_saved() -> None:
    """It stays where it is: nothing typed is destroyed unless it is on disk. When Telegram will not
    deliver it again, whoever typed it hears that it is not on record."""
    async with Chats() as it:
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await power_fails(it, hours=1)
        await asyncio.sleep(timedelta(hours=20).total_seconds())
        assert it.bot.removed == [] and it.told() == []
        await asyncio.sleep(timedelta(hours=10).total_seconds())
        assert it.bot.removed == []
        assert it.told() == [("amy", "not_recorded")]
        assert await on_record(it) == []


@in_virtual_time
async def test_the_power_fails_before_it_was_saved_and_it_comes_again() -> None:
    async with Chats() as it:
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await power_fails(it, hours=1)
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await saves_it(it)
        assert await it.phone.remove(AMY, TYPED)
        await it.phone.dealt_with(AMY, TYPED, saved=True)
        await asyncio.sleep(timedelta(hours=60).total_seconds())
        assert it.bot.removed == [TYPED]
        assert it.told() == [] and await on_record(it) == []


@in_virtual_time
async def test_what_is_not_saved_stays_and_is_off_the_record_at_once() -> None:
    """A case reference alone, a full disk."""
    async with Chats() as it:
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await it.phone.dealt_with(AMY, TYPED, saved=False)
        assert await on_record(it) == []
        await power_fails(it, hours=60)
        await asyncio.sleep(60)
        assert it.bot.removed == [] and it.told() == []


@in_virtual_time
async def test_what_was_saved_goes_although_its_handler_failed_afterwards() -> None:
    async with Chats() as it:
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await saves_it(it)
        await it.phone.dealt_with(AMY, TYPED, saved=True)
        await asyncio.sleep(10)
        assert it.bot.removed == [TYPED] and await on_record(it) == []


@in_virtual_time
async def test_nothing_is_taken_out_while_its_handler_is_at_work() -> None:
    """The disk is slow: it is not saved yet."""
    async with Chats() as it:
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await it.removals.owe(BEN, 99)
        await asyncio.sleep(600)
        assert it.bot.removed == [99]


@in_virtual_time
async def test_a_message_of_the_bot_that_stays_is_no_news() -> None:
    """Only what people typed is asked to be deleted by them."""
    async with Chats() as it:
        it.bot.fails = lambda _: NetworkError("Bad Gateway")
        await it.phone.remove(AMY, 12, own=True)
        it.bot.fails = lambda _: None
        it.bot.refuses = {12: it.too_old}
        await asyncio.sleep(60)
        assert it.told() == [] and await on_record(it) == []


@in_virtual_time
async def test_a_clock_that_was_ahead_does_not_keep_a_debt_for_ever() -> None:
    async with Chats() as it:
        it.world.clock.shift(timedelta(days=300))
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await power_fails(it, hours=1)
        it.world.clock.shift(-timedelta(days=300))
        await asyncio.sleep(timedelta(hours=30).total_seconds())
        assert it.told() == [("amy", "not_recorded")]


@in_virtual_time
async def test_many_at_once_are_one_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred people type while the disk is slow."""
    async with Chats() as it:
        update = it.world.store.update_office

        async def slowly(**fields: Any) -> Any:
            await asyncio.sleep(0.01)
            return await update(**fields)

        monkeypatch.setattr(it.world.store, "update_office", slowly)
        before = (await it.world.store.office()).version
        await asyncio.gather(*(it.phone.will_remove(AMY, 100 + n, n + 1) for n in range(50)))
        assert (await it.world.store.office()).version - before <= 2
        assert len(await on_record(it)) == 50


@in_virtual_time
async def test_what_came_while_the_service_was_stopped_goes_when_it_works_again() -> None:
    """It stays for its author to copy, over a restart, and goes with the all-clear."""
    async with Chats() as it:
        switch = it.world.engine.kill_switch
        await switch.command("stop")
        await it.phone.will_remove_once_resumed(AMY, TYPED)
        await asyncio.sleep(timedelta(hours=5).total_seconds())
        await power_fails(it, hours=3)
        assert it.bot.removed == [] and [one.message for one in await on_record(it)] == [TYPED]
        await switch.command("resume")
        await asyncio.sleep(10)
        assert it.bot.removed == [TYPED] and await on_record(it) == [] and it.told() == []


@in_virtual_time
async def test_what_comes_again_while_the_service_is_stopped_stays_until_it_works_again() -> None:
    """It was to go once saved; the power failed before that, and then the service was stopped."""
    async with Chats() as it:
        switch = it.world.engine.kill_switch
        await it.phone.will_remove(AMY, TYPED, UPDATE)
        await power_fails(it, hours=0.1)
        await switch.command("stop")
        await it.phone.will_remove_once_resumed(AMY, TYPED)
        await asyncio.sleep(3600)
        assert it.bot.removed == []
        await switch.command("resume")
        await asyncio.sleep(10)
        assert it.bot.removed == [TYPED]
