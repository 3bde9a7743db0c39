"""Offers of what is half-finished: one at a time, and none when it is finished."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from bot.unfinished_reports import UnfinishedReports
from storage.store import NotSaved
from tests.bot.night import BotNight
from tests.handlers.chat_world import ChatWorld
from tests.handlers.test_people import PeopleWorld
from tests.reminders.virtual import in_virtual_time


def offers(world: ChatWorld) -> list[int]:
    """Messages that offer to go on with a report."""
    return [n for n, screen in world.chat("amy").items() if "unfinished report" in screen.text]


async def begun(world: ChatWorld) -> UnfinishedReports:
    await world.sends("amy", "/missing")
    await world.taps("amy", "YP-01", "No, or not", "Not yet")
    drafts = UnfinishedReports(world.context, lambda _: None)
    world.clock.go(minutes=11)
    await drafts.look()
    return drafts


async def test_a_newer_offer_takes_the_place_of_the_older() -> None:
    async with ChatWorld() as world:
        drafts = await begun(world)
        [first] = offers(world)
        world.clock.go(minutes=11)
        await drafts.look()
        [second] = offers(world)
        assert second > first


async def test_an_offer_goes_when_the_report_is_saved_or_thrown_away() -> None:
    async with ChatWorld() as world:
        drafts = await begun(world)
        assert offers(world)
        await world.sends("amy", "/cancel")
        await drafts.look()
        assert offers(world) == []


async def test_an_offer_on_which_somebody_goes_on_stays() -> None:
    async with ChatWorld() as world:
        drafts = await begun(world)
        [number] = offers(world)
        show: Any = world.phone.show

        async def showing(chat: int, screen: Any, at: int = 0) -> int:
            world.engine.cases.reused.add(chat, at)
            return int(await show(chat, screen, at))

        world.phone.show = showing  # type: ignore[method-assign]
        await world.taps("amy", "Go on with it")
        await world.taps("amy", "Just now", "No set time", "Did not come back", "None of these")
        await world.taps("amy", "Save the report")
        await drafts.look()
        assert number in world.chat("amy")
        assert "Level" in world.chat("amy")[number].text


async def test_what_somebody_left_waits_for_the_disk_and_nobody_else_waits_for_that() -> None:
    async with PeopleWorld() as world:
        sam = await world.joins()
        await world.forges("mia", f"p:set:until:{sam}")
        await world.taps("mia", "1 day")
        await world.sends(sam, "/missing")
        await world.taps(sam, "YP-01")
        world.clock.go(days=2)
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-02", "No, or not", "Not yet")
        drafts = UnfinishedReports(world.context, lambda _: None)
        real = world.store.save_draft

        async def full(*_: Any) -> Any:
            raise NotSaved("no space left on device")

        world.store.save_draft = full  # type: ignore[method-assign]
        world.clock.go(minutes=11)
        await drafts.look()
        assert len(offers(world)) == 1
        assert await world.store.draft(sam) is not None
        world.store.save_draft = real  # type: ignore[method-assign]
        assert drafts.next_at is not None
        assert timedelta() < drafts.next_at - world.clock.now() <= timedelta(minutes=1)
        await drafts.look()
        assert await world.store.draft(sam) is None


async def test_there_is_work_until_everybody_was_told() -> None:
    """Whoever sent the update does not wait for it; a sandbox does."""
    async with ChatWorld() as world:
        work: list[bool] = []
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-01", "No, or not", "Not yet")
        drafts = UnfinishedReports(world.context, work.append)
        world.clock.go(minutes=11)
        drafts.changed()
        drafts.changed()
        assert work == [True]
        running = asyncio.create_task(drafts.run())
        async with asyncio.timeout(5):
            while work.count(False) < work.count(True):
                await asyncio.sleep(0)
        running.cancel()
        assert len(offers(world)) == 1


@in_virtual_time
async def test_it_is_told_after_ten_twenty_and_forty_minutes_and_no_more() -> None:
    async with BotNight() as night:
        await night.answered(1, "/missing")
        told = []
        for minute in range(1, 60):
            before = len(night.telegram.texts(1))
            await asyncio.sleep(60)
            new = night.telegram.texts(1)[before:]
            told += [minute for text in new if "unfinished report" in text]
        assert told == [10, 20, 40]


async def told_after(world: ChatWorld, drafts: UnfinishedReports, minutes: int) -> list[int]:
    """After how many minutes from now somebody was told."""
    found = []
    for minute in range(minutes + 1):
        before = offers(world)
        await drafts.look()
        found += [minute] * (offers(world) != before)
        if drafts.next_at is not None:
            assert drafts.next_at > world.clock.now(), "else it is looked at without pause"
        world.clock.go(minutes=1)
    return found


async def test_who_goes_on_and_is_called_away_again_is_told_as_often_from_then_on() -> None:
    """With a note on a case half-finished beside it, of which the case's reminders tell."""
    async with ChatWorld() as world:
        ref = await world.reports("amy")
        await world.sends("amy", "/missing")
        await world.taps("amy", "YP-02")
        await world.forges("amy", f"c:{ref}:note")
        drafts = UnfinishedReports(world.context, lambda _: None)
        [report] = [d for d in [await world.store.draft("amy")] if d]
        assert drafts.offered_on(report.id) == 0
        assert await told_after(world, drafts, 25) == [10, 20]
        assert [drafts.offered_on(report.id)] == offers(world)
        await world.taps("amy", "Go on with it")
        await drafts.look()
        assert await told_after(world, drafts, 60) == [10, 20, 40]
        assert drafts.next_at is None


async def test_after_the_clock_was_set_back_it_is_told_as_if_it_was_touched_now() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        world.clock.go(hours=-5)
        drafts = UnfinishedReports(world.context, lambda _: None)
        assert await told_after(world, drafts, 60) == [10, 20, 40]


async def test_a_service_that_is_stopped_on_purpose_tells_nobody() -> None:
    async with ChatWorld() as world:
        await world.sends("amy", "/missing")
        drafts = UnfinishedReports(world.context, lambda _: None)
        await drafts.look()
        assert drafts.next_at is not None
        await world.engine.kill_switch.command("stop")
        world.clock.go(minutes=11)
        await drafts.look()
        assert (offers(world), drafts.next_at) == ([], None)


async def test_words_that_nobody_asked_for_are_offered_again_to_whoever_typed_them() -> None:
    async with ChatWorld() as world:
        ref = await world.reports("amy")
        await world.sends("amy", "seen at the station")
        drafts = UnfinishedReports(world.context, lambda _: None)
        before = set(world.chat("amy"))
        world.clock.go(minutes=11)
        await drafts.look()
        [new] = set(world.chat("amy")) - before
        assert any(ref in b.label for row in world.chat("amy")[new].rows for b in row)
