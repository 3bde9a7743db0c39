"""What a phone shows when what it was told is not so any more: the words, by the whole bot."""

from __future__ import annotations

import asyncio

from protocol import facts as f
from storage.store import Change
from tests.bot.night import BotNight
from tests.bot.test_whole_bot import AMY, MIA, case
from tests.reminders.virtual import in_virtual_time

REF = "RH-2345"


async def records(night: BotNight, kind: type[f.Recorded], by: str, **fields: object) -> str:
    now = night.clock.now()
    name = f"x{len((await night.store.episode(REF)).entries)}"
    made: dict[str, object] = {"id": name, "by": by, "recorded_at": now, **fields}
    if "at" in kind.__struct_fields__:
        made.setdefault("at", now)
    await night.bot.engine.records.update(REF, lambda _: Change(facts=[kind(**made)]))
    await asyncio.sleep(20)
    return name


def edited(night: BotNight, chat: int, *words: str) -> list[str]:
    shown = [text for (to, _), text in night.telegram.shows.items() if to == chat]
    return [text for text in shown if all(word in text for word in words)]


@in_virtual_time
async def test_the_words_of_what_is_not_so_any_more() -> None:
    async with BotNight() as night:
        await case(night)
        await asyncio.sleep(900)
        await records(night, f.AuthorityTold, "amy", role="childs_social_worker")
        await records(night, f.LevelRaised, "amy", level=3, reason="worried")
        assert any("Now <b>level 3</b>" in text for text in night.telegram.texts(MIA))
        await records(night, f.LevelStoodDown, "mia", level=1, reason="a mistake")
        assert edited(night, MIA, f"<b>{REF}</b> is at level 1 now.")
        await records(night, f.AuthorityTold, "amy", role="edt_duty_manager")
        assert edited(night, MIA, "✅ Done", "Amy Example", "authority")
        back = await records(night, f.Returned, "ben")
        assert any("You need not do anything now" in text for text in night.telegram.texts(AMY))
        await records(night, f.Withdrawn, "ben", fact=back, reason="not them")
        assert edited(night, AMY, f"‼️ <b>Not back after all:</b> <b>{REF}</b>.")
        for text in night.telegram.shows.values():
            assert text.strip()


@in_virtual_time
async def test_an_edit_of_one_thing_leaves_what_else_stands_in_the_message() -> None:
    """The level and a reminder came in one message: the level changes, the reminder still rings."""
    async with BotNight() as night:
        await case(night)
        await asyncio.sleep(1800)
        await records(night, f.LevelRaised, "amy", level=3, reason="worried")
        await records(night, f.LevelStoodDown, "mia", level=1, reason="a mistake")
        mixed = edited(night, MIA, "is at level 1 now")
        joined = [text for text in mixed if "Do now" in text]
        alone = [text for text in mixed if "Do now" not in text]
        assert alone or joined
        for text in joined:
            assert text.index("is at level 1 now") < text.index("Do now")
