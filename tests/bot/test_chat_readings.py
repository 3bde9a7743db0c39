"""Who was shown which case in the chat is in the audit, and no answer waits for that."""

from __future__ import annotations

import asyncio
from typing import Any

from storage.store import NotSaved
from tests.bot.night import BotNight
from tests.bot.test_forgetting import HOUR, REF, SOON, case
from tests.reminders.virtual import in_virtual_time

AMY, BEN, CAY = 1, 2, 3
READ, TOLD = "read in chat", "told in chat"


async def lines(night: BotNight, what: str = READ) -> list[tuple[str, str]]:
    """Who was shown which case, as the chain has it."""
    await asyncio.sleep(1)
    found = [one.line for one in await night.store.audit()]
    return [
        (str(one["about" if what == TOLD else "by"]), str(one["ref"]))
        for one in found
        if one["what"] == what
    ]


async def asks(night: BotNight, chat: int, *texts: str) -> None:
    for text in texts:
        await night.answered(chat, text)


@in_virtual_time
async def test_a_night_of_asking_is_a_line_for_each_person_and_case_until_half_an_hour_of_none():
    async with BotNight() as night:
        await case(night)
        await case(night, "RH-6789")
        for _ in range(5):
            await asks(night, AMY, f"/case {REF}", REF, "/open", "/today")
            await asyncio.sleep(20 * 60)
        await asks(night, BEN, f"/case {REF}", "/open")
        assert await lines(night) == [
            ("amy", REF), ("amy", "RH-6789"), ("ben", REF), ("ben", "RH-6789"),
        ]  # fmt: skip
        await asyncio.sleep(31 * 60)
        await asks(night, AMY, f"/case {REF}")
        assert (await lines(night))[4:] == [("amy", REF)]


@in_virtual_time
async def test_what_somebody_may_not_see_is_no_reading_and_names_nobody() -> None:
    async with BotNight() as night:
        await case(night)
        await asks(night, CAY, f"/case {REF}", "/open", "/today")
        assert await lines(night) == []
        assert "cay" not in dict(await lines(night, TOLD))


@in_virtual_time
async def test_what_the_bot_sends_by_itself_is_told_and_not_read() -> None:
    """An alarm, and the quiet message of the open case when older ones have gone."""
    async with BotNight(chat=SOON) as night:
        await case(night)
        await asyncio.sleep(10 * 60)
        told = await lines(night, TOLD)
        assert told and {ref for _, ref in told} == {REF}
        assert await lines(night) == []
        await asks(night, AMY, f"/case {REF}")
        assert await lines(night) == [("amy", REF)]
        assert await lines(night, TOLD) == told, "what was asked for is not told as well"
        await asyncio.sleep(3 * HOUR)
        sent = [text for _, _, text in night.telegram.said if REF in text]
        assert len(await lines(night, TOLD)) < len(sent) / 2, "and not with every alarm"


@in_virtual_time
async def test_a_full_disk_keeps_nobody_waiting_and_the_line_follows() -> None:
    async with BotNight() as night:
        await case(night)
        await asyncio.sleep(10 * 60)
        writes = night.store.update_office

        async def refuses(**_: Any) -> Any:
            raise NotSaved("full")

        night.store.update_office = refuses
        for _ in range(3):
            assert await night.answered(AMY, f"/case {REF}") < 2
            assert REF in night.telegram.texts(AMY)[-1]
        await asyncio.sleep(60)
        assert await lines(night) == []
        night.store.update_office = writes
        await asyncio.sleep(300)
        assert await lines(night) == [("amy", REF)]


@in_virtual_time
async def test_a_tap_answered_just_before_the_end_is_on_record() -> None:
    async with BotNight() as night:
        await case(night)
        await asks(night, AMY, f"/case {REF}")
        await night.stop()
        assert await lines(night) == [("amy", REF)]


@in_virtual_time
async def test_lines_go_in_one_commit_with_the_record_of_the_chats() -> None:
    """A commit of its own for each answer would cost the next one its time."""
    async with BotNight() as night:
        await case(night)
        await asyncio.sleep(10 * 60)
        writes, commits = night.store.update_office, []

        async def counted(**how: Any) -> Any:
            whats = [line["what"] for line in how.get("log", ())]
            commits.append((whats.count(READ), "chats" in (how.get("state") or {})))
            return await writes(**how)

        night.store.update_office = counted
        await asks(night, AMY, f"/case {REF}", "/open")
        await asyncio.sleep(2)
        assert [one for one in commits if one[0]] == [(1, True)]
