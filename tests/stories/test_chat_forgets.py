"""The chat forgets: after a day nothing stands in any chat but what is still to be done, on the
real process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.driver import Person
from tests.stories.night import Night

MARK = "📌"
DAY = timedelta(hours=24)
CLEAR = "Please clear this chat"
SLACK = timedelta(minutes=15)


async def messages(person: Person) -> list[dict[str, Any]]:
    """What stands in this chat, but for the message with the buttons below the text field."""
    found: list[dict[str, Any]] = (await person.chat())["messages"]
    return [one for one in found if "is on." not in one.get("text", "")]


async def statuses(person: Person, ref: str) -> list[str]:
    texts = [one.get("text", "") for one in await messages(person)]
    return [text for text in texts if text.startswith(MARK) and ref in text]


async def old(night: Night, person: Person) -> list[str]:
    """What has stood there for too long."""
    now = await night.clock.now()
    return [
        one.get("text", "")
        for one in await messages(person)
        if now - datetime.fromtimestamp(one["date"], UTC) > DAY + SLACK
    ]


async def until(night: Night, holds: Callable[[], Any]) -> None:
    """Deletion waits a little between requests."""
    for _ in range(150):
        if await holds():
            return
        await asyncio.sleep(0.2)
    screens = [await person.screen() for person in night.stage.people.values()]
    raise AssertionError("\n".join(screens))


async def all_forgotten(night: Night, ref: str, *people: Person) -> None:
    """Nothing is old, and each of these people has one message that says how the case stands."""

    async def so() -> bool:
        return not any([await old(night, one) for one in people]) and all(
            [len(await statuses(one, ref)) == 1 for one in people]
        )

    await until(night, so)


async def test_the_next_night_all_is_gone_and_the_open_case_has_one_quiet_message(
    night: Night,
) -> None:
    ref = await night.reports(night.morgan)
    await night.morgan.sends("/open")
    await night.clock.advance(hours=2)
    assert await night.morgan.has_on_screen(ref, "Do now")
    await night.clock.advance(hours=23, stepwise=False)
    await all_forgotten(night, ref, night.morgan, night.sasha, night.robin)
    await night.morgan.taps("Case")
    for answer in ("They're back", "Just now", "None of these"):
        await night.morgan.taps(answer)

    async def says_back() -> bool:
        return ["BACK since" in one for one in await statuses(night.robin, ref)] == [True]

    await until(night, says_back)
    await night.clock.advance(hours=25, stepwise=False)
    await all_forgotten(night, ref, night.morgan, night.sasha, night.robin)


async def test_a_restart_and_a_power_cut_between_change_nothing(night: Night) -> None:
    ref = await night.reports(night.morgan)
    await night.clock.advance(hours=1)
    assert night.stop() == 0
    await night.clock.advance(hours=5, stepwise=False, settle=False)
    await night.start()
    await night.morgan.sends("/open")
    night.kill()
    await night.clock.advance(hours=20, stepwise=False, settle=False)
    await night.start()
    await night.clock.advance(hours=8, stepwise=False)
    await all_forgotten(night, ref, night.morgan, night.sasha, night.robin)


async def test_a_power_cut_in_the_middle_of_the_deletion(night: Night) -> None:
    """One request hangs, the others have gone through; the next process ends the work."""
    ref = await night.reports(night.morgan)
    await night.clock.advance(hours=1)
    hanging = await night.stage.faults.add(
        "hang", method="deleteMessages", chat=night.robin.id, seconds=60
    )
    await night.clock.advance(hours=24.5, stepwise=False, settle=False)

    async def begun() -> bool:
        return not await old(night, night.morgan)

    await until(night, begun)
    assert await old(night, night.robin)
    night.kill()
    await night.stage.faults.remove(hanging)
    await night.start()
    await all_forgotten(night, ref, night.morgan, night.sasha, night.robin)


@pytest.mark.parametrize("effect", ["drop", "bad_gateway"])
async def test_telegram_is_away_for_more_than_two_days_and_everybody_is_asked_to_clear_the_chat(
    night: Night, effect: str
) -> None:
    ref = await night.reports(night.morgan)
    await night.morgan.sends("/open")
    fault = await night.stage.faults.add(effect)
    await night.clock.advance(hours=50, stepwise=False, settle=False)
    await asyncio.sleep(2)
    await night.stage.faults.remove(fault)
    await asyncio.sleep(2)
    await night.clock.advance(minutes=15, stepwise=False, settle=False)

    async def asked() -> bool:
        return CLEAR in await night.morgan.screen()

    await until(night, asked)
    await night.clock.advance(minutes=30)
    assert (await night.morgan.screen()).count(CLEAR) == 1
    texts = [one.get("text", "") for one in await messages(night.morgan)]
    old_ones = [text for text in await old(night, night.morgan) if text]
    assert old_ones and not any(ref in text for text in old_ones if not text.startswith("/")), texts
    # What she sent herself only she can take out.
    await night.morgan.deletes_chat()
    await night.morgan.sends("/open")
    await night.morgan.has_on_screen(ref)


async def test_somebody_blocked_the_bot_and_finds_how_the_case_stands_when_they_are_back(
    night: Night,
) -> None:
    """A bot may take its messages out of a chat in which it must not write."""
    ref = await night.reports(night.morgan)
    await night.clock.advance(hours=1)
    await night.morgan.blocks()
    await night.clock.advance(hours=25, stepwise=False)

    async def forgotten() -> bool:
        return not await old(night, night.morgan)

    await until(night, forgotten)
    assert await statuses(night.morgan, ref) == []
    await all_forgotten(night, ref, night.robin)
    await night.morgan.unblocks()
    await night.clock.advance(minutes=20)
    await all_forgotten(night, ref, night.morgan, night.robin)
