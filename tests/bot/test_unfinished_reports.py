"""Offers of what is half-finished: one at a time, and none when it is finished."""

from __future__ import annotations

from typing import Any

from bot.unfinished_reports import UnfinishedReports
from tests.handlers.chat_world import ChatWorld


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
